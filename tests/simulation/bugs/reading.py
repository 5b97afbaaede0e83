"""Mistakes of intake and reading."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from core.engine import jobs
from core.store import Store
from core.store.inbox import settle_until, waiting
from core.sync import gone, stream, sync_connection
from core.sync.batches import Batcher
from core.sync.foreign import read_pages
from tests.simulation.firm import Firm
from tests.simulation.vendor import SimCrm


def answer_before_commit(patch: pytest.MonkeyPatch) -> None:
    """The webhook's sender is told 2xx, then the event is kept."""
    keep = Firm.door

    def door(self: Firm, crm: SimCrm, event: str, answer: Callable[[], None]) -> None:
        answer()
        keep(self, crm, event, answer)

    patch.setattr(Firm, "door", door)


def cursor_before_rows(patch: pytest.MonkeyPatch) -> None:
    """The position is saved in a transaction of its own, before what was read."""

    def store_all(self: Any, intake: Any, seen: Any) -> None:
        fields_ = self._origin.mapping.fields
        pages = read_pages(self._setup.connector, self._origin.stream, fields_, self._reading.since)
        batcher = Batcher(self._origin, seen, unique=False)
        for batch in batcher.batches(pages):
            if batch.cursor is not None:
                with self._store.begin() as conn:
                    self._save_position(conn, batch.cursor)
            with self._store.begin() as conn:
                self._store_batch(conn, intake, batch, True)

    patch.setattr(stream.StreamSync, "_store_all", store_all)
    patch.setattr("tests.simulation.vendor.OVERLAP", datetime.resolution)


def no_overlap(patch: pytest.MonkeyPatch) -> None:
    """Reading goes on exactly where it ended, though lists show changes late."""
    patch.setattr("tests.simulation.vendor.OVERLAP", datetime.resolution)


def event_done_before_read(patch: pytest.MonkeyPatch) -> None:
    """Events are settled first, then what they told of is read."""
    read = sync_connection

    def settled_first(store: Store, setup: Any, clock: Any, **more: Any) -> Any:
        with store.begin() as conn:
            for connection, newest in waiting(conn).items():
                settle_until(conn, connection, newest, "done")
        return read(store, setup, clock, **more)

    patch.setattr(jobs, "sync_connection", settled_first)


def tombstones_ignored(patch: pytest.MonkeyPatch) -> None:
    """What the vendor lists as deleted stays in the model."""
    patch.setattr(stream, "bury", lambda *_: 0)


def merge_not_followed(patch: pytest.MonkeyPatch) -> None:
    """What pointed at a merged record points at nothing."""
    patch.setattr(gone, "_follow_merges", lambda *_: None)


def intake_not_synced(patch: pytest.MonkeyPatch) -> None:
    """An event is answered 2xx that only the operating system has."""
    patch.setattr(Firm, "sync_disk", lambda _: None)

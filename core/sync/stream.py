"""Reading one stream: batch by batch into the store, each in one transaction with the position reached."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from sqlalchemy import Connection

from core.connector import Cursor, Finding, Stream
from core.errors import InlayError
from core.store import Store, cursors, findings, parked, sources
from core.sync.batches import Batch, Batcher
from core.sync.foreign import read_pages
from core.sync.gone import bury, bury_missing
from core.sync.intake import Intake, take_in
from core.sync.origin import Origin
from core.sync.report import ConnectionSetup, Notify, Progress, StreamReport
from core.sync.seen import SeenIds

VANISHED_SHARE = 0.3
YOUNG = 1  # what batches leave behind dies young
PATIENCE = 8  # batches between two looks for cycles
FAILED = "stream_failed"
VANISHED = "records_vanished"


@dataclass(frozen=True)
class Reading:
    """How a stream is to be read: since when, and whether what is missing from it is gone.

    ``whole`` readings over records the store holds already move the cursor only at their end: killed before, the next
    sync goes on from the old position and has lost nothing.
    """

    stream: Stream
    since: Cursor | None
    whole: bool
    accept_vanished: bool


class StreamSync:
    """One stream in one run."""

    def __init__(self, store: Store, setup: ConnectionSetup, origin: Origin, reading: Reading, notify: Notify) -> None:
        self._store = store
        self._setup = setup
        self._origin = origin
        self._reading = reading
        self._notify = notify
        self._report = StreamReport(origin.stream)
        self._last: Cursor | None = None

    def run(self) -> StreamReport:
        """Read to the end or to the first error, which is reported and not raised."""
        try:
            with self._store.read() as conn:
                intake = Intake.of(conn, self._origin)
            self._read(intake)
        except InlayError as error:
            self._report.state, self._report.error = "failed", error
            self._tell(Finding(FAILED, "error", error.what, self._origin.path, error.remedy))
        return self._report

    def _read(self, intake: Intake) -> None:
        compare = self._reading.whole and (not intake.fresh or self._reading.stream.mode == "full")
        seen = SeenIds() if compare else None
        try:
            self._store_all(intake, seen)
            with self._store.begin() as conn:
                self._finish(conn, seen)
        finally:
            if seen is not None:
                seen.close()

    def _store_all(self, intake: Intake, seen: SeenIds | None) -> None:
        fields = self._origin.mapping.fields
        pages = read_pages(self._setup.connector, self._origin.stream, fields, self._reading.since)
        batcher = Batcher(self._origin, seen, unique=self._reading.stream.mode == "full")
        watch_parked = self._has_parked()
        with _collecting_between_batches() as collect:
            for batch in batcher.batches(pages):
                with self._store.begin() as conn:
                    watch_parked = self._store_batch(conn, intake, batch, watch_parked) or watch_parked
                self._count(batch)
                collect()

    def _store_batch(self, conn: Connection, intake: Intake, batch: Batch, watch_parked: bool) -> bool:
        """Everything of one batch and the cursor, in the caller's transaction; True when something was parked."""
        taken = take_in(conn, intake, batch, watch_parked)
        self._report.changed += taken.changed
        self._report.parked += taken.parked
        self._report.gone += bury(conn, self._origin, batch.tombstones) if batch.tombstones else 0
        self._last = batch.cursor or self._last
        if intake.fresh or not self._reading.whole:
            self._save_position(conn, self._last)
        return bool(taken.parked)

    def _finish(self, conn: Connection, seen: SeenIds | None) -> None:
        """What can be said only at the end of a reading: what is missing, and that the stream is well."""
        if seen is not None:
            self._compare(conn, seen)
        self._save_position(conn, self._last)
        findings.settle(conn, FAILED, self._origin.path)

    def _compare(self, conn: Connection, seen: SeenIds) -> None:
        where = (self._origin.connection, self._origin.stream)
        held = sources.count_live(conn, *where)
        vanished = sum(1 for _ in seen.missing(sources.live_ids(conn, *where)))
        self._report.vanished = vanished
        if vanished and not self._reading.accept_vanished and (vanished == held or vanished > VANISHED_SHARE * held):
            self._report.state = "held"
            findings.report(conn, [self._vanished_finding(vanished, held)], self._origin.at)
            return
        findings.settle(conn, VANISHED, self._origin.path)
        gone = list(seen.missing(sources.live_ids(conn, *where)))
        self._report.gone += bury_missing(conn, self._origin, gone)
        parked.release(conn, list(seen.missing(parked.open_ids(conn, *where))), "dismissed")

    def _vanished_finding(self, vanished: int, held: int) -> Finding:
        return Finding(
            VANISHED,
            "error",
            f"{vanished} of {held} records were missing from a reading of the whole stream; none was marked as gone",
            self._origin.path,
            "check filters, permissions and the export; if they are truly gone, sync again and accept it",
            vanished,
        )

    def _save_position(self, conn: Connection, position: Cursor | None) -> None:
        if self._reading.stream.mode == "full":
            position = None
        elif position is None:
            position = self._reading.since
        where = (self._origin.connection, self._origin.stream)
        cursors.save_cursor(
            conn, *where, position, self._origin.mapping.fields, self._origin.mapping_hash, self._origin.at
        )

    def _has_parked(self) -> bool:
        with self._store.read() as conn:
            return parked.count_open(conn, self._origin.connection, self._origin.stream) > 0

    def _count(self, batch: Batch) -> None:
        self._report.read += batch.read
        self._report.duplicates += batch.duplicates
        where = (self._origin.connection, self._origin.stream)
        self._notify(Progress(*where, self._report.read, self._report.changed, batch.total))

    def _tell(self, finding: Finding) -> None:
        with self._store.begin() as conn:
            findings.report(conn, [finding], self._origin.at)


@contextmanager
def _collecting_between_batches() -> Iterator[Callable[[], object]]:
    """Look for cycles only after every few batches: within one, thousands of records live that hold none.

    Left to itself the collector walks through all of them again and again, which doubles the cost of normalising. What
    was there before the reading is not walked through at all.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    gc.freeze()
    batches = count(1)
    try:
        yield lambda: gc.collect(YOUNG) if next(batches) % PATIENCE == 0 else None
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()

"""A vendor in memory whose pages, faults and deletions a test decides; and how to look into a store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, select

from core.clock import FixedClock
from core.connector import (
    BrokenRow,
    Connector,
    ConnectorContext,
    Cursor,
    Finding,
    Page,
    RawRecord,
    Stream,
    Tombstone,
)
from core.http import Transport
from core.mapping import Mapping as CompiledMapping
from core.store import Store
from core.store.tables import metadata
from core.sync import ConnectionSetup

MAPPING = Path(__file__).with_name("feed.yaml")
STREAMS = ("Account", "Person", "Deal", "User")
START = datetime(2026, 6, 30, 9, 0, tzinfo=UTC)
CONTENT = ("source_record", "crosswalk", "linked_record", "golden_record", "cursor", "parked_record", "finding")


class FeedSettings(BaseModel):
    """None are needed."""


class KilledError(BaseException):
    """Stands for kill -9: nothing may catch it."""


class Feed(Connector):
    """Shows the records it was given, oldest change first; ``broken``, ``tombstones`` and ``faults`` are the test's."""

    kind = "feed"
    settings_model = FeedSettings

    def __init__(self, name: str = "crm", *, mode: str = "incremental", page: int = 3, kind: str = "feed") -> None:
        super().__init__(FeedSettings(), ConnectorContext(name, FixedClock(START), Transport()))
        self.kind = kind  # type: ignore[misc]  # one class plays several vendors
        self.records: dict[str, list[dict[str, Any]]] = {name: [] for name in STREAMS}
        self.tombstones: dict[str, list[Tombstone]] = {}
        self.broken: list[BrokenRow] = []
        self.faults: dict[str, tuple[int, BaseException]] = {}
        self.asked: list[tuple[str, Cursor | None]] = []
        self.noticed: list[Finding] = []
        self.page = page
        self._streams = {
            one: Stream(one, "id", "changed", "full" if mode == "full" else "incremental") for one in STREAMS
        }

    def put(self, stream: str, record_id: str, minute: int = 0, **fields: Any) -> None:
        """Add a record, or replace the one of that id."""
        self.drop(stream, record_id)
        self.append(stream, id=record_id, changed=f"2026-06-01T00:{minute:02d}:00Z", **fields)

    def append(self, stream: str, **fields: Any) -> None:
        """Add a record as it is, whatever is there already."""
        self.records[stream].append(fields)

    def drop(self, stream: str, record_id: str) -> None:
        """Let a record vanish without a word."""
        self.records[stream] = [record for record in self.records[stream] if record.get("id") != record_id]

    def check(self) -> list[Finding]:
        return []

    def streams(self) -> Mapping[str, Stream]:
        return self._streams

    def findings(self) -> list[Finding]:
        told, self.noticed = self.noticed, []
        return told

    def read(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        self.asked.append((stream, since))
        assert "id" in fields
        shown = self._since(stream, since)
        pages = [shown[start : start + self.page] for start in range(0, len(shown), self.page)] or [[]]
        for number, page in enumerate(pages):
            self._fail(stream, number)
            last = number == len(pages) - 1
            stones = self.tombstones.get(stream, []) if last else []
            cursor = _position(page[-1]) if page and self._streams[stream].mode == "incremental" else None
            yield Page(page, cursor, stones, total=len(shown), broken=self.broken if last else ())
        self._fail(stream, len(pages))

    def _since(self, stream: str, since: Cursor | None) -> list[RawRecord]:
        if self._streams[stream].mode == "full":
            return list(self.records[stream])
        ordered = sorted(self.records[stream], key=_position)
        return [record for record in ordered if since is None or _position(record).stamp >= since.stamp]

    def _fail(self, stream: str, page: int) -> None:
        if stream in self.faults and self.faults[stream][0] == page:
            raise self.faults[stream][1]


def _position(record: RawRecord) -> Cursor:
    return Cursor(str(record.get("changed", "")), str(record.get("id", "")))


def setup_of(feed: Feed, mapping: Path = MAPPING) -> ConnectionSetup:
    """The connection of a feed."""
    name = feed.context.connection
    return ConnectionSetup(name, feed, CompiledMapping.load(mapping, name))


def opened(url: str) -> Store:
    """A migrated store."""
    store = Store.open(url)
    store.migrate()
    return store


def content(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Everything a sync leaves behind, but for the runs themselves; two stores that agree here are the same."""
    with store.read() as conn:
        return {name: _rows(conn, name) for name in CONTENT}


def _rows(conn: Connection, name: str) -> list[tuple[Any, ...]]:
    table = metadata.tables[name]
    columns = [column for column in table.columns if column.name != "run_id"]
    return sorted((tuple(row) for row in conn.execute(select(*columns))), key=repr)


class CrashingStore(Store):
    """Dies at the n-th write transaction, before its commit or right after it."""

    def __init__(self, store: Store, at: int, *, after: bool) -> None:
        super().__init__(store.engine)
        self._at = at
        self._after = after
        self._numbers = count(1)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        number = next(self._numbers)
        with super().begin() as conn:
            yield conn
            if number == self._at and not self._after:
                raise KilledError
        if number == self._at:
            raise KilledError


def commits(store: Store) -> tuple[Store, list[int]]:
    """The store, and a list that grows with each write transaction."""
    seen: list[int] = []

    class Counting(Store):
        @contextmanager
        def begin(self) -> Iterator[Connection]:
            with super().begin() as conn:
                yield conn
            seen.append(len(seen))

    return Counting(store.engine), seen

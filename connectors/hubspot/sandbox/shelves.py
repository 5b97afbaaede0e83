"""Where the records of one object type stand, in the order of their ids."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from heapq import merge
from weakref import WeakValueDictionary

from connectors.hubspot.sandbox.index import Hits, Span, StampIndex, Untouched
from connectors.hubspot.sandbox.narrowing import EVERYWHERE, Bounds
from connectors.hubspot.sandbox.records import Record
from connectors.hubspot.sandbox.schema import ObjectType
from connectors.hubspot.sandbox.stock import Stock
from connectors.hubspot.sandbox.values import stamp

_NOTHING = range(0)


class Shelf:
    """All records of one object type; those of a stock are lent for looking at and kept once they change."""

    # Every type counts from the same number, as ids are unique within a type only; soon the ids grow a digit longer.
    FIRST_ID = 9_951

    def __init__(self, kind: ObjectType) -> None:
        self.kind = kind
        self._records: dict[str, Record] = {}
        self._order: list[int] = []
        self._index = StampIndex()
        self._next_id = self.FIRST_ID
        self._heirs: dict[str, str] = {}
        self._stock: Stock | None = None
        self._gone: set[str] = set()
        self._lent: WeakValueDictionary[str, Record] = WeakValueDictionary()

    def __len__(self) -> int:
        """How many records there are, archived ones too."""
        untouched = 0 if self._stock is None else self._stock.count - len(self._gone) - self._kept_of_stock()
        return len(self._records) + untouched

    def _kept_of_stock(self) -> int:
        ids = self._stock.ids if self._stock else _NOTHING
        return bisect_left(self._order, ids.stop) - bisect_left(self._order, ids.start)

    def fill(self, count: int, newest: datetime, days: float = 900.0) -> None:
        """Add a stock of untouched records imported in the ``days`` before ``newest``; a shelf takes one only.

        In no days at all every one has the same stamp, as after an import: a flood that no window of time can split.
        """
        if self._stock is not None:
            raise ValueError(f"{self.kind.name} have a stock already")
        last = newest - timedelta(seconds=1)
        self._stock = Stock(self.kind, self._next_id, count, last - timedelta(days=days), last)
        self._next_id += count

    def new(self, at: datetime) -> Record:
        """An empty record with the next id, not shelved yet."""
        record = Record(self.kind, str(self._next_id), at, at)
        self._next_id += 1
        for name in ("hs_createdate", self.kind.created):
            record.properties[name] = stamp(at)
        record.properties["hs_object_id"] = record.id
        record.move_stamp(at)
        return record

    def add(self, record: Record) -> None:
        """Shelve a record."""
        self._records[record.id] = record
        insort(self._order, int(record.id))
        record.moved = self._index.note
        self._index.note(record)

    def get(self, record_id: str) -> Record | None:
        """The record of exactly this id, live or archived."""
        if (kept := self._records.get(record_id)) is not None:
            return kept
        if self._stock is None or not record_id.isdecimal() or record_id in self._gone:
            return None
        return self._lend(self._stock, int(record_id)) if int(record_id) in self._stock.ids else None

    def _lend(self, stock: Stock, number: int) -> Record:
        record = self._lent.get(str(number))
        if record is None:
            record = stock.record(number)
            record.keep = self.add
            self._lent[record.id] = record
        return record

    def follow(self, record_id: str) -> Record | None:
        """The record of this id, or the one it was merged into."""
        while record_id in self._heirs:
            record_id = self._heirs[record_id]
        return self.get(record_id)

    def bequeath(self, old: Record, heir: Record) -> None:
        """Take ``old`` away for good; its id leads to ``heir`` from now on."""
        self.drop(old)
        self._heirs[old.id] = heir.id

    def drop(self, record: Record) -> None:
        """Delete a record for good."""
        if self._records.pop(record.id, None) is not None:
            del self._order[bisect_left(self._order, int(record.id))]
            record.moved = None
            self._index.drop(record)
        if self._stock is not None and int(record.id) in self._stock.ids:
            self._gone.add(record.id)

    def all(self, first: int = 0) -> Iterator[Record]:
        """Every record from the id ``first`` on, archived ones too, by id."""
        stock = self._stock.ids if self._stock else _NOTHING
        return self._walk(self._order[bisect_left(self._order, first) :], _from(stock, first))

    def live(self, bounds: Bounds = EVERYWHERE) -> Iterator[Record]:
        """Every record that is not archived, by id; untouched ones outside of ``bounds`` are left out."""
        stock = self._stock.within(bounds.since, bounds.until) if self._stock else _NOTHING
        return (record for record in self._walk(self._order, _from(stock, bounds.first)) if record.archived_at is None)

    def hits(self, span: Span) -> Hits:
        """The live records inside a span, to be looked at page by page."""
        return Hits(
            self._index.within(span), Untouched() if self._stock is None else self._untouched(self._stock, span)
        )

    def _untouched(self, stock: Stock, span: Span) -> Untouched:
        ids = stock.inside(span)
        changed = self._order[bisect_left(self._order, ids.start) : bisect_left(self._order, ids.stop)]
        gone = (int(each) for each in self._gone if int(each) in ids)
        return Untouched(ids, sorted({*changed, *gone}), lambda number: span.key(stock.stamped_at(number), number))

    def _walk(self, kept: Sequence[int], untouched: range) -> Iterator[Record]:
        last = None
        for number in merge(tuple(kept), untouched):
            if number != last and (record := self.get(str(number))) is not None:
                yield record
            last = number


def _from(ids: range, first: int) -> range:
    return range(max(ids.start, first), max(ids.stop, first))

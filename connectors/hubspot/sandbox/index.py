"""The order of modification stamps and ids, kept up to date: a page of a search costs no look at all the rest."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connectors.hubspot.sandbox.records import Record
from connectors.hubspot.sandbox.values import milliseconds

Key = tuple[int, int]
"""What a record is sorted by: its stamp in milliseconds (0 where only ids count), and its id."""
BEGINNING, END = -(10**18), 10**18


@dataclass(frozen=True)
class Span:
    """All records modified from ``since`` to ``until`` with ids from ``first`` to ``last``, both ends included.

    They are wanted in the order of stamps and then ids, or of ids alone.
    """

    since: int = BEGINNING
    until: int = END
    first: int = BEGINNING
    last: int = END
    by_id: bool = False

    def key(self, at: int, number: int) -> Key:
        """What the record with this stamp and id is sorted by."""
        return (0 if self.by_id else at, number)


class StampIndex:
    """The stamps and ids of live records, sorted."""

    def __init__(self) -> None:
        self._sorted: list[Key] = []
        self._places: dict[str, Key] = {}

    def note(self, record: Record) -> None:
        """Take notice of a record that is new, or moved, or went to the recycle bin or came from it."""
        self.drop(record)
        if record.archived_at is None:
            place = (milliseconds(record.updated_at), int(record.id))
            self._places[record.id] = place
            insort(self._sorted, place)

    def drop(self, record: Record) -> None:
        """Forget a record."""
        place = self._places.pop(record.id, None)
        if place is not None:
            del self._sorted[bisect_left(self._sorted, place)]

    def within(self, span: Span) -> list[Key]:
        """The keys of the records inside a span, in its order."""
        start = bisect_left(self._sorted, (span.since, BEGINNING))
        stop = bisect_right(self._sorted, (span.until, END))
        found = [span.key(*place) for place in self._sorted[start:stop] if span.first <= place[1] <= span.last]
        return sorted(found) if span.by_id else found


@dataclass(frozen=True)
class Untouched:
    """The records of a stock inside a span: a range of ids less some, in whose order they are sorted anyway."""

    ids: range = range(0)
    left_out: Sequence[int] = ()
    key: Callable[[int], Key] = lambda number: (0, number)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.ids) - len(self.left_out)

    def at(self, place: int) -> Key:
        """The key at a place, which is as many ids further on as are left out before it."""
        skipped = bisect_right(
            range(len(self.left_out)), place, key=lambda number: self.left_out[number] - self.ids.start - number
        )
        return self.key(self.ids.start + place + skipped)

    def before(self, key: Key) -> int:
        """How many are sorted before a key."""
        return bisect_left(range(self.count), key, key=self.at)


@dataclass(frozen=True)
class Hits:
    """Records kept and records of a stock in one order, without ever being put together."""

    kept: Sequence[Key]
    untouched: Untouched

    @property
    def total(self) -> int:
        """How many there are in all."""
        return len(self.kept) + self.untouched.count

    def page(self, start: int, limit: int) -> list[int]:
        """The ids from a place on."""
        ahead = bisect_left(range(len(self.kept)), start, key=lambda at: at + self.untouched.before(self.kept[at]))
        first = start - ahead
        stop = min(first + limit, self.untouched.count)
        both = [*self.kept[ahead : ahead + limit], *map(self.untouched.at, range(first, stop))]
        return [number for _, number in sorted(both)[:limit]]

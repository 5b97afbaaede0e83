"""The rows of one object by id: stored ones, and made-up ones by the million that cost nothing until touched."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, MutableMapping, Sequence, ValuesView
from heapq import merge
from typing import Protocol, overload

from connectors.salesforce.sandbox.values import Value

Row = dict[str, Value]


class Seed(Protocol):
    """A run of made-up rows in the order of their stamps; row ``number`` (from 0) is the same whenever it is made."""

    count: int
    names: frozenset[str]
    """The fields that its rows fill."""

    def row(self, number: int) -> Row:
        """Make one row."""
        ...

    def number_of(self, row_id: str) -> int | None:
        """Return the number of the row with this id, None when it is none of these."""
        ...

    def stamp(self, number: int) -> str:
        """Return the ``SystemModstamp`` of one row."""
        ...

    def rows(self, start: int) -> Iterator[Row]:
        """Make the rows from ``start`` on."""
        ...


class Rows(MutableMapping[str, Row]):
    """A dictionary of rows. A made-up row that is looked up is stored from then on, so that it can change."""

    def __init__(self) -> None:
        self._stored: dict[str, Row] = {}
        self._seed: Seed | None = None
        self._away: set[int] = set()

    def sow(self, seed: Seed) -> None:
        """Add the made-up rows of ``seed``; ``ValueError`` when there are some already."""
        if self._seed is not None:
            raise ValueError("this object has its made-up rows already")
        self._seed = seed

    @property
    def untouched(self) -> int:
        """How many made-up rows nobody has looked up."""
        return self._seed.count - len(self._away) if self._seed else 0

    def stored(self) -> Iterator[Row]:
        """Yield the rows that take up memory."""
        return iter(list(self._stored.values()))

    def since(self, stamp: str) -> Iterator[Row]:
        """Yield the rows as they are now, without the untouched ones whose stamp is lower; changes do not disturb."""
        return self._passing(list(self._stored.values()), frozenset(self._away), self._first(stamp))

    def by_stamp(self, stamp: str) -> Iterator[Row]:
        """Yield the same rows, those that changed first before the others, by id where they changed at once."""
        stored = sorted((row for row in self._stored.values() if _place(row)[0] >= stamp), key=_place)
        return merge(stored, self._passing([], frozenset(self._away), self._first(stamp)), key=_place)

    def kept(self, rows: Iterable[Row]) -> Sequence[Row]:
        """Return rows of these, as they are now, in little memory: untouched ones can be made again."""
        return _Kept(self._seed, self._stored, rows) if self._seed else list(rows)

    def sown_ids(self, every: int, offset: int) -> Iterator[str]:
        """Yield the ids of every ``every``-th made-up row from ``offset`` on, touched or not."""
        seed = self._seed
        return (str(seed.row(number)["Id"]) for number in range(offset, seed.count, every)) if seed else iter(())

    def filling(self, name: str) -> Iterator[Row]:
        """Yield the rows that may hold a value in field ``name``."""
        return self.since("") if self._seed and name in self._seed.names else self.stored()

    def values(self) -> ValuesView[Row]:
        """Return the rows; looking through them touches none."""
        return _Passing(self)

    def __getitem__(self, row_id: str) -> Row:
        if row_id not in self._stored:
            number = self._number(row_id)
            if self._seed is None or number is None:
                raise KeyError(row_id)
            self._stored[row_id] = self._seed.row(number)
            self._away.add(number)
        return self._stored[row_id]

    def __setitem__(self, row_id: str, row: Row) -> None:
        number = self._number(row_id)
        if number is not None:
            self._away.add(number)
        self._stored[row_id] = row

    def __delitem__(self, row_id: str) -> None:
        self.__getitem__(row_id)
        del self._stored[row_id]

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._stored or (isinstance(row_id, str) and self._number(row_id) is not None)

    def __iter__(self) -> Iterator[str]:
        return (str(row["Id"]) for row in self.since(""))

    def __len__(self) -> int:
        return len(self._stored) + self.untouched

    def _number(self, row_id: str) -> int | None:
        """Return the number of a made-up row that is still untouched."""
        number = self._seed.number_of(row_id) if self._seed else None
        return None if number in self._away else number

    def _first(self, stamp: str) -> int:
        seed = self._seed
        return bisect_left(range(seed.count), stamp, key=seed.stamp) if seed and stamp else 0

    def _passing(self, stored: list[Row], away: frozenset[int], first: int) -> Iterator[Row]:
        yield from stored
        if self._seed is None:
            return
        for number, row in enumerate(self._seed.rows(first), start=first):
            if number not in away:
                yield row


class _Passing(ValuesView[Row]):
    def __init__(self, rows: Rows) -> None:
        super().__init__(rows)
        self._rows = rows

    def __iter__(self) -> Iterator[Row]:
        return self._rows.since("")


class _Kept(Sequence[Row]):
    """Made-up rows by their number (from 0), stored ones by their place below it (-1 is the first)."""

    def __init__(self, seed: Seed, stored: dict[str, Row], rows: Iterable[Row]) -> None:
        self._seed = seed
        self._rows: list[Row] = []
        self._numbers = array("q", (self._number(stored, row) for row in rows))

    def _number(self, stored: dict[str, Row], row: Row) -> int:
        row_id = str(row["Id"])
        number = None if row is stored.get(row_id) else self._seed.number_of(row_id)
        if number is not None:
            return number
        self._rows.append(row)
        return -len(self._rows)

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            return [self._row(number) for number in self._numbers[index]]
        return self._row(self._numbers[index])

    def _row(self, number: int) -> Row:
        return self._seed.row(number) if number >= 0 else self._rows[-number - 1]


def _place(row: Row) -> tuple[str, str]:
    return str(row["SystemModstamp"]), str(row["Id"])

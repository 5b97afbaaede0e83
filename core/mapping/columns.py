"""Many records of one kind side by side: a column of values for each field becomes a column of JSON.

A column whose values are as they should be is checked and written as a whole, by its kernel. One that is not is halved
until the odd values are found; each of these records then fills the field by the mapping's rules, alone. So what a
record becomes never depends on its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, repeat
from operator import itemgetter
from types import NoneType
from typing import Any

import orjson

from core.mapping.issues import MISSING, Issue, Missing
from core.mapping.kernels import Kernel
from core.mapping.quick import currency_code, item
from core.mapping.rules import Path

FEW = 4  # odd among so few: they are filled one by one
MANY = 2  # values that are worth reading together
Values = Sequence[Any]
Alone = Callable[[int], str]
"""Fills a field of one record, by its number, and gives its piece."""


class Odd:
    """The type of ``ODD``."""


ODD = Odd()
"""Stands for a value that no kernel takes."""


Piece = str | Sequence[str]


@dataclass(frozen=True, slots=True)
class Cells:
    """What a field adds to each record's JSON: texts that are the same for all records, and columns, in turn.

    What is added begins with a comma or is empty (``"name":"Hill"`` is a piece, ``,"name":"Hill"`` what it adds).
    """

    pieces: tuple[Piece, ...]

    @property
    def filled(self) -> bool:
        """Whether it is known to be empty for no record."""
        first = self.pieces[0] if self.pieces else ""
        return isinstance(first, str) and first.startswith(",")

    @property
    def constant(self) -> bool:
        """Whether it is the same for all records."""
        return all(isinstance(piece, str) for piece in self.pieces)

    def texts(self, count: int) -> list[str]:
        """What is added to each of so many records."""
        if self.constant:
            return ["".join(map(str, self.pieces))] * count
        if len(self.pieces) == 1:
            return list(self.pieces[0])
        turns = [repeat(one) if isinstance(one, str) else one for one in self.pieces]
        return list(map("".join, zip(*turns, strict=False)))

    def within(self, head: str, tail: str, count: int) -> Cells:
        """Put something around it where there is anything, in place of its first comma; nothing where it is empty."""
        if self.filled:
            first, *others = self.pieces
            return Cells(_merged((f"{head}{first[1:]}", *others, tail)))
        return Cells(([f"{head}{text[1:]}{tail}" if text else "" for text in self.texts(count)],))


def together(cells: Sequence[Cells]) -> Cells:
    """What several fields add, one after the other."""
    return Cells(_merged([piece for one in cells for piece in one.pieces]))


def _merged(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The same, neighbours that are texts for all made one."""
    found: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        elif piece != "":
            found.append(piece)
    return tuple(found)


class Batch:
    """Plain records, and what is found out about them: values by path, remarks and errors by record number."""

    def __init__(self, raws: Sequence[dict[str, Any]]) -> None:
        self.raws = raws
        self.count = len(raws)
        self.issues: list[tuple[int, Issue]] = []
        self.errors: dict[int, Exception] = {}
        self._values: dict[Path, Values] = {(): raws}
        self._codes: dict[object, Values] = {}

    def read_ahead(self, paths: Iterable[Path]) -> None:
        """Read what lies side by side in a group in one go, as far as every record has it."""
        for node, names in groupby(paths, lambda path: path[:-1]):
            nodes = self.values(node)
            if set(map(type, nodes)) == {dict}:
                self._read_side_by_side(node, nodes, [path[-1] for path in names if path[-1] in nodes[0]])

    def _read_side_by_side(self, node: Path, nodes: Values, names: Sequence[str | int]) -> None:
        if len(names) < MANY:
            return
        try:
            columns = zip(*map(itemgetter(*names), nodes), strict=True)
            self._values.update(zip([(*node, name) for name in names], columns, strict=True))
        except KeyError:
            return

    def values(self, path: Path) -> Values:
        """What each record holds at a path: the value, None, or ``MISSING``."""
        if path not in self._values:
            nodes, leaf = self.values(path[:-1]), path[-1]
            if isinstance(leaf, int):
                found: Values = [item(node, leaf) for node in nodes]
            elif set(map(type, nodes)) == {dict}:
                found = _fields(nodes, leaf)
            else:
                found = [
                    node.get(leaf, MISSING) if isinstance(node, dict) else None if node is None else MISSING
                    for node in nodes
                ]
            self._values[path] = found
        return self._values[path]

    def first_filled(self, paths: Sequence[Path]) -> Values:
        """Of several values of each record the first that is filled; None where one of them is there but empty."""
        found = self.values(paths[-1])
        for path in reversed(paths[:-1]):
            values = self.values(path)
            if set(map(type, values)) != {Missing}:
                found = [_or(one, other) for one, other in zip(values, found, strict=True)]
        return found

    def any_there(self, paths: Sequence[Path]) -> list[bool]:
        """Whether a record has any of several values, be they null."""
        rows = zip(*map(self.values, paths), strict=True)
        return [any(value is not MISSING for value in row) for row in rows]

    def codes(self, path: Path | None, fallback: str | None) -> Values:
        """The currency of each record's amounts, None where it names one that is none."""
        if (path, fallback) not in self._codes:
            named = [MISSING] * self.count if path is None else self.values(path)
            simple = set(map(type, named)) <= {str, NoneType, Missing}
            known = {one: currency_code(one, fallback) for one in set(named)} if simple else None
            self._codes[path, fallback] = (
                [known[one] for one in named] if known is not None else [currency_code(one, fallback) for one in named]
            )
        return self._codes[path, fallback]


def _fields(nodes: Sequence[dict[str, Any]], name: str) -> Values:
    try:
        return [*map(itemgetter(name), nodes)]
    except KeyError:
        return [node.get(name, MISSING) for node in nodes]


def _or(one: Any, other: Any) -> Any:
    if one is not MISSING and one is not None and one != "":
        return one
    if other is MISSING or other is None or other == "":
        return MISSING if one is MISSING and other is MISSING else None
    return other


@dataclass(frozen=True)
class Column:
    """A field, or a part of one, that holds one value: where it is from, and how its JSON is written.

    ``null`` is what is added for an empty value and ``absent`` for one the vendor does not have.
    """

    kernel: Kernel
    values: Callable[[Batch], Values]
    head: str
    tail: str
    null: str = ""
    absent: str = ""

    @classmethod
    def of(cls, kernel: Kernel, values: Callable[[Batch], Values], name: str, null: str, absent: str) -> Column:
        """A column whose piece is a name and the value."""
        return cls(kernel, values, f",{orjson.dumps(name).decode()}:{kernel.head}", kernel.tail, null, absent)

    def cells(self, batch: Batch, alone: Alone) -> Cells:
        """What it adds to each record; the odd ones are filled ``alone``."""
        values = self.values(batch)
        kinds = set(map(type, values))
        if kinds in ({NoneType}, {Missing}):
            return Cells((self.null if kinds == {NoneType} else self.absent,))
        if self.kernel.takes(kinds) and not kinds & {NoneType, Missing}:
            texts = self.kernel.run(values)
            if texts is not None:
                return self._written(texts)
        return Cells((self._mixed(values, kinds, alone),))

    def _written(self, texts: Sequence[str]) -> Cells:
        if "" in texts:
            return Cells((list(map(self._piece, texts)),))
        return Cells(_merged((self.head, texts, self.tail)))

    def _mixed(self, values: Values, kinds: set[type], alone: Alone) -> list[str]:
        """A column of which some values are empty, missing, or odd."""
        if len(values) > FEW and kinds <= {str, NoneType, Missing} and len(distinct := set(values)) * FEW < len(values):
            known = self._few(list(distinct))
            if known is not None:
                return [known[value] for value in values]
        pieces = [self.absent if value is MISSING else self.null for value in values]
        taken: list[int] = []
        odd: list[int] = []
        for row, value in enumerate(values):
            if value is not None and value is not MISSING and value != "":
                (taken if self.kernel.takes((type(value),)) else odd).append(row)
        self._halve(values, taken, pieces, alone)
        for row in odd:
            pieces[row] = alone(row)
        return pieces

    def _few(self, distinct: list[Any]) -> dict[Any, str] | None:
        """The piece of each different value; None when one of them is odd, or texts are not what the kernel takes."""
        filled = [value for value in distinct if value is not None and value is not MISSING and value != ""]
        texts = self.kernel.run(filled) if filled and self.kernel.takes({str}) else None
        if texts is None:
            return None
        known = dict(zip(filled, map(self._piece, texts), strict=True))
        return {None: self.null, "": self.null, MISSING: self.absent, **known}

    def _halve(self, values: Values, rows: Sequence[int], pieces: list[str], alone: Alone) -> None:
        texts = self.kernel.run([values[row] for row in rows]) if rows else ()
        if texts is not None:
            for row, text in zip(rows, texts, strict=True):
                pieces[row] = self._piece(text)
        elif len(rows) <= FEW:
            for row in rows:
                pieces[row] = alone(row)
        else:
            middle = len(rows) // 2
            self._halve(values, rows[:middle], pieces, alone)
            self._halve(values, rows[middle:], pieces, alone)

    def _piece(self, text: str) -> str:
        return f"{self.head}{text}{self.tail}" if text else self.null


def paired(amounts: Values, codes: Values) -> Values:
    """Amounts with their currencies, where there is an amount; one without a known currency is odd."""
    return [
        amount if amount is None or amount is MISSING or amount == "" else ODD if code is None else (amount, code)
        for amount, code in zip(amounts, codes, strict=True)
    ]


def lone(first: Values, *others: Values) -> Values:
    """Values beside which none of the others is filled; where one is, the value is odd."""
    for other in others:
        first = [
            one if two is MISSING or two is None or two == "" else ODD for one, two in zip(first, other, strict=True)
        ]
    return first

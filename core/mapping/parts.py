"""What stands in a record's JSON beside plain columns: lists of elements, groups of custom fields, constants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from core.mapping.columns import Alone, Batch, Cells, together
from core.mapping.rules import Path


class Part(Protocol):
    """A field, or something inside one."""

    def cells(self, batch: Batch, alone: Alone) -> Cells:
        """What it adds to each record of a batch; records that do not fit fill the field ``alone``."""
        ...


@dataclass(frozen=True)
class Constant:
    """The same for all records."""

    text: str

    def cells(self, batch: Batch, alone: Alone) -> Cells:
        """One text, as it stands."""
        del batch, alone
        return Cells((self.text,))


@dataclass(frozen=True)
class OneByOne:
    """A field that has no column, because its rules have conditions or forms of their own."""

    def cells(self, batch: Batch, alone: Alone) -> Cells:
        """Each record fills it for itself."""
        return Cells(([*map(alone, range(batch.count))],))


@dataclass(frozen=True)
class Group:
    """Parts with something around them, and nothing at all where every part is empty."""

    head: str
    parts: Sequence[Part]
    tail: str

    def cells(self, batch: Batch, alone: Alone) -> Cells:
        """All parts, one after the other."""
        return together([part.cells(batch, alone) for part in self.parts]).within(self.head, self.tail, batch.count)


@dataclass(frozen=True)
class Whole:
    """A field made of parts: one odd part makes the record fill all of the field for itself.

    Where the field is empty, ``null`` is added if the record has any of the ``paths`` it is made of.
    """

    group: Group
    null: str = ""
    paths: Sequence[Path] = ()

    def cells(self, batch: Batch, alone: Alone) -> Cells:
        """The group's, with what is empty or odd put right."""
        odd: set[int] = set()

        def later(row: int) -> str:
            """Nothing yet: the whole field of this record is filled below."""
            odd.add(row)
            return ""

        found = self.group.cells(batch, later)
        if not odd and (found.filled or not self.null):
            return found
        texts = found.texts(batch.count)
        if self.null:
            there = batch.any_there(self.paths)
            texts = [text or (self.null if seen else "") for text, seen in zip(texts, there, strict=True)]
        for row in sorted(odd):
            texts[row] = alone(row)
        return Cells((texts,))


def added(name: str, value: Any) -> str:
    """What a value of our own adds to a record's JSON."""
    return f",{orjson.dumps(name).decode()}:{orjson.dumps(value).decode()}"


def members(group: Mapping[str, Any]) -> str:
    """What all that a group holds adds to a record's JSON."""
    return f",{orjson.dumps(group)[1:-1].decode()}" if group else ""

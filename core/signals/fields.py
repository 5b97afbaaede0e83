"""How a column of a record table is read out of canonical JSON.

A field is declared in a table's class body; on an instance it is the column itself, and the table remembers that it was
read, so that an explanation can name the fields a signal rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from core.signals.columns import Values

if TYPE_CHECKING:
    from core.signals.tables import Table

Build = Callable[[list[Any]], Values]


class Field:
    """One column: where its value stands in the canonical data (dots step inwards), and how the array is built."""

    def __init__(self, build: Build, path: str = "") -> None:
        self.build = build
        self.path = path
        self.name = ""

    def __set_name__(self, owner: type[Table], name: str) -> None:
        self.name = name
        self.path = self.path or name

    @overload
    def __get__(self, table: None, owner: type[Table]) -> Field: ...
    @overload
    def __get__(self, table: Table, owner: type[Table]) -> Values: ...
    def __get__(self, table: Table | None, owner: type[Table]) -> Field | Values:
        """The field itself on the class, its column on an instance."""
        if table is None:
            return self
        table.read_fields.add(self.path)
        return table.columns[self.name]

    def take(self, records: Sequence[dict[str, Any]]) -> Values:
        """Build this column's part from a batch of canonical records."""
        outer, _, inner = self.path.partition(".")
        if not inner:
            return self.build([record.get(outer) for record in records])
        return self.build([(record.get(outer) or {}).get(inner) for record in records])


def text(path: str = "") -> Field:
    """Free text; None where absent."""
    return Field(_objects, path)


def label(path: str = "") -> Field:
    """One of a few words (an enumeration, a currency), kept once each; None where absent."""
    memo: dict[Any, Any] = {}
    return Field(lambda values: _objects([memo.setdefault(value, value) for value in values]), path)


def numeric(path: str = "") -> Field:
    """A number or decimal text; NaN where absent."""
    return Field(lambda values: np.array([np.nan if value is None else float(value) for value in values], "f8"), path)


def day(path: str = "") -> Field:
    """A calendar date; NaT where absent."""
    return Field(lambda values: np.array([value[:10] if value else "NaT" for value in values], "M8[D]"), path)


def instant(path: str = "") -> Field:
    """An instant in UTC, to the second; NaT where absent."""
    return Field(lambda values: np.array([value[:19] if value else "NaT" for value in values], "M8[s]"), path)


def flag(*, absent: bool, path: str = "") -> Field:
    """Yes or no, with what an absent one means."""
    return Field(lambda values: np.array([absent if value is None else bool(value) for value in values], "?"), path)


def present(path: str) -> Field:
    """Whether there is anything at all."""
    return Field(lambda values: np.array([bool(value) for value in values], "?"), path)


def begins(prefix: str, path: str) -> Field:
    """Whether a text begins with a prefix."""
    return Field(lambda values: np.array([bool(value) and value.startswith(prefix) for value in values], "?"), path)


def _objects(values: list[Any]) -> Values:
    column = np.empty(len(values), "O")
    column[:] = values
    return column

"""Rows of Bulk API CSV as the records that the REST API answers with.

CSV knows text alone, so each column is read as the type that describe gives its field. An empty cell is null.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

Read = Callable[[str], Any]


def _instant(text: str) -> str:
    """Bulk writes ``…000Z`` where REST writes ``…000+0000``."""
    return text.removesuffix("Z") + "+0000" if text.endswith("Z") else text


_READERS: Mapping[str, Read] = {
    "boolean": lambda text: text == "true",
    "int": int,
    "long": int,
    "double": float,
    "currency": float,
    "percent": float,
    "datetime": _instant,
}
UNREADABLE = frozenset({"address", "location", "base64", "complexvalue"})
"""Types that Bulk API queries refuse."""


class RowReader:
    """Reads the sheets of one job; ``types`` are the columns' describe types, in the order of the query."""

    def __init__(self, types: Mapping[str, str]) -> None:
        self._readers = [(column.split("."), _READERS.get(kind, str)) for column, kind in types.items()]
        self._header = [column.lower() for column in types]

    def records(self, text: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Yield the records of one sheet, given in lines; its first line may repeat the columns' names.

        ``ValueError`` when a line has another number of cells than the query has columns, as a torn sheet does.
        """
        lines = csv.reader(line.replace("\0", "") for line in text)
        for cells in lines:
            if len(cells) != len(self._readers):
                raise ValueError(f"a line of {len(cells)} cells for {len(self._readers)} columns")
            if lines.line_num > 1 or [cell.lower() for cell in cells] != self._header:
                yield self._record(cells)

    def _record(self, cells: Sequence[str]) -> dict[str, Any]:
        record: dict[str, Any] = {}
        for (path, read), cell in zip(self._readers, cells, strict=True):
            here = record
            for step in path[:-1]:
                here = here.setdefault(step, {})
            here[path[-1]] = read(cell) if cell else None
        return {name: _known(value) for name, value in record.items()}


def _known(value: Any) -> Any:
    """Return a parent as REST shows it: null when nothing is known of it."""
    if not isinstance(value, dict):
        return value
    inner = {name: _known(one) for name, one in value.items()}
    return inner if any(one is not None for one in inner.values()) else None

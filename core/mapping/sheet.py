"""Many records of one section at once: every field as a column, the columns as the JSON of each record.

The rules are those of ``CompiledSection.normalise``, and what is written is what dumping its outcome would give. A
field whose rules are plain has a column (``core.mapping.columns``); any other, and any record that does not fit, is
filled by the section's own rules, compiled for that field alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import orjson

from core.errors import RejectedError
from core.mapping.columns import Batch, Cells, together
from core.mapping.issues import Issue
from core.mapping.kernels import FAULTS
from core.mapping.parts import Part, added, members
from core.mapping.rules import Path
from core.mapping.settle import reject

Fill = Callable[[Any, list[Issue]], dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """What became of a batch: per record its JSON and the client it names; by record number what is wrong with it."""

    texts: Sequence[str]
    clients: Sequence[str | None]
    issues: Sequence[tuple[int, Issue]]
    errors: dict[int, Exception]


class SheetField:
    """A canonical field: its part of the sheet, and its rules for a single record, compiled when first needed."""

    def __init__(self, name: str, part: Part, compiled: Callable[[], Fill]) -> None:
        self.name = name
        self._part = part
        self._compiled = compiled

    @cached_property
    def _fill(self) -> Fill:
        return self._compiled()

    def cells(self, batch: Batch) -> Cells:
        """What the field adds to each record."""
        return self._part.cells(batch, partial(self._alone, batch))

    def _alone(self, batch: Batch, row: int) -> str:
        issues: list[Issue] = []
        try:
            made = self._fill(batch.raws[row], issues)
        except FAULTS as error:
            batch.errors.setdefault(row, error)
            return ""
        batch.issues.extend((row, issue) for issue in issues)
        return members(made)

    def empty_in(self, cells: Cells, count: int) -> set[int]:
        """The records in which the field is absent or null."""
        if cells.filled and not cells.constant:
            return set()
        null = added(self.name, None)
        return {row for row, text in enumerate(cells.texts(count)) if not text or text == null}


class Sheet:
    """All fields of a section; ``groups`` are those of which one must be filled, ``paths`` all that is read."""

    def __init__(
        self, name: str, fields: Sequence[SheetField], groups: Sequence[tuple[str, ...]], paths: Sequence[Path]
    ) -> None:
        self._name = name
        self._fields = fields
        self._groups = groups
        self._paths = sorted(dict.fromkeys(path for path in paths if _is_named(path)), key=lambda path: path[:-1])

    def write(self, raws: Sequence[dict[str, Any]]) -> Outcome:
        """What the records become; there has to be one at least, and all have to be plain."""
        batch = Batch(raws)
        batch.read_ahead(self._paths)
        cells = {field.name: field.cells(batch) for field in self._fields}
        record = together(list(cells.values()))
        texts = record.within("{", "}", batch.count).texts(batch.count)
        if not record.filled:
            texts = [text or "{}" for text in texts]
        self._demand(batch, cells)
        return Outcome(texts, self._clients(batch, cells), batch.issues, batch.errors)

    def _demand(self, batch: Batch, cells: dict[str, Cells]) -> None:
        """Refuse the records that lack what their kind needs."""
        known = {field.name: field for field in self._fields}
        for group in self._groups:
            lacking = set(range(batch.count))
            for name in group:
                lacking &= known[name].empty_in(cells[name], batch.count) if name in known else lacking
            for row in lacking:
                try:
                    reject(group, self._name)
                except RejectedError as refused:
                    batch.errors.setdefault(row, refused)

    @staticmethod
    def _clients(batch: Batch, cells: dict[str, Cells]) -> Sequence[str | None]:
        named = cells.get("client_id")
        if named is None:
            return [None] * batch.count
        found = orjson.loads(f"[{','.join('{' + text[1:] + '}' for text in named.texts(batch.count))}]")
        return [one.get("client_id") for one in found]


def _is_named(path: Path) -> bool:
    return all(isinstance(part, str) for part in path)

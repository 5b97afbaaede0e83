"""What Inlay writes, as CSV files for the CRM's own import wizard: one row per record, changed in place.

The first column is the key: the record's id, or Inlay's own key of a task. Writing the same row twice changes nothing,
and a file is replaced in one stroke, so that a run that was interrupted leaves no torn file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.sdk import Outcome, Verb, WriteRow, read_sheet, write_sheet

RECORD_ID = "Record ID"
TASKS = "inlay_tasks"
TASK_KEY = "Inlay Key"


@dataclass
class ImportFile:
    """One file of changes: rows by key, in the order they were first written."""

    path: Path
    key: str
    rows: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, stream: str) -> ImportFile:
        """Read the file for a stream as far as it exists."""
        name = stream if stream.lower().endswith(".csv") else f"{stream}.csv"
        file = cls(folder / name, TASK_KEY if stream == TASKS else RECORD_ID)
        header, rows = read_sheet(file.path)
        file.rows = {row[0]: dict(zip(header, row, strict=False)) for row in rows if row}
        return file

    def save(self) -> None:
        """Write the file anew; without rows it is removed."""
        if not self.rows:
            self.path.unlink(missing_ok=True)
            return
        names = dict.fromkeys([self.key, *(name for row in self.rows.values() for name in row)])
        write_sheet(self.path, list(names), ([row.get(name, "") for name in names] for row in self.rows.values()))

    def carry_out(self, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        """Change the rows and save; one outcome per row."""
        outcomes = [self._delete(row) if verb == "delete" else self._put(row) for row in rows]
        self.save()
        return outcomes

    def _put(self, row: WriteRow) -> Outcome:
        key = row.key[1] if row.key else row.external_id
        if not key:
            return Outcome("rejected", code="NO_ID", message="a row without id or key cannot be imported")
        is_new = row.key is not None and key not in self.rows
        self.rows.setdefault(key, {self.key: key}).update(_texts(row.values))
        return Outcome("applied", external_id=key, created=is_new)

    def _delete(self, row: WriteRow) -> Outcome:
        self.rows.pop(row.external_id or "", None)
        return Outcome("applied", external_id=row.external_id)


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in values.items()}

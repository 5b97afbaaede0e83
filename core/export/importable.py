"""CSV files that a CRM's import wizard takes: signals as columns beside the record's own id, and the proposed tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import orjson
from sqlalchemy import Connection

from core.errors import RejectedError
from core.ledger.book import planned_operations
from core.ledger.fields import SignalNow, signals_of
from core.ledger.operations import Operation
from core.ledger.policy import APPLY, NEEDS_APPROVAL
from core.mapping import FieldWrite, to_vendor_value
from core.mapping import Mapping as FieldMapping
from core.model import SourceKey
from core.sheet import write_sheet
from core.store import Store
from core.store.crosswalk import read_crosswalk, resolve
from core.store.golden import lookup
from core.sync import ConnectionSetup

KIND = "csv"
CHUNK = 1000
COMPOSITE_ID = "Record ID"
WANTED = (APPLY, NEEDS_APPROVAL)


@dataclass(frozen=True)
class ExportedFile:
    """One file that was written."""

    path: Path
    connection: str
    record_type: str
    rows: int


@dataclass(frozen=True)
class ExportReport:
    """The files of one export."""

    files: tuple[ExportedFile, ...]

    @property
    def rows(self) -> int:
        """All rows together."""
        return sum(file.rows for file in self.files)


def export_csv(store: Store, setups: Sequence[ConnectionSetup], folder: Path) -> ExportReport:
    """Write the files of all CSV connections into a folder, replacing those of an earlier export.

    Records carry their id as in the input, their name, and every signal the mapping's ``writes:`` asks for; tasks are
    those of the current plan that are to be made or await approval.
    """
    files: list[ExportedFile] = []
    with store.read() as conn:
        for setup in setups:
            if setup.connector.kind == KIND:
                files += _Export(conn, setup, folder).files()
    return ExportReport(tuple(files))


@dataclass(frozen=True)
class _Export:
    conn: Connection
    setup: ConnectionSetup
    folder: Path

    def files(self) -> Iterator[ExportedFile]:
        """Write and yield each file."""
        for (record_type, stream), writes in groupby(sorted(self.setup.mapping.writes, key=_section), key=_section):
            yield self._records(record_type, stream, self._in_file_order(list(writes)))
        creates = [one for one in planned_operations(self.conn) if self._is_wanted(one)]
        for stream, operations in groupby(sorted(creates, key=_stream), key=_stream):
            yield self._creates(stream, list(operations))

    def _in_file_order(self, writes: Sequence[FieldWrite]) -> list[FieldWrite]:
        return [write for write in self.setup.mapping.writes if write in writes]

    def _records(self, record_type: str, stream: str, writes: Sequence[FieldWrite]) -> ExportedFile:
        id_column, name_column = _own_columns(self.setup.mapping, record_type, stream)
        path = self.folder / f"{self.setup.name}-{record_type}s.csv"
        header = [id_column, name_column, *(write.label for write in writes)]
        rows = write_sheet(path, header, self._rows(record_type, stream, writes))
        return ExportedFile(path, self.setup.name, record_type, rows)

    def _rows(self, record_type: str, stream: str, writes: Sequence[FieldWrite]) -> Iterator[list[str]]:
        prefix = SourceKey(self.setup.name, stream, "").id
        pairs = sorted(pair for pair in read_crosswalk(self.conn, record_type) if pair[0].startswith(prefix))
        for start in range(0, len(pairs), CHUNK):
            page = pairs[start : start + CHUNK]
            golden = lookup(self.conn, record_type, [golden_id for _, golden_id in page])
            signals = signals_of(self.conn, record_type, [write.signal for write in writes], sorted(golden))
            for source_id, golden_id in page:
                row = golden.get(golden_id)
                if row is not None and row.gone is None:
                    name = orjson.loads(row.data).get("name") or ""
                    values = [_value(write, signals.get(golden_id, {}).get(write.signal)) for write in writes]
                    yield [source_id.removeprefix(prefix), name, *values]

    def _is_wanted(self, operation: Operation) -> bool:
        return (
            operation.kind == "create_record"
            and operation.connection == self.setup.name
            and operation.verdict.startswith(WANTED)
        )

    def _creates(self, stream: str, operations: Sequence[Operation]) -> ExportedFile:
        clients = sorted({one.client_id for one in operations if one.client_id})
        names = self._names(clients)
        columns = list(dict.fromkeys(name for one in operations for name in one.after["values"]))
        path = self.folder / f"{self.setup.name}-{stream.removeprefix('inlay_').removesuffix('.csv')}.csv"
        header = [operations[0].after["key_field"], *columns, "Client name", "Reason"]
        rows = (
            [
                one.key or "",
                *(str(one.after["values"].get(name, "")) for name in columns),
                names.get(one.client_id or "", ""),
                one.reason,
            ]
            for one in operations
        )
        return ExportedFile(path, self.setup.name, "task", write_sheet(path, header, rows))

    def _names(self, clients: Sequence[str]) -> dict[str, str]:
        golden = resolve(self.conn, "client", clients)
        rows = lookup(self.conn, "client", sorted(set(golden.values())))
        return {asked: orjson.loads(rows[one].data).get("name") or "" for asked, one in golden.items() if one in rows}


def _section(write: FieldWrite) -> tuple[str, str]:
    return (write.record_type, write.stream)


def _stream(operation: Operation) -> str:
    return operation.stream


def _own_columns(mapping: FieldMapping, record_type: str, stream: str) -> tuple[str, str]:
    """The columns of the input that hold the record's id and name."""
    declared = mapping.streams[stream]
    id_column = str(declared.id_paths[0][-1]) if len(declared.id_paths) == 1 else COMPOSITE_ID
    names = [one.section.fields.get("name") for one in declared.sections if one.section.record_type == record_type]
    return id_column, next((name for name in names if isinstance(name, str)), "Name")


def _value(write: FieldWrite, now: SignalNow | None) -> str:
    """The signal as the column holds it; empty when it is unknown or does not fit."""
    if now is None or now.value is None:
        return ""
    try:
        return str(to_vendor_value(write, now.value, KIND))
    except RejectedError:
        return ""

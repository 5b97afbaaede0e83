"""Fills record tables from the store: live golden records only, clients resolved through the crosswalk."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import orjson
from sqlalchemy import Connection, Select, select

from core.signals.columns import Values
from core.signals.definition import Subject
from core.signals.fields import Field
from core.signals.tables import TABLES, ClientRecords, Clients, Contracts, Rows, Table, Users
from core.store.tables import crosswalk, golden_record

BATCH = 500  # parsed records that live at once: few enough that Python's collector leaves them alone

T = TypeVar("T", bound=Table)


class Tables:
    """The record tables of one store, each read when it is first asked for.

    ``only`` limits them to the records of one client (by golden id), which is what an explanation needs.
    """

    def __init__(self, conn: Connection, only: str | None = None) -> None:
        self._conn = conn
        self._only = only
        self._loaded: dict[str, Table] = {}
        self._golden: dict[str, dict[str, str]] = {}

    @property
    def clients(self) -> Clients:
        """All live clients."""
        return self.table(Clients)

    @property
    def users(self) -> Users:
        """All people of the firm."""
        return self.table(Users)

    def table(self, kind: type[T]) -> T:
        """The table of this type."""
        found = self.named(kind.table_name)
        if not isinstance(found, kind):
            raise TypeError(f"{kind.__name__} is not a table of core.signals.tables")
        return found

    def named(self, name: str) -> Table:
        """The table of this name, such as ``invoices``."""
        if name not in self._loaded:
            self._loaded[name] = self._load(TABLES[name])
            self._loaded[name].is_read = self._is_read(TABLES[name])
        return self._loaded[name]

    def golden(self, record_type: str) -> dict[str, str]:
        """Golden id by source id, for records joined into another; the rest stand for themselves."""
        if record_type not in self._golden:
            query = select(crosswalk.c.source_id, crosswalk.c.golden_id).where(
                crosswalk.c.record_type == record_type, crosswalk.c.golden_id != crosswalk.c.source_id
            )
            self._golden[record_type] = {row.source_id: row.golden_id for row in self._conn.execute(query)}
        return self._golden[record_type]

    def subjects(self, subject: Subject) -> list[str]:
        """The ids that signals of this subject have a value for, in the order of their columns."""
        return self.table(Clients if subject == "client" else Contracts).ids

    def forget_reads(self) -> None:
        """Let every table forget which of its fields were read."""
        for table in self._loaded.values():
            table.read_fields.clear()

    def resolve(self, record_type: str, source_ids: Sequence[str | None]) -> list[str | None]:
        """Golden ids of source ids."""
        known = self.golden(record_type)
        return [None if source is None else known.get(source, source) for source in source_ids]

    def _load(self, kind: type[Table]) -> Table:
        ids: list[str] = []
        refs: list[str | None] = []
        parts: list[list[Values]] = []
        fields = kind.declared()
        rows = self._conn.execution_options(yield_per=BATCH).execute(self._query(kind))
        for batch in rows.partitions(BATCH):
            records = [orjson.loads(row.data) for row in batch]
            ids += [row.id for row in batch]
            refs += _refs(kind, [row.client_ref for row in batch], records)
            parts.append([field.take(records) for field in fields])
        order = sorted(range(len(ids)), key=ids.__getitem__)
        columns = _columns(fields, parts, order)
        ids = [ids[row] for row in order]
        if issubclass(kind, ClientRecords):
            return kind(ids, columns, self._client_rows([refs[row] for row in order]), len(self.clients))
        return kind(ids, columns)

    def _is_read(self, kind: type[Table]) -> bool:
        record = golden_record.c
        live = select(record.id).where(record.record_type == kind.record_type, record.gone.is_(None)).limit(1)
        return self._conn.execute(live).first() is not None

    def _query(self, kind: type[Table]) -> Select[str, str | None, str]:
        record = golden_record.c
        query = select(record.id, record.client_ref, record.data).where(
            record.record_type == kind.record_type, record.gone.is_(None)
        )
        if self._only is None or kind is Users:
            return query
        if kind is Clients:
            return query.where(record.id == self._only)
        if issubclass(kind, ClientRecords) and kind.client_field:
            return query  # such a table is small, and its rows find their client when they are parsed
        mine = select(crosswalk.c.source_id).where(
            crosswalk.c.record_type == "client",
            crosswalk.c.golden_id == self._only,
            crosswalk.c.golden_id != crosswalk.c.source_id,  # which is what the index holds
        )
        return query.where(record.client_ref.in_(mine) | (record.client_ref == self._only))

    def _client_rows(self, refs: list[str | None]) -> Rows:
        rows = self._row_of_client
        golden = self.golden("client")
        return np.array([-1 if ref is None else rows.get(golden.get(ref, ref), -1) for ref in refs], np.int64)

    @cached_property
    def _row_of_client(self) -> dict[str, int]:
        return {id_: row for row, id_ in enumerate(self.clients.ids)}


def _refs(kind: type[Table], refs: list[str | None], records: list[Any]) -> list[str | None]:
    """The source id of each record's client."""
    if issubclass(kind, ClientRecords) and kind.client_field:
        return [record.get(kind.client_field) for record in records]
    return refs


def _columns(fields: Sequence[Field], parts: list[list[Values]], order: list[int]) -> dict[str, Values]:
    parts = parts or [[field.take([]) for field in fields]]
    return {field.name: np.concatenate([part[at] for part in parts])[order] for at, field in enumerate(fields)}

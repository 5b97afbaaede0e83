"""Fills record tables from the store: live golden records only, clients resolved through the crosswalk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import numpy as np
import orjson
from sqlalchemy import Connection, select

from core.signals.columns import Values
from core.signals.definition import Subject
from core.signals.fields import Field
from core.signals.tables import TABLES, ClientRecords, Clients, Contacts, Contracts, Rows, Table, Users
from core.store.bulk import select_in
from core.store.tables import crosswalk, golden_record

BATCH = 500  # parsed records that live at once: few enough that Python's collector leaves them alone
READ = ("id", "client_ref", "data")
PARENT = "parent_client_id"
FIRM = "firm"
"""The one subject of the signals of the firm."""
TABLES_OF: Mapping[Subject, type[Table]] = {"client": Clients, "contract": Contracts, "contact": Contacts}

T = TypeVar("T", bound=Table)
Record = tuple[str, str | None, str]


class Tables:
    """The record tables of one store, each read when it is first asked for.

    ``only`` limits them to the records of some clients (by golden id): the one an explanation is about, those that
    changed, or, where ``dense``, as many neighbours as fit into memory. ``book`` is what such shares have in common.
    """

    def __init__(
        self,
        conn: Connection,
        only: str | Collection[str] | None = None,
        *,
        dense: bool = False,
        book: Book | None = None,
    ) -> None:
        self._conn = conn
        self._only = [only] if isinstance(only, str) else None if only is None else sorted(only)
        self._dense = dense and conn.dialect.name == "sqlite"  # elsewhere text has an order of its own
        self._loaded: dict[str, Table] = {}
        self._book = book or Book()

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
            self._loaded[name].is_read = self._book.is_read(self._conn, TABLES[name])
        return self._loaded[name]

    def golden(self, record_type: str) -> dict[str, str]:
        """Golden id by source id, for records joined into another; the rest stand for themselves."""
        return self._book.golden(self._conn, record_type)

    def subjects(self, subject: Subject) -> list[str]:
        """The ids that signals of this subject have a value for, in the order of their columns."""
        if subject == FIRM:
            return [FIRM]
        return self.table(TABLES_OF[subject]).ids

    def forget_reads(self) -> None:
        """Let every table forget which of its fields were read."""
        for table in self._loaded.values():
            table.read_fields.clear()

    def resolve(self, record_type: str, source_ids: Sequence[str | None]) -> list[str | None]:
        """Golden ids of source ids."""
        known = self.golden(record_type)
        return [None if source is None else known.get(source, source) for source in source_ids]

    def learn(self) -> None:
        """Remember which fields were read, for the shares that follow."""
        for name, table in self._loaded.items():
            self._book.fields.setdefault(name, set()).update(table.read_fields)

    def _load(self, kind: type[Table]) -> Table:
        wanted = self._book.fields.get(kind.table_name)
        fields = [field for field in kind.declared() if wanted is None or field.path in wanted]
        ids, refs, taken = self._taken(kind, fields)
        columns = _Columns(
            taken, lambda name: self._taken(kind, [one for one in kind.declared() if one.name == name])[2]
        )
        if issubclass(kind, ClientRecords):
            made = kind(ids, columns, self._client_rows(refs), len(self.clients))
            if isinstance(made, Contacts):
                made.golden = partial(self.golden, "contact")
            return made
        return kind(ids, columns, self.golden("user")) if issubclass(kind, Users) else kind(ids, columns)

    def _taken(
        self, kind: type[Table], fields: Sequence[Field]
    ) -> tuple[list[str], list[str | None], dict[str, Values]]:
        """The ids, the clients said, and these columns, of the records of a type; sorted by id."""
        ids: list[str] = []
        refs: list[str | None] = []
        parts: list[list[Values]] = []
        rows = self._rows(kind)
        while batch := list(islice(rows, BATCH)):
            records = [orjson.loads(row[2]) for row in batch]
            ids += [row[0] for row in batch]
            refs += _refs(kind, [row[1] for row in batch], records)
            parts.append([field.take(records) for field in fields])
        order = sorted(range(len(ids)), key=ids.__getitem__)
        columns = _columns(fields, parts, order)
        if kind is Clients and PARENT in columns:
            columns[PARENT][:] = self.resolve("client", columns[PARENT].tolist())
        return _Taken([ids[row] for row in order], [refs[row] for row in order], columns)

    def _rows(self, kind: type[Table]) -> Iterator[Record]:
        elsewhere = issubclass(kind, ClientRecords) and kind.client_field
        if self._only is None or kind is Users or elsewhere:  # the latter are few, and find their client when parsed
            return _all_rows(self._conn, kind)
        if kind is Clients:
            return _rows_of(self._conn, kind, "id", self._only, dense=self._dense)
        return self._rows_of_clients(kind, self._only)

    def _rows_of_clients(self, kind: type[Table], clients: Sequence[str]) -> Iterator[Record]:
        """The records that speak of these clients by any of their ids, and of no others."""
        aliases = self._book.aliases(self._conn, clients)
        if not self._dense:
            yield from _rows_of(self._conn, kind, "client_ref", [*clients, *aliases])
            return
        known, golden = set(clients), self.golden("client")
        between = _rows_of(self._conn, kind, "client_ref", clients, dense=True)
        yield from (row for row in between if golden.get(str(row[1]), row[1]) in known)
        outside = [alias for alias in aliases if not clients[0] <= alias <= clients[-1]]
        yield from _rows_of(self._conn, kind, "client_ref", outside)

    def _client_rows(self, refs: list[str | None]) -> Rows:
        rows = self._row_of_client
        golden = self.golden("client")
        return np.array([-1 if ref is None else rows.get(golden.get(ref, ref), -1) for ref in refs], np.int64)

    @cached_property
    def _row_of_client(self) -> dict[str, int]:
        return {id_: row for row, id_ in enumerate(self.clients.ids)}


class Book:
    """What all shares of the clients have in common; ``fields`` are those that were read of each table so far."""

    def __init__(self) -> None:
        self.fields: dict[str, set[str]] = {}
        self._golden: dict[str, dict[str, str]] = {}
        self._joined: dict[str, list[str]] | None = None
        self._is_read: dict[str, bool] = {}

    def golden(self, conn: Connection, record_type: str) -> dict[str, str]:
        """Golden id by source id, for records joined into another."""
        if record_type not in self._golden:
            query = select(crosswalk.c.source_id, crosswalk.c.golden_id).where(
                crosswalk.c.record_type == record_type, crosswalk.c.golden_id != crosswalk.c.source_id
            )
            self._golden[record_type] = {row.source_id: row.golden_id for row in conn.execute(query)}
        return self._golden[record_type]

    def aliases(self, conn: Connection, clients: Collection[str]) -> list[str]:
        """The other ids by which records may speak of these clients."""
        if self._joined is None:
            self._joined = {}
            for source, golden in self.golden(conn, "client").items():
                self._joined.setdefault(golden, []).append(source)
        return [source for golden in clients for source in self._joined.get(golden, ())]

    def is_read(self, conn: Connection, kind: type[Table]) -> bool:
        """Whether any system delivers such records, of any client."""
        if kind.record_type not in self._is_read:
            record = golden_record.c
            live = select(record.id).where(record.record_type == kind.record_type, record.gone.is_(None)).limit(1)
            self._is_read[kind.record_type] = conn.execute(live).first() is not None
        return self._is_read[kind.record_type]


class _Taken(NamedTuple):
    """Records as read: their ids, whom they say they belong to, and some of their columns."""

    ids: list[str]
    refs: list[str | None]
    columns: dict[str, Values]


class _Columns(dict[str, Values]):
    """Columns by field; one that was not read with the others is read when it is asked for."""

    def __init__(self, columns: dict[str, Values], read: Callable[[str], dict[str, Values]]) -> None:
        super().__init__(columns)
        self._read = read

    def __missing__(self, name: str) -> Values:
        """Read one more column."""
        self.update(self._read(name))
        return self[name]


def _all_rows(conn: Connection, kind: type[Table]) -> Iterator[Record]:
    """All live records of a type."""
    record = golden_record.c
    query = select(record.id, record.client_ref, record.data).where(
        record.record_type == kind.record_type, record.gone.is_(None)
    )
    for row in conn.execution_options(yield_per=BATCH).execute(query):
        yield row.id, row.client_ref, row.data


def _rows_of(
    conn: Connection, kind: type[Table], key: str, values: Collection[str], *, dense: bool = False
) -> Iterator[Record]:
    """The live records of a type whose ``key`` is one of these; where dense, also those between them."""
    fixed, where = {"record_type": kind.record_type}, "t.gone IS NULL"
    rows: Iterator[Any] = select_in(conn, golden_record, READ, key, values, fixed=fixed, where=where, dense=dense)
    return rows


def _refs(kind: type[Table], refs: list[str | None], records: list[Any]) -> list[str | None]:
    """The source id of each record's client."""
    if issubclass(kind, ClientRecords) and kind.client_field:
        return [record.get(kind.client_field) for record in records]
    return refs


def _columns(fields: Sequence[Field], parts: list[list[Values]], order: list[int]) -> dict[str, Values]:
    parts = parts or [[field.take([]) for field in fields]]
    return {field.name: np.concatenate([part[at] for part in parts])[order] for at, field in enumerate(fields)}

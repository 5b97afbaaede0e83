"""Linked records: the canonical form of each source record that shares its golden record with others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, and_, bindparam, select

from core.store.bulk import Values, select_in, stream_rows, upsert_rows
from core.store.sources import within
from core.store.tables import linked_record

WRITTEN = ("record_type", "source_id", "data", "stamp", "gone", "merged")
ONE = and_(linked_record.c.record_type == bindparam("type"), linked_record.c.source_id == bindparam("key"))
MARK = linked_record.update().where(ONE).values(gone=bindparam("why"), merged=0)
OF_STREAM = (
    select(linked_record.c.source_id)
    .where(linked_record.c.record_type == bindparam("type"))
    .where(linked_record.c.source_id >= bindparam("first"), linked_record.c.source_id < bindparam("beyond"))
    .limit(1)
)
REMOVE = linked_record.delete().where(ONE)


@dataclass(frozen=True, slots=True)
class LinkedRow:
    """One member of a golden record of several."""

    source_id: str
    data: dict[str, Any]
    stamp: str | None
    gone: str | None


def has_linked(conn: Connection, record_type: str, connection: str, stream: str) -> bool:
    """Tell whether any record of a stream is linked, so that most syncs need not ask for each."""
    return conn.execute(OF_STREAM, {"type": record_type, **within(connection, stream)}).first() is not None


def linked_among(conn: Connection, record_type: str, ids: Collection[str]) -> set[str]:
    """Those of the source records that are linked."""
    rows = select_in(conn, linked_record, ("source_id",), "source_id", ids, fixed={"record_type": record_type})
    return {row[0] for row in rows}


def read_linked(conn: Connection, record_type: str, ids: Collection[str]) -> dict[str, LinkedRow]:
    """These members by source id; those that are not linked are left out."""
    columns = ("source_id", "data", "stamp", "gone")
    rows = select_in(conn, linked_record, columns, "source_id", ids, fixed={"record_type": record_type})
    return {row[0]: LinkedRow(row[0], orjson.loads(row[1]), row[2], row[3]) for row in rows}


def unmerged(conn: Connection, record_type: str) -> list[str]:
    """The members that changed since their golden record was last merged."""
    table = linked_record.c
    query = select(table.source_id).where(table.record_type == record_type, table.merged == 0)
    return list(conn.execute(query.order_by(table.source_id)).scalars())


def save_linked(conn: Connection, rows: Sequence[Values]) -> None:
    """Keep members, in the column order of ``WRITTEN``."""
    upsert_rows(conn, linked_record, WRITTEN, rows)


def mark_linked_gone(conn: Connection, record_type: str, ids: Collection[str], reason: str) -> None:
    """Note that members are gone; their golden record is merged anew without them at the next join."""
    if ids:
        conn.execute(MARK, [{"type": record_type, "key": key, "why": reason} for key in ids])


def remove_linked(conn: Connection, record_type: str, ids: Collection[str]) -> None:
    """Forget members that stand alone again."""
    if ids:
        conn.execute(REMOVE, [{"type": record_type, "key": key} for key in ids])


def all_linked(conn: Connection, record_type: str) -> Iterator[LinkedRow]:
    """All members of golden records of a type, by source id."""
    table = linked_record.c
    query = select(table.source_id, table.data, table.stamp, table.gone).where(table.record_type == record_type)
    for row in stream_rows(conn, query.order_by(table.source_id)):
        yield LinkedRow(row[0], orjson.loads(row[1]), row[2], row[3])


def gone_members(conn: Connection, record_type: str) -> set[str]:
    """The members that are no longer shown by their vendors."""
    table = linked_record.c
    query = select(table.source_id).where(table.record_type == record_type, table.gone.is_not(None))
    return set(conn.execute(query).scalars())

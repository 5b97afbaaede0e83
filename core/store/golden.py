"""Golden records: the merged view of each real thing, and of every record that stands alone.

A record that stands alone says where its fields come from without a word: provenance ``OWN`` means that all of them are
its source record's, as of that record's stamp. Nine in ten records are such, and the text would be half their cost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, and_, bindparam, select

from core.store.bulk import Values, insert_fresh, select_in, stream_rows, upsert_rows
from core.store.tables import golden_record, source_record

READ = ("id", "client_ref", "data", "changed_at", "gone")
WRITTEN = ("record_type", "id", "client_ref", "data", "provenance", "changed_at", "gone")

ONE = and_(golden_record.c.record_type == bindparam("type"), golden_record.c.id == bindparam("key"))
MARK = (
    golden_record.update()
    .where(ONE, golden_record.c.gone.is_(None))
    .values(gone=bindparam("why"), changed_at=bindparam("now"))
)
REMOVE = golden_record.delete().where(ONE)

OWN = ""
ORIGIN = (
    select(golden_record.c.provenance, source_record.c.stamp)
    .join_from(golden_record, source_record, source_record.c.id == golden_record.c.id, isouter=True)
    .where(ONE)
)

Provenance = dict[str, list[str | None]]


@dataclass(frozen=True, slots=True)
class GoldenRow:
    """One golden record: id (source id of its anchor), client it names, canonical JSON, last change, why it is gone."""

    id: str
    client_ref: str | None
    data: str
    changed_at: str
    gone: str | None


def read_golden(conn: Connection, record_type: str, *, gone: bool = False) -> Iterator[GoldenRow]:
    """All golden records of a type, by id; those that are gone only when asked for."""
    columns = [golden_record.c[name] for name in READ]
    query = select(*columns).where(golden_record.c.record_type == record_type).order_by(golden_record.c.id)
    for row in stream_rows(conn, query if gone else query.where(golden_record.c.gone.is_(None))):
        yield GoldenRow(*row)


def lookup(conn: Connection, record_type: str, ids: Collection[str]) -> dict[str, GoldenRow]:
    """These golden records by id, gone or not; unknown ids are left out."""
    rows = select_in(conn, golden_record, READ, "id", ids, fixed={"record_type": record_type})
    return {row[0]: GoldenRow(*row) for row in rows}


def read_provenance(conn: Connection, record_type: str, golden_id: str) -> Provenance:
    """Where each field came from: field -> [source id, vendor's instant]; ``*`` speaks for all fields not named."""
    row = conn.execute(ORIGIN, {"type": record_type, "key": golden_id}).first()
    if row is None:
        return {}
    provenance: Provenance = {"*": [golden_id, row[1]]} if row[0] == OWN else orjson.loads(row[0])
    return provenance


def save_golden(conn: Connection, rows: Sequence[Values], *, fresh: bool = False) -> None:
    """Keep golden records, in the column order of ``WRITTEN``; ``changed_at`` moves only where the content did."""
    save = insert_fresh if fresh else upsert_rows
    save(conn, golden_record, WRITTEN, rows, differs=("data", "client_ref", "provenance", "gone"))


def mark_golden_gone(conn: Connection, record_type: str, ids: Collection[str], reason: str, at: str) -> None:
    """Mark golden records whose every source is gone (or no longer makes such a record)."""
    if ids:
        conn.execute(MARK, [{"type": record_type, "key": key, "why": reason, "now": at} for key in ids])


def remove_golden(conn: Connection, record_type: str, ids: Collection[str]) -> None:
    """Remove golden records that have become part of another one."""
    if ids:
        conn.execute(REMOVE, [{"type": record_type, "key": key} for key in ids])

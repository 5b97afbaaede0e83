"""Parked records: kept whole with the reason why they cannot stand, until they pass or a person dismisses them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, func, select

from core.store.bulk import select_in, stream_rows, upsert_rows
from core.store.raw import Packer, Unpacker, encode
from core.store.sources import of_connection, of_stream
from core.store.tables import parked_record

WRITTEN = ("id", "raw", "problem", "place", "remedy", "mapping", "run_id", "parked_at", "state")
Release = Literal["replayed", "dismissed"]
IS_OPEN = parked_record.c.state == "open"
OF_STREAM = (parked_record.c.id >= bindparam("first"), parked_record.c.id < bindparam("beyond"))
COUNT_OPEN = select(func.count()).select_from(parked_record).where(*OF_STREAM, IS_OPEN)


@dataclass(frozen=True, slots=True)
class Parked:
    """One refused record: its source id (or ``connection/stream/row:n``), payload, what is wrong, where, what to do."""

    id: str
    raw: dict[str, Any]
    problem: str
    place: str
    remedy: str
    mapping: str
    run_id: str
    parked_at: str


def park(conn: Connection, rows: Sequence[Parked]) -> None:
    """Keep refused records; one parked before for the same reason stays as it is."""
    packer = Packer()
    told = {row.id: row for row in rows}
    values = [
        (p.id, packer.pack(encode(p.raw)), p.problem, p.place, p.remedy, p.mapping, p.run_id, p.parked_at, "open")
        for p in told.values()
    ]
    upsert_rows(conn, parked_record, WRITTEN, values, differs=("raw", "problem", "place", "remedy", "mapping", "state"))


def release(conn: Connection, ids: Collection[str], state: Release) -> int:
    """Close parked records, because they passed or were given up; returns how many were open."""
    table = parked_record
    still_open = list(select_in(conn, table, ("id",), "id", ids, fixed={"state": "open"}))
    for row in still_open:
        conn.execute(table.update().where(table.c.id == row[0]).values(state=state))
    return len(still_open)


def read_parked(conn: Connection, state: str = "open") -> Iterator[Parked]:
    """All parked records of a state, by id."""
    table = parked_record
    unpacker = Unpacker(conn)
    for row in stream_rows(conn, select(table).where(table.c.state == state).order_by(table.c.id)):
        kept = (row.problem, row.place, row.remedy, row.mapping, row.run_id, row.parked_at)
        yield Parked(row.id, unpacker.unpack(row.raw), *kept)


def refused_otherwise(conn: Connection, connection: str, mapping: str) -> list[Parked]:
    """Open parked records of a connection that another mapping than this one refused."""
    table = parked_record
    query = select(table).where(
        of_connection(connection, table.c.id), table.c.state == "open", table.c.mapping != mapping
    )
    unpacker = Unpacker(conn)
    return [
        Parked(r.id, unpacker.unpack(r.raw), r.problem, r.place, r.remedy, r.mapping, r.run_id, r.parked_at)
        for r in conn.execute(query.order_by(table.c.id))
    ]


def count_open(conn: Connection, connection: str, stream: str) -> int:
    """How many records of a stream are parked now."""
    path = f"{connection}/{stream}"
    return conn.execute(COUNT_OPEN, {"first": f"{path}/", "beyond": f"{path}0"}).scalar_one()


def open_ids(conn: Connection, connection: str, stream: str) -> Iterator[str]:
    """The ids of a stream's parked records, in order."""
    table = parked_record
    query = select(table.c.id).where(of_stream(connection, stream, table.c.id), table.c.state == "open")
    for row in stream_rows(conn, query.order_by(table.c.id)):
        yield row[0]

"""Source records: what every vendor said last, payload and all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, select

from core.store.bulk import Values, insert_fresh, select_in, stream_rows, upsert_rows
from core.store.raw import Unpacker, ordered
from core.store.tables import source_record

WRITTEN = ("id", "raw", "raw_hash", "stamp", "synced_at", "mapping", "gone", "gone_at", "merged_into")
READ = ("id", "raw", "stamp", "synced_at", "gone", "merged_into")

ONE = source_record.c.id == bindparam("key")
MARK = (
    source_record.update()
    .where(ONE)
    .values(
        gone=bindparam("why"), gone_at=bindparam("since"), merged_into=bindparam("into"), synced_at=bindparam("now")
    )
)
COMPARED = source_record.update().where(ONE).values(raw_hash=bindparam("hash"))
BEYOND = "0"  # what follows the slash that ends a stream's name
PLACES = (source_record.c.id >= bindparam("first"), source_record.c.id < bindparam("beyond"))
HAS = select(source_record.c.id).where(*PLACES).limit(1)
LIVE = source_record.c.gone.is_(None)
COUNT_LIVE = select(func.count()).select_from(source_record).where(*PLACES, LIVE)
ALL = select(*(source_record.c[name] for name in READ)).where(*PLACES).order_by(source_record.c.id)
ALL_LIVE = ALL.where(LIVE)
LIVE_IDS = select(source_record.c.id).where(*PLACES, LIVE).order_by(source_record.c.id)
NORMALISED = source_record.update().where(ONE).values(mapping=bindparam("by"))


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One vendor record; ``synced_at`` is when Inlay last saw it change, ``gone`` why it is no longer shown."""

    id: str
    raw: dict[str, Any]
    stamp: str | None
    synced_at: str
    gone: str | None
    merged_into: str | None


def read_sources(conn: Connection, ids: Collection[str]) -> Iterator[SourceRow]:
    """These source records with their payloads; unknown ids are left out."""
    unpacker = Unpacker(conn)
    for row in select_in(conn, source_record, READ, "id", ids):
        yield SourceRow(row[0], unpacker.unpack(row[1]), *row[2:])


def read_stream(conn: Connection, connection: str, stream: str, *, gone: bool = False) -> Iterator[SourceRow]:
    """All source records of a stream, by id; those that are gone only when asked for."""
    unpacker = Unpacker(conn)
    for row in stream_rows(conn, ALL if gone else ALL_LIVE, within(connection, stream)):
        yield SourceRow(row[0], unpacker.unpack(row[1]), *row[2:])


def within(connection: str, stream: str) -> dict[str, str]:
    """What ``first`` and ``beyond`` are in a statement over the ids of one stream, a range that an index can walk."""
    return {"first": f"{connection}/{stream}/", "beyond": f"{connection}/{stream}{BEYOND}"}


def of_stream(connection: str, stream: str, column: ColumnElement[str] = source_record.c.id) -> ColumnElement[bool]:
    """The condition that an id belongs to a stream, as a range that an index can walk."""
    return and_(column >= f"{connection}/{stream}/", column < f"{connection}/{stream}0")


def of_connection(connection: str, column: ColumnElement[str] = source_record.c.id) -> ColumnElement[bool]:
    """The condition that an id belongs to a connection."""
    return and_(column >= f"{connection}/", column < f"{connection}0")


def has_records(conn: Connection, connection: str, stream: str) -> bool:
    """Tell whether the store holds any record of the stream, gone or not."""
    return conn.execute(HAS, within(connection, stream)).first() is not None


def count_live(conn: Connection, connection: str, stream: str) -> int:
    """How many records of the stream the vendor still shows."""
    return conn.execute(COUNT_LIVE, within(connection, stream)).scalar_one()


def live_hashes(conn: Connection, ids: Collection[str]) -> dict[str, bytes]:
    """The payload hashes of those records that are live; one that is gone counts as new when it comes back."""
    return dict(select_in(conn, source_record, ("id", "raw_hash"), "id", ids, where="t.gone IS NULL"))


def same_as_before(conn: Connection, payloads: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Those of the records whose payload says what the stored one says, whatever the order of its fields."""
    unpacker = Unpacker(conn)
    rows = select_in(conn, source_record, ("id", "raw"), "id", payloads)
    return {row[0] for row in rows if ordered(unpacker.unpack(row[1])) == ordered(payloads[row[0]])}


def note_hashes(conn: Connection, hashes: Mapping[str, bytes]) -> None:
    """Compare these records by other hashes from now on; that is no change of theirs."""
    if hashes:
        conn.execute(COMPARED, [{"key": source_id, "hash": found} for source_id, found in hashes.items()])


def live_ids(conn: Connection, connection: str, stream: str) -> Iterator[str]:
    """The ids of all live records of a stream, in order."""
    for row in stream_rows(conn, LIVE_IDS, within(connection, stream)):
        yield row[0]


def save_sources(conn: Connection, rows: Sequence[Values], *, fresh: bool) -> None:
    """Keep records, in the column order of ``WRITTEN``; ``fresh`` when the stream was empty before."""
    save = insert_fresh if fresh else upsert_rows
    save(conn, source_record, WRITTEN, rows, differs=("raw_hash", "gone", "mapping", "merged_into"))


def mark_gone(conn: Connection, rows: Sequence[tuple[str, str, str | None, str | None]], at: str) -> list[str]:
    """Mark records as gone: (id, reason, vendor's instant, id it was merged into); returns those newly marked."""
    told = {row[0]: row for row in rows}
    live = [row[0] for row in select_in(conn, source_record, ("id", "gone"), "id", told) if row[1] is None]
    if live:
        facts = [(key, *told[key][1:]) for key in live]
        conn.execute(MARK, [{"key": k, "why": why, "since": s or at, "into": i, "now": at} for k, why, s, i in facts])
    return live


def set_mapping(conn: Connection, ids: Collection[str], mapping: str) -> None:
    """Note that these records have been normalised with another mapping; that is no change of theirs."""
    if ids:
        conn.execute(NORMALISED, [{"key": source_id, "by": mapping} for source_id in ids])


def stale_after(conn: Connection, connection: str, mapping: str, last_id: str, limit: int) -> list[tuple[str, bytes]]:
    """(id, packed payload) of the next live records, in order of id, that another mapping than this one normalised."""
    table = source_record.c
    query = select(table.id, table.raw).where(
        of_connection(connection), table.id > last_id, table.mapping != mapping, table.gone.is_(None)
    )
    return [(row[0], row[1]) for row in conn.execute(query.order_by(table.id).limit(limit))]


def stamps(conn: Connection, ids: Collection[str]) -> dict[str, str | None]:
    """The vendors' modification instants of these records."""
    return {row[0]: row[1] for row in select_in(conn, source_record, ("id", "stamp"), "id", ids)}


def survivors(conn: Connection, ids: Collection[str]) -> dict[str, str]:
    """Those of the records that were merged into another one and are gone: id -> id of the survivor."""
    rows = select_in(conn, source_record, ("id", "gone", "merged_into"), "id", ids)
    return {row[0]: row[2] for row in rows if row[1] is not None and row[2] is not None}

"""How far each stream has been read, and with what: saved in the transaction that stores the records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, bindparam, select

from core.connector import Cursor
from core.store import tables
from core.store.bulk import upsert_rows

WRITTEN = ("connection", "stream", "stamp", "id", "fields", "mapping", "updated_at")
SAVED = (
    select(*(tables.cursor.c[name] for name in ("stream", "stamp", "id", "fields", "mapping")))
    .where(tables.cursor.c.connection == bindparam("of"))
    .order_by(tables.cursor.c.stream)
)


@dataclass(frozen=True, slots=True)
class SavedCursor:
    """Where to read on (None: from the start), the vendor paths asked for, the mapping all records went through."""

    position: Cursor | None
    fields: frozenset[str]
    mapping: str


def read_cursor(conn: Connection, connection: str, stream: str) -> SavedCursor | None:
    """The saved state of a stream; None when it has never been read."""
    return read_cursors(conn, connection).get(stream)


def read_cursors(conn: Connection, connection: str) -> dict[str, SavedCursor]:
    """The saved states of all streams of a connection, by stream."""
    rows = conn.execute(SAVED, {"of": connection})
    return {row[0]: SavedCursor(_position(row[1], row[2]), frozenset(orjson.loads(row[3])), row[4]) for row in rows}


def save_cursor(
    conn: Connection,
    connection: str,
    stream: str,
    position: Cursor | None,
    fields: Iterable[str],
    mapping: str,
    at: str,
) -> None:
    """Keep the state of a stream."""
    stamp, last_id = (None, None) if position is None else (position.stamp, position.id)
    asked = orjson.dumps(sorted(fields)).decode()
    upsert_rows(conn, tables.cursor, WRITTEN, [(connection, stream, stamp, last_id, asked, mapping, at)])


def forget_cursor(conn: Connection, connection: str, stream: str) -> None:
    """Let the next sync read the stream from the beginning."""
    table = tables.cursor
    conn.execute(table.delete().where(table.c.connection == connection, table.c.stream == stream))


def _position(stamp: str | None, last_id: str | None) -> Cursor | None:
    return None if stamp is None else Cursor(stamp, last_id or "")

"""What each system said of the fields of its streams, kept from run to run and from process to process."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, select

from core.store.bulk import upsert_rows
from core.store.tables import description

WRITTEN = ("connection", "stream", "asked", "seen_at", "facts")
OF_CONNECTION = select(*(description.c[name] for name in WRITTEN[1:])).where(
    description.c.connection == bindparam("connection")
)


@dataclass(frozen=True, slots=True)
class Description:
    """One stream's: ``facts`` is JSON-ready; ``asked`` stands for what the mapping wanted of it; seen at an instant."""

    asked: str
    seen_at: str
    facts: Mapping[str, Any]


def read_descriptions(conn: Connection, connection: str) -> dict[str, Description]:
    """All that is kept of a connection, by stream."""
    rows = conn.execute(OF_CONNECTION, {"connection": connection})
    return {row[0]: Description(row[1], row[2], orjson.loads(zlib.decompress(row[3]))) for row in rows}


def save_descriptions(conn: Connection, connection: str, told: Mapping[str, Description]) -> None:
    """Keep these in place of what was kept of the same streams."""
    rows = [(connection, stream, one.asked, one.seen_at, _packed(one.facts)) for stream, one in told.items()]
    upsert_rows(conn, description, WRITTEN, rows)


def _packed(facts: Mapping[str, Any]) -> bytes:
    return zlib.compress(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS))

"""What the CRM holds, as far as the store knows: the records as last synced, overlaid by what Inlay wrote since."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, or_, select

from core.connector import RawRecord
from core.ledger.operations import IN_FLIGHT
from core.ledger.target import Target
from core.model import SourceKey
from core.store.among import among
from core.store.crosswalk import HOMES
from core.store.sources import read_sources, read_stream
from core.store.tables import operation, source_record, written_over, written_value

CHUNK = 1000
RESTORES = "restores"
"""Whose operations give back what a person wrote; see ``core.ledger.restores``."""
OP, WRITE, HOME, SOURCE, OVER = operation.c, written_value.c, HOMES.c, source_record.c, written_over.c
MEMBERS = (
    select(HOME.source_id, HOME.golden_id)
    .where(HOME.record_type == bindparam("kind"), HOME.source_id >= bindparam("first"))
    .where(HOME.source_id < bindparam("beyond"))
    .order_by(HOME.source_id)
)
WRITES = (
    select(
        WRITE.external_id, WRITE.field, WRITE.value, WRITE.operation_id, WRITE.written_at, OP.undo_of, OP.run_id,
        WRITE.over, OVER.operation_id,
    )
    .join_from(written_value, operation, OP.id == WRITE.operation_id, isouter=True)
    .join(
        written_over,
        (OVER.operation_id == WRITE.operation_id) | ((OVER.operation_id == OP.undo_of) & (OP.plugin == RESTORES)),
        isouter=True,
    )
    .where(WRITE.connection == bindparam("of"), WRITE.stream == bindparam("stream"), among(WRITE.external_id, "ids"))
)  # fmt: skip
ON_THEIR_WAY = select(OP.kind, OP.connection, OP.stream, OP.external_id, OP.key, OP.field).where(
    or_(*(OP.state == state for state in IN_FLIGHT))
)
LIVING = select(SOURCE.id).where(among(SOURCE.id, "ids"), SOURCE.gone.is_(None))


@dataclass(frozen=True, slots=True)
class Written:
    """Inlay's last write into one field; ``undone_in`` names the run when that write was an undo.

    ``over`` are the values that it and the writes right before it have replaced, the latest first. ``is_persons``: it
    has replaced what a person wrote, or given that back; either way the field is that person's.
    """

    value: Any
    operation_id: str
    at: datetime
    undone_in: str | None = None
    over: Sequence[Any] = ()
    is_persons: bool = False


@dataclass(frozen=True, slots=True)
class Holding:
    """One live vendor record: its payload, and Inlay's writes by field."""

    target: Target
    stream: str
    external_id: str
    raw: RawRecord
    stamp: str | None
    synced_at: str
    written: Mapping[str, Written]

    def is_seen_since(self, name: str) -> bool:
        """Whether a sync has seen the record change after Inlay's last write into a field; False without a write."""
        write = self.written.get(name)
        return write is not None and write.at < datetime.fromisoformat(self.synced_at)

    def value(self, name: str) -> Any:
        """What the field holds now.

        That is what was synced, unless it is what Inlay's own later writes have replaced: then the sync came too early,
        or its page was read before the write. Anything else is a person's, whatever the clocks say.
        """
        seen = self.target.value(self.stream, self.raw, name)
        write = self.written.get(name)
        if write is None or self.is_seen_since(name):
            return seen
        is_older = any(self.target.same(self.stream, name, seen, value) for value in write.over)
        return write.value if is_older else seen


def holdings(
    conn: Connection, record_type: str, target: Target, stream: str
) -> Iterator[tuple[list[Holding], dict[str, str]]]:
    """All live records of a stream that are records of one type, in chunks by source id, with their golden ids."""
    path = f"{target.name}/{stream}"
    prefix = f"{path}/"
    members = conn.execute(MEMBERS, {"kind": record_type, "first": prefix, "beyond": f"{path}0"}).all()
    for start in range(0, len(members), CHUNK):
        golden = {source_id[len(prefix) :]: golden_id for source_id, golden_id in members[start : start + CHUNK]}
        held = holdings_of(conn, target, stream, list(golden))
        yield [held[external_id] for external_id in golden if external_id in held], golden


def holdings_of(conn: Connection, target: Target, stream: str, ids: Sequence[str]) -> dict[str, Holding]:
    """These live records of one stream, by external id; what is gone or unknown is left out."""
    written = written_values(conn, target.name, stream, ids)
    rows = read_sources(conn, [SourceKey(target.name, stream, external_id).id for external_id in ids])
    found: dict[str, Holding] = {}
    for row in rows:
        if row.gone is None:
            name = SourceKey.parse(row.id).external_id
            found[name] = Holding(target, stream, name, row.raw, row.stamp, row.synced_at, written.get(name, {}))
    return found


def written_values(conn: Connection, connection: str, stream: str, ids: Sequence[str]) -> dict[str, dict[str, Written]]:
    """Inlay's last writes into these records: external id -> field -> write."""
    found: dict[str, dict[str, Written]] = {}
    for row in conn.execute(WRITES, {"of": connection, "stream": stream, "ids": ids}).all() if ids else ():
        undone_in = row[6] if row[5] is not None else None
        over = orjson.loads(row[7])
        found.setdefault(row[0], {})[row[1]] = Written(
            orjson.loads(row[2]), row[3], datetime.fromisoformat(row[4]), undone_in, over, row[8] is not None
        )
    return found


def in_flight(conn: Connection) -> set[tuple[str, str, str, str]]:
    """The targets of all operations that are on their way; nothing else may be planned for them."""
    rows = conn.execute(ON_THEIR_WAY)
    return {(row[1], row[2], (row[4] if row[0] == "create_record" else row[3]) or "", row[5] or "") for row in rows}


def keys_held(conn: Connection, target: Target, stream: str, field: str) -> set[str]:
    """All of Inlay's keys that synced records of a stream carry, so that a lost ledger makes no task twice."""
    rows = read_stream(conn, target.name, stream, gone=True)
    return {str(key) for row in rows if (key := target.value(stream, row.raw, field))}


def living(conn: Connection, ids: Collection[str]) -> set[str]:
    """Those of the source records that the vendor still shows."""
    return set(conn.execute(LIVING, {"ids": ids}).scalars()) if ids else set()

"""The audit log: who did what to what, each entry sealed with the hash of the one before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import orjson
from sqlalchemy import Connection, select

from core.store.bulk import stream_rows
from core.store.tables import audit
from core.store.turns import take_turn

ORIGIN = ""
NEWEST = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
SEAL = audit.insert()
NO_ANCHORS: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One sealed entry; ``facts`` hold ids and numbers, neither secrets nor personal data."""

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    facts: dict[str, Any]
    previous: str
    hash: str


def append(conn: Connection, at: str, actor: str, action: str, subject: str, facts: Mapping[str, Any]) -> int:
    """Add an entry in this transaction and return its number."""
    take_turn(conn, audit)
    last = head(conn)
    seq, previous = (last.seq + 1, last.hash) if last else (1, ORIGIN)
    text = orjson.dumps(dict(facts), option=orjson.OPT_SORT_KEYS).decode()
    values = {"seq": seq, "at": at, "actor": actor, "action": action, "subject": subject, "facts": text}
    conn.execute(SEAL, {**values, "previous": previous, "hash": _seal(values, previous)})
    return seq


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry, by number and hash."""

    seq: int
    hash: str


def head(conn: Connection) -> Head | None:
    """The newest entry; None while there is none."""
    last = conn.execute(NEWEST).first()
    return Head(last[0], last[1]) if last else None


def verify(conn: Connection, anchors: Mapping[int, str] = NO_ANCHORS) -> int | None:
    """The number of the first entry that was changed, removed or inserted; None when the chain is whole.

    ``anchors`` are hashes that entries were known to have.
    """
    previous, expected = ORIGIN, 1
    for row in stream_rows(conn, select(audit).order_by(audit.c.seq)):
        values = {name: getattr(row, name) for name in ("seq", "at", "actor", "action", "subject", "facts")}
        is_known = row.hash == anchors.get(row.seq, row.hash)
        if row.seq != expected or row.previous != previous or row.hash != _seal(values, previous) or not is_known:
            return expected
        previous, expected = row.hash, expected + 1
    return None


def newest(conn: Connection, action: str) -> AuditEntry | None:
    """The last entry of a kind; None when there is none."""
    query = select(audit).where(audit.c.action == action).order_by(audit.c.seq.desc()).limit(1)
    row = conn.execute(query).first()
    return _entry(row) if row else None


def read_audit(conn: Connection, since_seq: int = 0) -> Iterator[AuditEntry]:
    """The entries after a number, in order."""
    for row in stream_rows(conn, select(audit).where(audit.c.seq > since_seq).order_by(audit.c.seq)):
        yield _entry(row)


def _entry(row: Any) -> AuditEntry:
    facts = orjson.loads(row.facts)
    return AuditEntry(row.seq, row.at, row.actor, row.action, row.subject, facts, row.previous, row.hash)


def _seal(values: Mapping[str, Any], previous: str) -> str:
    body = orjson.dumps([previous, values], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(body).hexdigest()

"""The last look before sending: what a person changed since the plan is left alone and said.

First into the store, which costs nothing; into the CRM itself where the store's knowledge is old, or where the vendor
shall refuse a write over a change that nobody has seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from core.ledger.current import holdings_of
from core.ledger.endings import Ending
from core.ledger.operations import Operation
from core.ledger.policy import ONCE
from core.ledger.readback import GONE, read_back, shown
from core.ledger.target import Target
from core.store.among import among
from core.store.tables import cursor, operation

OP = operation.c
READ_AT = select(cursor.c.updated_at).where(
    cursor.c.connection == bindparam("of"), cursor.c.stream == bindparam("stream")
)
MADE = select(OP.key, OP.run_id, OP.id, OP.state, OP.kind).where(among(OP.key, "keys"))


@dataclass(frozen=True)
class Seen:
    """What a look at the records showed: the operations that no longer fit, and when each record changed last."""

    drifted: Sequence[Ending] = ()
    stamps: Mapping[str, str] = field(default_factory=dict)


def is_fresh(conn: Connection, target: Target, stream: str, since: datetime) -> bool:
    """Whether a stream was read to its end since an instant."""
    at = conn.execute(READ_AT, {"of": target.name, "stream": stream}).scalar()
    return at is not None and datetime.fromisoformat(at) >= since


def drift(conn: Connection, target: Target, operations: Sequence[Operation]) -> list[Ending]:
    """The operations of one stream that no longer fit what the store knows of the CRM, and why."""
    stream = operations[0].stream if operations else ""
    fields = [one for one in operations if one.kind == "set_field"]
    held = holdings_of(conn, target, stream, sorted({one.external_id or "" for one in fields}))
    made = _made_already(conn, [one for one in operations if one.kind == "create_record"])
    endings = [
        Ending(one, "skipped", error=f"made by {made[one.key]} already") for one in operations if one.key in made
    ]
    for one in fields:
        record = held.get(one.external_id or "")
        if record is None:
            endings.append(Ending(one, "skipped", error=GONE))
        elif one.undo_of is not None and not record.is_seen_since(one.field or ""):
            continue  # undo has just read the CRM itself, which knows of merges that the store has not seen yet
        elif not target.same(stream, one.field or "", now := record.value(one.field or ""), one.before):
            endings.append(_changed(one, now))
    return endings


def overdue(operations: Sequence[Operation], now: datetime) -> list[Ending]:
    """The messages among operations that were let go too late: their recipient's quiet hours have begun."""
    messages = ((one, one.after["values"].get("not_after")) for one in operations if one.policy == ONCE)
    return [
        Ending(one, "skipped", error=f"quiet hours of the recipient began at {until}; the next plan sends it")
        for one, until in messages
        if until and datetime.fromisoformat(until) <= now
    ]


def look(target: Target, operations: Sequence[Operation]) -> Seen:
    """Read the records of one stream and verb from the CRM; may raise ``RetryLater`` when it cannot be asked."""
    if operations[0].kind not in LOOKED_AT:
        return Seen()
    records = read_back(target, operations)
    stamps = {name: stamp for name, raw in records.items() if (stamp := target.stamp(operations[0].stream, raw))}
    found = [LOOKED_AT[one.kind](target, one, records.get(one.external_id or "")) for one in operations]
    return Seen([one for one in found if one is not None], stamps)


def _look_at_field(target: Target, one: Operation, raw: Any) -> Ending | None:
    if raw is None:
        return Ending(one, "skipped", error=GONE)
    held = target.value(one.stream, raw, one.field or "")
    return None if target.same(one.stream, one.field or "", held, one.before) else _changed(one, held)


def _look_at_record(target: Target, one: Operation, raw: Any) -> Ending | None:
    """A record about to be deleted: what somebody has worked on stays."""
    if raw is None:
        return None
    for name, value in one.before["values"].items():
        held = target.value(one.stream, raw, name)
        if not target.same(one.stream, name, held, value):
            return Ending(one, "skipped", error=f"somebody worked on it: {name} is {shown(held)} now")
    return None


def _changed(one: Operation, now: Any) -> Ending:
    return Ending(one, "skipped", error=f"changed in the CRM since the plan; it holds {shown(now)} now")


def _made_already(conn: Connection, creates: Sequence[Operation]) -> dict[str | None, str]:
    """The keys that another applied operation has given to a record."""
    ours = {one.id for one in creates}
    rows = conn.execute(MADE, {"keys": {one.key or "" for one in creates}}) if creates else ()
    return {row[0]: row[1] for row in rows if row[2] not in ours and tuple(row[3:]) == ("applied", "create_record")}


LOOKED_AT = {"set_field": _look_at_field, "delete_record": _look_at_record}

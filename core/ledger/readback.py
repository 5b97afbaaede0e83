"""Settling what is unknown: look into the CRM, never send again blindly.

Also the last look before sending: what changed in the store since the plan was made is left alone and said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from core.connector import RawRecord
from core.ledger.current import chunks, holdings_of
from core.ledger.endings import Ending
from core.ledger.operations import Operation
from core.ledger.target import Target
from core.store.tables import operation

GONE = "the record is no longer in the CRM"
SHOWN = 60


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
        elif not target.same(stream, one.field or "", now := record.value(one.field or ""), one.before):
            endings.append(
                Ending(one, "skipped", error=f"changed in the CRM since the plan; it holds {shown(now)} now")
            )
    return endings


def _made_already(conn: Connection, creates: Sequence[Operation]) -> dict[str | None, str]:
    """The keys that another applied operation has given to a record."""
    op = operation.c
    ours = {one.id for one in creates}
    found: dict[str | None, str] = {}
    for chunk in chunks(one.key or "" for one in creates):
        query = select(op.key, op.run_id, op.id).where(
            op.key.in_(chunk), op.state == "applied", op.kind == "create_record"
        )
        found.update((row[0], row[1]) for row in conn.execute(query) if row[2] not in ours)
    return found


def settle(target: Target, operations: Sequence[Operation], now: datetime) -> list[Ending]:
    """Find out how sendings ended whose answers were lost; may raise ``RetryLater`` when the CRM cannot be asked.

    All operations are of one stream and kind.
    """
    return SETTLERS[operations[0].kind](target, operations, now) if operations else []


def read_back(target: Target, operations: Sequence[Operation]) -> dict[str, RawRecord]:
    """The records of operations of one stream as the CRM holds them now, by external id."""
    stream = operations[0].stream
    ids = list(dict.fromkeys(one.external_id for one in operations if one.external_id))
    fields = sorted({name for one in operations for name in _fields(one)})
    records = target.connector.fetch(stream, ids, fields)
    return {target.external_id(stream, record): record for record in records}


def _fields(one: Operation) -> list[str]:
    if one.field:
        return [one.field]
    made = one.after or one.before or {}
    return list(made.get("values", {}))


def _settle_fields(target: Target, operations: Sequence[Operation], now: datetime) -> list[Ending]:
    records = read_back(target, operations)
    return [_field_ending(target, one, records.get(one.external_id or ""), now) for one in operations]


def _field_ending(target: Target, one: Operation, record: RawRecord | None, now: datetime) -> Ending:
    if record is None:
        return Ending(one, "skipped", error=GONE)
    name = one.field or ""
    held = target.value(one.stream, record, name)
    if target.same(one.stream, name, held, one.after):
        return Ending(one, "applied", external_id=one.external_id)
    if target.same(one.stream, name, held, one.before):
        return _again(one, now)
    return Ending(one, "skipped", error=f"changed in the CRM while it was sent; it holds {shown(held)} now")


def _settle_creates(target: Target, operations: Sequence[Operation], now: datetime) -> list[Ending]:
    key_field = operations[0].after["key_field"]
    found = target.connector.find_by_key(operations[0].stream, key_field, [one.key or "" for one in operations])
    return [
        Ending(one, "applied", external_id=found[one.key]) if one.key in found else _again(one, now)
        for one in operations
    ]


def _settle_deletes(target: Target, operations: Sequence[Operation], now: datetime) -> list[Ending]:
    records = read_back(target, operations)
    return [
        _again(one, now) if one.external_id in records else Ending(one, "applied", external_id=one.external_id)
        for one in operations
    ]


def _again(one: Operation, now: datetime) -> Ending:
    return Ending(one, "queued", error="the CRM shows no trace of the first sending", due_at=now)


def shown(value: Any) -> str:
    """A vendor value, short enough for one line."""
    text = "nothing" if value in (None, "") else repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


SETTLERS = {"set_field": _settle_fields, "create_record": _settle_creates, "delete_record": _settle_deletes}

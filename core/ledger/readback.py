"""Settling what is unknown: look into the CRM, never send again blindly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.connector import RawRecord
from core.ledger.endings import Ending
from core.ledger.operations import Operation
from core.ledger.policy import ONCE
from core.ledger.target import Target

GONE = "the record is no longer in the CRM"
UNCERTAIN = "nobody knows whether it was sent: ask the recipient; replay sends it again, dismiss lets it be"
SHOWN = 60


def settle(target: Target, operations: Sequence[Operation], now: datetime) -> list[Ending]:
    """Find out how sendings ended whose answers were lost; may raise ``RetryLater`` when the CRM cannot be asked.

    All operations are of one stream and kind.
    """
    return SETTLERS[operations[0].kind](target, operations, now) if operations else []


def read_back(target: Target, operations: Sequence[Operation]) -> dict[str, RawRecord]:
    """The records of operations of one stream as the CRM holds them now, by external id."""
    stream = operations[0].stream
    ids = list(dict.fromkeys(one.external_id for one in operations if one.external_id))
    known = target.connector.streams().get(stream)
    stamp = [known.stamp_field] if known and known.stamp_field else []
    fields = sorted({*stamp, *(name for one in operations for name in _fields(one))})
    records = target.connector.fetch(stream, ids, fields)
    return {target.external_id(stream, record): record for record in records}


def keys_of(target: Target, stream: str, field: str, ids: Sequence[str]) -> dict[str, str]:
    """What records that were just made hold in the field of Inlay's key: id -> key."""
    records = target.connector.fetch(stream, ids, [field])
    held = ((target.external_id(stream, raw), target.value(stream, raw, field)) for raw in records)
    return {record: str(key) for record, key in held if key}


def _fields(one: Operation) -> list[str]:
    if one.field:
        return [one.field]
    made = one.after if one.kind == "create_record" else one.before or {}
    return list(made.get("values", {}))


def _settle_fields(target: Target, operations: Sequence[Operation], now: datetime) -> list[Ending]:
    records = read_back(target, operations)
    return [field_ending(target, one, records.get(one.external_id or ""), now) for one in operations]


def field_ending(target: Target, one: Operation, record: RawRecord | None, now: datetime) -> Ending:
    """How the sending of a field ended, by what its record holds now."""
    if record is None:
        return Ending(one, "skipped", error=GONE)
    name = one.field or ""
    held = target.value(one.stream, record, name)
    if target.same(one.stream, name, held, one.after):
        return Ending(one, "applied", external_id=one.external_id)
    if target.same(one.stream, name, held, one.before):
        return _again(one, now)
    found = f"changed in the CRM while it was sent; it holds {shown(held)} now"
    return Ending(one, "skipped", error=found, overtaken=True)


def _settle_creates(target: Target, operations: Sequence[Operation], now: datetime) -> list[Ending]:
    key_field = operations[0].after["key_field"]
    found = target.connector.find_by_key(operations[0].stream, key_field, [one.key or "" for one in operations])
    return [_create_ending(one, found.get(one.key or ""), now) for one in operations]


def _create_ending(one: Operation, external_id: str | None, now: datetime) -> Ending:
    """A record that is not there is made again; a message without a trace may have been read all the same."""
    if external_id is not None:
        return Ending(one, "applied", external_id=external_id)
    return Ending(one, "rejected", error=UNCERTAIN) if one.policy == ONCE else _again(one, now)


def _settle_deletes(target: Target, operations: Sequence[Operation], now: datetime) -> list[Ending]:
    records = read_back(target, operations)
    return [
        _again(one, now) if one.external_id in records else Ending(one, "applied", external_id=one.external_id)
        for one in operations
    ]


def _settle_merges(target: Target, operations: Sequence[Operation], now: datetime) -> list[Ending]:
    """A merge has happened when the losers are no longer there."""
    losers = [loser for one in operations for loser in one.after["losers"]]
    id_field = target.connector.streams()[operations[0].stream].id_field
    found = target.connector.fetch(operations[0].stream, losers, [id_field])
    alive = {target.external_id(operations[0].stream, record) for record in found}
    return [
        _again(one, now)
        if alive.intersection(one.after["losers"])
        else Ending(one, "applied", external_id=one.external_id)
        for one in operations
    ]


def _again(one: Operation, now: datetime) -> Ending:
    return Ending(one, "queued", error="the CRM shows no trace of the first sending", due_at=now)


def shown(value: Any) -> str:
    """A vendor value, short enough for one line."""
    text = "nothing" if value in (None, "") else repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


SETTLERS = {
    "set_field": _settle_fields,
    "create_record": _settle_creates,
    "delete_record": _settle_deletes,
    "merge_records": _settle_merges,
}

"""How a delivery ended for each operation, and writing that down: in one transaction, while the claim stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, select, update

from core.clock import iso
from core.connector import Outcome
from core.ledger.book import set_state
from core.ledger.breaker import pause
from core.ledger.operations import Operation, State, dump
from core.ledger.outbox import Claim, close, put_back, still_ours
from core.ledger.parcel import Parcel
from core.store.among import among
from core.store.bulk import upsert_rows
from core.store.tables import operation, written_value

REMEMBERED = 8
CHANGED_MEANWHILE = "CHANGED_MEANWHILE"  # the vendor's refusal of a conditional write: look what is there now
NAMED_BY_VENDOR = ("create_record", "merge_records")
"""Kinds whose record has its id from the vendor's answer; what HubSpot merges gets a new one."""
NAME = (
    update(operation)
    .where(operation.c.id == bindparam("operation"))
    .values(state="applied", applied_at=bindparam("at"), error=None, external_id=bindparam("name"))
)
CHAINS = select(*(written_value.c[name] for name in ("external_id", "field", "value", "over"))).where(
    written_value.c.connection == bindparam("of"),
    written_value.c.stream == bindparam("at"),
    among(written_value.c.external_id, "ids"),
)
Claims = Mapping[str, Claim]
WRITTEN = ("connection", "stream", "external_id", "field", "value", "operation_id", "written_at", "over")


@dataclass(frozen=True, slots=True)
class Ending:
    """One operation's end, or its way back into the outbox (``queued``, ``unknown``) until ``due_at``.

    ``counted``: the vendor looked at it and sent it back, which it may do only so often. ``overtaken``: it was sent,
    and a person's value stands there.
    """

    operation: Operation
    state: State
    external_id: str | None = None
    error: str | None = None
    due_at: datetime | None = None
    counted: bool = True
    overtaken: bool = False


def endings_of(parcel: Parcel, outcome: Outcome | None, trouble: str, claims: Claims, now: datetime) -> list[Ending]:
    """What the vendor's answer on a row means for each of its operations; None: it never got there, for ``trouble``."""
    if outcome is None:
        return [Ending(one, "queued", error=trouble, due_at=now, counted=False) for one in parcel.operations]
    return [_ending(one, outcome, claims[one.id], now) for one in parcel.operations]


def _ending(one: Operation, outcome: Outcome, claim: Claim, now: datetime) -> Ending:
    said = ": ".join(part for part in (outcome.code, outcome.message) if part)
    if outcome.state == "applied" and one.field and one.field in outcome.fields:
        return Ending(one, "rejected", error=said)  # the row went through without this field
    if outcome.state == "applied":
        return Ending(one, "applied", external_id=outcome.merged_into or outcome.external_id or one.external_id)
    if outcome.state == "rejected" and outcome.code == CHANGED_MEANWHILE:
        return Ending(one, "unknown", error=said, due_at=now, counted=False)
    if outcome.state == "rejected":
        return Ending(one, "rejected", error=said)
    if outcome.state == "unknown":
        return Ending(one, "unknown", error=said, due_at=now, counted=False)
    return Ending(one, "queued", error=said, due_at=outcome.retry_at or now + pause(claim.attempts))


def bounded(endings: Sequence[Ending], claims: Claims, attempts: int) -> list[Ending]:
    """Turn what the vendor has sent back too often into dead letters."""
    return [
        replace(one, state="rejected", error=f"given up after {attempts} attempts: {one.error}")
        if one.state == "queued" and one.counted and claims[one.operation.id].attempts + 1 >= attempts
        else one
        for one in endings
    ]


def record(conn: Connection, endings: Sequence[Ending], claims: Claims, now: datetime) -> list[Ending]:
    """Write down how deliveries ended; returns those that were ours to write down."""
    ours = still_ours(conn, {one.operation.id: claims[one.operation.id] for one in endings})
    valid = [one for one in endings if one.operation.id in ours]
    _record_applied(conn, [one for one in valid if one.state == "applied"], now)
    # From now on the field differs from what Inlay wrote, which is what makes the value there a person's.
    _remember(conn, [one.operation for one in valid if one.overtaken], now)
    for one in valid:
        if one.state in ("rejected", "skipped"):
            set_state(conn, [one.operation.id], one.state, error=one.error)
        elif one.state in ("queued", "unknown"):
            set_state(conn, [one.operation.id], one.state, error=one.error)
            put_back(conn, one.operation.id, one.due_at or now, one.error, counted=one.counted)
    close(conn, [one.operation.id for one in valid if one.state in ("applied", "rejected", "skipped")])
    return valid


def _record_applied(conn: Connection, endings: Sequence[Ending], now: datetime) -> None:
    updates = [one.operation.id for one in endings if one.operation.kind not in NAMED_BY_VENDOR]
    set_state(conn, updates, "applied", applied_at=iso(now), error=None)
    named = [one for one in endings if one.operation.kind in NAMED_BY_VENDOR]
    if named:
        told = [{"operation": one.operation.id, "at": iso(now), "name": one.external_id} for one in named]
        conn.execute(NAME, told)
    _remember(conn, _at_home([one for one in endings if one.operation.field]), now)
    set_state(conn, [one.operation.undo_of for one in endings if one.operation.undo_of], "undone")


def _at_home(endings: Sequence[Ending]) -> list[Operation]:
    """Writes of fields, each on the record that has the value now; where two have met, the heir's own counts.

    The operation itself keeps the record it was meant for: what its heir held before nobody knows, so that undo, which
    no longer finds the record, leaves the heir alone.
    """
    moved = [one for one in endings if one.external_id not in (None, one.operation.external_id)]
    if not moved:
        return [one.operation for one in endings]
    homes = {
        (one.external_id, one.operation.field): replace(one.operation, external_id=one.external_id) for one in moved
    }
    stayed = [one.operation for one in endings if one not in moved]
    return list((homes | {(one.external_id, one.field): one for one in stayed}).values())


def _remember(conn: Connection, fields: Sequence[Operation], now: datetime) -> None:
    """Keep what was written into fields of one stream, to tell a person's value from it."""
    if fields:
        chains = _chains(conn, fields)
        at = iso(now)
        upsert_rows(conn, written_value, WRITTEN, [_written(one, at, chains) for one in fields])


def _chains(conn: Connection, fields: Sequence[Operation]) -> dict[tuple[str, str], list[Any]]:
    """What the last writes left in these fields of one stream, and what each had replaced: [value, over]."""
    ids = {one.external_id or "" for one in fields}
    rows = conn.execute(CHAINS, {"of": fields[0].connection, "at": fields[0].stream, "ids": ids})
    return {(one[0], one[1]): [one[2], orjson.loads(one[3])] for one in rows}


def _written(one: Operation, at: str, chains: Mapping[tuple[str, str], Sequence[Any]]) -> tuple[str | None, ...]:
    """A write that replaces what the last one left continues its chain; any other begins a new one."""
    last, over = chains.get((one.external_id or "", one.field or ""), (None, []))
    chain = [one.before, *over][:REMEMBERED] if last == dump(one.before) else [one.before]
    return (
        one.connection, one.stream, one.external_id, one.field, dump(one.after), one.id, at, dump(chain),
    )  # fmt: skip

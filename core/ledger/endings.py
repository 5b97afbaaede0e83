"""How a delivery ended for each operation, and writing that down: in one transaction, while the claim stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, update

from core.clock import iso
from core.connector import Outcome
from core.ledger.book import set_state
from core.ledger.operations import Operation, State, dump
from core.ledger.outbox import Claim, close, put_back, still_ours
from core.ledger.parcel import Parcel
from core.store.bulk import upsert_rows
from core.store.tables import operation, written_value

LONGEST_PAUSE = timedelta(minutes=30)
Claims = Mapping[str, Claim]
WRITTEN = ("connection", "stream", "external_id", "field", "value", "operation_id", "written_at")


@dataclass(frozen=True, slots=True)
class Ending:
    """One operation's end, or its way back into the outbox (``queued``, ``unknown``) until ``due_at``.

    ``counted``: the vendor looked at it and sent it back, which it may do only so often.
    """

    operation: Operation
    state: State
    external_id: str | None = None
    error: str | None = None
    due_at: datetime | None = None
    counted: bool = True


def endings_of(parcel: Parcel, outcome: Outcome | None, trouble: str, claims: Claims, now: datetime) -> list[Ending]:
    """What the vendor's answer on a row means for each of its operations; None: it never got there, for ``trouble``."""
    if outcome is None:
        return [Ending(one, "queued", error=trouble, due_at=now, counted=False) for one in parcel.operations]
    return [_ending(one, outcome, claims[one.id], now) for one in parcel.operations]


def _ending(one: Operation, outcome: Outcome, claim: Claim, now: datetime) -> Ending:
    said = ": ".join(part for part in (outcome.code, outcome.message) if part)
    if outcome.state == "applied":
        return Ending(one, "applied", external_id=outcome.external_id or one.external_id)
    if outcome.state == "rejected":
        return Ending(one, "rejected", error=said)
    if outcome.state == "unknown":
        return Ending(one, "unknown", error=said, due_at=now, counted=False)
    return Ending(one, "queued", error=said, due_at=outcome.retry_at or now + pause(claim.attempts))


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts: two seconds, doubled each time, half an hour at most."""
    return min(timedelta(seconds=2 ** min(attempts + 1, 16)), LONGEST_PAUSE)


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
    for one in valid:
        if one.state in ("rejected", "skipped"):
            set_state(conn, [one.operation.id], one.state, error=one.error)
        elif one.state in ("queued", "unknown"):
            set_state(conn, [one.operation.id], one.state, error=one.error)
            put_back(conn, one.operation.id, one.due_at or now, one.error, counted=one.counted)
    close(conn, [one.operation.id for one in valid if one.state in ("applied", "rejected", "skipped")])
    return valid


def _record_applied(conn: Connection, endings: Sequence[Ending], now: datetime) -> None:
    updates = [one.operation.id for one in endings if one.operation.kind != "create_record"]
    set_state(conn, updates, "applied", applied_at=iso(now), error=None)
    for one in endings:
        if one.operation.kind == "create_record":
            made = {"state": "applied", "applied_at": iso(now), "error": None, "external_id": one.external_id}
            conn.execute(update(operation).where(operation.c.id == one.operation.id).values(**made))
    upsert_rows(conn, written_value, WRITTEN, [_written(one.operation, now) for one in endings if one.operation.field])
    set_state(conn, [one.operation.undo_of for one in endings if one.operation.undo_of], "undone")


def _written(one: Operation, now: datetime) -> tuple[str | None, ...]:
    return (one.connection, one.stream, one.external_id, one.field, dump(one.after), one.id, iso(now))

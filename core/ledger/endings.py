"""How a delivery ended for each operation, and writing that down: in one transaction, while the claim stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, select, update

from core.clock import iso
from core.connector import Finding, Outcome
from core.ledger.book import set_state
from core.ledger.breaker import pause
from core.ledger.operations import Operation, State, dump
from core.ledger.outbox import Claim, close, put_back, still_ours, still_waiting
from core.ledger.parcel import Parcel
from core.store.among import among
from core.store.bulk import upsert_rows
from core.store.findings import report
from core.store.tables import operation, written_value

REMEMBERED = 8
CHANGED_MEANWHILE = "CHANGED_MEANWHILE"  # the vendor's refusal of a conditional write: look what is there now
LEFT_OUT = "made_without_fields"
NAMED_BY_VENDOR = ("create_record", "merge_records")
"""Kinds whose record has its id from the vendor's answer; what HubSpot merges gets a new one."""
NAME = (
    update(operation)
    .where(operation.c.id == bindparam("operation"))
    .values(
        state="applied",
        applied_at=bindparam("at"),
        error=bindparam("note"),
        external_id=bindparam("name"),
        after=bindparam("made"),
    )
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
    and a person's value stands there. The ``error`` of an applied one notes what it went through without.
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
    if outcome.state == "applied":
        return _applied(one, outcome, said)
    if outcome.state == "rejected" and outcome.code != CHANGED_MEANWHILE:
        return Ending(one, "rejected", error=said)
    if outcome.state in ("rejected", "unknown"):
        return Ending(one, "unknown", error=said, due_at=outcome.retry_at or now, counted=False)
    return Ending(one, "queued", error=said, due_at=outcome.retry_at or now + pause(claim.attempts))


def _applied(one: Operation, outcome: Outcome, said: str) -> Ending:
    """What went through, perhaps without some fields."""
    if one.field and one.field in outcome.fields:
        return Ending(one, "rejected", error=said)
    home = outcome.merged_into or outcome.external_id or one.external_id
    if outcome.fields and one.kind == "create_record":
        note = f"made without {', '.join(outcome.fields)}: {said}"
        return Ending(_as_made(one, outcome.fields), "applied", external_id=home, error=note)
    return Ending(one, "applied", external_id=home)


def _as_made(one: Operation, left_out: Collection[str]) -> Operation:
    """A create as it went through: what was left out is no value that somebody could have changed since."""
    values = {name: value for name, value in one.after["values"].items() if name not in left_out}
    return replace(one, after={**one.after, "values": values})


def bounded(endings: Sequence[Ending], claims: Claims, attempts: int) -> list[Ending]:
    """Turn what the vendor has sent back too often into dead letters."""
    return [
        replace(one, state="rejected", error=f"given up after {attempts} attempts: {one.error}")
        if one.state == "queued" and one.counted and claims[one.operation.id].attempts + 1 >= attempts
        else one
        for one in endings
    ]


def record(conn: Connection, endings: Sequence[Ending], claims: Claims, now: datetime) -> list[Ending]:
    """Write down how deliveries ended; returns those that were ours to write down.

    Who wakes up after his lease decides nothing any more, but what the vendor has confirmed to him is a fact: were it
    forgotten, a person's later value in the same field would not be told from one that Inlay never wrote.
    """
    ours = still_ours(conn, {one.operation.id: claims[one.operation.id] for one in endings})
    late = [one.operation.id for one in endings if one.state == "applied" and one.operation.id not in ours]
    facts = still_waiting(conn, late)
    valid = [one for one in endings if one.operation.id in ours or one.operation.id in facts]
    _record_applied(conn, [one for one in valid if one.state == "applied"], now)
    # From now on the field differs from what Inlay wrote, which is what makes the value there a person's.
    _remember(conn, [one.operation for one in valid if one.overtaken], now)
    for one in valid:
        if one.state in ("rejected", "skipped"):
            sent = iso(now) if one.overtaken else None  # it may have stood there for a moment: history will tell
            set_state(conn, [one.operation.id], one.state, error=one.error, applied_at=sent)
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
        at = iso(now)
        conn.execute(NAME, [_named(one, at) for one in named])
        report(conn, [_without(one) for one in named if one.error], at)
    _remember(conn, _at_home([one for one in endings if one.operation.field]), now)
    set_state(conn, [one.operation.undo_of for one in endings if one.operation.undo_of], "undone")


def _named(one: Ending, at: str) -> dict[str, str | None]:
    done = one.operation
    return {"operation": done.id, "at": at, "name": one.external_id, "note": one.error, "made": dump(done.after)}


def _without(one: Ending) -> Finding:
    """What an admin is told of a record that was made without some of its fields."""
    remedy = "fill them in by hand; `inlay doctor` names fields that Inlay may not write"
    place = f"{one.operation.connection}/{one.operation.stream}/{one.external_id}"
    return Finding(LEFT_OUT, "warning", str(one.error), place, remedy)


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

"""The outbox: which operations wait, who carries them now, and until when.

A row is claimed for a lease. Each claim raises the row's fence, and only who holds the present fence may write down how
it ended: a worker that was thought dead and wakes up late finds its claim void. What a later run wants of a record
waits until an earlier run's work on it has ended, unless both can travel together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, delete, exists, func, select, update

from core.clock import iso
from core.ledger.breaker import resting, rests
from core.ledger.current import chunks
from core.ledger.operations import VERBS, Act, Operation
from core.ledger.policy import APPLY
from core.store.bulk import insert_new
from core.store.tables import operation, outbox
from core.store.turns import take_turn

COLUMNS = (
    "operation_id", "position", "due_at", "lease_until", "fence", "attempts", "last_error",
    "record", "verb", "seq", "priority",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slip:
    """What a batch has to know of a waiting operation; ``doubtful``: it was sent, and its end is unknown."""

    operation_id: str
    connection: str
    stream: str
    verb: Act
    record: str
    policy: str
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to deliver one operation, as long as its fence stands; ``attempts`` were counted before."""

    fence: int
    attempts: int


def priority_of(one: Operation) -> int:
    """What goes first when much has waited: taking back, then what a person has asked for, then the rest."""
    if one.undo_of is not None:
        return 0
    return 2 if one.verdict == APPLY else 1


def enqueue(conn: Connection, operations: Sequence[Operation], now: datetime) -> None:
    """Let operations wait for delivery from now on, in their order."""
    take_turn(conn, outbox)
    seq = 1 + (conn.execute(select(func.max(outbox.c.seq))).scalar() or 0)
    rows = [
        (one.id, at, iso(now), None, 0, 0, None, one.record, one.verb, seq, priority_of(one))
        for at, one in enumerate(operations)
    ]
    insert_new(conn, outbox, COLUMNS, rows)


def due(conn: Connection, now: datetime) -> list[Slip]:
    """All operations that may be claimed now, the most urgent first, else as their runs were put in."""
    op, row = operation.c, outbox.c
    query = (
        select(op.id, op.connection, op.stream, op.kind, op.external_id, op.key, op.policy, op.state)
        .join_from(outbox, operation, op.id == row.operation_id)
        .where(*_free(iso(now)), op.connection.not_in(resting(conn, now)), ~_is_held_up(iso(now)))
        .order_by(row.priority, row.seq, row.position, row.operation_id)
    )
    return [
        Slip(one[0], one[1], one[2], VERBS[one[3]], one[4] or one[5] or "", one[6], one[7] != "queued")
        for one in conn.execute(query)
    ]


def next_due(conn: Connection, except_for: Collection[str]) -> datetime | None:
    """When the next operation may be claimed, leaving out some connections; None when none waits.

    What is held up by an earlier run's work on its record is left out: its time comes after that work's, never before.
    """
    row, rest_until = outbox.c, {rest.connection: rest.probe_at for rest in rests(conn)}
    earlier = outbox.alias("earlier")
    ahead = (earlier.c.record == row.record, earlier.c.record != "", earlier.c.seq < row.seq)
    held_up = exists().where(*ahead, (earlier.c.verb != row.verb) | (_free_at(earlier.c) > _free_at(row)))
    query = select(operation.c.connection, func.min(_free_at(row))).join_from(
        outbox, operation, operation.c.id == row.operation_id
    )
    wanted = query.where(operation.c.connection.not_in(except_for), ~held_up)
    waits = conn.execute(wanted.group_by(operation.c.connection))
    return min((_later(moment, rest_until.get(name)) for name, moment in waits), default=None)


def _free_at(row: Any) -> ColumnElement[str]:
    """When a row's time has come and its lease has ended."""
    return case((row.lease_until > row.due_at, row.lease_until), else_=row.due_at)


def _later(one: str, other: str | None) -> datetime:
    moments = [datetime.fromisoformat(text) for text in (one, other) if text]
    return max(moments)


def claim(conn: Connection, ids: Sequence[str], now: datetime, lease_seconds: float) -> dict[str, Claim]:
    """Claim those of the operations that are free now; no other worker gets them before the lease ends."""
    take_turn(conn, outbox)
    row, at, until = outbox.c, iso(now), iso(now + timedelta(seconds=lease_seconds))
    free: list[str] = []
    for chunk in chunks(ids):
        query = select(row.operation_id).where(row.operation_id.in_(chunk), *_free(at), ~_is_held_up(at))
        free += conn.execute(query).scalars()
    taken: dict[str, Claim] = {}
    for chunk in chunks(free):
        statement = (
            update(outbox)
            .where(row.operation_id.in_(chunk))
            .values(lease_until=until, fence=row.fence + 1)
            .returning(row.operation_id, row.fence, row.attempts)
        )
        taken.update((one[0], Claim(one[1], one[2])) for one in conn.execute(statement))
    return taken


def still_ours(conn: Connection, claims: Mapping[str, Claim]) -> set[str]:
    """Those of the claimed operations whose fence still stands; the rest was taken over by another worker."""
    row = outbox.c
    held: set[str] = set()
    for chunk in chunks(claims):
        query = select(row.operation_id, row.fence).where(row.operation_id.in_(chunk)).with_for_update()
        held.update(one[0] for one in conn.execute(query) if claims[one[0]].fence == one[1])
    return held


def close(conn: Connection, ids: Sequence[str]) -> None:
    """Take operations that came to their end out of the outbox."""
    for chunk in chunks(ids):
        conn.execute(delete(outbox).where(outbox.c.operation_id.in_(chunk)))


def put_back(conn: Connection, operation_id: str, due_at: datetime, error: str | None, *, counted: bool) -> None:
    """Let an operation wait until an instant; ``counted`` when the vendor looked at it and sent it back."""
    row = outbox.c
    attempts = row.attempts + (1 if counted else 0)
    values = {"due_at": iso(due_at), "lease_until": None, "attempts": attempts, "last_error": error}
    conn.execute(update(outbox).where(row.operation_id == operation_id).values(**values))


def waiting(conn: Connection) -> dict[str, int]:
    """How many operations are in the outbox, by state."""
    query = select(operation.c.state, func.count()).join_from(
        outbox, operation, operation.c.id == outbox.c.operation_id
    )
    return {row[0]: row[1] for row in conn.execute(query.group_by(operation.c.state))}


def runs_waiting(conn: Connection) -> set[str]:
    """The runs that have operations in the outbox."""
    query = select(operation.c.run_id).join_from(outbox, operation, operation.c.id == outbox.c.operation_id)
    return {run_id for run_id in conn.execute(query.distinct()).scalars() if run_id}


def _free(at: str) -> tuple[ColumnElement[bool], ...]:
    row = outbox.c
    return row.due_at <= at, row.lease_until.is_(None) | (row.lease_until <= at)


def _is_held_up(at: str) -> Any:
    """An earlier run has work on the same record that cannot be done in the same call now."""
    earlier, row = outbox.alias("earlier"), outbox.c
    cannot_join = (earlier.c.verb != row.verb) | (earlier.c.due_at > at) | (earlier.c.lease_until > at)
    return exists().where(earlier.c.record == row.record, earlier.c.record != "", earlier.c.seq < row.seq, cannot_join)

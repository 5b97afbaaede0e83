"""The outbox: which operations wait, who carries them now, and until when.

A row is claimed for a lease. Each claim raises the row's fence, and only who holds the present fence may write down how
it ended: a worker that was thought dead and wakes up late finds its claim void.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, func, select, update

from core.clock import iso
from core.connector import Verb
from core.ledger.current import chunks
from core.ledger.operations import IN_FLIGHT, VERBS, Operation
from core.store.bulk import insert_new
from core.store.tables import operation, outbox

COLUMNS = ("operation_id", "position", "due_at", "lease_until", "fence", "attempts", "last_error")


@dataclass(frozen=True, slots=True)
class Slip:
    """What a batch has to know of a waiting operation; ``doubtful``: it was sent, and its end is unknown."""

    operation_id: str
    connection: str
    stream: str
    verb: Verb
    record: str
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to deliver one operation, as long as its fence stands; ``attempts`` were counted before."""

    fence: int
    attempts: int


def enqueue(conn: Connection, operations: Sequence[Operation], now: datetime) -> None:
    """Let operations wait for delivery from now on, in their order."""
    rows = [(one.id, position, iso(now), None, 0, 0, None) for position, one in enumerate(operations)]
    insert_new(conn, outbox, COLUMNS, rows)


def due(conn: Connection, now: datetime) -> list[Slip]:
    """All operations that may be claimed now, in the order of their plans."""
    op, row, at = operation.c, outbox.c, iso(now)
    query = (
        select(op.id, op.connection, op.stream, op.kind, op.external_id, op.key, op.state)
        .join_from(outbox, operation, op.id == row.operation_id)
        .where(row.due_at <= at, row.lease_until.is_(None) | (row.lease_until <= at))
        .order_by(row.position, row.operation_id)
    )
    return [
        Slip(one[0], one[1], one[2], VERBS[one[3]], one[4] or one[5] or "", one[6] != "queued")
        for one in conn.execute(query)
    ]


def next_due(conn: Connection, except_for: Sequence[str]) -> datetime | None:
    """When the next operation may be claimed, leaving out some connections; None when none waits."""
    row = outbox.c
    at = case((row.lease_until > row.due_at, row.lease_until), else_=row.due_at)
    query = select(func.min(at)).join_from(outbox, operation, operation.c.id == row.operation_id)
    earliest: str | None = conn.execute(query.where(operation.c.connection.not_in(except_for))).scalar()
    return datetime.fromisoformat(earliest) if earliest else None


def claim(conn: Connection, ids: Sequence[str], now: datetime, lease_seconds: float) -> dict[str, Claim]:
    """Take those of the operations that nobody else holds."""
    at, until, row = iso(now), iso(now + timedelta(seconds=lease_seconds)), outbox.c
    taken: dict[str, Claim] = {}
    for chunk in chunks(ids):
        free = row.due_at <= at, row.lease_until.is_(None) | (row.lease_until <= at)
        statement = (
            update(outbox)
            .where(row.operation_id.in_(chunk), *free)
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


def postpone(conn: Connection, connection: str, until: datetime) -> None:
    """Let everything for one connection wait, for all workers: its system is busy or away."""
    mine = select(operation.c.id).where(operation.c.connection == connection, operation.c.state.in_(IN_FLIGHT))
    waiting = outbox.c.operation_id.in_(mine), outbox.c.due_at < iso(until)
    conn.execute(update(outbox).where(*waiting).values(due_at=iso(until)))


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

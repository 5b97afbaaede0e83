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

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    bindparam,
    case,
    delete,
    exists,
    func,
    select,
    update,
)

from core.clock import iso
from core.ledger.breaker import resting, rests
from core.ledger.operations import VERBS, Act, Operation
from core.ledger.policy import APPLY
from core.store.among import among
from core.store.bulk import insert_new
from core.store.tables import operation, outbox
from core.store.turns import take_turn

COLUMNS = (
    "operation_id", "position", "due_at", "lease_until", "fence", "attempts", "last_error",
    "record", "verb", "seq", "priority",
)  # fmt: skip
OP, ROW = operation.c, outbox.c
EARLIER = outbox.alias("earlier")
AHEAD = (EARLIER.c.record == ROW.record, EARLIER.c.record != "", EARLIER.c.seq < ROW.seq)
"""The work of earlier runs on a row's record."""
NOW: BindParameter[str] = bindparam("now")
CHOSEN = among(ROW.operation_id, "ids")


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
    seq = 1 + (conn.execute(NEWEST).scalar() or 0)
    rows = [
        (one.id, at, iso(now), None, 0, 0, None, one.record, one.verb, seq, priority_of(one))
        for at, one in enumerate(operations)
    ]
    insert_new(conn, outbox, COLUMNS, rows)


def due(conn: Connection, now: datetime) -> list[Slip]:
    """All operations that may be claimed now, the most urgent first, else as their runs were put in."""
    asleep = resting(conn, now)
    return [
        Slip(one[0], one[1], one[2], VERBS[one[3]], one[4] or one[5] or "", one[6], one[7] != "queued")
        for one in conn.execute(DUE, {"now": iso(now)})
        if one[1] not in asleep
    ]


def next_due(conn: Connection, except_for: Collection[str]) -> datetime | None:
    """When the next operation may be claimed, leaving out some connections; None when none waits.

    What is held up by an earlier run's work on its record is left out: its time comes after that work's, never before.
    """
    rest_until = {rest.connection: rest.probe_at for rest in rests(conn)}
    waits = [one for one in conn.execute(NEXT) if one[0] not in except_for]
    return min((_later(moment, rest_until.get(name)) for name, moment in waits), default=None)


def _later(one: str, other: str | None) -> datetime:
    moments = [datetime.fromisoformat(text) for text in (one, other) if text]
    return max(moments)


def claim(conn: Connection, ids: Sequence[str], now: datetime, lease_seconds: float) -> dict[str, Claim]:
    """Claim those of the operations that are free now; no other worker gets them before the lease ends."""
    take_turn(conn, outbox)
    until = iso(now + timedelta(seconds=lease_seconds))
    taken = conn.execute(TAKE, {"ids": ids, "now": iso(now), "until": until})
    return {one[0]: Claim(one[1], one[2]) for one in taken}


def renew(conn: Connection, claims: Mapping[str, Claim], now: datetime, lease_seconds: float) -> set[str]:
    """Keep claims that nobody has taken over meanwhile, for another lease from now on; returns what is still ours."""
    ours = still_ours(conn, claims)
    if ours:
        conn.execute(RENEW, {"ids": ours, "until": iso(now + timedelta(seconds=lease_seconds))})
    return ours


def still_ours(conn: Connection, claims: Mapping[str, Claim]) -> set[str]:
    """Those of the claimed operations whose fence still stands; the rest was taken over by another worker."""
    held = conn.execute(FENCES, {"ids": list(claims)}) if claims else ()
    return {one[0] for one in held if claims[one[0]].fence == one[1]}


def still_waiting(conn: Connection, ids: Sequence[str]) -> set[str]:
    """Those of the operations that have not come to their end, whoever holds them."""
    return {one[0] for one in conn.execute(FENCES, {"ids": ids})} if ids else set()


def close(conn: Connection, ids: Sequence[str]) -> None:
    """Take operations that came to their end out of the outbox."""
    if ids:
        conn.execute(CLOSE, {"ids": ids})


def put_back(conn: Connection, operation_id: str, due_at: datetime, error: str | None, *, counted: bool) -> None:
    """Let an operation wait until an instant; ``counted`` when the vendor looked at it and sent it back.

    What else waits for the same record waits as long, for it is the record that the vendor has locked; and what was
    told to wait longer is not called earlier, such as after a look at what has become of it.
    """
    told = {"id": operation_id, "until": iso(due_at), "more": int(counted), "why": error}
    record = conn.execute(PUT_BACK, told).scalar()
    if record:
        conn.execute(HOLD, {"of": record, "until": iso(due_at)})


def waiting(conn: Connection) -> dict[str, int]:
    """How many operations are in the outbox, by state."""
    return {row[0]: row[1] for row in conn.execute(STATES)}


def runs_waiting(conn: Connection) -> set[str]:
    """The runs that have operations in the outbox."""
    return {run_id for run_id in conn.execute(RUNS).scalars() if run_id}


# --- what is asked of the table, built once -------------------------------------------------------------------------


def _free_at(row: Any) -> ColumnElement[str]:
    """When a row's time has come and its lease has ended."""
    return case((row.lease_until > row.due_at, row.lease_until), else_=row.due_at)


IS_FREE = (ROW.due_at <= NOW, ROW.lease_until.is_(None) | (ROW.lease_until <= NOW))
IS_HELD_UP = exists().where(
    *AHEAD, (EARLIER.c.verb != ROW.verb) | (EARLIER.c.due_at > NOW) | (EARLIER.c.lease_until > NOW)
)
"""An earlier run has work on the same record that cannot be done in the same call now."""
WILL_BE_HELD_UP = exists().where(*AHEAD, (EARLIER.c.verb != ROW.verb) | (_free_at(EARLIER.c) > _free_at(ROW)))
JOINED = (outbox, operation, OP.id == ROW.operation_id)
NEWEST = select(func.max(ROW.seq))
DUE = (
    select(OP.id, OP.connection, OP.stream, OP.kind, OP.external_id, OP.key, OP.policy, OP.state)
    .join_from(*JOINED)
    .where(*IS_FREE, ~IS_HELD_UP)
    .order_by(ROW.priority, ROW.seq, ROW.position, ROW.operation_id)
)
NEXT = select(OP.connection, func.min(_free_at(ROW))).join_from(*JOINED).where(~WILL_BE_HELD_UP).group_by(OP.connection)
TAKE = (
    update(outbox)
    .where(CHOSEN, *IS_FREE, ~IS_HELD_UP)
    .values(lease_until=bindparam("until"), fence=ROW.fence + 1)
    .returning(ROW.operation_id, ROW.fence, ROW.attempts)
)
FENCES = select(ROW.operation_id, ROW.fence).where(CHOSEN).with_for_update()
RENEW = update(outbox).where(CHOSEN).values(lease_until=bindparam("until"))
CLOSE = delete(outbox).where(CHOSEN)
PUT_BACK = (
    update(outbox)
    .where(ROW.operation_id == bindparam("id"))
    .values(due_at=case((ROW.due_at > bindparam("until"), ROW.due_at), else_=bindparam("until")), lease_until=None,
            attempts=ROW.attempts + bindparam("more", type_=Integer), last_error=bindparam("why"))
    .returning(ROW.record)
)  # fmt: skip
HOLD = (
    update(outbox)
    .where(ROW.record == bindparam("of"), ROW.due_at < bindparam("until"))
    .values(due_at=bindparam("until"))
)
WAITS = OP.id.in_(select(ROW.operation_id))  # a join would walk through the whole ledger to find the few that wait
STATES = select(OP.state, func.count()).where(WAITS).group_by(OP.state)
RUNS = select(OP.run_id).where(WAITS).distinct()

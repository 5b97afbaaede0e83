"""Events for subscribers and their deliveries: entered once, claimed by one sender at a time, kept with their log."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, select

from core.clock import iso
from core.store.bulk import Values, insert_new, select_in
from core.store.tables import IS_WAITING, delivery, delivery_attempt, event, noticed, subscriber
from core.store.turns import take_turn

EVENT = ("seq", "id", "type", "occurred_at", "body")
DELIVERY = ("subscriber", "seq", "state", "due_at", "attempts", "base", "lease_until", "fence")
ATTEMPT = ("subscriber", "seq", "number", "at", "status", "milliseconds", "trouble", "reply")

MINE = (delivery.c.subscriber == bindparam("to")) & (delivery.c.seq == bindparam("nr"))
END = (
    delivery.update()
    .where(MINE, delivery.c.fence == bindparam("mine"))
    .values(state=bindparam("now"), due_at=bindparam("due"), attempts=bindparam("tried"), lease_until=None)
)
CHOICES: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "ids": lambda ids: event.c.id.in_(list(ids)),
    "state": lambda state: delivery.c.state == state,
    "since": lambda since: event.c.occurred_at >= since,
    "until": lambda until: event.c.occurred_at < until,
}
POSITION = select(noticed.c.position).where(noticed.c.source == bindparam("of"))


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: ``id`` is made from what happened, so that noticing it twice enters it once."""

    id: str
    type: str
    occurred_at: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """The right to send one event to one subscriber, as long as its fence stands.

    ``attempts`` were made before, ``base`` of them before somebody asked to send it again.
    """

    subscriber: str
    seq: int
    fence: int
    attempts: int
    base: int
    event: Event


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt as it is kept: ``status`` 0 where no answer came."""

    subscriber: str
    seq: int
    number: int
    at: str
    status: int
    milliseconds: int
    trouble: str
    reply: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a subscriber does: since when it fails, and since when and why nothing is sent to it."""

    failing_since: str | None = None
    disabled_at: str | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """One delivery for the log, with its last attempt."""

    subscriber: str
    seq: int
    event_id: str
    type: str
    occurred_at: str
    state: str
    attempts: int
    due_at: str
    status: int | None
    trouble: str | None


def enter(conn: Connection, events: Sequence[Event], wanted_by: Callable[[Event], Collection[str]], at: str) -> int:
    """Enter the events not known yet and a delivery for each subscriber that wants one; returns how many were new."""
    take_turn(conn, event)
    told = {one.id: one for one in events}
    known = {row[0] for row in select_in(conn, event, ("id",), "id", told)}
    fresh = [one for key, one in told.items() if key not in known]
    last = conn.execute(select(func.max(event.c.seq))).scalar() or 0
    numbered = list(enumerate(fresh, last + 1))
    insert_new(conn, event, EVENT, [(seq, one.id, one.type, one.occurred_at, one.body) for seq, one in numbered])
    rows: list[Values] = [
        (name, seq, "waiting", at, 0, 0, None, 0) for seq, one in numbered for name in sorted(wanted_by(one))
    ]
    insert_new(conn, delivery, DELIVERY, rows)
    return len(fresh)


def claim(
    conn: Connection,
    name: str,
    now: datetime,
    until: datetime,
    most: int,
    *,
    in_order: bool = False,
    only: str | None = None,
) -> list[Delivery]:
    """Claim deliveries of a subscriber that are due, or that of the event ``only``.

    ``in_order``: none while an earlier one is still on its way.
    """
    take_turn(conn, delivery)
    row, at = delivery.c, iso(now)
    is_free = (row.due_at <= at) & (row.lease_until.is_(None) | (row.lease_until <= at))
    waiting = select(row.seq, is_free.label("is_free")).where(row.subscriber == name, IS_WAITING).order_by(row.seq)
    if only is not None:
        waiting = waiting.where(row.seq.in_(select(event.c.seq).where(event.c.id == only)))
    found = conn.execute((waiting if in_order else waiting.where(is_free)).limit(most))
    free = [one.seq for one in takewhile(lambda one: one.is_free, found)]
    if not free:
        return []
    mine = (row.subscriber == name) & row.seq.in_(free)
    conn.execute(delivery.update().where(mine).values(lease_until=iso(until), fence=row.fence + 1))
    columns = (row.seq, row.fence, row.attempts, row.base, event.c.id, event.c.type, event.c.occurred_at, event.c.body)
    query = select(*columns).join_from(delivery, event, event.c.seq == row.seq).where(mine).order_by(row.seq)
    return [Delivery(name, *one[:4], Event(*one[4:])) for one in conn.execute(query)]


def settle(conn: Connection, done: Delivery, attempt: Attempt, due_at: datetime | None) -> bool:
    """Write down an attempt: delivered, waiting until ``due_at``, or failed for good; False when overtaken."""
    delivered = 200 <= attempt.status < 300
    state = "delivered" if delivered else "failed" if due_at is None else "waiting"
    told = {"to": done.subscriber, "nr": done.seq, "mine": done.fence, "now": state, "tried": attempt.number}
    ours = conn.execute(END, {**told, "due": iso(due_at) if due_at else attempt.at}).rowcount == 1
    if ours:
        insert_new(conn, delivery_attempt, ATTEMPT, [tuple(getattr(attempt, one) for one in ATTEMPT)])
    return ours


def standing(conn: Connection, name: str) -> Standing:
    """How a subscriber does."""
    row = conn.execute(select(subscriber).where(subscriber.c.name == name)).first()
    return Standing(row.failing_since, row.disabled_at, row.cause) if row else Standing()


def set_standing(conn: Connection, name: str, now: Standing) -> None:
    """Say how a subscriber does."""
    conn.execute(subscriber.delete().where(subscriber.c.name == name))
    conn.execute(
        subscriber.insert().values(
            name=name, failing_since=now.failing_since, disabled_at=now.disabled_at, cause=now.cause
        )
    )


def position(conn: Connection, source: str) -> str | None:
    """How far a kind of happening has been noticed."""
    found: str | None = conn.execute(POSITION, {"of": source}).scalar()
    return found


def save_position(conn: Connection, source: str, reached: str) -> None:
    """Remember how far a kind of happening has been noticed."""
    conn.execute(noticed.delete().where(noticed.c.source == source))
    conn.execute(noticed.insert().values(source=source, position=reached))


def counts(conn: Connection) -> dict[str, dict[str, int]]:
    """Per subscriber how many deliveries are in each state."""
    row = delivery.c
    query = select(row.subscriber, row.state, func.count()).group_by(row.subscriber, row.state)
    found: dict[str, dict[str, int]] = {}
    for name, state, count in conn.execute(query):
        found.setdefault(name, {})[state] = count
    return found


def log(conn: Connection, name: str | None = None, state: str | None = None, limit: int = 50) -> Iterator[Sent]:
    """The latest deliveries, the newest first."""
    row, tried = delivery.c, delivery_attempt.c
    last = (tried.subscriber == row.subscriber) & (tried.seq == row.seq) & (tried.number == row.attempts)
    query = (
        select(
            row.subscriber, row.seq, event.c.id, event.c.type, event.c.occurred_at, row.state, row.attempts,
            row.due_at, tried.status, tried.trouble,
        )
        .join_from(delivery, event, event.c.seq == row.seq)
        .outerjoin(delivery_attempt, last)
        .order_by(row.seq.desc(), row.subscriber)
        .limit(limit)
    )  # fmt: skip
    wanted = {row.subscriber: name, row.state: state}
    for column, value in wanted.items():
        query = query if value is None else query.where(column == value)
    for found in conn.execute(query):
        yield Sent(*tuple(found))


def read_event(conn: Connection, event_id: str) -> Event | None:
    """One event with its body."""
    row = conn.execute(select(event).where(event.c.id == event_id)).first()
    return Event(row.id, row.type, row.occurred_at, row.body) if row else None


def attempts_of(conn: Connection, event_id: str) -> list[Attempt]:
    """Every attempt to send one event, to whomever."""
    query = select(*(delivery_attempt.c[name] for name in ATTEMPT)).join_from(
        delivery_attempt, event, event.c.seq == delivery_attempt.c.seq
    )
    order = (delivery_attempt.c.subscriber, delivery_attempt.c.number)
    return [Attempt(*row) for row in conn.execute(query.where(event.c.id == event_id).order_by(*order))]


def resend(conn: Connection, name: str, at: str, chosen: Mapping[str, str | Collection[str]]) -> int:
    """Let deliveries of a subscriber wait again from now on; returns how many.

    ``chosen`` by ``ids`` of events, by ``state``, and by ``since`` and ``until``, instants of what happened.
    """
    query = select(event.c.seq).join_from(event, delivery, delivery.c.seq == event.c.seq)
    those = query.where(delivery.c.subscriber == name, *(CHOICES[key](value) for key, value in chosen.items()))
    again = delivery.update().where(delivery.c.subscriber == name, delivery.c.seq.in_(those.scalar_subquery()))
    row = delivery.c
    changed = again.values(state="waiting", due_at=at, base=row.attempts, lease_until=None, fence=row.fence + 1)
    return conn.execute(changed).rowcount


def forget(conn: Connection, before: str) -> int:
    """Remove what happened before an instant and waits for nobody; returns how many events that were."""
    waits = select(delivery.c.seq).where(IS_WAITING)
    old = select(event.c.seq).where(event.c.occurred_at < before, event.c.seq.not_in(waits))
    for table in (delivery_attempt, delivery):
        conn.execute(table.delete().where(table.c.seq.in_(old)))
    return conn.execute(event.delete().where(event.c.occurred_at < before, event.c.seq.not_in(waits))).rowcount

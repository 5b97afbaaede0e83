"""The inbox: verified events of vendors, each kept once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from sqlalchemy import Connection, func, select

from core.store.bulk import select_in
from core.store.tables import IS_NEW, inbox

EventState = Literal["new", "done", "ignored", "dead", "conflict"]
CHUNK = 500
WRITTEN = ("connection", "event_id", "event_type", "body", "received_at", "digest", "touches")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified event to be kept: ``digest`` is the same for every repeat, ``touches`` names its records as JSON."""

    connection: str
    event_id: str
    event_type: str
    body: bytes
    received_at: str
    digest: bytes
    touches: str


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it was received, body untouched."""

    id: int
    connection: str
    event_id: str
    event_type: str
    body: bytes
    received_at: str
    state: str
    digest: bytes | None
    touches: str


def receive(conn: Connection, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Keep the events that never came before; returns those that contradict one kept earlier.

    A contradiction has the id of an earlier event and says something else. It is kept beside it, once, in state
    ``conflict`` and under a name of its own, and changes nothing.
    """
    if _insert(conn, arrivals, "new") == len(arrivals):
        return []
    known = _digests(conn, {(one.connection, one.event_id) for one in arrivals})
    odd = [one for one in arrivals if known.get((one.connection, one.event_id)) not in (None, one.digest)]
    return [one for one in odd if _insert(conn, [_set_aside(one)], "conflict")]


def read_events(
    conn: Connection, state: EventState = "new", limit: int = 100, *, connection: str | None = None, after: int = 0
) -> Iterator[Event]:
    """The oldest events of a state (of one connection, with an id above ``after``), in the order they came."""
    query = select(inbox).where(IS_NEW if state == "new" else inbox.c.state == state, inbox.c.id > after)
    if connection is not None:
        query = query.where(inbox.c.connection == connection)
    for row in conn.execute(query.order_by(inbox.c.id).limit(limit)):
        yield Event(*row)


def settle_events(conn: Connection, events: Collection[int], state: EventState) -> None:
    """Say what became of some events."""
    ids = sorted(events)
    for start in range(0, len(ids), CHUNK):
        conn.execute(inbox.update().where(inbox.c.id.in_(ids[start : start + CHUNK])).values(state=state))


def waiting(conn: Connection) -> dict[str, int]:
    """Which connections have new events, and the id of the newest of each."""
    query = select(inbox.c.connection, func.max(inbox.c.id)).where(IS_NEW)
    return {row[0]: row[1] for row in conn.execute(query.group_by(inbox.c.connection))}


def settle_until(conn: Connection, connection: str, newest: int, state: EventState) -> int:
    """Say what became of a connection's new events up to one; returns how many they were."""
    mine = (inbox.c.connection == connection) & (inbox.c.id <= newest) & IS_NEW
    return conn.execute(inbox.update().where(mine).values(state=state)).rowcount


def _insert(conn: Connection, arrivals: Sequence[Arrival], state: EventState) -> int:
    """Insert events unless there are such already; returns how many were new."""
    rows = [(*(getattr(one, name) for name in WRITTEN), state) for one in arrivals]
    if not rows:
        return 0
    place = "%s" if conn.dialect.name == "postgresql" else "?"
    return conn.exec_driver_sql(_insert_statement(place), rows).rowcount


@cache
def _insert_statement(place: str) -> str:
    """Spelt out: this is done for every request, and building it anew would cost more than carrying it out."""
    columns = (*WRITTEN, "state")
    values = (f"({', '.join(columns)})", "VALUES", f"({', '.join([place] * len(columns))})")
    return " ".join(("INSERT INTO", inbox.name, *values, "ON CONFLICT (connection, event_id) DO NOTHING"))


def _digests(conn: Connection, names: Collection[tuple[str, str]]) -> dict[tuple[str, str], bytes | None]:
    """What is known of events by connection and id."""
    found: dict[tuple[str, str], bytes | None] = {}
    for connection in {connection for connection, _ in names}:
        ids = [name for owner, name in names if owner == connection]
        rows = select_in(conn, inbox, ("event_id", "digest"), "event_id", ids, fixed={"connection": connection})
        found |= {(connection, name): digest for name, digest in rows}
    return found


def _set_aside(arrival: Arrival) -> Arrival:
    return replace(arrival, event_id=f"{arrival.event_id}#{arrival.digest.hex()[:16]}")

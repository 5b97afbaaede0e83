"""The inbox: verified events of vendors, each kept once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from core.store.tables import IS_NEW, inbox

EventState = Literal["new", "done", "ignored", "dead"]


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


def receive_once(
    conn: Connection, connection: str, event_id: str, event_type: str, body: bytes, received_at: str
) -> bool:
    """Keep an event; False when this connection sent it before."""
    insert = postgresql.insert(inbox) if conn.dialect.name == "postgresql" else sqlite.insert(inbox)
    statement = insert.values(
        connection=connection,
        event_id=event_id,
        event_type=event_type,
        body=body,
        received_at=received_at,
        state="new",
    ).on_conflict_do_nothing(index_elements=["connection", "event_id"])
    return conn.execute(statement.returning(inbox.c.id)).first() is not None


def read_events(conn: Connection, state: EventState = "new", limit: int = 100) -> Iterator[Event]:
    """The oldest events of a state, in the order they came."""
    for row in conn.execute(select(inbox).where(inbox.c.state == state).order_by(inbox.c.id).limit(limit)):
        yield Event(*row)


def settle_event(conn: Connection, event: int, state: EventState) -> None:
    """Say what became of an event."""
    conn.execute(inbox.update().where(inbox.c.id == event).values(state=state))


def waiting(conn: Connection) -> dict[str, int]:
    """Which connections have new events, and the id of the newest of each."""
    query = select(inbox.c.connection, func.max(inbox.c.id)).where(IS_NEW)
    return {row[0]: row[1] for row in conn.execute(query.group_by(inbox.c.connection))}


def settle_until(conn: Connection, connection: str, newest: int, state: EventState) -> int:
    """Say what became of a connection's new events up to one; returns how many they were."""
    mine = (inbox.c.connection == connection) & (inbox.c.id <= newest) & IS_NEW
    return conn.execute(inbox.update().where(mine).values(state=state)).rowcount

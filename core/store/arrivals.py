"""Events that have arrived, whichever way they came: kept once each, contradictions told, counted for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from core.connector import Finding
from core.store.findings import report
from core.store.inbox import Arrival, EventState, receive
from core.store.tables import inbox

CONTRADICTION = "event_contradicts"


def keep_arrivals(conn: Connection, arrivals: Sequence[Arrival]) -> None:
    """Keep events, unless they came before; one that says something else than its namesake becomes a finding."""
    odd = receive(conn, arrivals)
    if odd:
        report(conn, [_contradiction(one) for one in odd], odd[0].received_at)


def _contradiction(arrival: Arrival) -> Finding:
    message = f"an event `{arrival.event_type}` came with the id of an earlier one and says something else"
    remedy = "it was set aside; what it is about is read by the next sync. If it goes on, ask the sender about its ids"
    return Finding(CONTRADICTION, "warning", message, f"{arrival.connection}/events", remedy)


@dataclass(frozen=True, slots=True)
class Tally:
    """The events of one kind and one fate: how many, when the latest came, and which records that one is about."""

    connection: str
    event_type: str
    state: EventState
    count: int
    latest_at: str
    touches: str


def tally_arrivals(conn: Connection) -> list[Tally]:
    """What has arrived, by connection and kind; what came most often first."""
    kinds = (inbox.c.connection, inbox.c.event_type, inbox.c.state)
    count, latest = func.count().label("count"), func.max(inbox.c.id).label("latest")
    counted = select(*kinds, count, latest).group_by(*kinds).subquery()
    query = (
        select(*(counted.c[name.name] for name in kinds), counted.c["count"], inbox.c.received_at, inbox.c.touches)
        .join(inbox, inbox.c.id == counted.c.latest)
        .order_by(counted.c.connection, counted.c["count"].desc(), counted.c.event_type, counted.c.state)
    )
    return [Tally(row[0], row[1], row[2], row[3], row[4], row[5]) for row in conn.execute(query)]

"""From rows to events: what signals, operations and findings say has happened since the last look.

The rows are the transactional outbox: they are written with what they tell of, and an event made from one has an id
made from it. So a look may be repeated, interrupted, or done by two processes at once: each event is entered once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from types import MappingProxyType

import orjson
from sqlalchemy import Connection

from core.clock import Clock, iso
from core.store import Store
from core.store.events import Event, enter, position, save_position
from webhooks.outgoing.of_findings import look_at_failing
from webhooks.outgoing.of_operations import look_at_applied, look_at_rejected
from webhooks.outgoing.of_signals import look_at_signals
from webhooks.outgoing.subscribers import SIGNAL_CHANGED, Subscriber, Wants

Look = Callable[[Connection, str | None, Wants], tuple[str, Iterator[Event]]]
"""Looks on from a position: the new position, and the events; what nobody wants may be left out."""

SOURCES: Mapping[str, Look] = MappingProxyType(
    {
        "signals": look_at_signals,
        "operations": look_at_applied,
        "dead letters": look_at_rejected,
        "findings": look_at_failing,
    }
)


def notice(store: Store, clock: Clock, subscribers: Collection[Subscriber]) -> int:
    """Enter what has happened since the last look, for all who want it; returns how many events were new.

    What was before the first look is not told: a subscriber is told of changes, and reads the past in the CRM.
    """
    if not subscribers:
        return 0
    entered, wants = 0, partial(_anyone_wants, subscribers)
    for source, look in SOURCES.items():
        with store.read() as conn:
            since = position(conn, source)
            reached, events = look(conn, since, wants)
            wanted = {one: names for one in events if (names := _wanted_by(one, subscribers))}
        if wanted or reached != since:
            entered += _keep(store, source, reached, wanted, iso(clock.now()))
    return entered


def _keep(store: Store, source: str, reached: str, wanted: Mapping[Event, list[str]], at: str) -> int:
    """Enter events and the position in one transaction; another process may have done the same, and that is no harm."""
    with store.begin() as conn:
        fresh = enter(conn, list(wanted), wanted.__getitem__, at) if wanted else 0
        save_position(conn, source, reached)
    return fresh


def _anyone_wants(subscribers: Collection[Subscriber], event_type: str, signal: str = "") -> bool:
    return any(one.wants(event_type, signal) for one in subscribers)


def _wanted_by(event: Event, subscribers: Collection[Subscriber]) -> list[str]:
    signal = orjson.loads(event.body)["data"]["signal"] if event.type == SIGNAL_CHANGED else ""
    return [one.name for one in subscribers if one.wants(event.type, signal)]

"""The links of the job, as plain functions over a hub: any worker may call them, in this order, as often as it likes.

Each reads rows and leaves rows, so that a worker may be stopped between two of them, or killed inside one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from core.hub import Hub
from core.ledger import Approval
from core.store.inbox import settle_until, waiting
from core.sync import sync_connection

WORKER = Approval(by="inlay run")


def sync(hub: Hub, only: Collection[str] | None = None) -> None:
    """Read all connections, or those named, join what came, and settle the events that told of it.

    The events of a connection that could not be read to the end stay new, for the next round.
    """
    with hub.store.read() as conn:
        told = waiting(conn)
    asked = [setup for setup in hub.setups if only is None or setup.name in only]
    complete = [setup.name for setup in asked if sync_connection(hub.store, setup, hub.clock).complete]
    hub.join()
    with hub.store.begin() as conn:
        for connection in told.keys() & set(complete):
            settle_until(conn, connection, told[connection], "done")


def signals(hub: Hub) -> None:
    """Compute all signals."""
    hub.evaluate()


def plan(hub: Hub) -> None:
    """Make the present state's plan the current one."""
    hub.plan()


def deliver(hub: Hub) -> None:
    """Write what needs nobody's approval, and what earlier runs left on its way."""
    hub.apply(WORKER)


AFTER_SYNC: tuple[tuple[str, Callable[[Hub], None]], ...] = (
    ("signals", signals),
    ("plan", plan),
    ("deliver", deliver),
)

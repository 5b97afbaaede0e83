"""The jobs, as plain functions over a hub: any worker may do one, as often as it likes.

Each reads rows and leaves rows, so that a worker may be stopped between two of them, or killed inside one. What a job
makes necessary is wanted by it as a row before it ends.
"""

from __future__ import annotations

from core.engine.inbox import take_in_events
from core.hub import Hub
from core.ledger import Approval
from core.store import jobs
from core.store.events import save_position
from core.store.inbox import settle_until, waiting
from core.sync import ConnectionSetup, sync_connection

EVENTS, SYNC, THINK, DELIVER = "events:", "sync:", "think", "deliver"
WORKER = Approval(by="inlay run")


def events(hub: Hub, name: str) -> None:
    """Take in what a connection's events are about; where they do not say it, the connection is to be read on.

    Each event is looked at once here. One that cannot be taken in now stays new until the next reading.
    """
    with hub.store.begin() as conn:
        save_position(conn, EVENTS + name, str(waiting(conn).get(name, 0)))
    is_unclear = take_in_events(hub.store, _setup(hub, name), hub.clock)
    _want(hub, SYNC + name if is_unclear else THINK)


def sync(hub: Hub, name: str) -> None:
    """Read a connection on from where it was, which also finds what no event told of.

    What events told of comes first. Those of a connection that could not be read to the end stay new, and the error is
    raised: the next reading is to be later.
    """
    setup = _setup(hub, name)
    take_in_events(hub.store, setup, hub.clock)
    with hub.store.read() as conn:
        told = waiting(conn).get(name)
    report = sync_connection(hub.store, setup, hub.clock)
    _want(hub, THINK)
    if report.errors:
        raise report.errors[0]
    if told is not None and report.complete:
        with hub.store.begin() as conn:
            settle_until(conn, name, told, "done")


def think(hub: Hub) -> None:
    """Join what was read, compute all signals, make the plan the current one, and let go what needs nobody's word."""
    hub.join()
    hub.evaluate()
    hub.plan()
    if hub.let_go(WORKER):
        _want(hub, DELIVER)


def deliver(hub: Hub) -> None:
    """Carry to the CRMs what is due in the outbox, whoever put it there."""
    hub.carry()


def _setup(hub: Hub, name: str) -> ConnectionSetup:
    return next(setup for setup in hub.setups if setup.name == name)


def _want(hub: Hub, name: str) -> None:
    with hub.store.begin() as conn:
        jobs.want(conn, [name], hub.clock.now())

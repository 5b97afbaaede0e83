"""Working on a firm's jobs: once, or again and again until told to stop."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.engine.agenda import tasks_of
from core.engine.jobs import DELIVER, SYNC, THINK
from core.engine.lease import hold_lease, holder
from core.engine.shift import Shift
from core.errors import RetryLater
from core.hub import Hub

POLL_SECONDS = 1.0

log = structlog.get_logger("inlay.engine")


def run_once(hub: Hub) -> None:
    """Do the whole job once; raises what stops it, and ``RetryLater`` while another process is at the same."""
    tasks = tasks_of(hub)
    for name in [*(SYNC + setup.name for setup in hub.setups), THINK, DELIVER]:
        with ExitStack() as stack:
            lease = tasks[name].lease
            if stack.enter_context(hold_lease(hub.store, hub.clock, name=lease)) is None:
                raise _occupied(hub, lease)
            tasks[name].run(hub)


class Worker:
    """Looks for work until ``stopping`` is set: every second, and as long as there is some.

    After work it waits as long as that took: a storm of events gets half of the machine at most.
    """

    def __init__(self, hub: Hub, stopping: threading.Event, poll_seconds: float = POLL_SECONDS) -> None:
        self._hub = hub
        self._stopping = stopping
        self._poll = poll_seconds

    def run(self) -> None:
        """Work while there is work, stand by while the store does not answer."""
        shift = Shift(self._hub, self._stopping)
        while not self._stopping.is_set():
            begun = self._hub.clock.monotonic()
            try:
                shift.work()
            except SQLAlchemyError as error:  # its database restarts or is full: rows are the truth, so wait for them
                log.warning("store does not answer", error=type(error).__name__)
            self._stopping.wait(max(self._poll, self._hub.clock.monotonic() - begun))


def _occupied(hub: Hub, name: str) -> RetryLater:
    lease = holder(hub.store, hub.clock, name)
    who = lease.holder if lease else "another process"
    remedy = "end it, or let it work; a lease whose process has died runs out within a minute"
    return RetryLater(f"{who} is working on this store", where="run", remedy=remedy)

"""The embedded worker: one loop that does the whole job again and again, on time or when an event comes in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.clock import iso
from core.connector import Finding
from core.engine.jobs import AFTER_SYNC, sync
from core.engine.lease import Hold, hold_lease, holder
from core.errors import InlayError, RetryLater
from core.hub import Hub
from core.store.findings import report, settle
from core.store.inbox import waiting

POLL_SECONDS = 1.0
CODE = "job_failed"

log = structlog.get_logger("inlay.engine")


def run_once(hub: Hub) -> None:
    """Do the whole job once; raises what stops it, and ``RetryLater`` while another process works on the store."""
    with hold_lease(hub.store, hub.clock) as hold:
        if hold is None:
            raise _occupied(hub)
        sync(hub)
        for _, job in AFTER_SYNC:
            job(hub)


class Worker:
    """Repeats the job until ``stopping`` is set: every so many minutes, and soon after an event came in.

    A link that has begun is done to its end. One that fails becomes a finding and ends the round, not the worker.
    """

    def __init__(self, hub: Hub, stopping: threading.Event, poll_seconds: float = POLL_SECONDS) -> None:
        self._hub = hub
        self._stopping = stopping
        self._poll = poll_seconds
        self._every = hub.config.settings.every_minutes * 60.0
        self._seen: dict[str, int] = {}

    def run(self) -> None:
        """Work while the lease is ours, stand by while it is another's or the store does not answer."""
        while not self._stopping.is_set():
            try:
                self._work_or_stand_by()
            except SQLAlchemyError as error:  # its database restarts or is full: rows are the truth, so wait for them
                log.warning("store does not answer", error=type(error).__name__)
            self._stopping.wait(self._poll)

    def _work_or_stand_by(self) -> None:
        with hold_lease(self._hub.store, self._hub.clock) as hold:
            if hold is not None:
                self._work(hold)

    def _work(self, hold: Hold) -> None:
        due = self._hub.clock.monotonic()
        while not self._must_end(hold):
            begun = self._hub.clock.monotonic()
            told = self._newly_told()
            if begun >= due:
                due = begun + self._every
                self._round(hold, None)
            elif told:
                self._round(hold, told)
            # As long as the last round took: a storm of events gets half of the machine at most.
            self._stopping.wait(max(self._poll, self._hub.clock.monotonic() - begun))

    def _round(self, hold: Hold, only: Collection[str] | None) -> None:
        """All links in order, up to the first that fails."""
        links: list[tuple[str, Callable[[Hub], None]]] = [("sync", lambda hub: sync(hub, only)), *AFTER_SYNC]
        for name, job in links:
            if self._must_end(hold) or not self._is_done(name, job):
                return

    def _is_done(self, name: str, job: Callable[[Hub], None]) -> bool:
        try:
            job(self._hub)
        except InlayError as error:
            self._tell(name, error.what, error.remedy)
            log.warning("job failed", job=name, error=str(error))
            return False
        except Exception as error:  # the worker's boundary: a bug in one round must not end all later ones
            self._tell(name, f"{name} ended with {type(error).__name__}", "see the log; please report it")
            log.exception("job broke", job=name)
            return False
        with self._hub.store.begin() as conn:
            settle(conn, CODE, f"engine/{name}")
        return True

    def _tell(self, name: str, what: str, remedy: str) -> None:
        finding = Finding(CODE, "error", what, f"engine/{name}", remedy)
        with self._hub.store.begin() as conn:
            report(conn, [finding], iso(self._hub.clock.now()))

    def _newly_told(self) -> set[str]:
        """The connections that sent events since the last look."""
        with self._hub.store.read() as conn:
            newest = waiting(conn)
        fresh = {connection for connection, event in newest.items() if event > self._seen.get(connection, 0)}
        self._seen |= newest
        return fresh

    def _must_end(self, hold: Hold) -> bool:
        return self._stopping.is_set() or hold.lost.is_set()


def _occupied(hub: Hub) -> RetryLater:
    lease = holder(hub.store, hub.clock)
    who = lease.holder if lease else "another process"
    remedy = "end it, or let it work; a lease whose process has died runs out within a minute"
    return RetryLater(f"{who} is working on this store", where="run", remedy=remedy)

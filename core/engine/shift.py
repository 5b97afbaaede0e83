"""Doing what is to be done: one job after the other, each under a lease, until there is nothing left."""

from __future__ import annotations

import threading
from contextlib import ExitStack, nullcontext

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from core.clock import iso
from core.connector import Finding
from core.engine.agenda import Task, due, is_ready, look
from core.engine.lease import Hold, LeaseLostError, hold_lease
from core.engine.limits import Limits, limited
from core.errors import InlayError, RetryLater
from core.hub import Hub
from core.logs import log_context
from core.store import jobs
from core.store.findings import report, settle
from core.store.jobs import Job
from core.tracing import span

FAILED = "job_failed"
POISON = 5  # attempts that ended with a dead process, after which an admin should know: the job may be what kills it
SEATS = 8  # processes that may do the same job side by side

log = structlog.get_logger("inlay.engine")


class Shift:
    """One process at work on a firm's jobs; several may share them, on one machine or on many.

    With ``limits`` a job that goes beyond them ends with its process: for processes that somebody starts again.
    """

    def __init__(self, hub: Hub, stopping: threading.Event, limits: Limits | None = None) -> None:
        self._hub = hub
        self._stopping = stopping
        self._limits = limits

    def work(self) -> int:
        """Do all jobs that are due and free, also those that come up meanwhile; returns how many were done.

        A job that has begun is done to its end. One that fails rests, and keeps none of the others from being done.
        """
        done = 0
        while not self._stopping.is_set():
            look(self._hub)
            if not any(self._takes(task) for task in due(self._hub)):
                return done
            done += 1
        return done

    def _takes(self, task: Task) -> bool:
        """Do a job if its lease is free."""
        if self._stopping.is_set():
            return False
        with ExitStack() as stack:
            hold = self._seat(task, stack)
            begun = self._begun(task) if hold is not None else None
            if hold is None or begun is None:
                return False
            with (
                log_context(job=task.name),
                span("job", attempt=begun.attempts),
                limited(self._limits, self._hub.clock),
            ):
                self._do_fenced(task, begun, hold)
        return True

    def _do_fenced(self, task: Task, begun: Job, hold: Hold) -> None:
        """Do a job, unless it has been taken over meanwhile; what goes side by side has fences of its own, by row."""
        try:
            with nullcontext() if task.side_by_side else hold.fenced():
                self._do(task, begun)
        except LeaseLostError:
            log.warning("job was taken over by another process")

    def _seat(self, task: Task, stack: ExitStack) -> Hold | None:
        for seat in range(SEATS if task.side_by_side else 1):
            name = task.lease + (f" #{seat + 1}" if seat else "")
            hold = stack.enter_context(hold_lease(self._hub.store, self._hub.clock, name=name))
            if hold is not None:
                return hold
        return None

    def _begun(self, task: Task) -> Job | None:
        """Note the beginning, unless another process has just done it, it rests, or it kills whoever does it."""
        now = self._hub.clock.now()
        with self._hub.store.begin() as conn:
            known = jobs.read_jobs(conn)[task.name]
            if not is_ready(known, iso(now)):
                return None
            if known.attempts >= POISON and known.died and not task.side_by_side:
                self._bury(conn, known)
                return None
            return jobs.begin(conn, task.name, now)

    def _bury(self, conn: Connection, killer: Job) -> None:
        """Let a job rest that took its process with it again and again: a library, no memory left, a limit of time."""
        now = self._hub.clock.now()
        what = f"{killer.name} was begun {killer.attempts} times, and its process died each time"
        remedy = "look for what kills it: memory, time, or a library; it is tried again after a rest"
        report(conn, [Finding(FAILED, "error", what, f"engine/{killer.name}", remedy)], iso(now))
        jobs.rest(conn, killer.name, now + jobs.pause(killer.attempts - POISON + 1))

    def _do(self, task: Task, begun: Job) -> None:
        log.info("job begins", attempt=begun.attempts)
        try:
            task.run(self._hub)
        except InlayError as error:
            log.warning("job failed", error=str(error))
            self._rests(begun, error.what, error.remedy, error)
        except LeaseLostError:
            raise
        except SQLAlchemyError as error:  # the store went away in the middle: the lease runs out, and another goes on
            log.warning("store does not answer", error=type(error).__name__)
            raise
        except Exception as error:  # the worker's boundary: a bug in one job must not end all others
            log.exception("job broke")
            self._rests(begun, f"{task.name} ended with {type(error).__name__}", "see the log; please report it", error)
        else:
            log.info("job ends")
            self._ends(begun)

    def _ends(self, begun: Job) -> None:
        with self._hub.store.begin() as conn:
            jobs.end(conn, begun, self._hub.clock.now())
            settle(conn, FAILED, f"engine/{begun.name}")

    def _rests(self, begun: Job, what: str, remedy: str, error: Exception) -> None:
        now, tried = self._hub.clock.now(), begun.attempts
        until = now + jobs.pause(tried)
        if isinstance(error, RetryLater) and error.retry_at is not None:
            until = max(until, error.retry_at)
        times = f" ({tried} times)" if tried > 1 else ""
        with self._hub.store.begin() as conn:
            jobs.rest(conn, begun.name, until)
            report(conn, [Finding(FAILED, "error", f"{what}{times}", f"engine/{begun.name}", remedy)], iso(now))

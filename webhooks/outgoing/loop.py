"""Noticing and sending beside the worker, again and again, until told to stop."""

from __future__ import annotations

import threading
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.clock import iso
from core.store.events import forget
from webhooks.outgoing.courier import Courier
from webhooks.outgoing.noticing import notice

POLL_SECONDS = 1.0
KEPT = timedelta(days=30)
FORGET_EVERY = 3600.0

log = structlog.get_logger("inlay.webhooks")


class OutgoingLoop:
    """Tells subscribers what happened soon after it did; any number of processes may do so at once."""

    def __init__(self, courier: Courier, poll_seconds: float = POLL_SECONDS) -> None:
        self._courier = courier
        self._poll = poll_seconds
        self._forget_at = 0.0

    def run(self, stopping: threading.Event) -> None:
        """Work until ``stopping`` is set; stand by while the store does not answer."""
        while not stopping.is_set():
            try:
                self.once()
            except SQLAlchemyError as error:  # its database restarts or is full: rows are the truth, so wait for them
                log.warning("store does not answer", error=type(error).__name__)
            stopping.wait(self._poll)

    def once(self) -> int:
        """Notice what happened and send what is due; returns how many attempts were made.

        Raises what the store raises. Whatever else goes wrong is told in the log and tried again at the next look.
        """
        try:
            return self._tell()
        except SQLAlchemyError:
            raise
        except Exception:  # the worker's boundary: a bug here must end neither the pages nor the jobs beside it
            log.exception("telling subscribers broke")
            return 0

    def _tell(self) -> int:
        courier = self._courier
        notice(courier.store, courier.clock, courier.subscribers.values())
        self._forget_old()
        return courier.send_due()

    def _forget_old(self) -> None:
        if self._courier.clock.monotonic() < self._forget_at:
            return
        self._forget_at = self._courier.clock.monotonic() + FORGET_EVERY
        with self._courier.store.begin() as conn:
            forget(conn, iso(self._courier.clock.now() - KEPT))

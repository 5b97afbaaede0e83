"""The simulators' own time: it moves only when something is written or when a test says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

_SECOND = timedelta(seconds=1)


class SandboxClock:
    """A clock that several simulators may share; every reading is reproducible."""

    def __init__(self, start: datetime) -> None:
        """Start at ``start``, which must know its zone."""
        if start.tzinfo is None:
            raise ValueError("a sandbox clock needs an instant with a time zone")
        self._now = start
        self._lock = Lock()

    def now(self) -> datetime:
        """The present instant; reading does not move it."""
        return self._now

    def tick(self) -> datetime:
        """Advance by one second, as every write does, and return the new instant."""
        return self.advance(_SECOND)

    def advance(self, delta: timedelta) -> datetime:
        """Advance by ``delta`` and return the new instant; time never runs backwards."""
        if delta < timedelta(0):
            raise ValueError("a sandbox clock cannot run backwards")
        with self._lock:
            self._now += delta
            return self._now

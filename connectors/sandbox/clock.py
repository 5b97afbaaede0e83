"""The simulators' own time: it moves only when something is written, when a test says so or when a client pauses."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

_SECOND = timedelta(seconds=1)


class SandboxClock:
    """A clock that several simulators may share; every reading is reproducible."""

    def __init__(self, start: datetime, step: timedelta = _SECOND) -> None:
        """Start at ``start``, which must know its zone; every write moves time on by ``step``."""
        if start.tzinfo is None:
            raise ValueError("a sandbox clock needs an instant with a time zone")
        self._start = self._now = start
        self._step = step
        self._lock = Lock()

    def now(self) -> datetime:
        """The present instant; reading does not move it."""
        return self._now

    def elapsed(self) -> float:
        """Seconds since the start."""
        return (self._now - self._start).total_seconds()

    def tick(self) -> datetime:
        """Advance by one step, as every write does, and return the new instant."""
        return self.advance(self._step)

    def advance(self, delta: timedelta) -> datetime:
        """Advance by ``delta`` and return the new instant; time never runs backwards."""
        if delta < timedelta(0):
            raise ValueError("a sandbox clock cannot run backwards")
        with self._lock:
            self._now += delta
            return self._now


class ClientClock:
    """The same time for a client under test: its pauses take no real time but move the sandbox's clock.

    So quotas, expiry and "come again in n seconds" can be tried over hours within a test; it is a clock as
    ``core.sdk`` wants one.
    """

    def __init__(self, shared: SandboxClock) -> None:
        """Live in the time of ``shared``."""
        self._shared = shared
        self.slept = 0.0

    def now(self) -> datetime:
        """The sandbox's instant."""
        return self._shared.now()

    def monotonic(self) -> float:
        """Seconds since the sandbox's start."""
        return self._shared.elapsed()

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass at the sandbox too."""
        if seconds > 0:
            self.slept += seconds
            self._shared.advance(timedelta(seconds=seconds))

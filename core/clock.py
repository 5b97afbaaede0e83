"""The only doors to time: whoever needs an instant or a pause is handed a clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Wall time in UTC, a monotonic counter in seconds, and a pause."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards, from an arbitrary origin."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return after that many seconds."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never run backwards, from an arbitrary origin."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block the calling thread for that many seconds."""
        time.sleep(seconds)


class FixedClock:
    """A clock that stands still but when told to move; pauses move it and take no time."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)
        self._elapsed = 0.0

    def now(self) -> datetime:
        """The instant it was set to, moved by every pause since."""
        return self._at + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds of all pauses so far."""
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Move on by that many seconds at once."""
        self._elapsed += max(seconds, 0.0)


def iso(instant: datetime) -> str:
    """Write an aware instant the one way the store keeps it: UTC, seconds or microseconds, ``Z``."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")

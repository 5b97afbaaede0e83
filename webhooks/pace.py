"""How many requests one address takes: counted before anything of a request is read."""

from __future__ import annotations

import threading

from core.clock import Clock

BURST_SECONDS = 5


class Pace:
    """So many requests a second on average, and a few seconds' worth of them at once."""

    def __init__(self, clock: Clock, per_second: float) -> None:
        self._clock = clock
        self._per_second = per_second
        self._most = per_second * BURST_SECONDS
        self._left = self._most
        self._counted_at = clock.monotonic()
        self._counting = threading.Lock()

    def admits(self) -> bool:
        """Whether one more request may come now; counts it if so."""
        with self._counting:
            now = self._clock.monotonic()
            self._left = min(self._most, self._left + (now - self._counted_at) * self._per_second)
            self._counted_at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True

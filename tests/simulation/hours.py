"""The one clock of a simulated world: while one worker waits, the others live on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from core.clock import FixedClock


class WorldClock(FixedClock):
    """A clock that tells those who are in the middle of something whenever time has passed."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self._alive: list[Callable[[], None]] = []

    def sleep(self, seconds: float) -> None:
        """Move on by that many seconds at once."""
        super().sleep(seconds)
        for one in self._alive:
            one()

    @contextmanager
    def living(self, one: Callable[[], None]) -> Iterator[None]:
        """Let ``one`` be called whenever time has passed, until the block ends."""
        self._alive.append(one)
        try:
            yield
        finally:
            self._alive.remove(one)

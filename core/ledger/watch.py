"""A plugin that never answers, or eats the memory, is interrupted when its measure is full, and the others go on.

Python can interrupt its main thread alone, and that between two of its own steps: a loop is ended, a call into a
library that never returns is not. In any other thread nothing watches; there the job's lease and the process's own
memory limit are what is left. `inlay plan`, `inlay run` and Celery's workers ask their plugins in the main thread.
"""

from __future__ import annotations

import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from core.clock import Clock
from core.errors import PluginError

ASKING = ("core.host", "_ask")
"""Whose frame tells that a plugin is being asked: an alarm that comes later meets nobody and does nothing."""
UNIT = 1 if sys.platform == "darwin" else 1024  # of the peak that the operating system tells
PATIENCE = 3
"""How often a plugin may catch what is to interrupt it."""
LAST = "nothing was planned: take the plugin out of inlay.yaml"
REMEDY = "the other plugins went on; tell the plugin's author, or take it out of inlay.yaml"


class Watch:
    """How long one plugin may think, and by how much the process may grow meanwhile.

    ``tick``: how often it is looked at, in seconds.
    """

    def __init__(self, clock: Clock, seconds: float = 600.0, most_bytes: int = 4 << 30, tick: float = 1.0) -> None:
        self._clock = clock
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._tick = tick
        self._plugin = ""
        self._begun = 0.0
        self._peak = 0
        self._told = 0

    def turn_to(self, plugin: str) -> None:
        """The next plugin is asked; its own time begins."""
        self._plugin = plugin
        self._begun = self._clock.monotonic()
        self._peak = _peak()
        self._told = 0

    @contextmanager
    def kept(self) -> Iterator[Callable[[str], None]]:
        """Watch until the block ends; yields what has to be told whose turn it is."""
        if threading.current_thread() is not threading.main_thread():
            yield self.turn_to
            return
        before = signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, self._tick, self._tick)
        try:
            yield self.turn_to
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def _look(self, _: int, frame: FrameType | None) -> None:
        """Interrupt the plugin that is being asked, if its measure is full; one that goes on ends the process."""
        too_much = self._too_much()
        if too_much and _is_asking(frame):
            self._told += 1
            if self._told > PATIENCE:
                raise SystemExit(f"{self._plugin}.propose {too_much} and does not let itself be interrupted; {LAST}")
            raise PluginError(
                f"propose {too_much} and was interrupted; nothing of it counts",
                where=f"{self._plugin}.propose",
                remedy=REMEDY,
                facts={"plugin": self._plugin},
            )

    def _too_much(self) -> str | None:
        if self._clock.monotonic() - self._begun > self._seconds:
            return f"took longer than {self._seconds:g} seconds"
        if _peak() - self._peak > self._most_bytes:
            return f"took more than {self._most_bytes >> 20} MiB of memory"
        return None


def _peak() -> int:
    """The most memory that the process has had so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT


def _is_asking(frame: FrameType | None) -> bool:
    while frame is not None:
        if (frame.f_globals.get("__name__"), frame.f_code.co_name) == ASKING:
            return True
        frame = frame.f_back
    return False

"""A job that never ends, or takes all memory, takes its process with it, so that a fresh one may begin anew.

Python cannot stop a thread that runs wild in a library. So the process is killed, as the system itself would when
memory ends: whoever keeps it alive starts another, and a job that does so again and again is put aside (``shift``).
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from core.clock import Clock

LOOK_SECONDS = 1.0
MEBIBYTE = 2**20
STATUS = Path("/proc/self/statm")

log = structlog.get_logger("inlay.engine")


@dataclass(frozen=True)
class Limits:
    """How long one job may last, and how much memory its process may hold meanwhile."""

    seconds: float
    mebibytes: int


WORKER = Limits(seconds=3600.0, mebibytes=2_000)
"""Of a process that is replaced when it is gone."""


def die() -> None:
    """End this process at once."""
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def limited(limits: Limits | None, clock: Clock, kill: Callable[[], None] = die) -> Iterator[None]:
    """Watch over the block from a thread of its own, and ``kill`` when it goes beyond its limits."""
    if limits is None:
        yield
        return
    ended = threading.Event()
    watch = threading.Thread(target=_watch, args=(limits, clock, ended, kill), name="inlay-limits", daemon=True)
    watch.start()
    try:
        yield
    finally:
        ended.set()
        watch.join()


def _watch(limits: Limits, clock: Clock, ended: threading.Event, kill: Callable[[], None]) -> None:
    begun = clock.monotonic()
    while not ended.wait(LOOK_SECONDS):
        seconds, held = clock.monotonic() - begun, held_mebibytes()
        if seconds > limits.seconds or held > limits.mebibytes:
            log.error("job goes beyond its limits and ends with its process", seconds=round(seconds), mebibytes=held)
            kill()
            return


def held_mebibytes() -> int:
    """Memory that this process holds now; 0 where the system does not tell."""
    try:
        pages = int(STATUS.read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // MEBIBYTE

"""Signs of life from within a long call: a connector that waits for its vendor says so, and its claim is kept alive.

Whoever hands a connector a batch listens; a connector calls ``beat`` wherever it waits, and need not know who hears it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[], None]


def _unheard() -> None:
    """Nobody waits for this call."""


_listener: ContextVar[Listener] = ContextVar("inlay_pulse", default=_unheard)


def beat() -> None:
    """Say that a long call goes on; cheap, so that every look at a vendor's job may say it."""
    _listener.get()()


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Let ``listener`` hear every ``beat`` of this thread until the block ends."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)

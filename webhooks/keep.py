"""Keeping events: many requests share one commit, so that the disk is asked once for all that wait for it.

Whoever finds nobody writing writes what has gathered, his own and the others', wakes them when it is on disk, and hands
over to whoever came meanwhile. A lone request waits for nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from core.store import Store
from core.store.arrivals import keep_arrivals
from core.store.inbox import Arrival
from core.store.touches import touches_text
from webhooks.reading import digest_of
from webhooks.request import Received

MOST_WAITING = 512


class NotKeptError(Exception):
    """The events are not on disk: it is full, the database is away, or too many wait. The sender has to come again."""


def nothing() -> None:
    """What is to be done when events were kept, where nobody waits for them."""


def _silent_bell() -> threading.Lock:
    """A lock that is taken: who wants it waits until it is let go once, which is the fastest way to wake a thread."""
    bell = threading.Lock()
    bell.acquire()
    return bell


@dataclass(eq=False, slots=True)
class _Waiting:
    """One request's events, whether they are kept, and the bell that wakes it: when they are, or to write itself."""

    arrivals: Sequence[Arrival]
    is_done: bool = False
    is_kept: bool = False
    bell: threading.Lock = field(default_factory=_silent_bell)


class Keeper:
    """Writes events of requests that come at the same time in one transaction, and then calls ``kept``.

    ``kept`` is called in the time of a request, and must be a matter of microseconds.
    """

    def __init__(self, store: Store, kept: Callable[[], object] = nothing) -> None:
        self._store = store
        self._kept = kept
        self._turn = threading.Lock()
        self._gathered: list[_Waiting] = []
        self._is_writing = False

    def keep(self, arrivals: Sequence[Arrival]) -> None:
        """Return once the events are on disk; raises ``NotKeptError`` when they are not."""
        if not arrivals:
            return
        mine = _Waiting(arrivals)
        if self._is_another_writing(mine):
            mine.bell.acquire()
        if not mine.is_done:
            self._write_gathered()
        if not mine.is_kept:
            raise NotKeptError

    def _is_another_writing(self, mine: _Waiting) -> bool:
        """Join those that wait; where nobody is writing it is my turn to."""
        with self._turn:
            if len(self._gathered) >= MOST_WAITING:
                raise NotKeptError
            self._gathered.append(mine)
            was_writing, self._is_writing = self._is_writing, True
            return was_writing

    def _write_gathered(self) -> None:
        with self._turn:
            batch, self._gathered = self._gathered, []
        try:
            self._write(batch)
        finally:
            self._hand_over()
            for one in batch:
                one.is_done = True
                one.bell.release()
        if any(one.is_kept for one in batch):
            self._kept()

    def _hand_over(self) -> None:
        """Let the one that has waited longest write next, so that the disk does not wait for our answers."""
        with self._turn:
            following = self._gathered[0] if self._gathered else None
            self._is_writing = following is not None
        if following is not None:
            following.bell.release()

    def _write(self, batch: Sequence[_Waiting]) -> None:
        """All together; where that fails each request alone, so that one the database refuses harms no other."""
        try:
            keep_all(self._store, [arrival for one in batch for arrival in one.arrivals])
        except SQLAlchemyError:
            for one in batch if len(batch) > 1 else ():
                self._write([one])
            return
        for one in batch:
            one.is_kept = True


def keep_all(store: Store, arrivals: Sequence[Arrival]) -> None:
    """Keep events in one transaction."""
    with store.begin() as conn:
        keep_arrivals(conn, arrivals)


def arrival_of(connection: str, event: Received, at: str) -> Arrival:
    """A verified event as the inbox keeps it; ``at`` is the instant of its receipt."""
    digest = event.digest or digest_of(event.body.hex())
    return Arrival(connection, event.id, event.type, event.body, at, digest, touches_text(event.touches))

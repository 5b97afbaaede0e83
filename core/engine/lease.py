"""Holding a lease: one process does a piece of work, another takes over when it ends or dies."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Connection, event, select
from sqlalchemy.exc import SQLAlchemyError

from core.clock import Clock
from core.store import Store
from core.store.engine import READ_ONLY
from core.store.leases import Lease, give_back, read_lease, renew_lease, take_lease
from core.store.tables import lease as leases

SECONDS = 60.0


class LeaseLostError(Exception):
    """Another process has taken the work over: what this one still wanted to write down is refused."""


class Hold:
    """A lease in hand, renewed three times within its length by a thread of its own."""

    def __init__(self, store: Store, clock: Clock, lease: Lease, seconds: float) -> None:
        self.lost = threading.Event()
        self._store = store
        self._clock = clock
        self._lease = lease
        self._length = timedelta(seconds=seconds)
        self._kept_until = datetime.fromisoformat(lease.until)
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._beat, args=(seconds / 3,), name="inlay-lease", daemon=True)

    def begin(self) -> None:
        """Start renewing."""
        self._heart.start()

    def end(self) -> None:
        """Stop renewing and let the next one in at once."""
        self._ended.set()
        self._heart.join()
        with self._store.begin() as conn:
            give_back(conn, self._lease, self._clock.now())

    @contextmanager
    def fenced(self) -> Iterator[None]:
        """Let this thread commit nothing in the block once another process has the lease; raises ``LeaseLostError``.

        A process that slept through its lease (stopped, swapped out, its machine paused) knows nothing of it when it
        wakes, and holds what it read before: each of its commits is asked whether the lease is still its own.
        """
        me = threading.get_ident()

        def ask(conn: Connection) -> None:
            """Refuse the commit of one who came too late."""
            if threading.get_ident() == me and not conn.get_execution_options().get(READ_ONLY):
                self._check(conn)

        event.listen(self._store.engine, "commit", ask)
        try:
            yield
        finally:
            event.remove(self._store.engine, "commit", ask)

    def _check(self, conn: Connection) -> None:
        """Look at the lease, and keep others from taking it until this transaction has ended."""
        present = select(leases.c.fence).where(leases.c.name == self._lease.name).with_for_update(read=True)
        if conn.execute(present).scalar() != self._lease.fence:
            raise LeaseLostError(self._lease.name)

    def _beat(self, every: float) -> None:
        while not self._ended.wait(every):
            if not self._is_kept():
                self.lost.set()
                return

    def _is_kept(self) -> bool:
        """Renew; a store that does not answer costs the lease only once its time is over."""
        until = self._clock.now() + self._length
        try:
            with self._store.begin() as conn:
                kept = renew_lease(conn, self._lease, until)
        except SQLAlchemyError:
            return self._clock.now() < self._kept_until
        self._kept_until = until
        return kept


@contextmanager
def hold_lease(store: Store, clock: Clock, seconds: float = SECONDS, *, name: str) -> Iterator[Hold | None]:
    """Hold a lease for the length of the block; None when another process has it."""
    now = clock.now()
    with store.begin() as conn:
        lease = take_lease(conn, name, _name_of_process(), now, now + timedelta(seconds=seconds))
    if lease is None:
        yield None
        return
    hold = Hold(store, clock, lease, seconds)
    hold.begin()
    try:
        yield hold
    finally:
        hold.end()


def holder(store: Store, clock: Clock, name: str) -> Lease | None:
    """A lease as the process at work holds it now; None when nobody does."""
    with store.read() as conn:
        lease = read_lease(conn, name)
    return lease if lease and datetime.fromisoformat(lease.until) > clock.now() else None


def _name_of_process() -> str:
    return f"{socket.gethostname()}, process {os.getpid()}"

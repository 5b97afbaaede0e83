"""Grants as rows: one renewal at a time per connection, whichever process asks, and never a grant that gets lost.

A renewal runs under a lease, outside of any transaction, since it takes a vendor's time. Whoever holds the lease, or
finds the row as he knew it, writes his result; anybody else takes what is there. So one who slept past his lease
neither overwrites a newer grant nor throws away the one refresh token that still works.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

import orjson
from sqlalchemy import Connection, select

from core.clock import Clock, iso
from core.errors import AuthError, BugError, RetryLater
from core.grants import Ask, Grant, Grants
from core.store.engine import Store
from core.store.leases import Lease, give_back, renew_lease, take_lease
from core.store.tables import vendor_grant
from core.vault import Vault

GOOD, RECONNECT = "good", "reconnect"
LEASE_SECONDS = 90.0  # more than one call may take on the wire (core.http.HttpLimits.total) and its retries wait
FIRST_WAIT, LONGEST_WAIT = 0.02, 0.5


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A grant as stored: sealed, with how often it was replaced, and why it is good no more."""

    sealed: bytes
    version: int
    state: str
    cause: str
    settings: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A connection that a person has to connect again, since when, and what the vendor said."""

    connection: str
    cause: str
    since: str


class StoreGrants(Grants):
    """The grants of one connection, kept in the store for all processes.

    ``settings`` is the text of the connection's settings: a refusal counts for those it happened under, so that an
    admin who corrects them need not do more.
    """

    def __init__(
        self, store: Store, vault: Vault, clock: Clock, connection: str, settings: str = "", *,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:  # fmt: skip
        self._store = store
        self._vault = vault
        self._clock = clock
        self._connection = connection
        self._settings = settings
        self._length = timedelta(seconds=lease_seconds)
        self._turn = Lock()
        self._opened: tuple[int, Grant | None] = (0, None)

    def current(self) -> Grant | None:
        """The newest grant, whichever process got it; None before the first, and while a person has to reconnect."""
        row = self._row()
        return self._grant(row) if row and row.state == GOOD else None

    def renew(self, spent: Grant | None, ask: Ask) -> Grant:
        """Ask, unless another thread or process has just done so, or the vendor wants a person."""
        with self._turn, self._leased(spent) as taken:
            if isinstance(taken, Grant):
                return taken
            row = self._row()
            newest = self._usable(row)
            if newest is not None and newest != spent:
                return newest
            try:
                return self._keep(taken, row, ask(newest))
            except AuthError as error:
                return self._settle(taken, row, error)

    def put(self, grant: Grant) -> None:
        """Keep a grant that a person has just given; the connection is good again."""
        with self._store.begin() as conn:
            row = read_grant(conn, self._connection)
            self._write(conn, row, self._seal(grant), GOOD, "")

    def forget(self) -> None:
        """Drop the grant and what was held against it: the next call asks anew."""
        with self._store.begin() as conn:
            row = read_grant(conn, self._connection)
            if row is not None:
                self._write(conn, row, b"", GOOD, "")

    @contextmanager
    def _leased(self, spent: Grant | None) -> Iterator[Lease | Grant]:
        """The lease; or, when somebody else had it, the grant that he got in the meantime."""
        taken = self._wait_for_turn(spent)
        try:
            yield taken
        finally:
            if isinstance(taken, Lease):
                with self._store.begin() as conn:
                    give_back(conn, taken, self._clock.now())

    def _wait_for_turn(self, spent: Grant | None) -> Lease | Grant:
        give_up, wait = self._clock.monotonic() + 2 * self._length.total_seconds(), FIRST_WAIT
        while self._clock.monotonic() < give_up:
            newest = self._usable(self._row())
            if newest is not None and newest != spent:
                return newest
            now = self._clock.now()
            with self._store.begin() as conn:
                lease = take_lease(conn, f"grant/{self._connection}", _process(), now, now + self._length)
            if lease is not None:
                return lease
            self._clock.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)
        what = "another process has been renewing the access for too long"
        raise RetryLater(what, where=self._connection, retry_at=self._clock.now() + self._length)

    def _keep(self, lease: Lease, known: GrantRow | None, grant: Grant) -> Grant:
        """Store what the vendor gave, before anybody uses it: the old refresh token may be worth nothing now."""
        sealed = self._seal(grant)
        with self._store.begin() as conn:
            row = read_grant(conn, self._connection)
            if _version(row) == _version(known) or renew_lease(conn, lease, self._clock.now() + self._length):
                self._write(conn, row, sealed, GOOD, "")
                return grant
        return self._usable(row) or grant

    def _settle(self, lease: Lease, known: GrantRow | None, error: AuthError) -> Grant:
        """Refused: take what somebody else stored meanwhile; else the connection is broken until reconnected."""
        with self._store.begin() as conn:
            row = read_grant(conn, self._connection)
            untouched = _version(row) == _version(known)
            if untouched and renew_lease(conn, lease, self._clock.now() + self._length):
                self._write(conn, row, row.sealed if row else b"", RECONNECT, error.what)
        newest = None if untouched else self._usable(row)
        if newest is None:
            raise error
        return newest

    def _write(self, conn: Connection, row: GrantRow | None, sealed: bytes, state: str, cause: str) -> None:
        values = {
            "connection": self._connection,
            "sealed": sealed,
            "version": _version(row) + 1,
            "state": state,
            "cause": cause,
            "settings": self._vault.mark(self._settings) if state == RECONNECT else "",
            "changed_at": iso(self._clock.now()),
        }
        conn.execute(vendor_grant.delete().where(vendor_grant.c.connection == self._connection))
        conn.execute(vendor_grant.insert().values(**values))

    def _row(self) -> GrantRow | None:
        with self._store.read() as conn:
            return read_grant(conn, self._connection)

    def _usable(self, row: GrantRow | None) -> Grant | None:
        """The row's grant; ``AuthError`` when it was refused under these very settings, None under earlier ones."""
        if row is None or row.state == GOOD:
            return self._grant(row)
        if row.settings != self._vault.mark(self._settings):
            return None
        remedy = f"run `inlay connect {self._connection}`, or correct its settings"
        raise AuthError(
            f"this connection has to be connected again: {row.cause}", where=self._connection, remedy=remedy
        )

    def _grant(self, row: GrantRow | None) -> Grant | None:
        if row is None or not row.sealed:
            return None
        if self._opened[0] != row.version:
            self._opened = (row.version, _read(self._vault.unseal(row.sealed, self._purpose)))
        return self._opened[1]

    def _seal(self, grant: Grant) -> bytes:
        until = iso(grant.good_until) if grant.good_until else None
        facts = [grant.access_token, grant.refresh_token, grant.address, until]
        return self._vault.seal(orjson.dumps(facts).decode(), self._purpose)

    @property
    def _purpose(self) -> str:
        return f"grant of {self._connection}"


def read_grant(conn: Connection, connection: str) -> GrantRow | None:
    """The stored grant of a connection, still sealed."""
    table = vendor_grant.c
    query = select(table.sealed, table.version, table.state, table.cause, table.settings)
    row = conn.execute(query.where(table.connection == connection)).first()
    return GrantRow(bytes(row[0]), *row[1:]) if row else None


def broken_connections(conn: Connection) -> list[Broken]:
    """The connections that a person has to connect again, by name."""
    table = vendor_grant.c
    query = select(table.connection, table.cause, table.changed_at).where(table.state == RECONNECT)
    return [Broken(*row) for row in conn.execute(query.order_by(table.connection))]


def _read(text: str) -> Grant:
    match orjson.loads(text):
        case [str(access), refresh, address, until]:
            return Grant(access, refresh, address, datetime.fromisoformat(until) if until else None)
    raise BugError("a stored grant has another shape than we write", where="store.vendor_grant")


def _version(row: GrantRow | None) -> int:
    return row.version if row else 0


def _process() -> str:
    return f"{socket.gethostname()}, process {os.getpid()}"

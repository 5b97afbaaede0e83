"""A breaker per connection: a system that does not answer is left in peace, and one call at a time asks for it again.

Failures are counted in a row of the store, so that all workers rest together: after each one nobody calls before
``probe_at``, then exactly one worker may try, and his success lets everybody back in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, bindparam, delete, select, update

from core.clock import iso
from core.connector import Finding
from core.store.bulk import insert_new
from core.store.findings import report, settle
from core.store.tables import breaker

Leave = Literal["free", "probe", "rest"]
COLUMNS = ("connection", "failures", "probe_at", "since", "cause")
LONGEST_PAUSE = timedelta(minutes=30)
LONGEST_PROBE = timedelta(minutes=1)
"""How long one caller at most keeps the others waiting while he tries."""
SILENT = "connection_silent"
ROW = breaker.c
NAMED = ROW.connection == bindparam("of")
ALL = select(breaker).order_by(ROW.connection)
RESTING = select(ROW.connection).where(ROW.probe_at > bindparam("now"))
KNOWN = select(ROW.failures, ROW.probe_at).where(NAMED)
TRY = update(breaker).where(NAMED, ROW.probe_at <= bindparam("now")).values(probe_at=bindparam("until"))
COUNT = (
    update(breaker)
    .where(NAMED)
    .values(failures=ROW.failures + 1, probe_at=bindparam("until"), cause=bindparam("why"))
    .returning(*ROW)
)
FREE = delete(breaker).where(NAMED, ROW.failures == bindparam("known"))
OPEN_AT = 5
"""Failures in a row after which a connection counts as down and an admin is told."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a call may go, and how many failures in a row were known then."""

    leave: Leave = "free"
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Rest:
    """A connection that failed so many times in a row, since when, why, and when it is tried again."""

    connection: str
    failures: int
    probe_at: str
    since: str
    cause: str

    @property
    def is_open(self) -> bool:
        """Whether an admin should know."""
        return self.failures >= OPEN_AT

    def finding(self) -> Finding:
        """What an admin is told; settled by the first answer."""
        what = f"it has not answered {self.failures} calls in a row since {self.since}: {self.cause}"
        remedy = f"nothing is lost, what waits is delivered later; one call tries again at {self.probe_at}"
        return Finding(SILENT, "warning", what, self.connection, remedy, self.failures)


def pause(failures: int) -> timedelta:
    """How long to wait after so many failures: two seconds, doubled each time, half an hour at most."""
    return min(timedelta(seconds=2 ** min(failures + 1, 16)), LONGEST_PAUSE)


def rests(conn: Connection) -> list[Rest]:
    """All connections that failed last time, by name."""
    return [Rest(*row) for row in conn.execute(ALL)]


def resting(conn: Connection, now: datetime) -> set[str]:
    """The connections that nobody may call now."""
    return set(conn.execute(RESTING, {"now": iso(now)}).scalars())


def admit(conn: Connection, connection: str, now: datetime) -> Admission:
    """Say whether a call may go now; a ``probe`` is given to one caller at a time, whether he lives to tell or not."""
    known = conn.execute(KNOWN, {"of": connection}).first()
    if known is None:
        return Admission()
    until = now + min(pause(known.failures), LONGEST_PROBE)
    taken = conn.execute(TRY, {"of": connection, "now": iso(now), "until": iso(until)}).rowcount
    return Admission("probe" if taken else "rest", known.failures)


def fail(conn: Connection, connection: str, cause: str, now: datetime, until: datetime | None) -> Rest:
    """Count one more failure; nobody calls before ``until``, or before a pause that doubles each time.

    A rest never becomes shorter: who comes late with his failure has not heard what another was told meanwhile.
    """
    insert_new(conn, breaker, COLUMNS, [(connection, 0, iso(now), iso(now), cause)])
    known = conn.execute(KNOWN, {"of": connection}).one()
    rest_until = max(until or now + pause(known.failures), datetime.fromisoformat(known.probe_at))
    rest = Rest(*conn.execute(COUNT, {"of": connection, "until": iso(rest_until), "why": cause}).one())
    if rest.is_open:
        report(conn, [rest.finding()], iso(now))
    return rest


def succeed(conn: Connection, connection: str, probe: Admission) -> None:
    """Let everybody call again, if nobody was sent away since this probe went out."""
    if conn.execute(FREE, {"of": connection, "known": probe.failures}).rowcount:
        settle(conn, SILENT, connection)

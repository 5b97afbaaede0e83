"""Jobs as rows: what is wanted since when, who has begun it, how often in vain, and until when it rests."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select

from core.clock import iso
from core.store.bulk import insert_new
from core.store.tables import job

COLUMNS = ("name", "wanted_at", "wishes", "begun_at", "ended_at", "attempts", "rest_until")
FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(hours=6)

WANT = (
    job.update()
    .where(job.c.name == bindparam("of"))
    .values(wanted_at=func.coalesce(job.c.wanted_at, bindparam("at")), wishes=job.c.wishes + 1)
)
BEGIN = job.update().where(job.c.name == bindparam("of")).values(begun_at=bindparam("at"), attempts=job.c.attempts + 1)
END = (
    job.update()
    .where(job.c.name == bindparam("of"))
    .values(wanted_at=bindparam("still"), ended_at=bindparam("at"), attempts=0, rest_until=None)
)
REST = job.update().where(job.c.name == bindparam("of")).values(rest_until=bindparam("until"))


@dataclass(frozen=True, slots=True)
class Job:
    """One job's row: ``wishes`` goes up whenever somebody wants it.

    ``attempts`` counts those since its last good end, the one at work included.
    """

    name: str
    wanted_at: str | None
    wishes: int
    begun_at: str | None
    ended_at: str | None
    attempts: int
    rest_until: str | None

    @property
    def died(self) -> bool:
        """Whether its last attempt neither came to an end nor failed: its process was killed, or is still at it."""
        return self.begun_at is not None and self.attempts > 0 and (self.rest_until or "") < self.begun_at


def want(conn: Connection, names: Collection[str], at: datetime) -> None:
    """Say that jobs are to be done, also those that are being done now: for what has come up since they began."""
    told = sorted(set(names))
    insert_new(conn, job, COLUMNS, [(name, None, 0, None, None, 0, None) for name in told])
    for name in told:
        conn.execute(WANT, {"of": name, "at": iso(at)})


def read_jobs(conn: Connection) -> dict[str, Job]:
    """All jobs by name."""
    rows = conn.execute(select(*(job.c[name] for name in COLUMNS)).order_by(job.c.name))
    return {row[0]: Job(*row) for row in rows}


def begin(conn: Connection, name: str, now: datetime) -> Job:
    """Note that somebody begins a job; a process that dies in it leaves this note."""
    conn.execute(BEGIN, {"of": name, "at": iso(now)})
    return read_jobs(conn)[name]


def end(conn: Connection, done: Job, now: datetime) -> None:
    """Note that a job came to a good end; it stays wanted if it was wanted anew meanwhile."""
    is_wanted = read_jobs(conn)[done.name].wishes != done.wishes
    conn.execute(END, {"of": done.name, "still": iso(now) if is_wanted else None, "at": iso(now)})


def rest(conn: Connection, name: str, until: datetime) -> None:
    """Leave a job alone for a while; it stays wanted."""
    conn.execute(REST, {"of": name, "until": iso(until)})


def pause(attempts: int) -> timedelta:
    """How long a job rests after so many attempts in vain: half a minute, doubled each time, six hours at most."""
    doubled: int = 2 ** min(attempts - 1, 20)
    return min(FIRST_REST * doubled, LONGEST_REST)

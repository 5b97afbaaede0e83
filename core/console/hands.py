"""Who is at work on the jobs: a lease is held only while a job is done, so the time of the last one counts too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from core.clock import iso
from core.engine.agenda import JOB
from core.store.jobs import read_jobs
from core.store.leases import Lease
from core.store.tables import lease


@dataclass(frozen=True)
class Hands:
    """The leases of jobs in force now, and the instant at which any job was begun or ended last."""

    busy: Sequence[Lease]
    last: str | None

    def are_there(self, now: datetime, every: timedelta) -> bool:
        """Whether somebody works, or did so within two rounds of ``every``."""
        return bool(self.busy) or (self.last is not None and datetime.fromisoformat(self.last) > now - 2 * every)


def hands(conn: Connection, now: datetime) -> Hands:
    """Look at leases and jobs."""
    ours = (lease.c.until > iso(now)) & lease.c.name.startswith(JOB)
    rows = conn.execute(select(lease).where(ours).order_by(lease.c.name)).all()
    moments = [at for job in read_jobs(conn).values() for at in (job.begun_at, job.ended_at) if at is not None]
    return Hands([Lease(row.name, row.holder, row.fence, row.until) for row in rows], max(moments, default=None))

"""Leases: work that one process does at a time, handed on when its holder ends or dies.

A lease is a row that runs out. Each new holder gets a higher fence, so that one who slept too long finds that his
number is no longer the lease's and leaves the row alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from core.clock import iso
from core.store.tables import lease
from core.store.turns import take_turn


@dataclass(frozen=True, slots=True)
class Lease:
    """Who has a piece of work, under which number, and until when unless it is renewed."""

    name: str
    holder: str
    fence: int
    until: str


def take_lease(conn: Connection, name: str, holder: str, now: datetime, until: datetime) -> Lease | None:
    """Take a lease that is free or has run out; None while somebody else has it."""
    take_turn(conn, lease)
    current = read_lease(conn, name)
    if current is not None and datetime.fromisoformat(current.until) > now:
        return None
    taken = Lease(name, holder, current.fence + 1 if current else 1, iso(until))
    conn.execute(lease.delete().where(lease.c.name == name))
    conn.execute(lease.insert().values(name=name, holder=holder, fence=taken.fence, until=taken.until))
    return taken


def renew_lease(conn: Connection, mine: Lease, until: datetime) -> bool:
    """Keep a lease longer; False when another has taken it meanwhile."""
    held = (lease.c.name == mine.name) & (lease.c.fence == mine.fence)
    return conn.execute(lease.update().where(held).values(until=iso(until))).rowcount == 1


def give_back(conn: Connection, mine: Lease, now: datetime) -> None:
    """End a lease at once; does nothing when another has it already. The row stays, to count the fences."""
    renew_lease(conn, mine, now)


def read_lease(conn: Connection, name: str) -> Lease | None:
    """The lease as it stands, run out or not."""
    row = conn.execute(select(lease).where(lease.c.name == name)).first()
    return Lease(row.name, row.holder, row.fence, row.until) if row else None

"""Runs: each piece of work that was started, how it ended and what it counted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, bindparam, func, select

from core.clock import Clock, iso
from core.store.among import among
from core.store.tables import run
from core.store.turns import take_turn

RunState = Literal["running", "done", "failed", "interrupted"]
NO_FACTS: Mapping[str, Any] = {}
COUNT = select(func.count()).select_from(run).where(run.c.kind == bindparam("kind"))
START = run.insert()
FACTS = select(run.c.facts).where(run.c.id == bindparam("run"))
END = (
    run.update()
    .where(run.c.id == bindparam("run"))
    .values(state=bindparam("now"), ended_at=bindparam("at"), facts=bindparam("told"))
)
LATEST = select(run).order_by(run.c.started_at.desc(), run.c.id.desc()).limit(bindparam("most"))
LATEST_OF_KIND = LATEST.where(run.c.kind == bindparam("kind"))
OPEN = (
    select(run.c.id)
    .where(among(run.c.kind, "kinds"), (run.c.state == "running") | (run.c.state == "interrupted"))
    .order_by(run.c.started_at, run.c.id)
)
RUNNING = select(run.c.id, run.c.facts).where(run.c.kind == bindparam("kind"), run.c.state == "running")


@dataclass(frozen=True, slots=True)
class Run:
    """One run: ``facts`` are the numbers and names it wrote down."""

    id: str
    kind: str
    state: str
    started_at: str
    ended_at: str | None
    facts: dict[str, Any]


def start_run(conn: Connection, kind: str, clock: Clock, facts: Mapping[str, Any] = NO_FACTS) -> str:
    """Enter a run as running and return its id, such as ``sync-000001``."""
    take_turn(conn, run)
    count = conn.execute(COUNT, {"kind": kind}).scalar_one()
    run_id = f"{kind}-{count + 1:06d}"
    row = {"id": run_id, "kind": kind, "state": "running", "started_at": iso(clock.now()), "facts": _text(facts)}
    conn.execute(START, row)
    return run_id


def end_run(
    conn: Connection, run_id: str, clock: Clock, state: RunState = "done", facts: Mapping[str, Any] = NO_FACTS
) -> None:
    """Close a run; ``facts`` are added to those of its start."""
    known = conn.execute(FACTS, {"run": run_id}).scalar_one()
    merged = {**orjson.loads(known), **facts}
    conn.execute(END, {"run": run_id, "now": state, "at": iso(clock.now()), "told": _text(merged)})


def read_runs(conn: Connection, *, kind: str | None = None, limit: int = 20) -> list[Run]:
    """The latest runs, newest first."""
    rows = conn.execute(LATEST if kind is None else LATEST_OF_KIND, {"most": limit, "kind": kind})
    return [Run(row.id, row.kind, row.state, row.started_at, row.ended_at, orjson.loads(row.facts)) for row in rows]


def open_runs(conn: Connection, kinds: Collection[str]) -> list[str]:
    """The runs of some kinds that have not come to their end, the oldest first."""
    return list(conn.execute(OPEN, {"kinds": kinds}).scalars())


def interrupt_running(conn: Connection, kind: str, connection: str, clock: Clock) -> list[str]:
    """Close runs of a connection that were killed before they could say so; returns their ids."""
    dead = [
        row[0] for row in conn.execute(RUNNING, {"kind": kind}) if orjson.loads(row[1]).get("connection") == connection
    ]
    for run_id in dead:
        end_run(conn, run_id, clock, "interrupted")
    return dead


def _text(facts: Mapping[str, Any]) -> str:
    return orjson.dumps(dict(facts), option=orjson.OPT_SORT_KEYS).decode()

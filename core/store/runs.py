"""Runs: each piece of work that was started, how it ended and what it counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, func, select

from core.clock import Clock, iso
from core.store.tables import run
from core.store.turns import take_turn

RunState = Literal["running", "done", "failed", "interrupted"]
NO_FACTS: Mapping[str, Any] = {}


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
    count = conn.execute(select(func.count()).select_from(run).where(run.c.kind == kind)).scalar_one()
    run_id = f"{kind}-{count + 1:06d}"
    conn.execute(
        run.insert().values(id=run_id, kind=kind, state="running", started_at=iso(clock.now()), facts=_text(facts))
    )
    return run_id


def end_run(
    conn: Connection, run_id: str, clock: Clock, state: RunState = "done", facts: Mapping[str, Any] = NO_FACTS
) -> None:
    """Close a run; ``facts`` are added to those of its start."""
    known = conn.execute(select(run.c.facts).where(run.c.id == run_id)).scalar_one()
    merged = {**orjson.loads(known), **facts}
    conn.execute(
        run.update().where(run.c.id == run_id).values(state=state, ended_at=iso(clock.now()), facts=_text(merged))
    )


def read_runs(conn: Connection, *, kind: str | None = None, limit: int = 20) -> list[Run]:
    """The latest runs, newest first."""
    query = select(run).order_by(run.c.started_at.desc(), run.c.id.desc()).limit(limit)
    rows = conn.execute(query if kind is None else query.where(run.c.kind == kind))
    return [Run(row.id, row.kind, row.state, row.started_at, row.ended_at, orjson.loads(row.facts)) for row in rows]


def interrupt_running(conn: Connection, kind: str, connection: str, clock: Clock) -> list[str]:
    """Close runs of a connection that were killed before they could say so; returns their ids."""
    query = select(run.c.id, run.c.facts).where(run.c.kind == kind, run.c.state == "running")
    dead = [row[0] for row in conn.execute(query) if orjson.loads(row[1]).get("connection") == connection]
    for run_id in dead:
        end_run(conn, run_id, clock, "interrupted")
    return dead


def _text(facts: Mapping[str, Any]) -> str:
    return orjson.dumps(dict(facts), option=orjson.OPT_SORT_KEYS).decode()

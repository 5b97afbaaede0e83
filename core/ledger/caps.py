"""How much may be written: so many operations per plugin, run and day, so many new tasks per owner and day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

import orjson
from sqlalchemy import BindParameter, Connection, bindparam, func, or_, select

from core.clock import iso
from core.ledger.operations import IN_FLIGHT, Operation
from core.ledger.policy import APPLY, BLOCKED, NEEDS_APPROVAL, PlanRules
from core.store.tables import operation

Owner = tuple[str, str]
OP = operation.c
SINCE: BindParameter[str] = bindparam("since")
MOVING = or_(*(OP.state == state for state in IN_FLIGHT))
TASKS = select(OP.connection, OP.after).where(
    OP.kind == "create_record", ((OP.state == "applied") & (OP.applied_at >= SINCE)) | MOVING
)
APPLIED = select(func.count()).where(OP.applied_at.isnot(None), OP.applied_at >= SINCE)
WRITTEN = select(APPLIED.scalar_subquery() + select(func.count()).where(MOVING).scalar_subquery())


def capped(
    operations: Iterable[Operation], rules: PlanRules, tasks_today: Counter[Owner], written_today: int = 0
) -> Iterator[Operation]:
    """The operations in their order; those beyond a cap are blocked and will be planned again by a later run."""
    carried: Counter[str] = Counter()
    total = 0
    tasks = tasks_today.copy()
    for planned in operations:
        if not planned.verdict.startswith((APPLY, NEEDS_APPROVAL)):
            yield planned
            continue
        owner = owner_of(planned)
        over = _over(planned, rules, carried[planned.plugin], total, tasks[owner] if owner else 0, written_today)
        if over is not None:
            yield replace(planned, verdict=f"{BLOCKED}{over}")
            continue
        carried[planned.plugin] += 1
        total += 1
        if owner is not None:
            tasks[owner] += 1
        yield planned


def _over(
    planned: Operation, rules: PlanRules, of_plugin: int, of_run: int, tasks_of_owner: int, written_today: int
) -> str | None:
    """Which cap one more operation would break; None when it breaks none."""
    limit = rules.of(planned.plugin).operations_per_run
    if of_plugin >= limit:
        return f"cap of {limit} operations per run for {planned.plugin}"
    if of_run >= rules.operations_per_run:
        return f"cap of {rules.operations_per_run} operations per run"
    if written_today + of_run >= rules.operations_per_day:
        return f"cap of {rules.operations_per_day} operations per day"
    if owner_of(planned) is not None and tasks_of_owner >= rules.tasks_per_owner_and_day:
        return f"cap of {rules.tasks_per_owner_and_day} tasks per owner and day"
    return None


def owner_of(planned: Operation) -> Owner | None:
    """Whose day a new task would fill; None for operations that create none, or that belong to nobody."""
    if planned.kind != "create_record" or not planned.after.get("owner"):
        return None
    return (planned.connection, planned.after["owner"])


def tasks_since(conn: Connection, midnight: datetime) -> Counter[Owner]:
    """The tasks made or on their way since an instant, per owner."""
    counted: Counter[Owner] = Counter()
    for connection, after in conn.execute(TASKS, {"since": iso(midnight)}):
        owner = orjson.loads(after).get("owner")
        if owner:
            counted[connection, owner] += 1
    return counted


def written_since(conn: Connection, midnight: datetime) -> int:
    """How many operations were applied since an instant or are on their way."""
    written: int = conn.execute(WRITTEN, {"since": iso(midnight)}).scalar_one()
    return written

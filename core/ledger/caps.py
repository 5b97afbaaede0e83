"""How much may be written: so many operations per plugin, run and day, so many new tasks per person and day.

One person who works in both CRMs has one day: tasks are counted by golden user. What is more than fits into a day
waits, the least urgent first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import BindParameter, Connection, bindparam, func, or_, select

from core.clock import iso
from core.ledger.operations import IN_FLIGHT, Operation, vendor_key
from core.ledger.policy import APPLY, BLOCKED, NEEDS_APPROVAL, PlanRules
from core.proposals import CreateTask, Priority, Proposal
from core.store.tables import operation

Rank = tuple[int, str]
RANKS: dict[Priority, int] = {"high": 0, "normal": 1, "low": 2}
UNRANKED: Rank = (-1, "")
LAST: Rank = (len(RANKS), "")
OP = operation.c
SINCE: BindParameter[str] = bindparam("since")
MOVING = or_(*(OP.state == state for state in IN_FLIGHT))
TASKS = select(OP.connection, OP.after).where(
    OP.kind == "create_record", ((OP.state == "applied") & (OP.applied_at >= SINCE)) | MOVING
)
APPLIED = select(func.count()).where(OP.applied_at.isnot(None), OP.applied_at >= SINCE)
WRITTEN = select(APPLIED.scalar_subquery() + select(func.count()).where(MOVING).scalar_subquery())


def capped(
    operations: Iterable[Operation],
    rules: PlanRules,
    tasks_today: Counter[str],
    written_today: int = 0,
    ranks: Mapping[str, Rank] | None = None,
) -> list[Operation]:
    """The operations in their order; those beyond a cap are blocked and will be planned again by a later run.

    ``ranks`` say by key which tasks are let through first where not all of them fit into their owner's day.
    """
    given, ranking = list(operations), ranks or {}
    carried: Counter[str] = Counter()
    tasks, total = tasks_today.copy(), 0
    owners = [owner_of(one) for one in given]
    for at in sorted(range(len(given)), key=lambda at: _turn(given[at], owners[at], ranking)):
        planned, owner = given[at], owners[at]
        if not planned.verdict.startswith((APPLY, NEEDS_APPROVAL)):
            continue
        over = _over(planned, rules, carried[planned.plugin], total, tasks[owner] if owner else 0, written_today)
        if over is not None:
            given[at] = replace(planned, verdict=f"{BLOCKED}{over}")
            continue
        carried[planned.plugin] += 1
        total += 1
        if owner is not None:
            tasks[owner] += 1
    return given


def _turn(planned: Operation, owner: str | None, ranks: Mapping[str, Rank]) -> Rank:
    """When an operation is let through: tasks after all else, the most urgent first."""
    return UNRANKED if owner is None else ranks.get(planned.key or "", LAST)


def ranks_of(proposals: Mapping[str, Sequence[Proposal]]) -> dict[str, Rank]:
    """How urgent each proposed task is, by the key the CRM will keep: by priority, then by due date."""
    return {
        vendor_key(plugin, one.key): (RANKS.get(one.priority, len(RANKS)), str(one.due))
        for plugin, wishes in proposals.items()
        for one in wishes
        if isinstance(one, CreateTask)
    }


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


def owner_of(planned: Operation) -> str | None:
    """Whose day a new task would fill; None for operations that create none, or that belong to nobody."""
    return _person(planned.connection, planned.after) if planned.kind == "create_record" else None


def tasks_since(conn: Connection, midnight: datetime) -> Counter[str]:
    """The tasks made or on their way since an instant, per person."""
    told = conn.execute(TASKS, {"since": iso(midnight)}).all()
    people = [_person(connection, orjson.loads(after)) for connection, after in told]
    return Counter(person for person in people if person is not None)


def _person(connection: str, after: Mapping[str, Any]) -> str | None:
    """The golden user who gets a new task, else the owner as that CRM knows it; None where nobody does."""
    owner = after.get("owner")
    return str(after.get("person") or f"{connection}/{owner}") if owner else None


def written_since(conn: Connection, midnight: datetime) -> int:
    """How many operations were applied since an instant or are on their way."""
    written: int = conn.execute(WRITTEN, {"since": iso(midnight)}).scalar_one()
    return written

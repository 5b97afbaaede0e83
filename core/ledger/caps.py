"""How much one run may carry: so many operations per plugin, so many new tasks per owner and day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

import orjson
from sqlalchemy import Connection, select

from core.clock import iso
from core.ledger.operations import IN_FLIGHT, Operation
from core.ledger.policy import APPLY, BLOCKED, NEEDS_APPROVAL, PlanRules
from core.store.tables import operation

Owner = tuple[str, str]


def capped(operations: Iterable[Operation], rules: PlanRules, tasks_today: Counter[Owner]) -> Iterator[Operation]:
    """The operations in their order; those beyond a cap are blocked and will be planned again by a later run."""
    carried: Counter[str] = Counter()
    tasks = tasks_today.copy()
    for planned in operations:
        if not planned.verdict.startswith((APPLY, NEEDS_APPROVAL)):
            yield planned
            continue
        over = _over(planned, rules, carried, tasks)
        yield replace(planned, verdict=over) if over else planned


def _over(planned: Operation, rules: PlanRules, carried: Counter[str], tasks: Counter[Owner]) -> str | None:
    """Count one operation; the verdict when it is one too many."""
    limit = rules.of(planned.plugin).operations_per_run
    if carried[planned.plugin] >= limit:
        return f"{BLOCKED}cap of {limit} operations per run for {planned.plugin}"
    owner = owner_of(planned)
    if owner is not None:
        if tasks[owner] >= rules.tasks_per_owner_and_day:
            return f"{BLOCKED}cap of {rules.tasks_per_owner_and_day} tasks per owner and day"
        tasks[owner] += 1
    carried[planned.plugin] += 1
    return None


def owner_of(planned: Operation) -> Owner | None:
    """Whose day a new task would fill; None for operations that create none, or that belong to nobody."""
    if planned.kind != "create_record" or not planned.after.get("owner"):
        return None
    return (planned.connection, planned.after["owner"])


def tasks_since(conn: Connection, midnight: datetime) -> Counter[Owner]:
    """The tasks made or on their way since an instant, per owner."""
    op = operation.c
    made = (op.state == "applied") & (op.applied_at >= iso(midnight))
    query = select(op.connection, op.after).where(op.kind == "create_record", made | op.state.in_(IN_FLIGHT))
    counted: Counter[Owner] = Counter()
    for connection, after in conn.execute(query):
        owner = orjson.loads(after).get("owner")
        if owner:
            counted[connection, owner] += 1
    return counted

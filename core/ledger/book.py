"""The ledger's own table: reading operations, keeping the current plan, and telling how runs went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, select

from core.ledger.current import chunks
from core.ledger.operations import COLUMNS, Operation, count_by_state, from_row, to_row
from core.store.bulk import insert_new, select_in
from core.store.tables import operation

ROW = tuple(operation.c[name] for name in COLUMNS)


@dataclass(frozen=True, slots=True)
class Attempt:
    """An operation that went beyond planning, and how it ended."""

    state: str
    run_id: str | None
    error: str | None


def keep_plan(conn: Connection, plan_id: str, operations: Sequence[Operation]) -> None:
    """Make these the current plan; what was only planned before is forgotten."""
    conn.execute(delete(operation).where(operation.c.state == "planned"))
    add_operations(conn, plan_id, operations)


def add_operations(conn: Connection, plan_id: str, operations: Sequence[Operation]) -> None:
    """Write new operations into the ledger, in their order."""
    rows = [(*to_row(one), plan_id, position) for position, one in enumerate(operations)]
    insert_new(conn, operation, (*COLUMNS, "plan_id", "position"), rows)


def planned_operations(conn: Connection) -> list[Operation]:
    """The current plan, in its order."""
    return list(read_operations(conn, operation.c.state == "planned"))


def read_operations(conn: Connection, *conditions: ColumnElement[bool]) -> Iterator[Operation]:
    """The operations that meet all conditions, in the order of their plans."""
    order = (operation.c.plan_id, operation.c.position)
    for row in conn.execute(select(*ROW).where(*conditions).order_by(*order)).all():
        yield from_row(row)


def operations_by_id(conn: Connection, ids: Sequence[str]) -> dict[str, Operation]:
    """These operations, by id; unknown ids are left out."""
    return {one.id: one for chunk in chunks(ids) for one in read_operations(conn, operation.c.id.in_(chunk))}


def attempts(conn: Connection, ids: Sequence[str]) -> dict[str, Attempt]:
    """Those of the ids that went beyond planning already."""
    rows = select_in(conn, operation, ("id", "state", "run_id", "error"), "id", ids, where="t.state != 'planned'")
    return {row[0]: Attempt(row[1], row[2], row[3]) for row in rows}


def counts_of_run(conn: Connection, run_id: str) -> dict[str, int]:
    """How many operations of a run are in which state."""
    states = conn.execute(select(operation.c.state).where(operation.c.run_id == run_id)).scalars()
    return count_by_state(states)


def counts_of_runs(conn: Connection, run_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """The same for several runs at once."""
    op = operation.c
    query = select(op.run_id, op.state, func.count()).where(op.run_id.in_(run_ids)).group_by(op.run_id, op.state)
    found: dict[str, dict[str, int]] = {run_id: {} for run_id in run_ids}
    for run_id, state, number in conn.execute(query.order_by(op.run_id, op.state)):
        found[run_id][state] = number
    return found


def set_state(conn: Connection, ids: Sequence[str], state: str, **columns: Any) -> None:
    """Move operations into a state, setting further columns alike for all of them."""
    for chunk in chunks(ids):
        conn.execute(operation.update().where(operation.c.id.in_(chunk)).values(state=state, **columns))

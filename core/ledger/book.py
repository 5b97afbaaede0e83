"""The ledger's own table: reading operations, keeping the current plan, and telling how runs went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Update, bindparam, delete, func, select

from core.ledger.operations import COLUMNS, Operation, count_by_state, from_row, to_row
from core.store.among import among
from core.store.bulk import insert_new, select_in
from core.store.tables import operation

OP = operation.c
ROWS = select(*(OP[name] for name in COLUMNS))
IN_ORDER = ROWS.order_by(OP.plan_id, OP.position)
CHOSEN = among(OP.id, "ids")
PLANNED, BY_ID = IN_ORDER.where(OP.state == "planned"), ROWS.where(CHOSEN)
REFUSED = IN_ORDER.where(OP.state == "rejected")
FORGET_PLAN = delete(operation).where(OP.state == "planned")
STATES_OF_RUN = select(OP.state).where(OP.run_id == bindparam("run"))
NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Attempt:
    """An operation that went beyond planning, and how it ended."""

    state: str
    run_id: str | None
    error: str | None


def keep_plan(conn: Connection, plan_id: str, operations: Sequence[Operation]) -> None:
    """Make these the current plan; what was only planned before is forgotten."""
    conn.execute(FORGET_PLAN)
    add_operations(conn, plan_id, operations)


def add_operations(conn: Connection, plan_id: str, operations: Sequence[Operation]) -> None:
    """Write new operations into the ledger, in their order."""
    rows = [(*to_row(one), plan_id, position) for position, one in enumerate(operations)]
    insert_new(conn, operation, (*COLUMNS, "plan_id", "position"), rows)


def planned_operations(conn: Connection) -> list[Operation]:
    """The current plan, in its order."""
    return list(_read(conn, PLANNED))


def read_with(conn: Connection, query: Select[*tuple[Any, ...]], told: Mapping[str, Any]) -> list[Operation]:
    """The operations that a query of all of ``COLUMNS`` finds, built once by whoever asks often."""
    return list(_read(conn, query, told))


def refused_operations(conn: Connection) -> list[Operation]:
    """What vendors have refused for good, in the order of the plans."""
    return list(_read(conn, REFUSED))


def read_operations(conn: Connection, *conditions: ColumnElement[bool]) -> Iterator[Operation]:
    """The operations that meet all conditions, in the order of their plans."""
    return _read(conn, IN_ORDER.where(*conditions))


def _read(conn: Connection, query: Select[*tuple[Any, ...]], told: Mapping[str, Any] = NOTHING) -> Iterator[Operation]:
    for row in conn.execute(query, told).all():
        yield from_row(row)


def operations_by_id(conn: Connection, ids: Sequence[str]) -> dict[str, Operation]:
    """These operations, by id; unknown ids are left out."""
    return {one.id: one for one in _read(conn, BY_ID, {"ids": ids})}


def attempts(conn: Connection, ids: Sequence[str]) -> dict[str, Attempt]:
    """Those of the ids that went beyond planning already."""
    rows = select_in(conn, operation, ("id", "state", "run_id", "error"), "id", ids, where="t.state != 'planned'")
    return {row[0]: Attempt(row[1], row[2], row[3]) for row in rows}


def counts_of_run(conn: Connection, run_id: str) -> dict[str, int]:
    """How many operations of a run are in which state."""
    return count_by_state(conn.execute(STATES_OF_RUN, {"run": run_id}).scalars())


def counts_of_runs(conn: Connection, run_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """The same for several runs at once."""
    query = select(OP.run_id, OP.state, func.count()).where(OP.run_id.in_(run_ids)).group_by(OP.run_id, OP.state)
    found: dict[str, dict[str, int]] = {run_id: {} for run_id in run_ids}
    for run_id, state, number in conn.execute(query.order_by(OP.run_id, OP.state)):
        found[run_id][state] = number
    return found


def set_state(conn: Connection, ids: Sequence[str], state: str, **columns: Any) -> None:
    """Move operations into a state, setting further columns alike for all of them."""
    if ids:
        told = {f"to_{name}": value for name, value in columns.items()}
        conn.execute(_moving(tuple(columns)), {"ids": ids, "to_state": state, **told})


@cache
def _moving(columns: tuple[str, ...]) -> Update:
    """The statement that moves operations into a state and sets these further columns."""
    return operation.update().where(CHOSEN).values({name: bindparam(f"to_{name}") for name in ("state", *columns)})

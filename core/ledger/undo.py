"""Taking back what was written, as far as nobody has touched it: a run, a plugin's work, a record's, or one operation.

Undo looks into the CRM, plans the inverse of every operation whose result is still there unchanged, and delivers that
as a run of its own, which can be undone as well. What it leaves alone it names, with the reason. Writes that were built
on one another go back one step after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import groupby

from sqlalchemy import ColumnElement, Connection, select

from core.clock import Clock
from core.errors import ConfigError
from core.ledger.apply import KINDS, ApplyReport, deliver, queue_operations
from core.ledger.book import add_operations, attempts, read_operations
from core.ledger.current import Written, in_flight, written_values
from core.ledger.deliver import Told
from core.ledger.delivery import Delivery
from core.ledger.inverse import WRITTEN_LATER, Inverse, LeftAlone
from core.ledger.operations import Operation, successor
from core.ledger.plan import plan_of
from core.ledger.readback import read_back
from core.ledger.target import Target, target_named, targets_of
from core.ledger.unmerge import Unmerge, remade_by
from core.model import SourceKey
from core.store import Store
from core.store.tables import operation
from core.sync import ConnectionSetup

MOST_STEPS = 50


@dataclass(frozen=True)
class Chosen:
    """What is to be taken back: all that the given traits have in common; at least one has to be given.

    ``record`` is ``connection/stream/external id``.
    """

    run_id: str | None = None
    plugin: str | None = None
    record: str | None = None
    operation: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same as conditions on the ledger's table; raises ``ConfigError`` when nothing was chosen."""
        op = operation.c
        pairs = ((op.run_id, self.run_id), (op.plugin, self.plugin), (op.id, self.operation))
        found = [column == wanted for column, wanted in pairs if wanted is not None]
        if self.record is not None:
            key = SourceKey.parse(self.record)
            where = ((op.connection, key.connection), (op.stream, key.stream), (op.external_id, key.external_id))
            found += [column == wanted for column, wanted in where]
        if not found:
            raise ConfigError(
                "nothing was chosen to take back", remedy="name a run, a plugin, a record or an operation"
            )
        if self.plugin is not None and len(found) == 1:
            found.append(op.undo_of.is_(None))
        return found

    def __str__(self) -> str:
        """What was chosen, in short."""
        given = ((one.name, getattr(self, one.name)) for one in fields(self))
        return ", ".join(value if name == "run_id" else f"{name} {value}" for name, value in given if value is not None)


@dataclass(frozen=True)
class UndoReport:
    """What an undo took back, what it left alone, and how its delivery went; ``runs`` has one run per step."""

    run_id: str | None
    undone: int
    left_alone: tuple[LeftAlone, ...]
    delivery: ApplyReport
    runs: tuple[str, ...] = ()


@dataclass(frozen=True)
class UndoPlan:
    """The inverse operations of what was chosen, and what has to stay."""

    id: str
    operations: tuple[Operation, ...]
    left_alone: tuple[LeftAlone, ...]


def undo(
    store: Store,
    setups: Sequence[ConnectionSetup],
    chosen: Chosen,
    clock: Clock,
    *,
    actor: str,
    delivery: Delivery | None = None,
    progress: Told | None = None,
) -> UndoReport:
    """Take back what was chosen, step after step.

    Raises ``ConfigError`` where there is nothing to take back, ``RetryLater`` when the CRM cannot be read.
    """
    left: dict[tuple[str, str], LeftAlone] = {}
    runs: list[str] = []
    report = ApplyReport()
    for _ in range(MOST_STEPS):
        planned = plan_undo(store, setups, chosen)
        left = {at: one for at, one in left.items() if not one.follows}
        left |= {(one.operation.id, one.why): one for one in planned.left_alone}
        run_id = _queue(store, planned, chosen, clock, actor)
        report = deliver(store, setups, clock, run_id, delivery, progress)
        runs += [run_id] if run_id else []
        if run_id is None or not report.applied or not any(one.follows for one in planned.left_alone):
            break
    with store.read() as conn:
        done = list(read_operations(conn, operation.c.run_id.in_(runs), operation.c.state == "applied"))
    return UndoReport(runs[0] if runs else None, len(done), tuple(left.values()), report, tuple(runs))


def _queue(store: Store, planned: UndoPlan, chosen: Chosen, clock: Clock, actor: str) -> str | None:
    if not planned.operations:
        return None
    with store.begin() as conn:
        add_operations(conn, planned.id, planned.operations)
        return queue_operations(conn, clock, "undo", actor, planned.operations, {"of": str(chosen)})


def plan_undo(store: Store, setups: Sequence[ConnectionSetup], chosen: Chosen) -> UndoPlan:
    """What undoing would do next, from what the CRM holds now; reads only."""
    targets = targets_of(setups)
    with store.read() as conn:
        applied = _applied(conn, chosen)
        answers = [
            answer
            for group in _by_stream(applied)
            for answer in _answers(conn, target_named(targets, group[0].connection), group)
        ]
        fresh = _never_tried(conn, [one for one in answers if isinstance(one, Operation)])
    plan = plan_of(fresh, targets)
    return UndoPlan(plan.id, plan.operations, tuple(one for one in answers if isinstance(one, LeftAlone)))


def _applied(conn: Connection, chosen: Chosen) -> list[Operation]:
    """What was chosen and stands; a merge counts on when its losers are back and their records are not."""
    op = operation.c
    stands = (op.state == "applied") | ((op.kind == "merge_records") & (op.state == "undone"))
    applied = list(read_operations(conn, *chosen.conditions(), stands))
    if not applied:
        raise ConfigError(
            f"{chosen} is no run with changes that could be taken back"
            if chosen.run_id
            else f"nothing of {chosen} could be taken back",
            remedy=f"choose one from `inlay status`: a run of kind {' or '.join(KINDS)}",
        )
    return applied


def _by_stream(applied: Sequence[Operation]) -> Iterator[list[Operation]]:
    """Groups that one reading can answer."""
    ordered = sorted(applied, key=lambda one: (one.connection, one.stream, one.kind))
    for _, group in groupby(ordered, key=lambda one: (one.connection, one.stream, one.kind)):
        yield list(group)


def _answers(conn: Connection, target: Target, group: Sequence[Operation]) -> Iterator[Operation | LeftAlone]:
    if group[0].kind == "merge_records":
        for one in group:
            yield from Unmerge(target, one, remade_by(conn, one)).steps()
        return
    moved = _moved_to(conn, [one.external_id for one in group if one.external_id and one.kind == "create_record"])
    found = Inverse(target, read_back(target, group), _last_writes(conn, group), in_flight(conn), moved)
    ours = {one.id for one in group}
    for one in group:
        answer = found.of(one)
        if isinstance(answer, Operation):
            yield answer
        else:
            last = found.written.get(one.external_id or "", {}).get(one.field or "")
            goes_back = last is not None and (last.operation_id in ours or last.undone_in is not None)
            yield LeftAlone(one, answer, follows=answer == WRITTEN_LATER and goes_back)


def _last_writes(conn: Connection, group: Sequence[Operation]) -> dict[str, dict[str, Written]]:
    ids = sorted({one.external_id for one in group if one.external_id})
    return written_values(conn, group[0].connection, group[0].stream, ids)


def _moved_to(conn: Connection, homes: Sequence[str]) -> frozenset[str]:
    """Those of the records that undoing a merge has pointed others at."""
    op, merge = operation.c, operation.alias("merge")
    query = (
        select(op.after)
        .join_from(operation, merge, merge.c.id == op.undo_of)
        .where(op.kind == "set_field", op.state == "applied", merge.c.kind == "merge_records")
    )
    texts = set(conn.execute(query).scalars()) if homes else set()
    return frozenset(home for home in homes if f'"{home}"' in texts)


def _never_tried(conn: Connection, inverse: Sequence[Operation]) -> list[Operation]:
    """Give an undo that was tried before and came to nothing a new id."""
    waiting, settled = list(inverse), list[Operation]()
    while waiting:
        tried = attempts(conn, [one.id for one in waiting])
        settled += [one for one in waiting if one.id not in tried]
        waiting = [replace(one, id=successor(one.id)) for one in waiting if one.id in tried]
    return settled

"""Taking a run back, as far as nobody has touched what it wrote.

Undo looks into the CRM, plans the inverse of every operation whose result is still there unchanged, and delivers that
as a run of its own, which can be undone as well. What it leaves alone it names, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from sqlalchemy import Connection

from core.clock import Clock
from core.connector import RawRecord
from core.errors import ConfigError
from core.ledger.apply import KINDS, ApplyReport, deliver, queue_operations
from core.ledger.book import add_operations, attempts, read_operations
from core.ledger.carry import Delivery
from core.ledger.current import Written, in_flight, written_values
from core.ledger.deliver import Told
from core.ledger.operations import Operation, operation_id, successor
from core.ledger.plan import plan_of
from core.ledger.policy import APPLY
from core.ledger.readback import GONE, read_back, shown
from core.ledger.target import Target, target_named, targets_of
from core.store import Store
from core.store.tables import operation
from core.sync import ConnectionSetup

Records = Mapping[str, RawRecord]


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """An operation that undo does not take back, and why."""

    operation: Operation
    why: str


@dataclass(frozen=True)
class UndoReport:
    """What an undo took back, what it left alone, and how its delivery went."""

    run_id: str | None
    undone: int
    left_alone: tuple[LeftAlone, ...]
    delivery: ApplyReport


@dataclass(frozen=True)
class UndoPlan:
    """The inverse operations of a run, and what has to stay."""

    id: str
    operations: tuple[Operation, ...]
    left_alone: tuple[LeftAlone, ...]


def undo_run(
    store: Store,
    setups: Sequence[ConnectionSetup],
    run_id: str,
    clock: Clock,
    *,
    actor: str,
    delivery: Delivery | None = None,
    progress: Told | None = None,
) -> UndoReport:
    """Take back a run of ``apply`` or ``undo``.

    Raises ``ConfigError`` for a run that wrote nothing, ``RetryLater`` when the CRM cannot be read.
    """
    planned = plan_undo(store, setups, run_id)
    undo_id = None
    if planned.operations:
        with store.begin() as conn:
            add_operations(conn, planned.id, planned.operations)
            undo_id = queue_operations(conn, clock, "undo", actor, planned.operations, {"of": run_id})
    report = deliver(store, setups, clock, undo_id, delivery, progress)
    with store.read() as conn:
        done = list(read_operations(conn, operation.c.run_id == undo_id, operation.c.state == "applied"))
    return UndoReport(undo_id, len(done), planned.left_alone, report)


def plan_undo(store: Store, setups: Sequence[ConnectionSetup], run_id: str) -> UndoPlan:
    """What undoing a run would do, from what the CRM holds now; reads only."""
    targets = targets_of(setups)
    with store.read() as conn:
        applied = list(read_operations(conn, operation.c.run_id == run_id, operation.c.state == "applied"))
        if not applied:
            raise ConfigError(
                f"{run_id} is no run with changes that could be taken back",
                remedy=f"choose one from `inlay status`: a run of kind {' or '.join(KINDS)}",
            )
        inverse: list[Operation] = []
        left: list[LeftAlone] = []
        for group in _by_stream(applied):
            target = target_named(targets, group[0].connection)
            found = _Inverse(target, read_back(target, group), _last_writes(conn, group), in_flight(conn))
            answers = [(one, found.of(one)) for one in group]
            inverse += [answer for _, answer in answers if isinstance(answer, Operation)]
            left += [LeftAlone(one, answer) for one, answer in answers if isinstance(answer, str)]
        fresh = _never_tried(conn, inverse)
    plan = plan_of(fresh, targets)
    return UndoPlan(plan.id, plan.operations, tuple(left))


def _by_stream(applied: Sequence[Operation]) -> Iterator[list[Operation]]:
    """Groups that one reading can answer."""
    ordered = sorted(applied, key=lambda one: (one.connection, one.stream, one.kind))
    for _, group in groupby(ordered, key=lambda one: (one.connection, one.stream, one.kind)):
        yield list(group)


def _last_writes(conn: Connection, group: Sequence[Operation]) -> dict[str, dict[str, Written]]:
    ids = sorted({one.external_id for one in group if one.external_id})
    return written_values(conn, group[0].connection, group[0].stream, ids)


def _never_tried(conn: Connection, inverse: Sequence[Operation]) -> list[Operation]:
    """Give an undo that was tried before and came to nothing a new id."""
    waiting, settled = list(inverse), list[Operation]()
    while waiting:
        tried = attempts(conn, [one.id for one in waiting])
        settled += [one for one in waiting if one.id not in tried]
        waiting = [replace(one, id=successor(one.id)) for one in waiting if one.id in tried]
    return settled


@dataclass(frozen=True)
class _Inverse:
    """Finds the inverse of operations of one stream, or the reason why there is none."""

    target: Target
    records: Records
    written: Mapping[str, Mapping[str, Written]]
    taken: set[tuple[str, str, str, str]]

    def of(self, one: Operation) -> Operation | str:
        """The operation that takes this one back, or why it has to stay."""
        record = self.records.get(one.external_id or "")
        if one.kind == "delete_record":
            return "it is back in the CRM already" if record is not None else self._create_again(one)
        if record is None:
            return GONE
        return self._restore(one, record) if one.kind == "set_field" else self._delete(one, record)

    def _restore(self, one: Operation, record: RawRecord) -> Operation | str:
        name = one.field or ""
        last = self.written.get(one.external_id or "", {}).get(name)
        if last is not None and last.operation_id != one.id:
            return "Inlay wrote this field again later; undo that run first"
        if one.target in self.taken:
            return "a later write to this field is on its way"
        held = self.target.value(one.stream, record, name)
        if not self.target.same(one.stream, name, held, one.after):
            return f"edited by a person; the CRM holds {shown(held)} now"
        return self._inverse(one, kind="set_field", field=name, before=one.after, after=one.before)

    def _delete(self, one: Operation, record: RawRecord) -> Operation | str:
        for name, value in one.after["values"].items():
            held = self.target.value(one.stream, record, name)
            if not self.target.same(one.stream, name, held, value):
                return f"somebody worked on it: {name} is {shown(held)} now"
        return self._inverse(one, kind="delete_record", key=one.key, before=one.after, after=None)

    def _create_again(self, one: Operation) -> Operation:
        return self._inverse(one, kind="create_record", key=one.key, external_id=None, before=None, after=one.before)

    def _inverse(self, one: Operation, **changes: object) -> Operation:
        """The inverse with a name of its own, built on the operation that it takes back."""
        turned = replace(
            one,
            **changes,  # type: ignore[arg-type]  # the callers above name fields of Operation
            undo_of=one.id,
            run_id=None,
            verdict=APPLY,
            state="planned",
            applied_at=None,
            error=None,
            approved_by=None,
            reason=f"takes back: {one.reason}" if one.undo_of is None else f"restores: {one.reason}",
        )
        return replace(turned, id=operation_id(turned.kind, turned.target, turned.before, turned.after, one.id))

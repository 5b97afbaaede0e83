"""Operations that wait for a record which was merged away meanwhile: they follow it, where that is what was meant.

A new task or note goes to whatever its client has become. A field goes to the survivor if that holds what the operation
expected to find; a survivor with a value of its own keeps it, and the next plan compares it with the survivor's own
signals. What was sent before the merge became known is looked for on the survivor.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, update

from core.ledger.current import Holding, holdings_of, in_flight
from core.ledger.endings import Ending
from core.ledger.operations import Operation, dump
from core.ledger.readback import GONE, field_ending, read_back, shown
from core.ledger.target import Target
from core.model import SourceKey
from core.store import Store
from core.store.sources import survivors
from core.store.tables import operation, outbox

MOST_STEPS = 20  # a chain of merges is short; one that goes round ends here
MOVE = (
    update(operation)
    .where(operation.c.id == bindparam("of"))
    .values(external_id=bindparam("to"), after=bindparam("then"), reason=bindparam("why"))
)
REQUEUE = update(outbox).where(outbox.c.operation_id == bindparam("of")).values(record=bindparam("at"))


@dataclass
class Redirection:
    """Where operations of one stream go now: as they are to be sent, those that came to their end, those moved."""

    going: list[Operation] = field(default_factory=list)
    ended: list[Ending] = field(default_factory=list)
    moved: list[Operation] = field(default_factory=list)


def follow(conn: Connection, target: Target, waiting: Sequence[Operation]) -> Redirection:
    """Point operations of one stream at the survivors of merges that the store knows of, and write that down."""
    found = Redirection()
    homes = heirs(conn, _named(target, waiting))
    moving = [one for one in waiting if not homes.keys().isdisjoint(_named(target, [one]))]
    if not moving:
        return replace(found, going=list(waiting))
    court = _Court.read(conn, target, moving, homes)
    for one in waiting:
        _decide(found, one, court.ruling(one) if one in moving else one)
    if found.moved:
        conn.execute(MOVE, [_as_moved(one) for one in found.moved])
        conn.execute(REQUEUE, [{"of": one.id, "at": one.record} for one in found.moved])
    return found


def _decide(found: Redirection, one: Operation, ruling: Operation | Ending) -> None:
    if isinstance(ruling, Ending):
        found.ended.append(ruling)
        return
    found.going.append(ruling)
    if ruling is not one:
        found.moved.append(ruling)


def _as_moved(one: Operation) -> dict[str, Any]:
    return {"of": one.id, "to": one.external_id, "then": dump(one.after), "why": one.reason}


def heirs(conn: Connection, ids: Collection[str]) -> dict[str, str]:
    """Source id -> external id of the record that has taken it in, through any number of merges."""
    step = survivors(conn, ids) if ids else {}
    found = dict(step)
    for _ in range(MOST_STEPS):
        step = survivors(conn, set(step.values())) if step else {}
        found = {old: step.get(new, new) for old, new in found.items()}
    return {old: SourceKey.parse(new).external_id for old, new in found.items()}


def settled_at_heirs(store: Store, target: Target, endings: Sequence[Ending], now: datetime) -> list[Ending]:
    """The endings of what was sent, those of fields whose record is gone settled by what its survivor holds.

    May raise ``RetryLater``.
    """
    lost = [one.operation for one in endings if one.error == GONE and one.operation.kind == "set_field"]
    if not lost:
        return list(endings)
    with store.read() as conn:
        homes = heirs(conn, {_record(one) for one in lost})
    there = [replace(one, external_id=homes[_record(one)]) for one in lost if _record(one) in homes]
    records = read_back(target, there) if there else {}
    return [_at_heir(target, one, homes, records, now) for one in endings]


def _at_heir(
    target: Target, ending: Ending, homes: Mapping[str, str], records: Mapping[str, Any], now: datetime
) -> Ending:
    heir = homes.get(_record(ending.operation))
    if heir is None or ending.error != GONE:
        return ending
    told = field_ending(target, ending.operation, records.get(heir), now)
    if told.state == "applied":
        return replace(told, external_id=heir)
    what = f"merged into {heir} while it was sent"
    return Ending(ending.operation, "skipped", error=what) if told.overtaken else told


@dataclass(frozen=True)
class _Court:
    """Decides what becomes of operations on merged records, from what their survivors hold."""

    target: Target
    homes: Mapping[str, str]
    held: Mapping[str, Holding]
    taken: set[tuple[str, str, str, str]]

    @classmethod
    def read(cls, conn: Connection, target: Target, moving: Sequence[Operation], homes: Mapping[str, str]) -> _Court:
        """Look at the survivors as the store knows them."""
        stream = moving[0].stream
        wanted = {homes[_record(one)] for one in moving if _record(one) in homes}
        return cls(target, homes, holdings_of(conn, target, stream, sorted(wanted)), in_flight(conn))

    def ruling(self, one: Operation) -> Operation | Ending:
        """The operation pointed elsewhere, or its end."""
        return RULINGS[one.kind](self, one)

    def of_field(self, one: Operation) -> Operation | Ending:
        """A field follows its record only where it finds what it expected."""
        heir = self.homes[_record(one)]
        there = self.held.get(heir)
        moved = replace(one, external_id=heir, reason=f"{one.reason} (meant for {one.external_id}, merged into {heir})")
        why = self._why_not(one, there, moved)
        if why is not None:
            return Ending(one, "skipped", error=f"merged into {heir}{why}")
        self.taken.add(moved.target)
        return moved

    def _why_not(self, one: Operation, there: Holding | None, moved: Operation) -> str | None:
        name = one.field or ""
        if there is None:
            return ", which is gone too"
        if one.undo_of is not None:
            return "; what that held before is not known, so it stays"
        held = there.value(name)
        if self.target.same(one.stream, name, held, one.after):
            return ", which holds that already"
        if moved.target in self.taken:
            return ", for which another write is on its way"
        if not self.target.same(one.stream, name, held, one.before):
            return f", which holds {shown(held)}; the next plan looks at it"
        return None

    def of_create(self, one: Operation) -> Operation | Ending:
        """A new record points at whatever its client has become."""
        known = one.after["values"]
        values = known | {name: self._now(one, known[name]) for name in _pointers(self.target, one)}
        links = [[stream, self.homes.get(_id(one, stream, record), record)] for stream, record in one.after["links"]]
        return replace(one, after={**one.after, "values": values, "links": links})

    def _now(self, one: Operation, record: str) -> str:
        ids = (_id(one, stream, record) for stream in self.target.mapping.streams)
        return next((self.homes[name] for name in ids if name in self.homes), record)

    def of_merge(self, one: Operation) -> Operation | Ending:
        """A merge was approved for these records; what a person has made of them since, a person looks at."""
        heir = self.homes[_record(one)]
        return Ending(one, "skipped", error=f"the record that should survive was merged into {heir} meanwhile")

    def of_delete(self, one: Operation) -> Operation | Ending:
        """What was Inlay's own record is part of another one now."""
        return Ending(one, "skipped", error=f"merged into {self.homes[_record(one)]}; it is no longer Inlay's own")


RULINGS = {
    "set_field": _Court.of_field,
    "create_record": _Court.of_create,
    "merge_records": _Court.of_merge,
    "delete_record": _Court.of_delete,
}


def _named(target: Target, operations: Sequence[Operation]) -> set[str]:
    """The source ids of all records that operations would touch or point at."""
    found = {_record(one) for one in operations if one.external_id and one.kind != "create_record"}
    for one in (one for one in operations if one.kind == "create_record"):
        found |= {_id(one, stream, record) for stream, record in one.after["links"]}
        pointing = [one.after["values"][name] for name in _pointers(target, one)]
        found |= {_id(one, stream, value) for value in pointing for stream in target.mapping.streams}
    return found


def _pointers(target: Target, one: Operation) -> list[str]:
    """The fields of a new record that hold the id of another one."""
    rules = [rule for rule in target.mapping.creates.values() if rule.stream == one.stream]
    names = {name for rule in rules for name, declared in rule.fields.items() if declared.reference is not None}
    return sorted(names & one.after["values"].keys())


def _record(one: Operation) -> str:
    return f"{one.connection}/{one.stream}/{one.external_id}"


def _id(one: Operation, stream: str, record: str) -> str:
    return f"{one.connection}/{stream}/{record}"

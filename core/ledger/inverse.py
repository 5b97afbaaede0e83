"""The inverse of one operation, or the reason why it has to stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.connector import RawRecord
from core.ledger.current import Written
from core.ledger.operations import Operation, operation_id
from core.ledger.policy import APPLY, ONCE
from core.ledger.readback import GONE, shown
from core.ledger.target import Target

SENT = "a message that was sent cannot be taken back"
WRITTEN_LATER = "Inlay wrote this field again later; undo that run first"


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """An operation that undo does not take back, and why; ``follows`` when the next step of the same undo may."""

    operation: Operation
    why: str
    follows: bool = False


@dataclass(frozen=True)
class Inverse:
    """Finds the inverse of operations of one stream, from the records as the CRM holds them now.

    ``written`` are Inlay's last writes, ``taken`` the targets of operations on their way, ``moved`` the records that an
    undo of a merge has pointed at records it made again.
    """

    target: Target
    records: Mapping[str, RawRecord]
    written: Mapping[str, Mapping[str, Written]]
    taken: set[tuple[str, str, str, str]]
    moved: frozenset[str] = frozenset()

    def of(self, one: Operation) -> Operation | str:
        """The operation that takes this one back, or why it has to stay."""
        if one.policy == ONCE:
            return SENT
        record = self.records.get(one.external_id or "")
        if one.kind == "delete_record":
            return "it is back in the CRM already" if record is not None else self._create_again(one)
        if record is None:
            return GONE
        return self._restore(one, record) if one.kind == "set_field" else self._delete(one, record)

    def _restore(self, one: Operation, record: RawRecord) -> Operation | str:
        name = one.field or ""
        last = self.written.get(one.external_id or "", {}).get(name)
        held = self.target.value(one.stream, record, name)
        is_back = self.target.same(one.stream, name, held, one.after)
        if last is not None and last.operation_id != one.id and not (last.undone_in and is_back):
            later = self.target.same(one.stream, name, held, last.value)
            return WRITTEN_LATER if later else f"edited by a person; the CRM holds {shown(held)} now"
        if one.target in self.taken:
            return "a later write to this field is on its way"
        if not is_back:
            return f"edited by a person; the CRM holds {shown(held)} now"
        return inverse(one, kind="set_field", field=name, before=one.after, after=one.before)

    def _delete(self, one: Operation, record: RawRecord) -> Operation | str:
        if one.external_id in self.moved:
            return "records were moved to it; undo that run first"
        for name, value in one.after["values"].items():
            held = self.target.value(one.stream, record, name)
            if not self.target.same(one.stream, name, held, value):
                return f"somebody worked on it: {name} is {shown(held)} now"
        return inverse(one, kind="delete_record", key=one.key, before=one.after, after=None)

    def _create_again(self, one: Operation) -> Operation:
        return inverse(one, kind="create_record", key=one.key, external_id=None, before=None, after=one.before)


def inverse(one: Operation, **changes: object) -> Operation:
    """An operation that takes another one back, with a name of its own, built on the one that it takes back."""
    turned = replace(
        one,
        **changes,  # type: ignore[arg-type]  # all callers name fields of Operation
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

"""Looking back: edits that people made in the moment between our look and our write, and that were written over.

Where a vendor cannot write conditionally, it may keep a history of its fields. What stands there right before our own
write, and is not what we had seen, was a person's: it is reported, so that somebody can put it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection, bindparam, select

from core.clock import Clock, iso
from core.connector import FieldChange, Finding
from core.errors import AuthError, ConfigError, RetryLater
from core.ledger.book import IN_ORDER, read_with
from core.ledger.operations import Operation
from core.ledger.restores import CODE, Lost, keep, settle_closed
from core.ledger.target import Target, targets_of
from core.store import Store
from core.store.audit import append
from core.store.bulk import upsert_rows
from core.store.findings import report
from core.store.tables import WAS_APPLIED, looked_back, operation
from core.sync import ConnectionSetup

ACTOR = "inlay"
OP = operation.c
UNTIL = select(looked_back.c.until).where(looked_back.c.connection == bindparam("of"))
SINCE = IN_ORDER.where(
    WAS_APPLIED, OP.applied_at > bindparam("until"), OP.connection == bindparam("of"), OP.kind == "set_field"
)


@dataclass(frozen=True, slots=True)
class WrittenOver:
    """A person's value that one of our writes has replaced, as the vendor's history tells."""

    operation: Operation
    change: FieldChange

    def finding(self) -> Finding:
        """What an admin is told; the value itself is shown in the plan that offers to give it back."""
        one = self.operation
        what = f"a person's edit of {self.change.at} was written over by {one.id}"
        remedy = "`inlay plan` offers to give it back, and `inlay apply` does so once somebody has approved it"
        return Finding(CODE, "error", what, one.place, remedy)


def look_back(store: Store, setups: Sequence[ConnectionSetup], clock: Clock) -> list[WrittenOver]:
    """Search the history of everything written since the last look; what cannot be asked now is asked next time."""
    found: list[WrittenOver] = []
    for target in targets_of(setups).values():
        with store.read() as conn:
            written = _written_since_last_look(conn, target.name)
        if not written:
            continue
        try:
            over = [one for group in _by_stream(written) for one in _written_over(target, group)]
        except (RetryLater, AuthError, ConfigError):
            continue
        found += over
        until = max(one.applied_at or "" for one in written)
        with store.begin() as conn:
            _write_down(conn, over, iso(clock.now()))
            upsert_rows(conn, looked_back, ("connection", "until"), [(target.name, until)])
            settle_closed(conn)
    return found


def _write_down(conn: Connection, over: Sequence[WrittenOver], at: str) -> None:
    """Tell the admins and the audit log, and keep the values; those are no business of a log."""
    report(conn, [one.finding() for one in over], at)
    keep(conn, [Lost(one.operation, one.change.value, one.change.at) for one in over], at)
    for one in over:
        append(conn, at, ACTOR, CODE, one.operation.id, {"edited": one.change.at})


def _written_since_last_look(conn: Connection, connection: str) -> list[Operation]:
    until = conn.execute(UNTIL, {"of": connection}).scalar() or ""
    return read_with(conn, SINCE, {"until": until, "of": connection})


def _by_stream(written: Sequence[Operation]) -> Iterator[list[Operation]]:
    for _, group in groupby(sorted(written, key=lambda one: one.stream), key=lambda one: one.stream):
        yield list(group)


def _written_over(target: Target, group: Sequence[Operation]) -> Iterator[WrittenOver]:
    stream = group[0].stream
    ids = sorted({one.external_id or "" for one in group})
    names = sorted({one.field or "" for one in group})
    histories: dict[tuple[str, str], list[FieldChange]] = {}
    for change in target.connector.history(stream, ids, names):
        histories.setdefault((change.external_id, change.field), []).append(change)
    for one in group:
        strange = _right_before(target, one, histories)
        if strange is not None:
            yield WrittenOver(one, strange)


def _right_before(
    target: Target, one: Operation, histories: Mapping[tuple[str, str], Sequence[FieldChange]]
) -> FieldChange | None:
    """The change that our write replaced, if it is neither what we had seen nor ours."""
    name = one.field or ""
    changes = sorted(histories.get((one.external_id or "", name), ()), key=lambda change: change.at)
    ours = [at for at, change in enumerate(changes) if target.same(one.stream, name, change.value, one.after)]
    written = [at for at in ours if changes[at].at <= (one.applied_at or "")] or ours
    if not written or written[-1] == 0:
        return None
    before = changes[written[-1] - 1]
    return None if target.same(one.stream, name, before.value, one.before) else before

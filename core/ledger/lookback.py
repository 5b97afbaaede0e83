"""Looking back: edits that people made in the moment between our look and our write, and that were written over.

Where a vendor cannot write conditionally, it may keep a history of its fields. What stands there right before our own
write, and is not what we had seen, was a person's: it is reported, so that somebody can put it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection, select

from core.clock import Clock, iso
from core.connector import FieldChange, Finding
from core.errors import AuthError, ConfigError, RetryLater
from core.ledger.book import read_operations
from core.ledger.operations import Operation
from core.ledger.target import Target, targets_of
from core.store import Store
from core.store.audit import append
from core.store.bulk import upsert_rows
from core.store.findings import report
from core.store.tables import WAS_APPLIED, looked_back, operation
from core.sync import ConnectionSetup

CODE = "edit_written_over"
ACTOR = "inlay"


@dataclass(frozen=True, slots=True)
class WrittenOver:
    """A person's value that one of our writes has replaced, as the vendor's history tells."""

    operation: Operation
    change: FieldChange

    def finding(self) -> Finding:
        """What an admin is told; the value itself stays in the CRM's history."""
        one = self.operation
        what = f"a person's edit of {self.change.at} was written over by {one.id}"
        remedy = f"put it back from the CRM's history, or `inlay undo --operation {one.id}`; `inlay pins add` keeps it"
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
        at = iso(clock.now())
        with store.begin() as conn:
            report(conn, [one.finding() for one in over], at)
            for one in over:
                append(conn, at, ACTOR, CODE, one.operation.id, {"edited": one.change.at})
            until = max(one.applied_at or "" for one in written)
            upsert_rows(conn, looked_back, ("connection", "until"), [(target.name, until)])
    return found


def _written_since_last_look(conn: Connection, connection: str) -> list[Operation]:
    op = operation.c
    until = conn.execute(select(looked_back.c.until).where(looked_back.c.connection == connection)).scalar() or ""
    mine = (op.connection == connection) & (op.kind == "set_field")
    return list(read_operations(conn, WAS_APPLIED, op.applied_at > until, mine))


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

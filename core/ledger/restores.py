"""Giving back what a person wrote in the moment between our look and our write.

HubSpot writes unconditionally: an edit made in that moment is replaced by our value, and found in the property's
history at the next look. It is kept here until somebody decides. The plan offers to give it back, which a person has to
approve; it is offered once, and only while our value still stands there untouched. From its discovery on the field
counts as edited by a person: no plugin writes it again before somebody names that operation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import orjson
from sqlalchemy import Connection, and_, bindparam, delete, select

from core.clock import Clock, iso
from core.errors import ConfigError
from core.ledger.book import operations_by_id
from core.ledger.current import RESTORES, holdings_of
from core.ledger.operations import Operation, dump, operation_id
from core.ledger.policy import NEEDS_APPROVAL
from core.ledger.target import Target
from core.store import Store
from core.store.audit import append
from core.store.bulk import upsert_rows
from core.store.findings import settle
from core.store.tables import finding, operation, written_over, written_value

CODE = "edit_written_over"
COLUMNS = ("operation_id", "value", "edited_at", "found_at")
OVER, OP, LAST = written_over.c, operation.c, written_value.c
PLACE = ("connection", "stream", "external_id", "field")
OPEN = (
    select(OVER.operation_id, OVER.value, OVER.edited_at)
    .join_from(written_over, operation, OP.id == OVER.operation_id)
    .join(written_value, and_(*(LAST[name] == OP[name] for name in PLACE), LAST.operation_id == OP.id))
    .order_by(OVER.operation_id)
)
"""Where our write is still the last one of ours; whatever comes later, a restore among it, closes the matter."""
TOLD = select(finding.c.place).where(finding.c.code == CODE)
FORGET = delete(written_over).where(OVER.operation_id == bindparam("id"))
Taken = Collection[tuple[str, str, str, str]]


@dataclass(frozen=True, slots=True)
class Lost:
    """A person's value that one of our writes has replaced, and when the person wrote it."""

    operation: Operation
    value: object
    edited_at: str


def keep(conn: Connection, found: Sequence[Lost], at: str) -> None:
    """Keep what was found, until somebody decides."""
    rows = [(one.operation.id, dump(one.value), one.edited_at, at) for one in found]
    upsert_rows(conn, written_over, COLUMNS, rows)


def lost_values(conn: Connection) -> list[Lost]:
    """What stands open: found, and neither given back nor written over again by somebody's leave."""
    rows = conn.execute(OPEN).all()
    known = operations_by_id(conn, [row[0] for row in rows]) if rows else {}
    return [Lost(known[row[0]], orjson.loads(row[1]), row[2]) for row in rows if row[0] in known]


def plan_restores(conn: Connection, targets: Mapping[str, Target], taken: Taken) -> list[Operation]:
    """Operations that give back what can be given back: our value stands there, and nobody has touched it since."""
    lost = [one for one in lost_values(conn) if one.operation.connection in targets]
    ordered = sorted(lost, key=_stream)
    return [
        found
        for (connection, _), group in groupby(ordered, key=_stream)
        for found in _of_stream(conn, targets[connection], list(group))
        if found.target not in taken
    ]


def _stream(one: Lost) -> tuple[str, str]:
    return one.operation.connection, one.operation.stream


def _of_stream(conn: Connection, target: Target, lost: Sequence[Lost]) -> Iterator[Operation]:
    stream = lost[0].operation.stream
    held = holdings_of(conn, target, stream, [one.operation.external_id or "" for one in lost])
    for one in lost:
        ours, name = one.operation, one.operation.field or ""
        record = held.get(ours.external_id or "")
        if record is None:
            continue
        now = record.value(name)
        if target.same(stream, name, now, ours.after) and not target.same(stream, name, now, one.value):
            yield _restore(one, now)


def _restore(one: Lost, held: object) -> Operation:
    ours = one.operation
    return Operation(
        id=operation_id("set_field", ours.target, held, one.value, ours.id),
        kind="set_field",
        connection=ours.connection,
        stream=ours.stream,
        external_id=ours.external_id,
        field=ours.field,
        client_id=ours.client_id,
        before=held,
        after=one.value,
        reason=f"gives back what a person wrote at {one.edited_at}; {ours.id} has replaced it unseen",
        plugin=RESTORES,
        inputs=(ours.id,),
        policy="ask",
        verdict=NEEDS_APPROVAL,
        undo_of=ours.id,
    )


def decline(store: Store, clock: Clock, write: str, *, actor: str) -> None:
    """Let our value stand, by somebody's decision: that ``write`` (its operation's id) counts like any other again.

    Raises ``ConfigError`` where that write has replaced nobody's edit.
    """
    with store.begin() as conn:
        if not conn.execute(FORGET, {"id": write}).rowcount:
            raise ConfigError(f"{write} has written over nobody's edit", remedy="`inlay plan` shows what it offers")
        append(conn, iso(clock.now()), actor, "decline", write, {})
        settle_closed(conn)


def settle_closed(conn: Connection) -> None:
    """Take back the findings of edits about which somebody has decided."""
    told = set(conn.execute(TOLD).scalars())
    still = {one.operation.place for one in lost_values(conn)} if told else set()
    for place in sorted(told - still):
        settle(conn, CODE, place)

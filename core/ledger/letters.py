"""Dead letters: what a vendor has refused for good, with its words, to be replayed or dismissed by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import update

from core.clock import Clock, iso
from core.errors import ConfigError
from core.ledger.apply import ApplyReport, deliver
from core.ledger.book import operations_by_id, refused_operations, set_state
from core.ledger.deliver import Told
from core.ledger.delivery import Delivery
from core.ledger.operations import Operation, dump
from core.ledger.outbox import enqueue
from core.ledger.pins import pin
from core.store import Store
from core.store.audit import append
from core.store.tables import operation
from core.sync import ConnectionSetup


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An operation that was refused, why, and in which run."""

    operation: Operation
    cause: str
    run_id: str


def dead_letters(store: Store) -> list[DeadLetter]:
    """All refused operations that nobody has replayed or dismissed yet."""
    with store.read() as conn:
        refused = refused_operations(conn)
    return [DeadLetter(one, one.error or "", one.run_id or "") for one in refused]


def replay(
    store: Store,
    setups: Sequence[ConnectionSetup],
    clock: Clock,
    operation_ids: Sequence[str] | None = None,
    *,
    actor: str,
    delivery: Delivery | None = None,
    progress: Told | None = None,
) -> ApplyReport:
    """Send dead letters again, all of them when none is named; raises ``ConfigError`` for an id that is none."""
    letters = _chosen(store, operation_ids)
    with store.begin() as conn:
        set_state(conn, [one.id for one in letters], "queued", error=None)
        enqueue(conn, letters, clock.now())
        for one in letters:
            append(conn, iso(clock.now()), actor, "replay", one.id, {"run": one.run_id})
    return deliver(store, setups, clock, None, delivery, progress)


def dismiss(store: Store, clock: Clock, operation_ids: Sequence[str], *, actor: str) -> int:
    """Give dead letters up; the same change comes back only with approval. Returns how many there were."""
    letters = _chosen(store, operation_ids)
    with store.begin() as conn:
        for one in letters:
            set_state(conn, [one.id], "skipped", error=f"dismissed by {actor} after: {one.error}")
            append(conn, iso(clock.now()), actor, "dismiss", one.id, {"run": one.run_id})
    return len(letters)


def edit(store: Store, clock: Clock, operation_id: str, name: str, value: Any, *, actor: str) -> Operation:
    """Change what a dead letter would write into a field; it still has to be replayed.

    A field that a person has decided on is pinned, so that no later plan puts the refused value back. Raises
    ``ConfigError`` for what is no dead letter, or has no such field.
    """
    [letter] = _chosen(store, [operation_id])
    changed = replace(letter, after=_with(letter, name, value))
    with store.begin() as conn:
        conn.execute(update(operation).where(operation.c.id == letter.id).values(after=dump(changed.after)))
        append(conn, iso(clock.now()), actor, "edit", letter.id, {"run": letter.run_id, "field": name})
    if letter.kind == "set_field":
        record = f"{letter.connection}/{letter.stream}/{letter.external_id}"
        pin(store, clock, record, name, actor=actor, reason=f"edited in {letter.id}")
    return changed


def _with(letter: Operation, name: str, value: Any) -> Any:
    if letter.kind == "set_field" and name == letter.field:
        return value
    if letter.kind == "create_record" and name in letter.after["values"]:
        return {**letter.after, "values": {**letter.after["values"], name: value}}
    known = [letter.field] if letter.field else list((letter.after or {}).get("values", {}))
    raise ConfigError(f"{letter.id} writes no field {name}", remedy=f"it writes: {', '.join(map(str, known))}")


def _chosen(store: Store, operation_ids: Sequence[str] | None) -> list[Operation]:
    if operation_ids is None:
        return [letter.operation for letter in dead_letters(store)]
    with store.read() as conn:
        known = operations_by_id(conn, operation_ids)
    strange = [one for one in operation_ids if one not in known or known[one].state != "rejected"]
    if strange:
        raise ConfigError(f"{strange[0]} is no dead letter", remedy="`inlay letters list` shows them with their ids")
    return [known[one] for one in operation_ids]

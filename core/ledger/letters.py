"""Dead letters: what a vendor has refused for good, with its words, to be replayed or dismissed by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.clock import Clock, iso
from core.errors import ConfigError
from core.ledger.apply import ApplyReport, deliver
from core.ledger.book import operations_by_id, read_operations, set_state
from core.ledger.carry import Delivery
from core.ledger.deliver import Told
from core.ledger.operations import Operation
from core.ledger.outbox import enqueue
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
        refused = list(read_operations(conn, operation.c.state == "rejected"))
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


def _chosen(store: Store, operation_ids: Sequence[str] | None) -> list[Operation]:
    if operation_ids is None:
        return [letter.operation for letter in dead_letters(store)]
    with store.read() as conn:
        known = operations_by_id(conn, operation_ids)
    strange = [one for one in operation_ids if one not in known or known[one].state != "rejected"]
    if strange:
        raise ConfigError(f"{strange[0]} is no dead letter", remedy="`inlay status` lists them with their ids")
    return [known[one] for one in operation_ids]

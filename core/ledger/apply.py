"""From a plan to the CRMs: what may go is put into the outbox under one run, and the outbox is delivered.

``resume`` is the same without a plan: it carries on what an interrupted run, or a busy system, has left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from core.clock import Clock, iso
from core.errors import ConfigError
from core.ledger.book import counts_of_run, planned_operations, set_state
from core.ledger.deliver import Courier, Told
from core.ledger.delivery import Delivery
from core.ledger.operations import Operation, count_by_state
from core.ledger.outbox import enqueue, runs_waiting, waiting
from core.ledger.policy import APPLY, EDITED, NEEDS_APPROVAL
from core.ledger.target import targets_of
from core.store import Store
from core.store.audit import append
from core.store.runs import RunState, end_run, open_runs, read_runs, start_run
from core.sync import ConnectionSetup

KINDS = ("apply", "undo")


@dataclass(frozen=True)
class Approval:
    """What somebody lets through: everything that needs approval, or all of some plugins, or single operations.

    Only an operation named by its id may overwrite what a person has edited.
    """

    by: str
    everything: bool = False
    plugins: frozenset[str] = frozenset()
    operations: frozenset[str] = frozenset()

    def covers(self, planned: Operation) -> bool:
        """Whether an operation may go."""
        if planned.verdict == APPLY or planned.id in self.operations:
            return planned.verdict.startswith((APPLY, NEEDS_APPROVAL, EDITED))
        asked = planned.verdict.startswith(NEEDS_APPROVAL)
        return asked and (self.everything or planned.plugin in self.plugins)


@dataclass(frozen=True)
class ApplyReport:
    """What became of the operations a delivery touched; ``waiting`` and ``unknown`` stay in the outbox.

    ``stopped``: the connections that were given up, and why.
    """

    run_id: str | None = None
    applied: int = 0
    rejected: int = 0
    skipped: int = 0
    waiting: int = 0
    unknown: int = 0
    stopped: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether everything came to a good end."""
        return not (self.rejected or self.waiting or self.unknown or self.stopped)


def apply_plan(
    store: Store,
    setups: Sequence[ConnectionSetup],
    clock: Clock,
    approve: Approval,
    *,
    plan_id: str | None = None,
    delivery: Delivery | None = None,
    progress: Told | None = None,
) -> ApplyReport:
    """Deliver what the current plan lets go, after what earlier runs have left in the outbox.

    Raises ``ConfigError`` when ``plan_id`` is no longer the current plan: somebody approved what they have not seen.
    """
    with store.begin() as conn:
        run_id = queue_plan(conn, clock, approve, plan_id)
    return deliver(store, setups, clock, run_id, delivery, progress)


def resume(
    store: Store,
    setups: Sequence[ConnectionSetup],
    clock: Clock,
    *,
    delivery: Delivery | None = None,
    progress: Told | None = None,
) -> ApplyReport:
    """Deliver what is due in the outbox, whoever put it there."""
    return deliver(store, setups, clock, None, delivery, progress)


def deliver(
    store: Store,
    setups: Sequence[ConnectionSetup],
    clock: Clock,
    run_id: str | None,
    delivery: Delivery | None,
    progress: Told | None,
) -> ApplyReport:
    """Empty the outbox as far as the vendors let us, then close the runs that have come to their end."""
    courier = Courier(store, targets_of(setups), clock, delivery or Delivery(), progress)
    courier.deliver()
    with store.begin() as conn:
        close_runs(conn, clock)
        left = waiting(conn)
    ended = count_by_state(courier.states.values())
    unknown = left.get("unknown", 0) + left.get("sending", 0)
    return ApplyReport(
        run_id,
        ended.get("applied", 0),
        ended.get("rejected", 0),
        ended.get("skipped", 0),
        left.get("queued", 0),
        unknown,
        dict(courier.stopped),
    )


def queue_plan(conn: Connection, clock: Clock, approve: Approval, plan_id: str | None = None) -> str | None:
    """Put what may go into the outbox, in one transaction with its run and its audit entry; None when nothing may."""
    plans = read_runs(conn, kind="plan", limit=1)
    current = plans[0].facts["plan"] if plans else ""
    if plan_id is not None and plan_id != current:
        raise ConfigError(
            f"{plan_id} is not the current plan any more", remedy="look at the present one with `inlay plan`"
        )
    going = [one for one in planned_operations(conn) if approve.covers(one)]
    if not going:
        return None
    return queue_operations(conn, clock, "apply", approve.by, going, {"plan": current})


def queue_operations(
    conn: Connection, clock: Clock, kind: str, actor: str, going: Sequence[Operation], facts: Mapping[str, str]
) -> str:
    """Start a run of operations that are in the ledger already: mark them, enqueue them, and tell the audit."""
    run_id = start_run(conn, kind, clock, facts)
    set_state(conn, [one.id for one in going], "queued", run_id=run_id, approved_by=actor, error=None)
    enqueue(conn, going, clock.now())
    append(conn, iso(clock.now()), actor, kind, run_id, {**facts, "operations": len(going)})
    return run_id


def close_runs(conn: Connection, clock: Clock) -> None:
    """End every run whose operations have all come to an end; the others count as interrupted until they do."""
    still = runs_waiting(conn)
    for run_id in open_runs(conn, KINDS):
        state: RunState = "interrupted" if run_id in still else "done"
        end_run(conn, run_id, clock, state, {"states": counts_of_run(conn, run_id)})

"""The plan: everything Inlay would change in the CRMs, in a fixed order, each with its reason, verdict and cost.

Planning reads the store (and the vendors' field lists where they can be had) and writes the plan into the ledger. Two
plans of one state are equal to the byte.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from core.clock import Clock, iso
from core.errors import ConfigError
from core.ledger.book import Attempt, attempts, keep_plan, planned_operations
from core.ledger.caps import capped, ranks_of, tasks_since, written_since
from core.ledger.completions import plan_completions
from core.ledger.cost import Calls, batch_sizes, calls_of
from core.ledger.creates import Refusal, plan_creates
from core.ledger.current import in_flight
from core.ledger.fences import Fences, fenced
from core.ledger.fields import FieldPlanner
from core.ledger.messages import plan_messages
from core.ledger.operations import Operation, successor
from core.ledger.policy import APPLY, BLOCKED, NEEDS_APPROVAL, OBSERVED, SIMULATED, PlanRules
from core.ledger.restores import plan_restores
from core.ledger.target import Target, targets_of
from core.ledger.unify import others, plan_merges
from core.proposals import Proposal
from core.store import Store
from core.store.audit import append
from core.store.runs import end_run, read_runs, start_run
from core.sync import ConnectionSetup

KINDS = ("set_field", "create_record", "delete_record", "merge_records")
REFUSALS_KEPT = 200


@dataclass(frozen=True)
class Plan:
    """All operations of a plan in their order, what plugins proposed in vain, and what it costs.

    ``in_flight`` counts operations of earlier runs that are still on their way; what they touch is not planned again.
    ``notes`` are sentences about what could not be looked at. ``batch_sizes`` tell how many records one call carries.
    """

    id: str
    operations: tuple[Operation, ...]
    refused: tuple[Refusal, ...] = ()
    in_flight: int = 0
    calls: Calls = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    batch_sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def ready(self) -> tuple[Operation, ...]:
        """What ``apply`` delivers without asking."""
        return self._with(APPLY)

    @property
    def awaiting(self) -> tuple[Operation, ...]:
        """What somebody has to approve first."""
        return self._with(NEEDS_APPROVAL)

    @property
    def blocked(self) -> tuple[Operation, ...]:
        """What may not be written, and why."""
        return self._with(BLOCKED)

    @property
    def observed(self) -> tuple[Operation, ...]:
        """What plugins that only observe would write."""
        return self._with(OBSERVED)

    @property
    def simulated(self) -> tuple[Operation, ...]:
        """What would be written if its client were part of the plugin's pilot."""
        return self._with(SIMULATED)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to apply and nothing to approve."""
        return not self.ready and not self.awaiting

    def _with(self, verdict: str) -> tuple[Operation, ...]:
        return tuple(planned for planned in self.operations if planned.verdict.startswith(verdict))


def make_plan(
    store: Store,
    setups: Sequence[ConnectionSetup],
    proposals: Mapping[str, Sequence[Proposal]],
    rules: PlanRules,
    clock: Clock,
    actor: str = "inlay",
) -> Plan:
    """Compare what should be with what is; the result becomes the current plan. ``proposals`` are listed by plugin."""
    targets = targets_of(setups)
    with _collecting_afterwards():
        with store.read() as conn:
            plan = compute_plan(conn, targets, proposals, rules, clock)
        with store.begin() as conn:
            run_id = start_run(conn, "plan", clock, {"plan": plan.id})
            keep_plan(conn, plan.id, plan.operations)
            append(conn, iso(clock.now()), actor, "plan", run_id, {"plan": plan.id, "operations": len(plan.operations)})
            end_run(conn, run_id, clock, "done", _facts(plan))
    return plan


@contextmanager
def _collecting_afterwards() -> Iterator[None]:
    """Leave the collector alone while operations pile up that hold no cycles: walking over them costs a third more."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def compute_plan(
    conn: Connection,
    targets: Mapping[str, Target],
    proposals: Mapping[str, Sequence[Proposal]],
    rules: PlanRules,
    clock: Clock,
) -> Plan:
    """The plan of the store's present state, not kept anywhere."""
    on_the_way = in_flight(conn)
    found = plan_restores(conn, targets, on_the_way)
    taken = on_the_way | {one.target for one in found}
    for target in targets.values():
        found.extend(FieldPlanner(target, rules, taken).operations(conn))
    midnight = clock.now().astimezone(rules.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    creates, refused = plan_creates(conn, targets, others(proposals), rules, midnight)
    merges, unmergeable = plan_merges(conn, targets, proposals, rules)
    free = [one for one in merges if one.target not in on_the_way]
    letters, unsent = plan_messages(conn, targets, proposals, rules, clock.now())
    closings, uncloseable = plan_completions(conn, targets, proposals, rules, on_the_way)
    judged = _ordered(_after_attempts(conn, [*found, *creates, *free, *letters, *closings]), targets)
    allowed = fenced(judged, Fences.read(conn, rules, judged, clock.now()))
    ordered = capped(allowed, rules, tasks_since(conn, midnight), written_since(conn, midnight), ranks_of(proposals))
    return plan_of(list(ordered), targets, [*refused, *unmergeable, *unsent, *uncloseable], len(on_the_way))


def plan_of(
    operations: Sequence[Operation], targets: Mapping[str, Target], refused: Sequence[Refusal] = (), on_the_way: int = 0
) -> Plan:
    """Name a plan after its judged operations, and say what it costs."""
    told = [(planned.id, planned.verdict) for planned in operations]
    plan_id = "plan-" + sha256(repr((told, refused)).encode()).hexdigest()[:16]
    notes = tuple(note for target in targets.values() for note in dict.fromkeys(target.unreachable))
    plan = Plan(plan_id, tuple(operations), tuple(refused), on_the_way, notes=notes)
    return replace(
        plan, calls=calls_of(plan.ready, plan.awaiting, targets), batch_sizes=batch_sizes(plan.operations, targets)
    )


def show_plan(store: Store) -> Plan:
    """The current plan as it was kept; raises ``ConfigError`` when none was made yet."""
    with store.read() as conn:
        runs = read_runs(conn, kind="plan", limit=1)
        if not runs:
            raise ConfigError("no plan was made yet", remedy="run `inlay plan`")
        facts: Mapping[str, Any] = runs[0].facts
        refused = tuple(Refusal(*one) for one in facts.get("refused", ()))
        operations = tuple(planned_operations(conn))
    return Plan(
        facts["plan"],
        operations,
        refused,
        facts["in_flight"],
        facts["calls"],
        tuple(facts["notes"]),
        facts["batch_sizes"],
    )


def _facts(plan: Plan) -> dict[str, Any]:
    refused = [[one.plugin, one.subject, one.why] for one in plan.refused[:REFUSALS_KEPT]]
    counts = {
        "ready": len(plan.ready),
        "awaiting": len(plan.awaiting),
        "blocked": len(plan.blocked),
        "observed": len(plan.observed),
        "simulated": len(plan.simulated),
    }
    return {
        "refused": refused,
        "in_flight": plan.in_flight,
        "calls": plan.calls,
        "notes": list(plan.notes),
        "batch_sizes": plan.batch_sizes,
        "counts": counts,
    }


def _ordered(operations: Sequence[Operation], targets: Mapping[str, Target]) -> list[Operation]:
    """By connection as configured, fields before creates, then by stream, record and field."""
    rank = {name: at for at, name in enumerate(targets)}
    return sorted(operations, key=lambda one: (rank[one.connection], KINDS.index(one.kind), one.target))


def _after_attempts(conn: Connection, operations: Sequence[Operation]) -> list[Operation]:
    """Give what was tried before without effect a new id, and let a person decide on what the vendor refused."""
    settled: list[Operation] = []
    waiting = list(operations)
    while waiting:
        tried = attempts(conn, [one.id for one in waiting])
        settled += [one for one in waiting if one.id not in tried]
        waiting = [_again(one, tried[one.id]) for one in waiting if one.id in tried]
    return settled


def _again(planned: Operation, attempt: Attempt) -> Operation:
    verdict = planned.verdict
    if attempt.state == "rejected" and not verdict.startswith(BLOCKED):
        verdict = f"{BLOCKED}rejected in {attempt.run_id}: {attempt.error}; replay or dismiss {planned.id}"
    if attempt.state == "skipped" and (attempt.error or "").startswith("dismissed") and verdict == APPLY:
        verdict = f"{NEEDS_APPROVAL}: {attempt.error}"
    return replace(planned, id=successor(planned.id), verdict=verdict)

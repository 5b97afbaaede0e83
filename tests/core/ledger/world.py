"""A small firm with one or two CRMs in memory and a real store: what the tests of the ledger play with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from core.clock import FixedClock, iso
from core.ledger import (
    ApplyReport,
    Approval,
    Chosen,
    Delivery,
    Operation,
    Plan,
    PlanRules,
    PluginRules,
    UndoReport,
    apply_plan,
    make_plan,
    resume,
    undo,
)
from core.mapping import Mapping as FieldMapping
from core.proposals import CreateTask, Proposal
from core.store import Store
from core.store.bulk import upsert_rows
from core.store.crosswalk import link
from core.store.tables import signal_value
from core.sync import ConnectionSetup, sync_connection
from tests.doubles.crm import MemoryCrm, PropertyCrm

HERE = Path(__file__).parent
START = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
AUTO = PlanRules(default=PluginRules("auto"))
TOM = Approval("tom")
VALUES = ("name", "subject_id", "subject_type", "value", "reason", "version", "config_hash", "as_of")
Proposals = Mapping[str, Sequence[Proposal]]
NONE: Proposals = {}


@cache
def mapping(file: str, connection: str) -> FieldMapping:
    """A mapping of these tests, compiled once."""
    return FieldMapping.load(HERE / file, connection)


@dataclass
class World:
    """Store, clock and CRMs; every action is one line in a test."""

    store: Store
    clock: FixedClock = field(default_factory=lambda: FixedClock(START))
    setups: list[ConnectionSetup] = field(default_factory=list)
    rules: PlanRules = AUTO
    delivery: Delivery = field(default_factory=Delivery)
    proposals: Proposals = field(default_factory=dict)

    def connect(self, crm: MemoryCrm) -> MemoryCrm:
        """Add a CRM to the configuration, with the mapping of its kind."""
        file = "marketing.yaml" if isinstance(crm, PropertyCrm) else "crm.yaml"
        self.setups.append(ConnectionSetup(crm.name, crm, mapping(file, crm.name)))
        return crm

    def sync(self) -> None:
        """Read all CRMs as they are now; some seconds pass before and after."""
        self.clock.sleep(5)
        for setup in self.setups:
            report = sync_connection(self.store, setup, self.clock)
            assert report.complete, report
        self.clock.sleep(5)

    def same_client(self, anchor: str, *others: str) -> None:
        """Join records of several CRMs to one client."""
        rows = [("client", other, anchor, "domain", None, iso(self.clock.now())) for other in others]
        with self.store.begin() as conn:
            link(conn, rows)

    def same_user(self, anchor: str, *others: str) -> None:
        """Join users of several CRMs to one person."""
        rows = [("user", other, anchor, "e-mail", None, iso(self.clock.now())) for other in others]
        with self.store.begin() as conn:
            link(conn, rows)

    def signal(self, subject: str, name: str, value: Any, kind: str = "client", reason: str = "because") -> None:
        """Publish a signal's value."""
        row = (name, subject, kind, orjson.dumps(value).decode(), reason, "1", "c", iso(self.clock.now()))
        with self.store.begin() as conn:
            upsert_rows(conn, signal_value, VALUES, [row])

    def plan(self) -> Plan:
        """Plan with the world's rules and proposals."""
        return make_plan(self.store, self.setups, self.proposals, self.rules, self.clock)

    def apply(self, approve: Approval = TOM, plan_id: str | None = None) -> ApplyReport:
        """Apply the current plan; a second passes before."""
        self.clock.sleep(1)
        return apply_plan(self.store, self.setups, self.clock, approve, plan_id=plan_id, delivery=self.delivery)

    def resume(self) -> ApplyReport:
        """Carry on with what is in the outbox."""
        return resume(self.store, self.setups, self.clock, delivery=self.delivery)

    def undo(self, run_id: str | None = None, **traits: str) -> UndoReport:
        """Take a run back, or what else is chosen."""
        assert run_id is not None or traits
        self.clock.sleep(1)
        chosen = Chosen(run_id, **traits)
        return undo(self.store, self.setups, chosen, self.clock, actor="tom", delivery=self.delivery)


def task(client: str, key: str = "call", **changes: Any) -> CreateTask:
    """A task a plugin might propose."""
    values: dict[str, Any] = {
        "client_id": client,
        "subject": f"[Inlay] Call {client}",
        "body": "They are 30 days late.",
        "due": date(2026, 6, 5),
        "priority": "high",
        "key": key,
        "reason": "30 days late",
        **changes,
    }
    return CreateTask(**values)


def verdicts(plan: Plan) -> dict[str, str]:
    """The verdict on every planned field or key."""
    return {f"{one.external_id or one.key}.{one.field or ''}": one.verdict for one in plan.operations}


def only(plan: Plan) -> Operation:
    """The single operation of a plan."""
    assert len(plan.operations) == 1, plan.operations
    return plan.operations[0]

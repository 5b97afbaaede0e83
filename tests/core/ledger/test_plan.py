"""Planning: what the CRM should hold against what it holds, judged, in a fixed order, at a price."""

from __future__ import annotations

import pytest

from core.connector import FieldFacts
from core.errors import ConfigError, RetryLater
from core.ledger import PlanRules, PluginRules, plan_as_json, show_plan
from core.store.audit import read_audit, verify
from tests.core.ledger.world import World, only, task, verdicts
from tests.doubles.crm import MemoryCrm


@pytest.mark.usefixtures("crm")
def test_a_signal_becomes_a_field_of_the_crm(world: World) -> None:
    world.signal("crm/Account/A1", "health.score", 82, reason="pays on time")
    planned = only(world.plan())
    assert (planned.kind, planned.connection, planned.stream) == ("set_field", "crm", "Account")
    assert (planned.external_id, planned.field, planned.before, planned.after) == ("A1", "Score__c", None, 82)
    assert (planned.reason, planned.plugin, planned.policy) == ("pays on time", "health", "owned")
    assert (planned.inputs, planned.client_id) == (("crm/Account/A1#health.score",), "crm/Account/A1")
    assert planned.verdict == "apply"


def test_after_apply_the_next_plan_is_empty_with_and_without_a_sync(world: World, crm: MemoryCrm) -> None:
    world.signal("crm/Account/A1", "health.score", 82)
    world.plan()
    report = world.apply()
    assert (report.ok, report.applied) == (True, 1)
    assert crm.records["Account"]["A1"]["Score__c"] == 82
    assert world.plan().operations == ()
    world.sync()
    assert world.plan().operations == ()


def test_a_signal_without_a_value_clears_the_field(world: World, crm: MemoryCrm) -> None:
    world.signal("crm/Account/A1", "health.score", 82)
    world.plan()
    world.apply()
    world.signal("crm/Account/A1", "health.score", None, reason="too little is known")
    planned = only(world.plan())
    assert (planned.before, planned.after) == (82, None)
    world.apply()
    assert crm.records["Account"]["A1"]["Score__c"] is None


def test_a_signal_never_computed_leaves_the_field_alone(world: World, crm: MemoryCrm) -> None:
    crm.edit("Account", "A1", Score__c=40)
    world.sync()
    assert world.plan().operations == ()


def test_a_value_the_vendor_renders_differently_is_the_same(world: World, crm: MemoryCrm) -> None:
    crm.edit("Account", "A1", Score__c=82.0, Renewal__c="2026-12-31")
    world.sync()
    world.signal("crm/Account/A1", "health.score", 82)
    world.signal("crm/Account/A1", "renewal.date", "2026-12-31")
    assert world.plan().operations == ()


@pytest.mark.usefixtures("crm")
def test_a_client_in_both_crms_gets_its_field_in_both(world: World, marketing: MemoryCrm) -> None:
    world.signal("crm/Account/A1", "health.score", 82)
    plan = world.plan()
    assert [(one.connection, one.external_id, one.after) for one in plan.operations] == [
        ("crm", "A1", 82),
        ("marketing", "M1", "82"),
    ]
    assert {one.client_id for one in plan.operations} == {"crm/Account/A1"}
    world.apply()
    assert marketing.records["Account"]["M1"]["score"] == "82"
    world.sync()
    assert world.plan().is_empty


@pytest.mark.usefixtures("marketing")
def test_contracts_take_signals_too_and_name_their_client(world: World, crm: MemoryCrm) -> None:
    crm.add("Contract", "K1", Number="7", AccountId="A2")
    world.sync()
    world.signal("crm/Contract/K1", "renewal.stage", "90", kind="contract")
    planned = only(world.plan())
    assert (planned.stream, planned.external_id, planned.client_id) == ("Contract", "K1", "crm/Account/A2")


def test_records_that_are_gone_get_nothing(world: World, crm: MemoryCrm) -> None:
    world.signal("crm/Account/A1", "health.score", 82)
    crm.remove("Account", "A1")
    world.sync()
    assert world.plan().operations == ()


@pytest.mark.usefixtures("marketing")
def test_two_plans_of_one_state_are_equal_to_the_byte(world: World) -> None:
    for number in (3, 1, 2):
        world.signal(f"crm/Account/A{number}", "health.score", 80 + number)
    world.proposals = {"renewals": [task("crm/Account/A2", "a"), task("crm/Account/A1", "b")]}
    first = world.plan()
    world.clock.sleep(3600)
    world.proposals = {"renewals": list(reversed(world.proposals["renewals"]))}
    second = world.plan()
    assert plan_as_json(first) == plan_as_json(second)
    assert (first.id, first.operations) == (second.id, second.operations)
    assert [one.kind for one in first.operations] == [*["set_field"] * 3, *["create_record"] * 2, "set_field"]
    assert show_plan(world.store).operations == first.operations


@pytest.mark.usefixtures("crm")
def test_the_plan_can_be_shown_again(world: World) -> None:
    world.signal("crm/Account/A1", "health.score", 82)
    world.proposals = {"renewals": [task("crm/Account/A1"), task("crm/Account/Nobody", "k2")]}
    made = world.plan()
    assert plan_as_json(show_plan(world.store)) == plan_as_json(made)
    assert show_plan(world.store).refused[0].plugin == "renewals"


def test_showing_a_plan_before_any_was_made_says_what_to_do(world: World) -> None:
    with pytest.raises(ConfigError, match="inlay plan"):
        show_plan(world.store)


@pytest.mark.usefixtures("crm")
def test_a_new_plan_replaces_the_old_one(world: World) -> None:
    world.signal("crm/Account/A1", "health.score", 82)
    world.plan()
    world.signal("crm/Account/A1", "health.score", 70)
    world.plan()
    assert [one.after for one in show_plan(world.store).operations] == [70]


def test_calls_are_counted_by_batches_and_records(world: World, crm: MemoryCrm) -> None:
    crm.batch = 2
    for number in (1, 2, 3):
        world.signal(f"crm/Account/A{number}", "health.score", 80)
        world.signal(f"crm/Account/A{number}", "health.band", "Good")
    world.signal("crm/Account/A1", "client.status", "active")
    world.proposals = {"renewals": [task("crm/Account/A1")]}
    plan = world.plan()
    assert plan.calls == {"crm": {"apply": 3, "needs approval": 0}}
    world.apply()
    assert len(crm.writes_made()) == 3


@pytest.mark.usefixtures("crm")
def test_what_approval_would_cost_more_is_told_apart(world: World) -> None:
    world.rules = PlanRules(default=PluginRules("auto"), plugins={"renewals": PluginRules("propose")})
    world.signal("crm/Account/A1", "health.score", 80)
    world.proposals = {"renewals": [task("crm/Account/A1")]}
    assert world.plan().calls == {"crm": {"apply": 1, "needs approval": 1}}


@pytest.mark.usefixtures("crm")
def test_unknown_option_is_blocked_with_the_reason(world: World) -> None:
    world.signal("crm/Account/A1", "health.band", "Splendid")
    world.signal("crm/Account/A2", "health.band", "at_risk")
    plan = world.plan()
    assert verdicts(plan)["A1.Band__c"].startswith("blocked: Band__c cannot hold 'Splendid'")
    assert verdicts(plan)["A2.Band__c"] == "apply"
    assert plan.ready[0].after == "At Risk"


def test_the_vendors_own_field_list_is_heeded(world: World, crm: MemoryCrm) -> None:
    crm.facts["Account"] = {
        "Score__c": FieldFacts("Score__c", "double", can_update=False),
        "Status__c": FieldFacts("Status__c", "string", length=3),
        "Band__c": FieldFacts("Band__c", "picklist", options=("Good", "Fair")),
    }
    world.signal("crm/Account/A1", "health.score", 82)
    world.signal("crm/Account/A1", "client.status", "active")
    world.signal("crm/Account/A1", "health.band", "At Risk")
    world.signal("crm/Account/A1", "renewal.date", "2026-12-31")
    assert verdicts(world.plan()) == {
        "A1.Score__c": "blocked: Inlay's user may not write Score__c",
        "A1.Status__c": "blocked: 6 characters do not fit into the 3 of Status__c",
        "A1.Band__c": "blocked: 'At Risk' is no option of Band__c",
        "A1.Renewal__c": "blocked: the CRM has no field Renewal__c; run `inlay provision`",
    }


def test_planning_goes_on_when_the_field_list_cannot_be_had(world: World, crm: MemoryCrm) -> None:
    crm.faults.on_describe = [RetryLater("crm is away", where="crm")]
    world.signal("crm/Account/A1", "health.score", 82)
    plan = world.plan()
    assert len(plan.ready) == 1
    assert plan.notes == ("crm is away [crm]",)


def test_nothing_is_planned_for_connections_that_cannot_be_written(world: World, crm: MemoryCrm) -> None:
    crm.writes = False  # type: ignore[misc]
    world.signal("crm/Account/A1", "health.score", 82)
    world.proposals = {"renewals": [task("crm/Account/A1")]}
    plan = world.plan()
    assert plan.operations == ()
    assert plan.refused[0].why == "no CRM that can hold it knows the client crm/Account/A1"


@pytest.mark.usefixtures("crm")
def test_the_audit_tells_of_every_plan(world: World) -> None:
    world.signal("crm/Account/A1", "health.score", 82)
    plan = world.plan()
    with world.store.read() as conn:
        entry = list(read_audit(conn))[-1]
        assert verify(conn) is None
    assert (entry.action, entry.subject, entry.facts) == ("plan", "plan-000001", {"plan": plan.id, "operations": 1})

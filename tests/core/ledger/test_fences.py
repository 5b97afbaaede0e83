"""Fences: protected and pinned records, pilots, loops; each narrows a verdict, and none widens one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigError
from core.ledger import Approval, Pilot, PlanRules, PluginRules, list_pins, pin, unpin
from core.ledger.fences import share_of
from core.store.audit import read_audit
from tests.core.ledger.world import World, only, task, verdicts
from tests.doubles.crm import MemoryCrm

ALL = Approval("tom", everything=True)
OUTSIDE = "simulated: outside the pilot of health"


def scores(world: World, *numbers: int, value: int = 80) -> None:
    for number in numbers:
        world.signal(f"crm/Account/A{number}", "health.score", value)


def on_trial(pilot: Pilot) -> PlanRules:
    return PlanRules(default=PluginRules("auto"), plugins={"health": PluginRules("auto", pilot=pilot)})


@pytest.mark.usefixtures("crm")
def test_a_protected_record_is_never_written_not_even_when_approved(world: World) -> None:
    world.rules = PlanRules(default=PluginRules("auto"), protected=frozenset({"crm/Account/A1"}))
    scores(world, 1, 2)
    world.proposals = {"renewals": [task("crm/Account/A1")]}
    plan = world.plan()
    assert [one.verdict for one in plan.blocked] == ["blocked: a protected record"] * 2
    assert [one.external_id for one in plan.ready] == ["A2"]
    named = Approval("tom", everything=True, operations=frozenset(one.id for one in plan.operations))
    assert world.apply(named).applied == 1


def test_protecting_a_client_protects_all_its_records(world: World, marketing: MemoryCrm) -> None:
    world.rules = PlanRules(default=PluginRules("auto"), protected=frozenset({"marketing/Account/M1"}))
    scores(world, 1, 2)
    assert verdicts(world.plan()) == {
        "A1.Score__c": "blocked: a protected record",
        "A2.Score__c": "apply",
        "M1.score": "blocked: a protected record",
    }
    assert marketing.writes_made() == []


@pytest.mark.usefixtures("crm")
def test_a_pinned_field_stays_until_it_is_unpinned(world: World) -> None:
    scores(world, 1)
    world.signal("crm/Account/A1", "health.band", "Good")
    pin(world.store, world.clock, "crm/Account/A1", "Score__c", actor="ann", reason="I know better")
    assert verdicts(world.plan()) == {"A1.Score__c": "blocked: pinned by ann", "A1.Band__c": "apply"}
    assert [(one.place, one.reason) for one in list_pins(world.store)] == [("crm/Account/A1.Score__c", "I know better")]
    unpin(world.store, world.clock, "crm/Account/A1", "Score__c", actor="ann")
    assert set(verdicts(world.plan()).values()) == {"apply"}
    with world.store.read() as conn:
        told = [(one.actor, one.action, one.subject) for one in read_audit(conn) if "pin" in one.action]
    assert told == [("ann", "pin", "crm/Account/A1.Score__c"), ("ann", "unpin", "crm/Account/A1.Score__c")]


@pytest.mark.usefixtures("crm")
def test_a_pinned_record_takes_no_field(world: World) -> None:
    scores(world, 1, 2)
    pin(world.store, world.clock, "crm/Account/A1", "", actor="ann")
    assert verdicts(world.plan()) == {"A1.Score__c": "blocked: pinned by ann", "A2.Score__c": "apply"}


def test_only_what_is_pinned_can_be_unpinned_and_only_records_be_pinned(world: World) -> None:
    with pytest.raises(ConfigError, match="crm/Account/A1 is not pinned"):
        unpin(world.store, world.clock, "crm/Account/A1", "", actor="ann")
    with pytest.raises(ConfigError, match="names no record"):
        pin(world.store, world.clock, "Acme", "Score__c", actor="ann")


@pytest.mark.usefixtures("crm")
def test_outside_the_pilot_a_change_is_only_simulated(world: World) -> None:
    world.rules = on_trial(Pilot(clients=frozenset({"crm/Account/A2"})))
    scores(world, 1, 2, 3)
    plan = world.plan()
    assert verdicts(plan) == {"A1.Score__c": OUTSIDE, "A2.Score__c": "apply", "A3.Score__c": OUTSIDE}
    assert [one.after for one in plan.simulated] == [80, 80]
    named = Approval("tom", everything=True, operations=frozenset(one.id for one in plan.operations))
    assert world.apply(named).applied == 1


def test_a_pilot_may_be_a_segment(world: World, crm: MemoryCrm) -> None:
    crm.edit("Account", "A3", Name="Northwind")
    world.sync()
    world.rules = on_trial(Pilot(segment={"name": frozenset({"Northwind", "Contoso"})}))
    scores(world, 1, 3)
    assert verdicts(world.plan()) == {"A1.Score__c": OUTSIDE, "A3.Score__c": "apply"}


@pytest.mark.usefixtures("crm")
def test_a_pilot_of_one_plugin_leaves_the_others_alone(world: World) -> None:
    world.rules = on_trial(Pilot(percent=0))
    scores(world, 1)
    world.proposals = {"renewals": [task("crm/Account/A1")]}
    assert [one.plugin for one in world.plan().ready] == ["renewals"]


@pytest.mark.usefixtures("marketing")
def test_a_client_is_in_the_pilot_with_all_its_records(world: World) -> None:
    world.rules = on_trial(Pilot(clients=frozenset({"marketing/Account/M1"})))
    scores(world, 1, 2)
    assert verdicts(world.plan()) == {"A1.Score__c": "apply", "A2.Score__c": OUTSIDE, "M1.score": "apply"}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(min_size=1), min_size=200, max_size=200, unique=True), st.integers(5, 95))
def test_a_percentage_is_kept_and_grows_only(clients: list[str], percent: int) -> None:
    shares = {client: share_of("health", client) for client in clients}
    inside = {client for client, share in shares.items() if share < percent / 100}
    assert inside <= {client for client, share in shares.items() if share < (percent + 5) / 100}
    assert abs(len(inside) - 2 * percent) < 45
    assert shares == {client: share_of("health", client) for client in clients}


def test_plugins_have_pilots_of_their_own() -> None:
    clients = [f"crm/Account/A{number}" for number in range(1000)]
    both = [one for one in clients if share_of("health", one) < 0.1 and share_of("dedupe", one) < 0.1]
    assert len(both) < 40


def test_a_blocked_operation_keeps_its_own_reason(world: World, crm: MemoryCrm) -> None:
    scores(world, 1)
    world.plan()
    world.apply()
    crm.edit("Account", "A1", Score__c=1)
    world.sync()
    world.rules = on_trial(Pilot())
    assert only(world.plan()).verdict == "blocked: edited by a person"


def test_two_systems_that_answer_each_other_are_stopped_and_let_go_after_an_hour(
    world: World, crm: MemoryCrm, marketing: MemoryCrm
) -> None:
    """Each CRM's automation adds one to what Inlay writes into the other, for ever."""
    for value in range(1, 60):
        world.signal("crm/Account/A1", "health.score", value)
        world.plan()
        world.apply(ALL)
        world.sync()
    written = [name for verb, _, name in crm.effects if verb == "update" and name == "A1"]
    assert len(written) <= 6
    assert len([one for one in marketing.effects if one[0] == "update"]) <= 6
    assert "two systems may be answering each other" in world.plan().blocked[0].verdict
    world.clock.sleep(3600)
    assert set(verdicts(world.plan()).values()) == {"apply"}


def test_own_writes_that_come_back_plan_nothing_whatever_the_order(world: World, crm: MemoryCrm) -> None:
    scores(world, 1, 2, 3)
    world.plan()
    world.apply()
    for _ in range(3):
        world.sync()
        assert world.plan().operations == ()
    assert len(crm.writes_made()) == 1


def test_a_write_seen_by_a_sync_before_its_answer_is_no_edit(world: World, crm: MemoryCrm) -> None:
    def answer_comes_late(_: MemoryCrm, __: object) -> None:
        world.sync()

    crm.faults.after = [answer_comes_late]
    scores(world, 1)
    world.plan()
    world.apply()
    assert world.plan().operations == ()
    world.sync()
    assert world.plan().operations == ()
    scores(world, 1, value=70)
    assert only(world.plan()).verdict == "apply"


def test_an_edit_right_after_the_write_is_seen_even_when_the_sync_began_before_it(world: World, crm: MemoryCrm) -> None:
    """The sync's page is read after the write and the edit, under a clock that says it began before."""
    scores(world, 1)
    world.plan()
    at = world.clock.now()
    world.clock.sleep(60)
    world.apply()
    crm.edit("Account", "A1", Score__c=5)
    behind = type(world.clock)(at)
    world.clock, ahead = behind, world.clock
    world.sync()
    world.clock = ahead
    scores(world, 1, value=70)
    planned = only(world.plan())
    assert (planned.before, planned.verdict) == (5, "blocked: edited by a person")


@pytest.mark.parametrize(
    ("rules", "verdict"),
    [
        (PlanRules(default=PluginRules("auto"), operations_per_run=2), "blocked: cap of 2 operations per run"),
        (PlanRules(default=PluginRules("auto"), operations_per_day=2), "blocked: cap of 2 operations per day"),
    ],
)
@pytest.mark.usefixtures("crm")
def test_all_plugins_together_have_a_cap(world: World, rules: PlanRules, verdict: str) -> None:
    world.rules = rules
    scores(world, 1, 2, 3)
    assert [one.verdict for one in world.plan().operations] == ["apply", "apply", verdict]


@pytest.mark.usefixtures("crm")
def test_the_cap_of_a_day_counts_what_was_written_before(world: World) -> None:
    world.rules = PlanRules(default=PluginRules("auto"), operations_per_day=3)
    scores(world, 1, 2)
    world.plan()
    world.apply()
    scores(world, 1, 2, 3, value=70)
    assert [len(world.plan().ready), len(world.plan().blocked)] == [1, 2]
    world.clock.sleep(24 * 3600)
    assert len(world.plan().ready) == 3

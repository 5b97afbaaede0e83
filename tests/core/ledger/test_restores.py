"""What a person wrote in the gap between our look and our write is offered back, once, while it stands untouched."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from core.errors import ConfigError
from core.ledger import Approval, Plan, PlanRules, PluginRules, pin, render_plan
from core.ledger.lookback import look_back
from core.ledger.policy import EDITED
from core.ledger.restores import CODE, decline, lost_values
from core.store.audit import read_audit, verify
from core.store.findings import read_findings
from tests.core.ledger.world import World, only, verdicts
from tests.doubles.crm import Call, MemoryCrm, answer_lost, busy

ALL = Approval("tom", everything=True)
PERSONS, OURS = 7, 82


def gap(value: Any = PERSONS, **more: Any) -> Callable[[MemoryCrm, Call], None]:
    """Somebody edits the record between our look and our write."""

    def edits(crm: MemoryCrm, _: Call) -> None:
        crm.clock.sleep(2)
        crm.edit("Account", "A1", **{"Score__c": value, **more})
        crm.clock.sleep(2)

    return edits


def look(world: World) -> Plan:
    """A new look: read, search the history, plan."""
    world.clock.sleep(60)
    world.sync()
    look_back(world.store, world.setups, world.clock)
    return world.plan()


@pytest.fixture
def overwritten(world: World, crm: MemoryCrm) -> World:
    """A person wrote 7 in the gap, and Inlay 82 over it."""
    crm.keeps_history = True
    world.signal("crm/Account/A1", "health.score", OURS)
    world.plan()
    crm.faults.before = [gap()]
    assert world.apply().applied == 1
    assert score(crm) == OURS
    return world


def score(crm: MemoryCrm) -> Any:
    return crm.records["Account"]["A1"]["Score__c"]


def findings(world: World) -> list[str]:
    with world.store.read() as conn:
        return [one.place for one in read_findings(conn) if one.code == CODE]


def test_the_next_plan_offers_to_give_it_back_and_asks(overwritten: World) -> None:
    plan = look(overwritten)
    offer = only(plan)
    assert (offer.before, offer.after, offer.verdict, offer.policy) == (OURS, PERSONS, "needs approval", "ask")
    assert (offer.plugin, offer.place) == ("restores", "crm/Account/A1.Score__c")
    assert offer.reason.startswith("gives back what a person wrote at 2026-06-01T09:00:")
    assert offer.inputs == (offer.undo_of,)
    assert findings(overwritten) == ["crm/Account/A1.Score__c"]


def test_it_is_shown_like_every_other_operation(overwritten: World) -> None:
    out = StringIO()
    Console(width=200, file=out).print(render_plan(look(overwritten)))
    told = out.getvalue()
    assert "~ Score__c: 82 → 7  [needs approval]  restores: gives back what a person wrote" in told


def test_two_plans_of_one_state_offer_the_same(overwritten: World) -> None:
    assert look(overwritten).id == overwritten.plan().id


def test_without_approval_nothing_is_given_back(overwritten: World, crm: MemoryCrm) -> None:
    look(overwritten)
    assert overwritten.apply().applied == 0
    assert score(crm) == OURS


@pytest.mark.parametrize("approval", ["all", "plugin", "operation"])
def test_approved_it_is_given_back_and_the_second_plan_is_empty(
    overwritten: World, crm: MemoryCrm, approval: str
) -> None:
    offer = only(look(overwritten))
    ways = {
        "all": ALL,
        "plugin": Approval("tom", plugins=frozenset({"restores"})),
        "operation": Approval("tom", operations=frozenset({offer.id})),
    }
    assert overwritten.apply(ways[approval]).applied == 1
    assert score(crm) == PERSONS
    for _ in range(2):
        plan = look(overwritten)
        assert plan.is_empty
        assert verdicts(plan) == {"A1.Score__c": EDITED}, "the field is the person's from now on"
    assert findings(overwritten) == []
    assert overwritten.apply(ALL).applied == 0
    assert score(crm) == PERSONS


def test_before_the_next_reading_it_is_not_offered_twice_either(overwritten: World) -> None:
    look(overwritten)
    overwritten.apply(ALL)
    assert overwritten.plan().is_empty


def test_the_field_is_the_persons_before_anybody_decided(overwritten: World, crm: MemoryCrm) -> None:
    look(overwritten)
    overwritten.signal("crm/Account/A1", "health.score", 50)
    plan = look(overwritten)
    assert (only(plan).after, only(plan).verdict) == (PERSONS, "needs approval")
    overwritten.apply()
    assert score(crm) == OURS


def test_the_plugin_writes_again_once_somebody_names_its_operation(overwritten: World, crm: MemoryCrm) -> None:
    look(overwritten)
    overwritten.apply(ALL)
    held = only(look(overwritten))
    assert overwritten.apply(Approval("ann", operations=frozenset({held.id}))).applied == 1
    assert score(crm) == OURS
    overwritten.signal("crm/Account/A1", "health.score", 50)
    assert only(look(overwritten)).verdict == "apply"


def test_it_can_be_undone_and_is_not_offered_again(overwritten: World, crm: MemoryCrm) -> None:
    look(overwritten)
    run_id = overwritten.apply(ALL).run_id
    assert overwritten.undo(run_id).undone == 1
    assert score(crm) == OURS
    assert [one for one in look(overwritten).operations if one.plugin == "restores"] == []


@pytest.mark.parametrize("since", [11, PERSONS, None], ids=["another value", "the same value again", "cleared"])
def test_it_is_not_offered_when_somebody_has_touched_the_field_since(
    overwritten: World, crm: MemoryCrm, since: Any
) -> None:
    overwritten.clock.sleep(30)
    crm.edit("Account", "A1", Score__c=since)
    plan = look(overwritten)
    assert [one for one in plan.operations if one.plugin == "restores"] == []
    overwritten.apply(ALL)
    assert score(crm) == since


def test_an_edit_after_the_plan_stops_it_at_the_last_look(overwritten: World, crm: MemoryCrm) -> None:
    look(overwritten)
    crm.edit("Account", "A1", Score__c=11)
    report = overwritten.apply(ALL)
    assert (report.applied, report.skipped, score(crm)) == (0, 1, 11)
    assert [one for one in look(overwritten).operations if one.plugin == "restores"] == []


def test_an_edit_in_the_gap_of_the_restore_is_offered_in_its_turn(overwritten: World, crm: MemoryCrm) -> None:
    look(overwritten)
    crm.faults.before = [gap(99)]
    overwritten.apply(ALL)
    assert score(crm) == PERSONS
    assert (only(look(overwritten)).before, only(look(overwritten)).after) == (PERSONS, 99)
    overwritten.apply(ALL)
    assert score(crm) == 99
    assert look(overwritten).is_empty


def test_a_cleared_field_is_given_back_cleared(world: World, crm: MemoryCrm) -> None:
    crm.keeps_history = True
    crm.edit("Account", "A1", Score__c=50)
    world.sync()
    world.signal("crm/Account/A1", "health.score", OURS)
    world.plan()
    crm.faults.before = [gap(None)]
    world.apply()
    assert only(look(world)).after is None
    world.apply(ALL)
    assert score(crm) is None


def test_a_lost_answer_gives_back_once(overwritten: World, crm: MemoryCrm) -> None:
    look(overwritten)
    crm.faults.after = [answer_lost]
    assert overwritten.apply(ALL).applied == 1
    assert score(crm) == PERSONS
    assert look(overwritten).is_empty


def test_undoing_the_write_itself_closes_the_matter(overwritten: World, crm: MemoryCrm) -> None:
    assert len(look(overwritten).awaiting) == 1
    overwritten.undo("apply-000001")
    assert score(crm) is None, "that is what Inlay had seen there"
    plan = look(overwritten)
    assert [one for one in plan.operations if one.plugin == "restores"] == []
    assert findings(overwritten) == []


def test_declined_it_is_not_offered_again_and_the_plugin_goes_on(overwritten: World, crm: MemoryCrm) -> None:
    offer = only(look(overwritten))
    decline(overwritten.store, overwritten.clock, str(offer.undo_of), actor="ann")
    assert findings(overwritten) == []
    assert look(overwritten).operations == ()
    overwritten.signal("crm/Account/A1", "health.score", 50)
    assert only(look(overwritten)).verdict == "apply"
    overwritten.apply()
    assert score(crm) == 50


def test_what_stands_open_nowhere_cannot_be_declined(overwritten: World) -> None:
    with pytest.raises(ConfigError, match="nobody's edit"):
        decline(overwritten.store, overwritten.clock, "feed", actor="ann")


def test_a_pinned_field_is_left_to_the_person_who_pinned_it(overwritten: World, crm: MemoryCrm) -> None:
    pin(overwritten.store, overwritten.clock, "crm/Account/A1", "Score__c", actor="ann")
    assert only(look(overwritten)).verdict == "blocked: pinned by ann"
    overwritten.apply(ALL)
    assert score(crm) == OURS


def test_a_record_that_is_gone_gets_nothing_back(overwritten: World, crm: MemoryCrm) -> None:
    crm.remove("Account", "A1")
    assert look(overwritten).operations == ()


def test_the_mode_of_the_plugin_does_not_widen_it(overwritten: World) -> None:
    overwritten.rules = PlanRules(default=PluginRules("auto"), plugins={"restores": PluginRules("auto")})
    assert only(look(overwritten)).verdict == "needs approval"


def test_a_crm_whose_history_cannot_be_asked_is_asked_next_time(overwritten: World, crm: MemoryCrm) -> None:
    overwritten.sync()
    crm.faults.on_read = [busy()]
    assert look_back(overwritten.store, overwritten.setups, overwritten.clock) == []
    assert len(look_back(overwritten.store, overwritten.setups, overwritten.clock)) == 1


def test_no_log_keeps_the_persons_value(overwritten: World) -> None:
    look(overwritten)
    overwritten.apply(ALL)
    with overwritten.store.read() as conn:
        assert [one.value for one in lost_values(conn)] == []
        entries = [entry for entry in read_audit(conn) if entry.action == CODE]
        assert [sorted(entry.facts) for entry in entries] == [["edited"]]
        assert verify(conn) is None


def test_several_edits_are_offered_each_for_itself(world: World, crm: MemoryCrm) -> None:
    crm.keeps_history = True
    for number in (1, 2, 3):
        world.signal(f"crm/Account/A{number}", "health.score", OURS)
    world.plan()

    def edits(double: MemoryCrm, _: Call) -> None:
        world.clock.sleep(2)
        for number in (1, 3):
            double.edit("Account", f"A{number}", Score__c=number)
        world.clock.sleep(2)

    crm.faults.before = [edits]
    world.apply()
    offers = look(world).operations
    assert {one.external_id: one.after for one in offers} == {"A1": 1, "A3": 3}
    world.apply(Approval("tom", operations=frozenset({offers[0].id})))
    assert [crm.records["Account"][f"A{number}"]["Score__c"] for number in (1, 2, 3)] == [1, OURS, OURS]
    assert [one.external_id for one in look(world).awaiting] == ["A3"]

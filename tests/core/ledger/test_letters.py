"""Dead letters: listed with their cause, replayed, dismissed, and not sent again unasked."""

from __future__ import annotations

import pytest

from core.errors import ConfigError
from core.ledger import dead_letters, dismiss, edit, list_runs, replay
from core.store.audit import read_audit
from tests.core.ledger.world import World, only, task
from tests.doubles.crm import MemoryCrm


@pytest.fixture
def refused(world: World, crm: MemoryCrm) -> World:
    """Two clients' scores refused, one written."""
    crm.faults.reject = lambda row: "LOCKED_FIELD" if row.external_id in {"A1", "A2"} else None
    for number in (1, 2, 3):
        world.signal(f"crm/Account/A{number}", "health.score", 80)
    world.plan()
    assert world.apply().rejected == 2
    return world


def ids(world: World) -> list[str]:
    return [letter.operation.id for letter in dead_letters(world.store)]


def test_they_are_listed_with_cause_and_run(refused: World) -> None:
    letters = dead_letters(refused.store)
    assert [(one.operation.external_id, one.cause, one.run_id) for one in letters] == [
        ("A1", "LOCKED_FIELD: A1 is refused", "apply-000001"),
        ("A2", "LOCKED_FIELD: A2 is refused", "apply-000001"),
    ]


def test_the_same_change_is_not_sent_again_unasked(refused: World, crm: MemoryCrm) -> None:
    plan = refused.plan()
    [first, _] = ids(refused)
    assert plan.is_empty
    assert plan.blocked[0].verdict == (
        f"blocked: rejected in apply-000001: LOCKED_FIELD: A1 is refused; replay or dismiss {first}"
    )
    refused.apply()
    assert len(crm.writes_made()) == 1


def test_another_value_is_tried(refused: World) -> None:
    refused.signal("crm/Account/A1", "health.score", 12)
    assert only_ready(refused) == [12]


def only_ready(world: World) -> list[object]:
    return [one.after for one in world.plan().ready]


def test_replaying_all_after_the_cause_is_gone(refused: World, crm: MemoryCrm) -> None:
    refused.plan()
    crm.faults.reject = lambda _: None
    report = replay(refused.store, refused.setups, refused.clock, actor="tom")
    assert (report.applied, dead_letters(refused.store)) == (2, [])
    assert crm.records["Account"]["A1"]["Score__c"] == 80
    assert list_runs(refused.store)[0].counts == {"applied": 3}
    assert refused.plan().operations == ()


def test_replaying_one(refused: World, crm: MemoryCrm) -> None:
    crm.faults.reject = lambda _: None
    [first, second] = ids(refused)
    assert replay(refused.store, refused.setups, refused.clock, [first], actor="tom").applied == 1
    assert ids(refused) == [second]


def test_replaying_in_vain_makes_a_dead_letter_again(refused: World) -> None:
    assert replay(refused.store, refused.setups, refused.clock, actor="tom").rejected == 2
    assert len(dead_letters(refused.store)) == 2


def test_a_person_who_was_quicker_than_the_replay_wins(refused: World, crm: MemoryCrm) -> None:
    crm.faults.reject = lambda _: None
    crm.edit("Account", "A1", Score__c=5)
    refused.sync()
    report = replay(refused.store, refused.setups, refused.clock, actor="tom")
    assert (report.applied, report.skipped) == (1, 1)
    assert crm.records["Account"]["A1"]["Score__c"] == 5


def test_dismissed_ones_come_back_only_with_approval(refused: World) -> None:
    [first, second] = ids(refused)
    assert dismiss(refused.store, refused.clock, [first, second], actor="tom") == 2
    assert dead_letters(refused.store) == []
    verdicts = {one.verdict for one in refused.plan().operations}
    assert verdicts == {
        "needs approval: dismissed by tom after: LOCKED_FIELD: A1 is refused",
        "needs approval: dismissed by tom after: LOCKED_FIELD: A2 is refused",
    }


@pytest.mark.parametrize("action", ["replay", "dismiss"])
def test_what_is_no_dead_letter_is_refused_by_name(refused: World, action: str) -> None:
    def act() -> None:
        if action == "replay":
            replay(refused.store, refused.setups, refused.clock, ["nonsense"], actor="tom")
        else:
            dismiss(refused.store, refused.clock, ["nonsense"], actor="tom")

    with pytest.raises(ConfigError, match="nonsense is no dead letter"):
        act()


def test_the_audit_tells_of_both(refused: World) -> None:
    [first, second] = ids(refused)
    replay(refused.store, refused.setups, refused.clock, [first], actor="ann")
    dismiss(refused.store, refused.clock, [second], actor="tom")
    with refused.store.read() as conn:
        told = [(one.actor, one.action, one.subject) for one in read_audit(conn)][-2:]
    assert told == [("ann", "replay", first), ("tom", "dismiss", second)]


def test_a_refused_task_waits_for_a_person_and_is_made_once(world: World, crm: MemoryCrm) -> None:
    crm.faults.reject = lambda row: "NO_ACCESS" if row.key else None
    world.proposals = {"renewals": [task("crm/Account/A1")]}
    world.plan()
    world.apply()
    assert only(world.plan()).verdict.startswith("blocked: rejected in apply-000001: NO_ACCESS")
    crm.faults.reject = lambda _: None
    assert replay(world.store, world.setups, world.clock, actor="tom").applied == 1
    assert world.plan().operations == ()
    assert len(crm.tasks()) == 1


def test_a_task_made_otherwise_meanwhile_is_not_replayed(world: World, crm: MemoryCrm) -> None:
    crm.faults.reject = lambda row: "NO_ACCESS" if row.key else None
    world.proposals = {"renewals": [task("crm/Account/A1", body="old words")]}
    world.plan()
    world.apply()
    crm.faults.reject = lambda _: None
    world.proposals = {"renewals": [task("crm/Account/A1", body="new words")]}
    world.plan()
    assert world.apply().applied == 1
    assert replay(world.store, world.setups, world.clock, actor="tom").skipped == 1
    assert [made["Description"] for made in crm.tasks()] == ["new words"]


def test_an_edited_letter_is_sent_as_it_was_edited_and_its_field_is_pinned(refused: World, crm: MemoryCrm) -> None:
    crm.faults.reject = lambda row: "TOO_HIGH" if row.values.get("Score__c", 0) > 50 else None
    [first, _] = ids(refused)
    assert edit(refused.store, refused.clock, first, "Score__c", 42, actor="ann").after == 42
    assert ids(refused)[0] == first
    report = replay(refused.store, refused.setups, refused.clock, [first], actor="ann")
    assert (report.applied, crm.records["Account"]["A1"]["Score__c"]) == (1, 42)
    refused.sync()
    verdicts = {one.external_id: one.verdict for one in refused.plan().operations}
    assert verdicts["A1"] == "blocked: pinned by ann"
    with refused.store.read() as conn:
        told = [(one.actor, one.action, one.subject, one.facts) for one in read_audit(conn) if one.action == "edit"]
    assert told == [("ann", "edit", first, {"run": "apply-000001", "field": "Score__c"})]


def test_a_task_can_be_edited_field_by_field(world: World, crm: MemoryCrm) -> None:
    crm.faults.reject = lambda row: "TOO_LONG" if len(row.values.get("Subject", "")) > 10 else None
    world.proposals = {"renewals": [task("crm/Account/A1")]}
    world.plan()
    world.apply()
    [letter] = ids(world)
    edit(world.store, world.clock, letter, "Subject", "Call A1", actor="ann")
    assert replay(world.store, world.setups, world.clock, actor="ann").applied == 1
    assert [made["Subject"] for made in crm.tasks()] == ["Call A1"]
    world.sync()
    assert world.plan().operations == ()


@pytest.mark.usefixtures("crm")
def test_only_fields_of_dead_letters_can_be_edited(refused: World) -> None:
    [first, _] = ids(refused)
    with pytest.raises(ConfigError, match="writes no field Name") as caught:
        edit(refused.store, refused.clock, first, "Name", "x", actor="ann")
    assert caught.value.remedy == "it writes: Score__c"
    with pytest.raises(ConfigError, match="nonsense is no dead letter"):
        edit(refused.store, refused.clock, "nonsense", "Score__c", 1, actor="ann")

"""Delivery: merged rows, full batches, every kind of answer, waiting and giving up."""

from __future__ import annotations

import pytest

from core.clock import iso
from core.errors import AuthError, ConfigError
from core.ledger import (
    Approval,
    Delivery,
    DeliveryProgress,
    PlanRules,
    PluginRules,
    apply_plan,
    dead_letters,
    list_runs,
)
from core.store.audit import read_audit
from tests.core.ledger.world import TOM, World, task
from tests.doubles.crm import Call, MemoryCrm, answer_lost, busy, person


def score(world: World, *numbers: int, value: int = 80) -> None:
    for number in numbers:
        world.signal(f"crm/Account/A{number}", "health.score", value)


def scores(crm: MemoryCrm) -> list[object]:
    return [fields.get("Score__c") for _, fields in sorted(crm.records["Account"].items())]


def test_fields_of_one_record_travel_in_one_row(world: World, crm: MemoryCrm) -> None:
    score(world, 1, 2)
    world.signal("crm/Account/A1", "health.band", "Good")
    world.plan()
    assert world.apply().applied == 3
    [call] = crm.writes_made()
    assert [dict(row.values) for row in call.rows] == [{"Band__c": "Good", "Score__c": 80}, {"Score__c": 80}]


def test_batches_are_filled(world: World, crm: MemoryCrm) -> None:
    crm.batch = 50
    for number in range(4, 121):
        crm.add("Account", f"A{number}", Name=f"Client {number}")
    world.sync()
    score(world, *range(1, 121))
    world.plan()
    assert world.apply().applied == 120
    assert [len(call.rows) for call in crm.writes_made()] == [50, 50, 20]


def test_each_row_has_its_own_end(world: World, crm: MemoryCrm) -> None:
    crm.faults.reject = lambda row: "TOO_LONG" if row.external_id == "A2" else None
    score(world, 1, 2, 3)
    world.plan()
    report = world.apply()
    assert (report.applied, report.rejected, report.ok) == (2, 1, False)
    assert scores(crm) == [80, None, 80]
    [letter] = dead_letters(world.store)
    assert (letter.cause, letter.operation.external_id) == ("TOO_LONG: A2 is refused", "A2")


def test_a_row_that_may_come_again_does(world: World, crm: MemoryCrm) -> None:
    locked = ["UNABLE_TO_LOCK_ROW", "UNABLE_TO_LOCK_ROW"]
    crm.faults.send_back = lambda row: locked.pop() if row.external_id == "A2" and locked else None
    score(world, 1, 2, 3)
    world.plan()
    assert world.apply().applied == 3
    assert scores(crm) == [80, 80, 80]
    assert [[row.external_id for row in call.rows] for call in crm.writes_made()] == [
        ["A1", "A2", "A3"],
        ["A2"],
        ["A2"],
    ]


def test_a_row_sent_back_for_ever_becomes_a_dead_letter(world: World, crm: MemoryCrm) -> None:
    world.delivery = Delivery(patience_seconds=3600, attempts=4)
    crm.faults.send_back = lambda row: "LOCKED" if row.external_id == "A2" else None
    score(world, 1, 2, 3)
    world.plan()
    report = world.apply()
    assert (report.applied, report.rejected, report.waiting) == (2, 1, 0)
    assert dead_letters(world.store)[0].cause == "given up after 4 attempts: LOCKED: come again"
    assert len(crm.writes_made()) == 4


def test_a_busy_system_is_waited_for_as_long_as_it_asked(world: World, crm: MemoryCrm) -> None:
    crm.faults.before = [busy(30)]
    score(world, 1)
    world.plan()
    before = world.clock.now()
    assert world.apply().applied == 1
    assert 30 <= (world.clock.now() - before).total_seconds() < 33
    assert len(crm.writes_made()) == 2


def test_beyond_its_patience_apply_leaves_the_rest_and_resume_carries_on(world: World, crm: MemoryCrm) -> None:
    crm.faults.before = [busy(600)]
    score(world, 1, 2)
    world.plan()
    report = world.apply()
    assert (report.applied, report.waiting, report.ok) == (0, 2, False)
    assert list_runs(world.store)[0].state == "interrupted"
    assert world.resume().waiting == 2
    world.clock.sleep(600)
    assert world.resume().applied == 2
    assert list_runs(world.store)[0].state == "done"
    assert scores(crm)[:2] == [80, 80]


def test_an_outage_costs_one_probe_per_rest_not_one_per_batch(world: World, crm: MemoryCrm) -> None:
    crm.batch = 1
    crm.faults.before = [busy()] * 100
    score(world, 1, 2, 3)
    world.plan()
    world.apply()
    assert len(crm.writes_made()) <= 7  # pauses of 2, 4, 8, 16, 32 seconds in a patience of 120


def test_one_crm_in_trouble_does_not_keep_the_other(world: World, crm: MemoryCrm, marketing: MemoryCrm) -> None:
    def refused(_: MemoryCrm, __: Call) -> None:
        raise AuthError("the token was revoked", where="crm", remedy="reconnect crm")

    crm.faults.before = [refused]
    score(world, 1)
    world.plan()
    report = world.apply()
    assert (report.applied, report.waiting) == (1, 1)
    assert report.stopped == {"crm": "the token was revoked [crm] -> reconnect crm"}
    assert marketing.records["Account"]["M1"]["score"] == "80"
    assert world.resume().applied == 1
    assert scores(crm)[0] == 80


def test_an_answer_lost_after_the_write_is_settled_by_reading_back(world: World, crm: MemoryCrm) -> None:
    crm.faults.after = [answer_lost]
    score(world, 1, 2)
    world.proposals = {"renewals": [task("crm/Account/A1")]}
    world.plan()
    assert world.apply().applied == 3
    assert [effect for effect in crm.effects if effect[1] == "Account"] == [
        ("update", "Account", "A1"),
        ("update", "Account", "A2"),
    ]


def test_an_answer_lost_before_the_write_is_sent_again(world: World, crm: MemoryCrm) -> None:
    crm.faults.before = [answer_lost, answer_lost]
    score(world, 1)
    world.proposals = {"renewals": [task("crm/Account/A1")]}
    world.plan()
    assert world.apply().applied == 2
    assert crm.effects.count(("update", "Account", "A1")) == 1
    assert len(crm.tasks()) == 1


def test_a_task_whose_answer_was_lost_is_found_by_its_key(world: World, crm: MemoryCrm) -> None:
    world.proposals = {"renewals": [task("crm/Account/A1")]}
    world.plan()
    crm.faults.after = [answer_lost]
    assert world.apply().applied == 1
    assert [call.verb for call in crm.calls if call.verb in ("upsert", "find")] == ["upsert", "find"]
    assert len(crm.tasks()) == 1


def test_while_the_crm_cannot_be_asked_it_stays_unknown(world: World, crm: MemoryCrm) -> None:
    crm.faults.after = [answer_lost]
    crm.faults.on_read = [busy(3600)]
    score(world, 1)
    world.plan()
    report = world.apply()
    assert (report.applied, report.unknown) == (0, 1)
    world.clock.sleep(3600)
    assert world.resume().applied == 1
    assert len(crm.effects) == 1


def test_an_edit_between_a_lost_answer_and_the_reading_back_stays(world: World, crm: MemoryCrm) -> None:
    def lost_and_edited(double: MemoryCrm, call: Call) -> None:
        person("Account", "A1", Score__c=5)(double, call)
        answer_lost(double, call)

    crm.faults.after = [lost_and_edited]
    score(world, 1)
    world.plan()
    report = world.apply()
    assert (report.applied, report.skipped, scores(crm)[0]) == (0, 1, 5)


def test_such_an_edit_stays_in_later_plans_too(world: World, crm: MemoryCrm) -> None:
    def lost_and_edited(double: MemoryCrm, call: Call) -> None:
        person("Account", "A1", Score__c=5)(double, call)
        answer_lost(double, call)

    crm.faults.after = [lost_and_edited]
    score(world, 1)
    world.plan()
    world.apply()
    world.sync()
    assert [one.verdict for one in world.plan().operations if one.external_id == "A1"] == [
        "blocked: edited by a person"
    ]
    assert world.apply().applied == 0
    assert scores(crm)[0] == 5


def test_what_changed_since_the_plan_is_skipped_and_said(world: World, crm: MemoryCrm) -> None:
    score(world, 1, 2)
    world.plan()
    crm.edit("Account", "A1", Score__c=11)
    world.sync()
    report = world.apply()
    assert (report.applied, report.skipped) == (1, 1)
    assert scores(crm)[:2] == [11, 80]
    assert list_runs(world.store)[0].counts == {"applied": 1, "skipped": 1}


def test_a_record_deleted_since_the_plan_is_skipped(world: World, crm: MemoryCrm) -> None:
    score(world, 1, 2)
    world.plan()
    crm.remove("Account", "A1")
    world.sync()
    assert (world.apply().skipped, scores(crm)) == (1, [80, None])


def test_what_was_skipped_may_be_planned_again(world: World, crm: MemoryCrm) -> None:
    score(world, 1)
    world.plan()
    crm.edit("Account", "A1", Score__c=11)
    world.sync()
    world.apply()
    crm.edit("Account", "A1", Score__c=None)
    world.sync()
    assert len(world.plan().ready) == 1
    assert world.apply().applied == 1


def test_progress_is_told_after_every_batch(world: World, crm: MemoryCrm) -> None:
    crm.batch = 1
    score(world, 1, 2, 3)
    world.plan()
    seen: list[DeliveryProgress] = []
    apply_plan(world.store, world.setups, world.clock, TOM, progress=seen.append)
    assert [(one.done, one.total, one.stream) for one in seen] == [
        (1, 3, "Account"),
        (2, 3, "Account"),
        (3, 3, "Account"),
    ]


def test_only_the_plan_that_was_seen_is_applied(world: World, crm: MemoryCrm) -> None:
    score(world, 1)
    seen = world.plan()
    score(world, 1, value=12)
    world.plan()
    with pytest.raises(ConfigError, match="is not the current plan any more"):
        world.apply(plan_id=seen.id)
    assert scores(crm)[0] is None


@pytest.mark.usefixtures("crm")
def test_nothing_to_apply_starts_no_run(world: World) -> None:
    world.plan()
    report = world.apply()
    assert (report.run_id, report.ok) == (None, True)
    assert list_runs(world.store) == []


@pytest.mark.parametrize(
    ("approve", "applied"),
    [
        (Approval("tom"), {"Score__c"}),
        (Approval("tom", everything=True), {"Score__c", "Status__c", "Subject"}),
        (Approval("tom", plugins=frozenset({"client"})), {"Score__c", "Status__c"}),
        (Approval("tom", plugins=frozenset({"nobody"})), {"Score__c"}),
    ],
)
def test_approval_by_plan_and_by_plugin(world: World, crm: MemoryCrm, approve: Approval, applied: set[str]) -> None:
    world.rules = PlanRules(default=PluginRules("auto"), plugins={"renewals": PluginRules("propose")})
    score(world, 1)
    world.signal("crm/Account/A1", "client.status", "active")
    world.proposals = {"renewals": [task("crm/Account/A1")]}
    world.plan()
    world.apply(approve)
    written = set(crm.records["Account"]["A1"]) | {name for made in crm.tasks() for name in made}
    assert written & {"Score__c", "Status__c", "Subject"} == applied


def test_approval_by_operation_tells_who_and_when(world: World, crm: MemoryCrm) -> None:
    world.signal("crm/Account/A1", "client.status", "active")
    world.signal("crm/Account/A2", "client.status", "active")
    chosen, _ = world.plan().operations
    world.apply(Approval("ann", operations=frozenset({chosen.id})))
    assert ("Status__c" in crm.records["Account"]["A1"], "Status__c" in crm.records["Account"]["A2"]) == (True, False)
    with world.store.read() as conn:
        entry = next(one for one in read_audit(conn) if one.action == "apply")
    assert (entry.actor, entry.subject, entry.facts["operations"]) == ("ann", "apply-000001", 1)


@pytest.mark.usefixtures("crm")
def test_a_blocked_operation_cannot_be_approved(world: World) -> None:
    world.signal("crm/Account/A1", "health.band", "Splendid")
    [blocked] = world.plan().operations
    assert world.apply(Approval("tom", everything=True, operations=frozenset({blocked.id}))).run_id is None


def test_what_is_on_its_way_is_not_planned_again(world: World, crm: MemoryCrm) -> None:
    crm.faults.before = [busy(600)]
    score(world, 1)
    world.proposals = {"renewals": [task("crm/Account/A1")]}
    world.plan()
    world.apply()
    score(world, 1, value=12)
    plan = world.plan()
    assert (plan.operations, plan.in_flight) == ((), 2)
    world.clock.sleep(600)
    world.resume()
    assert [(one.before, one.after) for one in world.plan().operations] == [(80, 12)]


def test_a_connection_taken_out_of_the_configuration_is_named(world: World, crm: MemoryCrm) -> None:
    crm.faults.before = [busy(600)]
    score(world, 1)
    world.plan()
    world.apply()
    world.setups.clear()
    world.clock.sleep(600)
    with pytest.raises(ConfigError, match="operations for the connection `crm`"):
        world.resume()


@pytest.mark.usefixtures("crm")
def test_times_of_a_run_are_the_clocks(world: World) -> None:
    score(world, 1)
    world.plan()
    world.apply()
    [line] = list_runs(world.store)
    assert (line.run_id, line.kind, line.state, line.counts) == ("apply-000001", "apply", "done", {"applied": 1})
    assert line.started_at == line.ended_at == iso(world.clock.now())

"""Undo: what nobody has touched goes back, what somebody has touched stays and is named."""

from __future__ import annotations

import pytest

from core.errors import ConfigError, RetryLater
from core.ledger import Approval, Chosen, list_runs, plan_undo
from core.ledger.book import read_operations
from core.store.audit import read_audit
from core.store.tables import operation
from tests.core.ledger.world import World, only, task
from tests.doubles.crm import MemoryCrm, answer_lost, busy

ALL = Approval("tom", everything=True)


@pytest.fixture
def done(world: World, crm: MemoryCrm) -> World:
    """Scores of three clients and a task for two of them, applied; client 1 had a score of 50 before."""
    crm.edit("Account", "A1", Score__c=50)
    world.sync()
    for number in (1, 2, 3):
        world.signal(f"crm/Account/A{number}", "health.score", 80 + number)
    world.proposals = {"renewals": [task("crm/Account/A1", "a"), task("crm/Account/A2", "b")]}
    world.plan()
    assert world.apply().applied == 5
    return world


def scores(crm: MemoryCrm) -> list[object]:
    return [fields.get("Score__c") for _, fields in sorted(crm.records["Account"].items())]


def test_undo_restores_what_was_there_before(done: World, crm: MemoryCrm) -> None:
    report = done.undo("apply-000001")
    assert (report.run_id, report.undone, report.left_alone) == ("undo-000001", 5, ())
    assert scores(crm) == [50, None, None]
    assert crm.tasks() == []
    counts = {line.run_id: line.counts for line in list_runs(done.store)}
    assert counts == {"apply-000001": {"undone": 5}, "undo-000001": {"applied": 5}}


def test_what_a_person_edited_stays_and_is_named(done: World, crm: MemoryCrm) -> None:
    crm.edit("Account", "A2", Score__c=12)
    report = done.undo("apply-000001")
    assert report.undone == 4
    [left] = report.left_alone
    assert (left.operation.external_id, left.why) == ("A2", "edited by a person; the CRM holds 12 now")
    assert scores(crm) == [50, 12, None]


@pytest.mark.parametrize("change", [{"Status": "Completed"}, {"Subject": "Call them now"}, {"Description": "called"}])
def test_a_task_somebody_worked_on_stays(done: World, crm: MemoryCrm, change: dict[str, str]) -> None:
    first = next(iter(crm.records["Task"]))
    crm.edit("Task", first, **change)
    report = done.undo("apply-000001")
    [name] = change
    assert [left.why for left in report.left_alone] == [f"somebody worked on it: {name} is {change[name]!r} now"]
    assert list(crm.records["Task"]) == [first]


def test_what_is_gone_cannot_come_back_and_is_named(done: World, crm: MemoryCrm) -> None:
    crm.remove("Account", "A3")
    crm.remove("Task", next(iter(crm.records["Task"])))
    report = done.undo("apply-000001")
    assert {left.why for left in report.left_alone} == {"the record is no longer in the CRM"}
    assert (report.undone, len(report.left_alone)) == (3, 2)


def test_a_later_write_has_to_be_undone_first(done: World, crm: MemoryCrm) -> None:
    done.signal("crm/Account/A1", "health.score", 33)
    done.plan()
    done.apply()
    report = done.undo("apply-000001")
    assert [left.why for left in report.left_alone] == ["Inlay wrote this field again later; undo that run first"]
    assert scores(crm) == [33, None, None]
    assert done.undo("apply-000002").undone == 1
    assert scores(crm)[0] == 81
    assert (done.undo("apply-000001").undone, scores(crm)[0]) == (1, 50)


def test_undo_can_be_undone(done: World, crm: MemoryCrm) -> None:
    before = crm.content()
    done.undo("apply-000001")
    report = done.undo("undo-000001")
    assert (report.run_id, report.undone) == ("undo-000002", 5)
    assert crm.content() == before
    done.sync()
    assert done.plan().operations == ()


def test_undo_of_an_undo_of_an_undo(done: World, crm: MemoryCrm) -> None:
    done.undo("apply-000001")
    taken_back = crm.content()
    done.undo("undo-000001")
    done.undo("undo-000002")
    assert crm.content() == taken_back


def test_undo_twice_says_that_nothing_is_left(done: World) -> None:
    done.undo("apply-000001")
    with pytest.raises(ConfigError, match="apply-000001 is no run with changes"):
        done.undo("apply-000001")


@pytest.mark.parametrize("run_id", ["apply-000009", "sync-000001", "nonsense"])
def test_only_runs_that_wrote_can_be_undone(done: World, run_id: str) -> None:
    with pytest.raises(ConfigError, match=f"{run_id} is no run with changes"):
        done.undo(run_id)


@pytest.mark.usefixtures("crm")
def test_what_was_undone_comes_back_only_with_approval(done: World) -> None:
    done.undo("apply-000001")
    plan = done.plan()
    assert {one.verdict for one in plan.operations} == {"needs approval: undone in undo-000001"}
    assert len(plan.operations) == 5
    done.sync()
    assert {one.verdict for one in done.plan().operations} == {"needs approval: undone in undo-000001"}
    assert done.apply().applied == 0


def test_approved_again_it_is_made_again_once(done: World, crm: MemoryCrm) -> None:
    done.undo("apply-000001")
    done.plan()
    assert done.apply(ALL).applied == 5
    assert scores(crm) == [81, 82, 83]
    assert len(crm.tasks()) == 2
    done.sync()
    assert done.plan().operations == ()
    assert done.apply(ALL).run_id is None


def test_the_dry_run_looks_and_changes_nothing(done: World, crm: MemoryCrm) -> None:
    before = crm.content()
    crm.edit("Account", "A2", Score__c=12)
    planned = plan_undo(done.store, done.setups, Chosen("apply-000001"))
    assert (len(planned.operations), len(planned.left_alone)) == (4, 1)
    crm.edit("Account", "A2", Score__c=82)
    assert crm.content() == before
    assert len(list_runs(done.store)) == 1


def test_undo_reads_the_crm_itself_not_the_store(done: World, crm: MemoryCrm) -> None:
    crm.edit("Account", "A1", Score__c=7)  # no sync sees it
    done.undo("apply-000001")
    assert scores(crm)[0] == 7


def test_undo_needs_few_calls(done: World, crm: MemoryCrm) -> None:
    crm.calls.clear()
    done.undo("apply-000001")
    assert [call.verb for call in crm.calls] == ["fetch", "fetch", "update", "delete"]


def test_undo_says_when_the_crm_cannot_be_read(done: World, crm: MemoryCrm) -> None:
    crm.faults.on_read = [busy()]
    with pytest.raises(RetryLater, match="crm is busy"):
        done.undo("apply-000001")
    assert done.undo("apply-000001").undone == 5


def test_a_lost_answer_while_undoing_is_settled(done: World, crm: MemoryCrm) -> None:
    crm.faults.after = [answer_lost, answer_lost]
    assert done.undo("apply-000001").undone == 5
    assert (scores(crm), crm.tasks()) == ([50, None, None], [])


def test_undo_in_both_crms(world: World, crm: MemoryCrm, marketing: MemoryCrm) -> None:
    world.signal("crm/Account/A1", "health.score", 82)
    world.proposals = {"renewals": [task("marketing/Account/M4")]}
    world.plan()
    world.apply()
    assert world.undo("apply-000001").undone == 3
    assert marketing.records["Account"]["M1"]["score"] in (None, "")
    assert (marketing.tasks(), scores(crm)[0]) == ([], None)


def test_undo_of_a_run_with_a_rejected_row_takes_back_the_rest(world: World, crm: MemoryCrm) -> None:
    crm.faults.reject = lambda row: "BAD" if row.external_id == "A2" else None
    for number in (1, 2):
        world.signal(f"crm/Account/A{number}", "health.score", 80)
    world.plan()
    world.apply()
    report = world.undo("apply-000001")
    assert (report.undone, scores(crm)) == (1, [None, None, None])


def test_the_reason_of_an_undo_tells_what_it_takes_back(done: World) -> None:
    planned = plan_undo(done.store, done.setups, Chosen("apply-000001"))
    assert {one.reason for one in planned.operations} == {"takes back: because", "takes back: 30 days late"}
    assert all(one.undo_of for one in planned.operations)


def test_the_audit_tells_who_undid_what(done: World) -> None:
    done.undo("apply-000001")
    with done.store.read() as conn:
        entry = next(one for one in read_audit(conn) if one.action == "undo")
    assert (entry.actor, entry.facts) == ("tom", {"of": "apply-000001", "operations": 5})


def test_after_undo_a_person_may_edit_and_keeps_it(done: World, crm: MemoryCrm) -> None:
    done.undo("apply-000001")
    crm.edit("Account", "A1", Score__c=99)
    done.sync()
    done.proposals = {}
    verdict = {one.external_id: one.verdict for one in done.plan().operations}["A1"]
    assert verdict == "blocked: edited by a person"


def test_a_field_written_while_another_write_waits_is_left_alone(done: World, crm: MemoryCrm) -> None:
    done.proposals = {}
    done.signal("crm/Account/A1", "health.score", 33)
    done.plan()
    crm.faults.before = [busy(600)]
    done.apply()
    planned = plan_undo(done.store, done.setups, Chosen("apply-000001"))
    assert [left.why for left in planned.left_alone] == ["a later write to this field is on its way"]


@pytest.mark.usefixtures("crm")
def test_a_single_field_undone_leaves_an_empty_plan_until_approved(world: World) -> None:
    world.signal("crm/Account/A1", "health.score", 82)
    world.plan()
    world.apply()
    world.undo("apply-000001")
    assert only(world.plan()).verdict == "needs approval: undone in undo-000001"
    world.signal("crm/Account/A1", "health.score", 60)
    assert only(world.plan()).verdict == "needs approval: undone in undo-000001"


def test_a_task_that_was_seen_in_the_crm_and_undone_may_come_back_with_approval(done: World, crm: MemoryCrm) -> None:
    done.sync()
    done.undo("apply-000001")
    done.sync()
    assert len([one for one in done.plan().awaiting if one.kind == "create_record"]) == 2
    done.apply(ALL)
    assert len(crm.tasks()) == 2


def test_undo_of_one_plugin_leaves_the_others_work(done: World, crm: MemoryCrm) -> None:
    assert done.undo(plugin="renewals").undone == 2
    assert (crm.tasks(), scores(crm)) == ([], [81, 82, 83])


def test_undo_of_one_record(done: World, crm: MemoryCrm) -> None:
    assert done.undo(record="crm/Account/A1").undone == 1
    assert (scores(crm), len(crm.tasks())) == ([50, 82, 83], 2)


def test_undo_of_one_operation(done: World, crm: MemoryCrm) -> None:
    with done.store.read() as conn:
        chosen = next(read_operations(conn, operation.c.external_id == "A2"))
    report = done.undo(operation=chosen.id)
    assert (report.undone, scores(crm)) == (1, [81, None, 83])
    assert list_runs(done.store)[0].counts == {"applied": 1}


def test_undo_of_a_plugin_goes_back_write_after_write(done: World, crm: MemoryCrm) -> None:
    for value in (60, 40):
        done.signal("crm/Account/A1", "health.score", value)
        done.plan()
        done.apply()
    report = done.undo(plugin="health")
    assert (scores(crm), report.undone) == ([50, None, None], 5)
    assert report.runs == ("undo-000001", "undo-000002", "undo-000003")
    assert report.left_alone == ()
    assert all(line.state == "done" for line in list_runs(done.store))


def test_going_back_stops_where_a_person_has_edited(done: World, crm: MemoryCrm) -> None:
    done.signal("crm/Account/A1", "health.score", 60)
    done.plan()
    done.apply()
    crm.edit("Account", "A1", Score__c=7)
    report = done.undo(plugin="health")
    assert scores(crm) == [7, None, None]
    assert "edited by a person; the CRM holds 7 now" in {one.why for one in report.left_alone}


@pytest.mark.parametrize("traits", [{"plugin": "nobody"}, {"record": "crm/Account/A9"}, {"operation": "x"}])
@pytest.mark.usefixtures("crm")
def test_where_nothing_was_written_nothing_can_be_taken_back(done: World, traits: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="could be taken back"):
        done.undo(**traits)


def test_something_has_to_be_chosen(world: World) -> None:
    with pytest.raises(ConfigError, match="nothing was chosen"):
        plan_undo(world.store, world.setups, Chosen())

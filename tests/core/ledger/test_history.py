"""The list of runs, and the approvals that start them."""

from __future__ import annotations

import pytest

from core.ledger import ApplyReport, Approval, Operation, list_runs
from core.ledger.book import read_operations
from core.store.tables import operation
from tests.core.ledger.world import World, task
from tests.doubles.crm import MemoryCrm, busy


@pytest.mark.usefixtures("crm")
def test_runs_are_listed_newest_first_with_how_they_stand_now(world: World) -> None:
    for value in (80, 70):
        world.signal("crm/Account/A1", "health.score", value)
        world.plan()
        world.apply()
    world.undo("apply-000002")
    lines = list_runs(world.store)
    assert [(line.run_id, line.kind, line.counts) for line in lines] == [
        ("undo-000001", "undo", {"applied": 1}),
        ("apply-000002", "apply", {"undone": 1}),
        ("apply-000001", "apply", {"applied": 1}),
    ]
    assert list_runs(world.store, limit=1) == lines[:1]


def test_a_run_is_interrupted_until_all_of_it_has_ended(world: World, crm: MemoryCrm) -> None:
    crm.batch = 1
    crm.faults.before = [None, busy(900)]
    for number in (1, 2):
        world.signal(f"crm/Account/A{number}", "health.score", 80)
    world.plan()
    world.apply()
    [line] = list_runs(world.store)
    assert (line.state, line.counts) == ("interrupted", {"applied": 1, "queued": 1})
    world.clock.sleep(900)
    world.resume()
    [line] = list_runs(world.store)
    assert (line.state, line.counts) == ("done", {"applied": 2})


def test_a_second_apply_carries_on_with_what_the_first_left(world: World, crm: MemoryCrm) -> None:
    crm.faults.before = [busy(900)]
    world.signal("crm/Account/A1", "health.score", 80)
    world.plan()
    world.apply()
    world.clock.sleep(900)
    world.signal("crm/Account/A2", "health.score", 90)
    world.plan()
    report = world.apply()
    assert (report.run_id, report.applied) == ("apply-000002", 2)
    assert {line.state for line in list_runs(world.store)} == {"done"}


@pytest.mark.parametrize(
    ("verdict", "approve", "goes"),
    [
        ("apply", Approval("tom"), True),
        ("needs approval", Approval("tom"), False),
        ("needs approval", Approval("tom", everything=True), True),
        ("needs approval: undone in undo-000001", Approval("tom", everything=True), True),
        ("needs approval", Approval("tom", plugins=frozenset({"health"})), True),
        ("needs approval", Approval("tom", plugins=frozenset({"renewals"})), False),
        ("needs approval", Approval("tom", operations=frozenset({"x"})), True),
        ("needs approval", Approval("tom", operations=frozenset({"y"})), False),
        ("observed", Approval("tom", everything=True, operations=frozenset({"x"})), False),
        ("blocked: edited by a person", Approval("tom", everything=True), False),
        ("blocked: edited by a person", Approval("tom", plugins=frozenset({"health"})), False),
        ("blocked: edited by a person", Approval("tom", operations=frozenset({"x"})), True),
        ("blocked: cap of 2 tasks per owner and day", Approval("tom", operations=frozenset({"x"})), False),
        ("blocked: the CRM has no field", Approval("tom", everything=True, operations=frozenset({"x"})), False),
    ],
)
def test_what_an_approval_lets_through(verdict: str, approve: Approval, goes: bool) -> None:
    one = Operation(id="x", kind="set_field", connection="crm", stream="Account", plugin="health", verdict=verdict)
    assert approve.covers(one) is goes


@pytest.mark.parametrize(
    ("report", "ok"),
    [
        (ApplyReport(), True),
        (ApplyReport(applied=3, skipped=1), True),
        (ApplyReport(applied=3, rejected=1), False),
        (ApplyReport(waiting=1), False),
        (ApplyReport(unknown=1), False),
        (ApplyReport(stopped={"crm": "no token"}), False),
    ],
)
def test_when_an_apply_went_well(report: ApplyReport, ok: bool) -> None:
    assert report.ok is ok


def test_who_approved_is_kept_with_every_operation(world: World, crm: MemoryCrm) -> None:
    world.proposals = {"renewals": [task("crm/Account/A1")]}
    world.plan()
    world.apply(Approval("ann"))
    with world.store.read() as conn:
        kept = list(read_operations(conn, operation.c.run_id == "apply-000001"))
    assert [(one.approved_by, one.state, one.external_id) for one in kept] == [
        ("ann", "applied", next(iter(crm.records["Task"])))
    ]
    assert kept[0].applied_at is not None

"""One long story, told on both databases: plan, apply, refusal, replay, edit, undo, undo of the undo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.ledger import Approval, dead_letters, list_runs, plan_as_json, replay, show_plan
from core.store import Store
from core.store.audit import verify
from tests.core.ledger.world import World, task
from tests.doubles.crm import MemoryCrm, answer_lost


@pytest.fixture
def told(store_url: str) -> Iterator[World]:
    """A fresh store of either kind, one CRM with twelve clients."""
    store = Store.open(store_url)
    store.migrate()
    world = World(store)
    crm = world.connect(MemoryCrm("crm", world.clock, batch=5))
    for number in range(10, 22):
        crm.add("Account", f"A{number}", Name=f"Client {number}", OwnerId="U1")
    crm.add("User", "U1", Name="Ann")
    world.sync()
    yield world
    store.close()


def test_the_whole_story(told: World) -> None:
    crm = told.setups[0].connector
    assert isinstance(crm, MemoryCrm)
    for number in range(10, 22):
        told.signal(f"crm/Account/A{number}", "health.score", number)
        told.signal(f"crm/Account/A{number}", "client.status", "active")
    told.proposals = {"renewals": [task(f"crm/Account/A{number}", f"k{number}") for number in range(10, 14)]}
    plan = told.plan()
    assert (len(plan.ready), len(plan.awaiting)) == (16, 12)
    assert plan_as_json(show_plan(told.store)) == plan_as_json(plan)

    crm.faults.reject = lambda row: "LOCKED" if row.external_id == "A15" and "Score__c" in row.values else None
    crm.faults.after = [answer_lost, None, None, answer_lost]
    report = told.apply()
    assert (report.applied, report.rejected, report.unknown, report.waiting) == (15, 1, 0, 0)
    assert len(crm.tasks()) == 4

    crm.faults.reject = lambda _: None
    told.plan()
    assert told.apply(Approval("ann", everything=True)).applied == 12
    assert [letter.operation.external_id for letter in dead_letters(told.store)] == ["A15"]
    assert replay(told.store, told.setups, told.clock, actor="ann").applied == 1
    told.sync()
    assert told.plan().operations == ()
    complete = crm.content()

    crm.edit("Account", "A10", Score__c=99)
    told.sync()
    assert [one.verdict for one in told.plan().operations] == ["blocked: edited by a person"]
    report_of_undo = told.undo("apply-000001")
    assert (report_of_undo.undone, [left.operation.external_id for left in report_of_undo.left_alone]) == (15, ["A10"])
    assert crm.tasks() == []
    assert told.undo("undo-000001").undone == 15
    complete["Account"]["A10"]["Score__c"] = 99
    assert crm.content() == complete

    assert [(line.run_id, line.state) for line in list_runs(told.store)] == [
        ("undo-000002", "done"),
        ("undo-000001", "done"),
        ("apply-000002", "done"),
        ("apply-000001", "done"),
    ]
    with told.store.read() as conn:
        assert verify(conn) is None

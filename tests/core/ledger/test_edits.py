"""Twenty people edit records in the very moment between Inlay's look and its write: none is lost unseen."""

from __future__ import annotations

import math
import random

import pytest

from core.clock import FixedClock
from core.ledger import Delivery
from core.ledger.lookback import look_back
from core.ledger.restores import CODE
from core.store.audit import read_audit
from core.store.findings import read_findings
from tests.core.ledger.world import World, task
from tests.doubles.crm import Call, Fault, MemoryCrm, answer_lost, busy

CLIENTS = 400
BATCH = 100
EDITS = 20


def firm(world: World, crm: MemoryCrm, *names: str) -> None:
    """Four hundred clients with a value for each of these signals."""
    crm.batch = BATCH
    for number in range(4, CLIENTS + 1):
        crm.add("Account", f"A{number}", Name=f"Client {number}")
    world.sync()
    for number in range(1, CLIENTS + 1):
        for name in names:
            world.signal(f"crm/Account/A{number}", name, 1000 + number if name == "health.score" else "ours")


def busy_office(field: str, seed: int) -> Fault:
    """Twenty people each edit one of the records that are just on their way."""
    luck = random.Random(seed)

    def edits(crm: MemoryCrm, call: Call) -> None:
        assert isinstance(crm.clock, FixedClock)
        crm.clock.sleep(2)
        for row in luck.sample(list(call.rows), min(EDITS, len(call.rows))):
            edited = 7 if field == "Score__c" else "theirs"
            crm.edit("Account", row.external_id or "", **{field: edited})
        crm.clock.sleep(2)

    return edits


def held(crm: MemoryCrm, field: str, value: object) -> set[str]:
    return {name for name, fields in crm.records["Account"].items() if fields.get(field) == value}


@pytest.mark.parametrize(
    ("guard", "field", "signal"), [("shared", "Segment__c", "client.segment"), ("all", "Score__c", "health.score")]
)
def test_none_is_overwritten_where_the_vendor_can_write_conditionally(
    world: World, crm: MemoryCrm, guard: str, field: str, signal: str
) -> None:
    world.delivery = Delivery(guard=guard)  # type: ignore[arg-type]
    crm.honours_conditions = True
    firm(world, crm, signal)
    world.plan()
    crm.faults.before = [busy_office(field, seed) for seed in range(CLIENTS // BATCH)]
    report = world.apply()
    edited = 7 if field == "Score__c" else "theirs"
    assert len(held(crm, field, edited)) == EDITS * CLIENTS // BATCH
    assert (report.skipped, report.applied) == (80, CLIENTS - 80)
    assert (report.waiting, report.unknown, report.rejected) == (0, 0, 0)


def test_fields_nobody_else_writes_keep_the_vendors_large_batches(world: World, crm: MemoryCrm) -> None:
    crm.honours_conditions = True
    firm(world, crm, "health.score")
    world.plan()
    crm.calls.clear()
    world.apply()
    assert [call.verb for call in crm.calls] == ["update"] * (CLIENTS // BATCH)
    assert all(row.unmodified_since is None for call in crm.writes_made() for row in call.rows)


def test_a_colleagues_edit_of_another_field_stops_no_write(world: World, crm: MemoryCrm) -> None:
    crm.honours_conditions = True
    world.signal("crm/Account/A1", "client.segment", "ours")
    world.plan()

    def edits(double: MemoryCrm, _: Call) -> None:
        world.clock.sleep(2)
        double.edit("Account", "A1", Name="New name")
        world.clock.sleep(2)

    crm.faults.before = [edits]
    assert world.apply().applied == 1
    assert crm.records["Account"]["A1"]["Segment__c"] == "ours"
    assert crm.records["Account"]["A1"]["Name"] == "New name"


def test_the_rest_is_found_in_the_history_at_the_next_look_and_reported(world: World, crm: MemoryCrm) -> None:
    crm.keeps_history = True
    firm(world, crm, "health.score")
    world.plan()
    crm.faults.before = [busy_office("Score__c", seed) for seed in range(CLIENTS // BATCH)]
    assert world.apply().applied == CLIENTS
    assert held(crm, "Score__c", 7) == set()
    world.clock.sleep(60)
    found = look_back(world.store, world.setups, world.clock)
    assert len(found) == 80
    assert {one.change.value for one in found} == {7}
    with world.store.read() as conn:
        assert len([one for one in read_findings(conn) if one.code == CODE]) == 80
        assert len([one for one in read_audit(conn) if one.action == CODE]) == 80
    assert look_back(world.store, world.setups, world.clock) == []


def test_without_edits_the_history_accuses_nobody(world: World, crm: MemoryCrm) -> None:
    crm.keeps_history = True
    crm.edit("Account", "A1", Score__c=50)
    world.sync()
    for value in (60, 70, 60):
        world.signal("crm/Account/A1", "health.score", value)
        world.plan()
        world.apply()
        world.clock.sleep(60)
    crm.edit("Account", "A1", Score__c=5)
    assert look_back(world.store, world.setups, world.clock) == []


def test_a_history_that_cannot_be_read_now_is_read_the_next_time(world: World, crm: MemoryCrm) -> None:
    crm.keeps_history = True
    world.signal("crm/Account/A1", "health.score", 80)
    world.plan()

    def edits(double: MemoryCrm, _: Call) -> None:
        double.edit("Account", "A1", Score__c=7)
        world.clock.sleep(1)

    crm.faults.before = [edits]
    world.apply()
    crm.faults.on_read = [busy()]
    assert look_back(world.store, world.setups, world.clock) == []
    assert len(look_back(world.store, world.setups, world.clock)) == 1


def test_what_was_read_long_ago_is_read_again_before_it_is_written_over(world: World, crm: MemoryCrm) -> None:
    for number in (1, 2, 3):
        world.signal(f"crm/Account/A{number}", "health.score", 80)
    world.plan()
    world.clock.sleep(3600)
    crm.edit("Account", "A2", Score__c=7)
    crm.remove("Account", "A3")
    report = world.apply()
    assert (report.applied, report.skipped) == (1, 2)
    assert (crm.records["Account"]["A1"]["Score__c"], crm.records["Account"]["A2"]["Score__c"]) == (80, 7)


def test_a_look_that_fails_sends_nothing(world: World, crm: MemoryCrm) -> None:
    world.delivery = Delivery(patience_seconds=0)
    world.signal("crm/Account/A1", "health.score", 80)
    world.plan()
    world.clock.sleep(3600)
    crm.faults.on_read = [busy()]
    assert world.apply().waiting == 1
    assert crm.writes_made() == []
    world.clock.sleep(10)
    assert world.resume().applied == 1


def test_a_task_somebody_began_after_an_old_undo_was_planned_stays(world: World, crm: MemoryCrm) -> None:
    world.delivery = Delivery(patience_seconds=0)
    world.proposals = {"renewals": [task("crm/Account/A1")]}
    world.plan()
    world.apply()
    crm.faults.before = [busy(3600)]
    assert world.undo("apply-000001").undone == 0
    crm.edit("Task", next(iter(crm.records["Task"])), Status="Completed")
    world.clock.sleep(3600)
    assert world.resume().skipped == 1
    assert len(crm.tasks()) == 1


def least_calls(operations: int) -> int:
    return math.ceil(operations / BATCH)


def test_write_back_needs_no_more_calls_than_it_must(world: World, crm: MemoryCrm) -> None:
    firm(world, crm, "health.score", "health.band", "renewal.date")
    world.plan()
    crm.calls.clear()
    world.apply()
    assert len(crm.writes_made()) <= 1.02 * least_calls(CLIENTS)


@pytest.mark.parametrize("seed", range(3))
def test_with_five_per_cent_of_faults_it_needs_hardly_more(world: World, crm: MemoryCrm, seed: int) -> None:
    crm.batch = 10
    luck = random.Random(seed)
    firm(world, crm, "health.score")
    crm.batch = 4
    world.delivery = Delivery(patience_seconds=100_000)
    crm.faults.before = [luck.choice([busy(), answer_lost]) if luck.random() < 0.05 else None for _ in range(500)]
    world.plan()
    crm.calls.clear()
    assert world.apply().applied == CLIENTS
    least = CLIENTS // 4
    assert len(crm.writes_made()) <= 1.15 * least
    assert len(crm.calls) <= 1.15 * least

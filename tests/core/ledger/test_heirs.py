"""Operations that wait while their record is merged away: followed, or ended with a cause, never lost in silence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.connector import Outcome, WriteRow
from core.ledger import dead_letters
from core.ledger.book import read_operations
from core.ledger.operations import Operation
from core.store.findings import read_findings
from core.store.tables import operation
from tests.core.ledger.world import World, task
from tests.doubles.crm import MemoryCrm, answer_lost, busy

HOUR = 3600


def waiting(world: World, crm: MemoryCrm) -> None:
    """Plan, and let all of it wait in the outbox of a busy CRM."""
    world.plan()
    crm.faults.before = [busy(HOUR)]
    assert world.apply().applied == 0


def merged(world: World, crm: MemoryCrm, survivor: str = "A1", loser: str = "A2") -> None:
    """A person merges two clients, and Inlay reads of it."""
    crm.merge("Account", survivor, [loser])
    world.clock.sleep(HOUR)
    world.sync()


def ledger(world: World, **wanted: str) -> list[Operation]:
    with world.store.read() as conn:
        found = list(read_operations(conn, operation.c.state != "planned"))
    return [one for one in found if all(getattr(one, name) == value for name, value in wanted.items())]


def scored(world: World, client: str = "A2", value: int = 82) -> None:
    world.signal(f"crm/Account/{client}", "health.score", value)


def test_a_field_follows_its_record_where_the_survivor_holds_what_was_expected(world: World, crm: MemoryCrm) -> None:
    scored(world)
    waiting(world, crm)
    merged(world, crm)
    assert world.resume().applied == 1
    assert crm.records["Account"]["A1"]["Score__c"] == 82
    [done] = ledger(world)
    assert (done.external_id, done.state) == ("A1", "applied")
    assert done.reason == "because (meant for A2, merged into A1)"


def test_what_followed_can_be_undone_there(world: World, crm: MemoryCrm) -> None:
    scored(world)
    waiting(world, crm)
    merged(world, crm)
    world.resume()
    assert world.undo("apply-000001").undone == 1
    assert crm.records["Account"]["A1"]["Score__c"] is None


@pytest.mark.parametrize(
    ("held", "why"),
    [
        (82, "merged into A1, which holds that already"),
        (40, "merged into A1, which holds 40; the next plan looks at it"),
    ],
)
def test_a_survivor_with_a_value_of_its_own_keeps_it(world: World, crm: MemoryCrm, held: int, why: str) -> None:
    scored(world)
    waiting(world, crm)
    crm.edit("Account", "A1", Score__c=held)
    merged(world, crm)
    report = world.resume()
    assert (report.applied, report.skipped) == (0, 1)
    assert crm.records["Account"]["A1"]["Score__c"] == held
    assert [one.error for one in ledger(world)] == [why]
    assert dead_letters(world.store) == []


def test_of_two_writes_for_one_field_the_survivors_own_goes(world: World, crm: MemoryCrm) -> None:
    scored(world, "A1", 10)
    scored(world, "A2", 82)
    waiting(world, crm)
    merged(world, crm)
    report = world.resume()
    assert (report.applied, report.skipped) == (1, 1)
    assert crm.records["Account"]["A1"]["Score__c"] == 10
    assert [one.error for one in ledger(world, external_id="A2")] == [
        "merged into A1, for which another write is on its way"
    ]


def test_a_chain_of_merges_is_followed_to_its_end(world: World, crm: MemoryCrm) -> None:
    scored(world)
    waiting(world, crm)
    merged(world, crm, "A1", "A2")
    merged(world, crm, "A3", "A1")
    assert world.resume().applied == 1
    assert crm.records["Account"]["A3"]["Score__c"] == 82


def test_a_survivor_that_is_gone_too_ends_it(world: World, crm: MemoryCrm) -> None:
    scored(world)
    waiting(world, crm)
    merged(world, crm)
    crm.remove("Account", "A1")
    world.sync()
    assert world.resume().skipped == 1
    assert [one.error for one in ledger(world)] == ["merged into A1, which is gone too"]


def test_a_record_deleted_for_good_has_no_heir(world: World, crm: MemoryCrm) -> None:
    scored(world)
    waiting(world, crm)
    crm.remove("Account", "A2")
    world.clock.sleep(HOUR)
    world.sync()
    assert world.resume().skipped == 1
    assert [one.error for one in ledger(world)] == ["the record is no longer in the CRM"]


def test_an_undo_that_waits_is_not_carried_over_to_somebody_elses_record(world: World, crm: MemoryCrm) -> None:
    scored(world)
    world.plan()
    world.apply()
    crm.faults.before = [busy(HOUR)]
    world.undo("apply-000001")
    crm.edit("Account", "A1", Score__c=82)
    merged(world, crm)
    assert world.resume().skipped == 1
    assert crm.records["Account"]["A1"]["Score__c"] == 82
    assert [one.error for one in ledger(world, reason="takes back: because")] == [
        "merged into A1; what that held before is not known, so it stays"
    ]


def test_a_new_task_points_at_what_its_client_has_become(world: World, crm: MemoryCrm) -> None:
    world.proposals = {"renewals": [task("crm/Account/A2")]}
    waiting(world, crm)
    merged(world, crm)
    assert world.resume().applied == 1
    [made] = crm.tasks()
    assert made["WhatId"] == "A1"
    assert "A2" in made["Subject"], "only what points at the record moves, never a text that names it"
    world.sync()
    assert world.plan().operations == ()


def test_its_undo_finds_the_task_as_it_was_made(world: World, crm: MemoryCrm) -> None:
    world.proposals = {"renewals": [task("crm/Account/A2")]}
    waiting(world, crm)
    merged(world, crm)
    world.resume()
    assert world.undo("apply-000001").undone == 1
    assert crm.tasks() == []


def lost_and_merged(world: World, crm: MemoryCrm, held: Any) -> None:
    """The answer to a write is lost, nobody can be asked, and meanwhile the record is merged into one with a value."""
    scored(world)
    world.plan()
    crm.faults.after = [answer_lost]
    crm.faults.on_read = [busy(HOUR)]
    assert world.apply().unknown == 1
    crm.edit("Account", "A1", Score__c=held)
    crm.edit("Account", "A2", Score__c=held)
    merged(world, crm)


@pytest.mark.parametrize(
    ("held", "state", "why"),
    [(82, "applied", None), (40, "skipped", "merged into A1 while it was sent")],
)
def test_what_was_sent_before_the_merge_is_looked_for_on_the_survivor(
    world: World, crm: MemoryCrm, held: int, state: str, why: str | None
) -> None:
    lost_and_merged(world, crm, held)
    world.resume()
    assert [(one.state, one.error) for one in ledger(world)] == [(state, why)]
    assert crm.records["Account"]["A1"]["Score__c"] == held
    assert [effect for effect in crm.effects if effect[0] == "update"] == [("update", "Account", "A2")]


def test_what_the_survivor_shows_no_trace_of_is_sent_there(world: World, crm: MemoryCrm) -> None:
    lost_and_merged(world, crm, None)
    world.resume()
    assert crm.records["Account"]["A1"]["Score__c"] == 82
    assert [(one.state, one.external_id) for one in ledger(world)] == [("applied", "A1")]
    world.sync()
    assert world.plan().operations == ()


def test_own_writes_are_known_again_on_the_survivor(world: World, crm: MemoryCrm) -> None:
    lost_and_merged(world, crm, 82)
    world.resume()
    world.signal("crm/Account/A1", "health.score", 90)
    world.sync()
    [planned] = world.plan().operations
    assert (planned.external_id, planned.before, planned.verdict) == ("A1", 82, "apply")


# --- what a vendor left out of a new record -------------------------------------------------------------------------


class Particular(MemoryCrm):
    """Makes tasks without what it does not like, and says so."""

    def _upsert(self, stream: str, row: WriteRow) -> Outcome:
        values = {name: value for name, value in row.values.items() if name != "Priority"}
        made = super()._upsert(stream, replace(row, values=values))
        return replace(made, code="FIELDS_LEFT_OUT", message="INVALID_OPTION Priority", fields=("Priority",))


@pytest.fixture
def particular(world: World) -> Particular:
    crm = Particular("crm", world.clock)
    world.connect(crm)
    crm.add("Account", "A1", Name="Client 1")
    world.sync()
    world.proposals = {"renewals": [task("crm/Account/A1")]}
    world.plan()
    assert world.apply().applied == 1
    return crm


def test_what_a_vendor_left_out_of_a_new_record_is_kept_and_told(world: World, particular: Particular) -> None:
    [done] = ledger(world)
    told = "made without Priority: FIELDS_LEFT_OUT: INVALID_OPTION Priority"
    assert (done.state, done.error) == ("applied", told)
    assert "Priority" not in done.after["values"]
    [made] = particular.records["Task"]
    with world.store.read() as conn:
        assert [(one.code, one.place, one.message) for one in read_findings(conn)] == [
            ("made_without_fields", f"crm/Task/{made}", told)
        ]


def test_it_can_be_undone_as_it_was_made(world: World, particular: Particular) -> None:
    assert world.undo("apply-000001").undone == 1
    assert particular.tasks() == []

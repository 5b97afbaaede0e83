"""What the CRM holds, as far as Inlay knows: synced payloads, and its own writes until a sync has seen more."""

from __future__ import annotations

import pytest

from core.ledger.current import Holding, holdings_of, in_flight, keys_held, living
from core.ledger.target import Target, targets_of
from tests.core.ledger.world import World, task
from tests.doubles.crm import MemoryCrm, busy


def target(world: World, name: str = "crm") -> Target:
    return targets_of(world.setups)[name]


def holding(world: World, record: str = "A1", name: str = "crm") -> Holding:
    with world.store.read() as conn:
        return holdings_of(conn, target(world, name), "Account", [record])[record]


def test_before_any_write_the_payload_speaks(world: World, crm: MemoryCrm) -> None:
    crm.edit("Account", "A1", Score__c=40)
    world.sync()
    assert holding(world).value("Score__c") == 40
    assert holding(world).value("Band__c") is None
    assert holding(world).value("No_Such_Field__c") is None


def test_a_write_speaks_until_a_sync_sees_the_record_change(world: World, crm: MemoryCrm) -> None:
    world.signal("crm/Account/A1", "health.score", 82)
    world.plan()
    world.apply()
    assert holding(world).raw["Score__c"] is None
    assert holding(world).value("Score__c") == 82
    world.sync()
    assert holding(world).raw["Score__c"] == 82
    crm.edit("Account", "A1", Score__c=3)
    world.sync()
    assert holding(world).value("Score__c") == 3


def test_an_own_write_that_comes_back_is_no_persons_edit(world: World, crm: MemoryCrm) -> None:
    world.signal("crm/Account/A1", "health.score", 82)
    world.plan()
    world.apply()
    for _ in range(3):
        world.sync()
        assert world.plan().operations == ()
    assert len(crm.writes_made()) == 1


@pytest.mark.usefixtures("crm")
def test_fields_under_properties_are_found(world: World, marketing: MemoryCrm) -> None:
    marketing.edit("Account", "M1", score="41")
    world.sync()
    assert holding(world, "M1", "marketing").value("score") == "41"


def test_unknown_and_gone_records_are_left_out(world: World, crm: MemoryCrm) -> None:
    crm.remove("Account", "A2")
    world.sync()
    with world.store.read() as conn:
        assert set(holdings_of(conn, target(world), "Account", ["A1", "A2", "A9"])) == {"A1"}
        assert living(conn, ["crm/Account/A1", "crm/Account/A2", "crm/Account/A9"]) == {"crm/Account/A1"}


def test_keys_of_deleted_tasks_are_remembered(world: World, crm: MemoryCrm) -> None:
    crm.add("Task", "T1", Inlay_Key__c="k1")
    crm.add("Task", "T2", Inlay_Key__c="k2")
    crm.add("Task", "T3", Subject="a person's own")
    world.sync()
    crm.remove("Task", "T1")
    world.sync()
    with world.store.read() as conn:
        assert keys_held(conn, target(world), "Task", "Inlay_Key__c") == {"k1", "k2"}


def test_targets_on_their_way_are_known_by_record_or_key(world: World, crm: MemoryCrm) -> None:
    crm.faults.before = [busy(600)]
    world.signal("crm/Account/A1", "health.score", 82)
    world.proposals = {"renewals": [task("crm/Account/A1")]}
    keys = [one.target for one in world.plan().operations]
    world.apply()
    with world.store.read() as conn:
        assert in_flight(conn) == set(keys)


@pytest.mark.usefixtures("crm")
def test_same_values_however_rendered(world: World) -> None:
    same = target(world).same
    assert same("Account", "Score__c", "82", 82.0)
    assert same("Account", "Score__c", None, "")
    assert not same("Account", "Score__c", None, 0)
    assert same("Account", "Renewal__c", "2026-06-30", "2026-06-30T00:00:00Z")
    assert not same("Account", "Status__c", "a", "b")
    assert same("Task", "Description", "a  b", "a b")
    assert same("Task", "due", "2026-06-30T12:00:00Z", "2026-06-30T12:00:00.000Z")
    assert same("Task", "due", "1782820800000", "2026-06-30T12:00:00Z")
    assert not same("Task", "due", "2026-06-30T12:00:00Z", "2026-06-30T13:00:00Z")
    assert not same("Task", "Subject", "call", "call them")

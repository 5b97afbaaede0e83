"""Proposals: each becomes one task in one CRM, given to the right person, and is never made twice."""

from __future__ import annotations

from typing import Any

import pytest

from core.ledger import Approval, PlanRules, PluginRules
from core.ledger.operations import vendor_key
from core.proposals import LogNote
from tests.core.ledger.world import World, only, task
from tests.doubles.crm import MemoryCrm


def propose(world: World, *proposals: Any, plugin: str = "renewals") -> None:
    world.proposals = {plugin: list(proposals)}


def test_a_proposal_becomes_a_task(world: World, crm: MemoryCrm) -> None:
    propose(world, task("crm/Account/A1", assignee_id="crm/User/U2", inputs=("crm/Account/A1#payments.days_late",)))
    planned = only(world.plan())
    key = vendor_key("renewals", "call")
    assert (planned.kind, planned.stream, planned.key, planned.plugin) == ("create_record", "Task", key, "renewals")
    assert planned.inputs == ("crm/Account/A1#payments.days_late",)
    assert world.apply().applied == 1
    [made] = crm.tasks()
    assert {name: value for name, value in made.items() if name != "SystemModstamp"} == {
        "Subject": "[Inlay] Call crm/Account/A1",
        "Description": "They are 30 days late.",
        "Status": "Not Started",
        "Priority": "High",
        "ActivityDate": "2026-06-05",
        "OwnerId": "U2",
        "WhatId": "A1",
        "Inlay_Key__c": key,
    }


@pytest.mark.usefixtures("crm")
def test_the_same_proposal_is_not_made_again(world: World) -> None:
    propose(world, task("crm/Account/A1"))
    world.plan()
    world.apply()
    assert world.plan().operations == ()
    world.sync()
    assert world.plan().operations == ()


def test_a_task_that_a_person_changed_or_deleted_is_not_made_again(world: World, crm: MemoryCrm) -> None:
    propose(world, task("crm/Account/A1", "a"), task("crm/Account/A2", "b"))
    world.plan()
    world.apply()
    first, second = crm.records["Task"]
    crm.edit("Task", first, Status="Completed")
    crm.remove("Task", second)
    world.sync()
    assert world.plan().operations == ()


def test_a_lost_ledger_makes_no_task_twice(world: World, crm: MemoryCrm) -> None:
    crm.add("Task", "T1", Subject="old", Status="Completed", Inlay_Key__c=vendor_key("renewals", "call"))
    world.sync()
    propose(world, task("crm/Account/A1"), task("crm/Account/A1", "another"))
    assert only(world.plan()).key == vendor_key("renewals", "another")


@pytest.mark.usefixtures("marketing")
def test_a_client_in_both_crms_gets_the_task_in_the_first(world: World) -> None:
    propose(world, task("crm/Account/A1", "a"), task("marketing/Account/M1", "b"), task("marketing/Account/M4", "c"))
    placed = {one.after["values"].get("WhatId", "M4"): one.connection for one in world.plan().operations}
    assert placed == {"A1": "crm", "M4": "marketing"}


@pytest.mark.usefixtures("crm")
def test_links_lead_to_the_clients_record_of_that_crm(world: World, marketing: MemoryCrm) -> None:
    propose(world, task("marketing/Account/M4", assignee_id="crm/User/U2"))
    planned = only(world.plan())
    assert planned.after["links"] == [["Account", "M4"]]
    assert planned.after["values"] == {
        "subject": "[Inlay] Call marketing/Account/M4",
        "due": "2026-06-05T12:00:00Z",
        "owner": "9",
    }
    world.apply()
    assert marketing.tasks()[0]["link_Account"] == "M4"


@pytest.mark.usefixtures("crm")
def test_without_assignee_the_clients_owner_gets_it(world: World) -> None:
    propose(world, task("crm/Account/A1"))
    assert only(world.plan()).after["owner"] == "U1"


@pytest.mark.usefixtures("marketing")
def test_an_assignee_without_account_in_that_crm_leaves_it_to_the_owner(world: World) -> None:
    propose(world, task("crm/Account/A1", assignee_id="marketing/User/77"))
    assert only(world.plan()).after["owner"] == "U1"


@pytest.mark.usefixtures("marketing")
def test_a_deleted_client_record_is_passed_over(world: World, crm: MemoryCrm) -> None:
    crm.remove("Account", "A1")
    world.sync()
    propose(world, task("crm/Account/A1"))
    assert only(world.plan()).connection == "marketing"


@pytest.mark.parametrize(
    ("proposal", "why"),
    [
        (task("crm/Account/Nobody"), "no CRM that can hold it knows the client crm/Account/Nobody"),
        (task("crm/Account/A1", ""), "key is empty"),
        (task("crm/Account/A1", subject=""), "subject is empty"),
        (task("crm/Account/A1", subject=None), "subject is NoneType, a text is due"),
        (task("crm/Account/A1", body=7), "body is int, a text is due"),
        (task("crm/Account/A1", due="soon"), "due is str, a date is due"),
        (task("crm/Account/A1", priority="now"), "priority 'now' is none of low, normal, high"),
        ("call them", "str is nothing the ledger can write"),
        (None, "NoneType is nothing the ledger can write"),
    ],
)
@pytest.mark.usefixtures("crm")
def test_what_cannot_be_done_is_refused_by_name_and_the_others_go_on(world: World, proposal: Any, why: str) -> None:
    world.proposals = {"odd": [proposal, task("crm/Account/A2", "fine")], "renewals": [task("crm/Account/A3")]}
    plan = world.plan()
    assert [(one.plugin, one.why) for one in plan.refused] == [("odd", why)]
    assert len(plan.ready) == 2


@pytest.mark.usefixtures("crm")
def test_two_proposals_with_one_key_are_told(world: World) -> None:
    propose(world, task("crm/Account/A1", "k"), task("crm/Account/A1", "k"), task("crm/Account/A2", "k"))
    plan = world.plan()
    assert only(plan).client_id == "crm/Account/A1"
    assert [one.why for one in plan.refused] == ["another proposal of this plugin has the same key"]


@pytest.mark.usefixtures("crm")
def test_plugins_do_not_share_keys(world: World) -> None:
    world.proposals = {"a": [task("crm/Account/A1", "k")], "b": [task("crm/Account/A1", "k")]}
    assert len(world.plan().ready) == 2


@pytest.mark.usefixtures("crm")
def test_no_crm_that_keeps_notes_refuses_them(world: World) -> None:
    propose(world, LogNote("crm/Account/A1", "They called.", "n1", "a call"))
    assert world.plan().refused[0].subject == "n1"


def test_modes_hold_for_proposals_too(world: World, crm: MemoryCrm) -> None:
    world.rules = PlanRules(plugins={"watcher": PluginRules("observe"), "asker": PluginRules("propose")})
    world.proposals = {"watcher": [task("crm/Account/A1")], "asker": [task("crm/Account/A1")]}
    plan = world.plan()
    assert {one.plugin: one.verdict for one in plan.operations} == {"watcher": "observed", "asker": "needs approval"}
    assert world.apply().applied == 0
    world.plan()
    assert world.apply(Approval("tom", plugins=frozenset({"asker", "watcher"}))).applied == 1
    assert len(crm.tasks()) == 1


def test_keys_fit_the_vendors_and_hold_no_capitals() -> None:
    key = vendor_key("renewals", "renewal:crm/Contract/8001" + "x" * 200)
    assert len(key) <= 80
    assert key == key.lower()
    assert key != vendor_key("renewals", "renewal:crm/Contract/8001")


def test_nobody_who_has_left_is_given_a_task(world: World, crm: MemoryCrm) -> None:
    crm.edit("User", "U1", IsActive=False)
    crm.edit("User", "U2", IsActive=True)
    world.sync()
    propose(world, task("crm/Account/A1", "a"), task("crm/Account/A1", "b", assignee_id="crm/User/U2"))
    given = {one.key: one.after["owner"] for one in world.plan().operations}
    assert given == {vendor_key("renewals", "a"): None, vendor_key("renewals", "b"): "U2"}
    assert world.apply().applied == 2
    assert sorted(str(made.get("OwnerId")) for made in crm.tasks()) == ["None", "U2"]

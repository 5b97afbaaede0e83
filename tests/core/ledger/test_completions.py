"""Tasks of Inlay's own that became needless: completed where nobody touched them, left alone where somebody did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.demo import AS_OF
from core.clock import FixedClock
from core.ledger import Approval, PlanRules, PluginRules
from core.proposals import CompleteTask, CreateRecord
from core.store import Store
from tests.core.ledger.vendors import VendorWorld, both_crms
from tests.core.ledger.world import AUTO, World, only, task
from tests.doubles.crm import MemoryCrm
from tests.end_to_end import crms
from tests.end_to_end.thrift import mappings_parsed_once

A1 = "crm/Account/A1"
SPARE = CompleteTask(A1, "call", "the invoice was paid")


def made(world: World, *, plugin: str = "renewals") -> None:
    """One task, made and seen again by a sync; then the plugin wants it completed."""
    world.proposals = {plugin: [task(A1)]}
    world.plan()
    world.apply()
    world.sync()
    world.proposals = {plugin: [SPARE]}


def test_a_needless_task_is_completed_and_that_once(world: World, crm: MemoryCrm) -> None:
    made(world)
    planned = only(world.plan())
    assert (planned.kind, planned.field, planned.before, planned.after) == (
        "set_field", "Status", "Not Started", "Completed",
    )  # fmt: skip
    assert (planned.client_id, planned.reason, planned.plugin) == (A1, "the invoice was paid", "renewals")
    assert world.apply().applied == 1
    [held] = crm.tasks()
    assert held["Status"] == "Completed"
    assert world.plan().operations == ()
    world.sync()
    assert world.plan().operations == ()


@pytest.mark.parametrize(
    "edit",
    [
        {"Status": "In Progress"},
        {"ActivityDate": "2026-06-30"},  # snoozed
        {"Description": "I called, they want a visit"},
        {"OwnerId": "U2"},
        {"Subject": "Visit them"},
        {"Status": "Completed"},
    ],
    ids=lambda edit: next(iter(edit)),
)
def test_a_task_that_a_person_has_touched_is_that_persons(world: World, crm: MemoryCrm, edit: dict[str, Any]) -> None:
    made(world)
    [record] = crm.records["Task"]
    crm.edit("Task", record, **edit)
    world.sync()
    assert world.plan().operations == ()


def test_a_touch_between_plan_and_apply_is_seen(world: World, crm: MemoryCrm) -> None:
    made(world)
    world.plan()
    [record] = crm.records["Task"]
    crm.edit("Task", record, Status="In Progress")
    world.sync()
    assert world.apply().applied == 0
    assert crm.records["Task"][record]["Status"] == "In Progress"


def test_a_task_that_is_gone_or_was_never_made_needs_nothing(world: World, crm: MemoryCrm) -> None:
    world.proposals = {"renewals": [SPARE]}
    assert world.plan().operations == ()
    made(world)
    crm.remove("Task", next(iter(crm.records["Task"])))
    world.sync()
    assert world.plan().operations == ()


@pytest.mark.usefixtures("crm")
def test_no_plugin_completes_anothers_task(world: World) -> None:
    made(world)
    world.proposals = {"health": [SPARE]}
    assert world.plan().operations == ()


@pytest.mark.usefixtures("crm")
def test_what_was_undone_comes_back_only_with_approval(world: World, crm: MemoryCrm) -> None:
    made(world)
    world.plan()
    run = world.apply().run_id
    world.sync()
    world.undo(run)
    assert [held["Status"] for held in crm.tasks()] == ["Not Started"]
    assert only(world.plan()).verdict == f"needs approval: undone in {world_run(world)}"


def world_run(world: World) -> str:
    """The run of the last undo."""
    return only(world.plan()).verdict.rpartition(" ")[2]


@pytest.mark.usefixtures("crm")
def test_a_plugin_that_only_proposes_waits_for_a_person(world: World) -> None:
    made(world)
    world.rules = replace(AUTO, default=PluginRules("propose"))
    assert only(world.plan()).verdict == "needs approval"


@pytest.mark.usefixtures("crm")
@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (CompleteTask(A1, "", "x"), "client_id and key must not be empty"),
        (CompleteTask(A1, 7, "x"), "key must be a text"),  # type: ignore[arg-type]
        (CompleteTask(A1, "call", "x", ["a"]), "inputs must be a tuple of texts"),  # type: ignore[arg-type]
        (CreateRecord(A1, "ticket", {}, "k", "x"), "record_type 'ticket' is none of deal"),  # type: ignore[arg-type]
        (CreateRecord(A1, "deal", {"name": None}, "k", "x"), "name must be a text or a number"),  # type: ignore[dict-item]
        (CreateRecord(A1, "deal", "name", "k", "x"), "values must be a text or a number"),  # type: ignore[arg-type]
        (CreateRecord(A1, "deal", {"name": "Renewal"}, "k", "x"), "no CRM that can hold it knows the client"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(world: World, wish: CompleteTask | CreateRecord, said: str) -> None:
    world.proposals = {"renewals": [wish]}
    [refused] = world.plan().refused
    assert said in refused.why


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[VendorWorld, Any, Any]]:
    """Both vendors' simulators with a task and a deal for a client of each, made, synced and spared."""
    path = tmp_path_factory.mktemp("spared") / "inlay.db"
    with mappings_parsed_once(), both_crms() as fleet, Store.open(f"sqlite:///{path}") as store:
        store.migrate()
        world = VendorWorld(store, FixedClock(AS_OF + timedelta(hours=1)), rules=PlanRules(default=PluginRules("auto")))
        world.attach(fleet)
        world.sync()
        clients = [world.clients("crm")[0], world.clients("marketing")[-1]]
        values: dict[str, str | float] = {
            "name": "Renewal: A-1", "deal_type": "renewal", "expected_close_date": "2026-09-30", "amount": 1050.0,
        }  # fmt: skip
        deals = [
            CreateRecord(client, "deal", values, f"deal {client}", "it ends on 30 September 2026") for client in clients
        ]
        world.proposals = {"renewals": [*(task(client, client) for client in clients), *deals]}
        world.plan()
        assert world.apply(Approval("tom")).applied == 4
        world.sync()
        world.proposals = {"renewals": [*(CompleteTask(client, client, "paid") for client in clients), *deals]}
        closing = world.plan()
        assert sorted((one.kind, one.stream) for one in closing.operations) == [
            ("set_field", "Task"), ("set_field", "tasks"),
        ]  # fmt: skip
        world.apply(Approval("tom"))
        world.sync()
        assert world.plan().operations == ()
        at = fleet.endpoints()
        yield world, crms.salesforce(at["salesforce"]), crms.hubspot(at["hubspot"])


def test_both_vendors_show_it_as_completed(office: tuple[VendorWorld, Any, Any]) -> None:
    _, sf, hs = office
    [ours] = crms.inlay_tasks(sf)
    assert ours["Status"] == "Completed"
    names = ["hs_task_status", "inlay_key"]
    found = hs.crm.objects.get_all(object_type="tasks", properties=names)
    assert [one.properties["hs_task_status"] for one in found if one.properties["inlay_key"]] == ["COMPLETED"]


def test_both_vendors_hold_the_renewal_deal_once(office: tuple[VendorWorld, Any, Any]) -> None:
    _, sf, hs = office
    soql = (
        "SELECT Name, Type, StageName, CloseDate, Amount, AccountId, OwnerId, Account.OwnerId FROM Opportunity "
        "WHERE Inlay_Key__c != null"
    )
    [ours] = sf.query_all(soql)["records"]
    assert (ours["Name"], ours["Type"], ours["Amount"]) == ("Renewal: A-1", "Renewal", 1050.0)
    assert (ours["StageName"], ours["CloseDate"]) == ("Prospecting", "2026-09-30")
    assert ours["OwnerId"] == ours["Account"]["OwnerId"]
    names = ["dealname", "dealstage", "closedate", "amount", "inlay_key"]
    [theirs] = [
        one for one in hs.crm.deals.get_all(properties=names, associations=["companies"]) if one.properties["inlay_key"]
    ]
    assert theirs.properties["dealname"] == "Renewal: A-1"
    assert theirs.properties["dealstage"] == "appointmentscheduled"
    assert str(theirs.properties["closedate"]).startswith("2026-09-30")
    assert float(theirs.properties["amount"]) == 1050
    assert len({link.id for link in theirs.associations["companies"].results}) == 1


def test_nobodys_day_is_filled_by_a_deal(office: tuple[VendorWorld, Any, Any], tmp_path: Path) -> None:
    del tmp_path
    world, _, _ = office
    world.rules = replace(world.rules, tasks_per_owner_and_day=1)
    client = world.clients("crm")[1]
    values: dict[str, str | float] = {"name": "Renewal: B", "expected_close_date": "2026-10-31"}
    world.proposals = {
        "renewals": [CreateRecord(client, "deal", values, f"{client}{number}", "soon") for number in range(3)]
    }
    assert [one.verdict for one in world.plan().operations] == ["apply"] * 3

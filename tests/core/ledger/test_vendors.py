"""The whole way over real HTTP: both CRMs' own client libraries against their simulators, holding the demo firm."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
import requests

from connectors.sandbox.demo import AS_OF
from connectors.sandbox.fleet import Fleet
from core.clock import FixedClock
from core.ledger import Plan
from core.store import Store
from core.store.golden import read_golden
from tests.core.ledger.vendors import VendorWorld, both_crms


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    """Simulators of both CRMs."""
    with both_crms() as running:
        yield running


@pytest.fixture
def vendors(fleet: Fleet, store: Store) -> VendorWorld:
    """Both CRMs provisioned and synced."""
    world = VendorWorld(store, FixedClock(AS_OF + timedelta(hours=1)))
    world.attach(fleet)
    world.sync()
    return world


def calls(fleet: Fleet, vendor: str) -> list[dict[str, Any]]:
    """The writes the vendor's API has seen since the last look."""
    log = f"{fleet.endpoints()[vendor]['base_url']}/__sandbox__/requests"
    entries = requests.get(log, timeout=10).json()
    requests.delete(log, timeout=10)
    found = entries["requests"] if isinstance(entries, dict) else entries
    return [one for one in found if one["method"] in ("POST", "PATCH", "DELETE", "PUT")]


def by_kind(plan: Plan) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in plan.operations:
        counts[f"{one.connection} {one.kind}"] = counts.get(f"{one.connection} {one.kind}", 0) + 1
    return counts


def test_fields_and_tasks_reach_both_crms_and_can_be_taken_back(vendors: VendorWorld, fleet: Fleet) -> None:
    ours, theirs = vendors.publish()
    plan = vendors.plan()
    assert (plan.notes, plan.blocked, plan.refused) == ((), (), ())
    assert by_kind(plan) == {
        "crm set_field": 5 * len(ours),
        "crm create_record": 1,
        "marketing set_field": 5 * len(theirs),
        "marketing create_record": 1,
    }
    calls(fleet, "salesforce")
    calls(fleet, "hubspot")
    report = vendors.apply()
    assert report.ok
    assert report.applied == len(plan.operations)
    spent = {"crm": len(calls(fleet, "salesforce")), "marketing": len(calls(fleet, "hubspot"))}
    assert spent == {name: cost["apply"] for name, cost in plan.calls.items()}
    assert vendors.plan().operations == ()
    vendors.sync()
    assert vendors.plan().operations == ()

    undone = vendors.undo("apply-000001")
    assert (undone.left_alone, undone.undone) == ((), len(plan.operations))
    vendors.sync()
    again = vendors.plan()
    assert {one.verdict for one in again.operations} == {"needs approval: undone in undo-000001"}
    assert len(again.operations) == len(plan.operations)


FAULTS = {
    "the answers are lost after the write": ("apply_then_cut", "truncate"),
    "the answers are lost or never given": ("truncate", "apply_then_cut"),
    "the systems are out of order": ("status", "status"),
}
WRITES = {
    "salesforce": ("composite/sobjects$", "composite/sobjects/Task"),
    "hubspot": ("companies/batch/update", "tasks/batch/create"),
}


@pytest.mark.parametrize("story", FAULTS)
def test_lost_answers_double_nothing(vendors: VendorWorld, fleet: Fleet, story: str) -> None:
    vendors.publish()
    plan = vendors.plan()
    for vendor, paths in WRITES.items():
        address = f"{fleet.endpoints()[vendor]['base_url']}/__sandbox__/faults"
        faults = [
            {"do": fault, "path": path, "nth": 1, "times": 1, "status": 503, "method": "POST|PATCH"}
            for fault, path in zip(FAULTS[story], paths, strict=True)
        ]
        requests.post(address, json=faults, timeout=10).raise_for_status()
    report = vendors.apply()
    assert (report.ok, report.applied) == (True, len(plan.operations))
    vendors.sync()
    assert vendors.plan().operations == ()
    with vendors.store.read() as conn:
        made = [row for row in read_golden(conn, "task") if orjson.loads(row.data).get("external_key")]
    assert len(made) == 2


def test_what_a_person_edits_in_the_crm_stays(vendors: VendorWorld, fleet: Fleet) -> None:
    ours, theirs = vendors.publish()
    vendors.proposals = {}
    vendors.plan()
    vendors.apply()
    edit(fleet, "salesforce", {"object": "Account", "id": key(ours[0]), "fields": {"Inlay_Health_Score__c": 1}})
    edit(fleet, "hubspot", {"type": "companies", "id": key(theirs[0]), "properties": {"inlay_health_score": "1"}})
    vendors.sync()
    plan = vendors.plan()
    assert [(one.external_id, one.verdict) for one in plan.operations] == [
        (key(ours[0]), "blocked: edited by a person"),
        (key(theirs[0]), "blocked: edited by a person"),
    ]
    undone = vendors.undo("apply-000001")
    assert {one.operation.external_id for one in undone.left_alone} == {key(ours[0]), key(theirs[0])}


def key(client: str) -> str:
    return client.split("/", 2)[2]


def edit(fleet: Fleet, vendor: str, change: dict[str, Any]) -> None:
    fleet.clock.advance(timedelta(minutes=10))
    address = f"{fleet.endpoints()[vendor]['base_url']}/__sandbox__/edit"
    requests.post(address, json=change, timeout=10).raise_for_status()

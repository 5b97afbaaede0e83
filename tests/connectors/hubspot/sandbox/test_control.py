"""Beside the API: a person's edits, the request log, faults and the dump of all records."""

from __future__ import annotations

import pytest

from tests.connectors.hubspot.hub import Hub

EDIT = "/__sandbox__/edit"


def test_a_persons_edit_moves_the_stamp_and_names_the_person(hub: Hub) -> None:
    company = hub.make("companies", name="Alder")
    before = hub.stamp("companies", company)
    edited = hub.post(EDIT, {"type": "companies", "id": company, "properties": {"city": "York"}})
    assert edited["properties"]["city"] == "York"
    assert hub.stamp("companies", company) > before
    history = hub.get(f"/crm/v3/objects/companies/{company}", propertiesWithHistory="city")["propertiesWithHistory"]
    assert history["city"][0]["sourceType"] == "CRM_UI"
    assert history["city"][0]["updatedByUserId"]


def test_a_person_can_create_and_archive(hub: Hub) -> None:
    made = hub.post(EDIT, {"type": "companies", "properties": {"name": "Birch"}})
    assert hub.get(f"/crm/v3/objects/companies/{made['id']}")["properties"]["name"] == "Birch"
    hub.post(EDIT, {"type": "companies", "id": made["id"], "archive": True})
    assert hub.get("/crm/v3/objects/companies")["results"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"type": "companies", "id": "1", "properties": {}},
        {"type": "companies", "properties": {"nope": "1"}},
        {"properties": {}},
        {"type": "moons", "properties": {}},
    ],
)
def test_impossible_edits_are_told(hub: Hub, change: dict[str, object]) -> None:
    status, body = hub.refused("POST", EDIT, change)
    assert (status, bool(body["error"])) == (400, True)


def test_edits_are_not_in_the_log_but_calls_are(hub: Hub) -> None:
    company = hub.make("companies", name="Alder")
    hub.post(EDIT, {"type": "companies", "id": company, "properties": {"city": "York"}})
    hub.get("/crm/v3/objects/companies", limit=5)
    log = [(entry.method, entry.path, entry.rows) for entry in hub.app.log.entries()]
    assert log == [("POST", "/crm/v3/objects/companies", 1), ("GET", "/crm/v3/objects/companies", 1)]


def test_a_write_may_be_applied_and_its_answer_lost(hub: Hub) -> None:
    fault = {"method": "POST", "path": "^/crm/v3/objects/tasks", "do": "apply_then_cut"}
    hub.ask("POST", "/__sandbox__/faults", [fault])
    with pytest.raises(OSError, match=r"."):
        hub.make("tasks", hs_timestamp="2026-07-01T00:00:00Z")
    assert len(hub.get("/crm/v3/objects/tasks")["results"]) == 1


def test_the_dump_is_stable_and_whole(hub: Hub) -> None:
    company, contact = hub.make("companies", name="Alder"), hub.make("contacts", email="a@x.example")
    hub.link("contacts", contact, "companies", company)
    state = hub.get("/__sandbox__/state")
    assert state == hub.get("/__sandbox__/state")
    assert state["companies"][0]["properties"]["name"] == "Alder"
    assert state["contacts"][0]["associations"] == [
        f"contact_to_company {company}",
        f"contact_to_company_unlabeled {company}",
    ]


def test_an_unknown_switch_is_named(hub: Hub) -> None:
    status, body = hub.refused("POST", "/__sandbox__/options", {"search_lag": 3})
    assert status == 400
    assert "search_lag_seconds" in body["error"]

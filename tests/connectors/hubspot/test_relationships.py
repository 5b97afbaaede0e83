"""Associations as records: labels, categories, both sides, what is no more, and how little they cost."""

from __future__ import annotations

from typing import Any

import pytest

from core.mapping import Mapping
from tests.connectors.hubspot.connected import NAME, calls, connect, ids, pages, records
from tests.connectors.hubspot.hub import Hub


def label(hub: Hub, near: str, far: str, text: str, inverse: str | None = None) -> int:
    """A label of the account's own; returns its type id."""
    body = {"label": text, "name": text.lower().replace(" ", "_"), "inverseLabel": inverse}
    made = hub.ask("POST", f"/crm/v4/associations/{near}/{far}/labels", {k: v for k, v in body.items() if v})
    return int(made.json()["results"][0]["typeId"])


def put(hub: Hub, near: str, near_id: str, far: str, far_id: str, *types: tuple[str, int]) -> None:
    specs = [{"associationCategory": category, "associationTypeId": number} for category, number in types]
    assert hub.ask("PUT", f"/crm/v4/objects/{near}/{near_id}/associations/{far}/{far_id}", specs).status_code == 201


@pytest.fixture
def firm(hub: Hub) -> dict[str, Any]:
    companies = hub.make_many("companies", [{"name": "A"}, {"name": "B"}, {"name": "C"}])
    contacts = hub.make_many("contacts", [{"email": f"{name}@x.example"} for name in "abc"])
    boss = label(hub, "contacts", "companies", "Decision maker", "Decides here")
    put(hub, "contacts", contacts[0], "companies", companies[0], ("USER_DEFINED", boss))
    hub.link("contacts", contacts[0], "companies", companies[1])
    hub.link("contacts", contacts[1], "companies", companies[0])
    return {"companies": companies, "contacts": contacts, "boss": boss}


def by_id(hub: Hub, stream: str) -> dict[str, Any]:
    return {str(record["id"]): record for record in records(pages(connect(hub), stream, None, []))}


def test_each_pair_is_a_record_with_all_its_labels(hub: Hub, firm: dict[str, Any]) -> None:
    (a, b, _), (first, second, _) = firm["companies"], firm["contacts"]
    found = by_id(hub, "contacts_to_companies")
    assert set(found) == {f"{first}:{a}", f"{first}:{b}", f"{second}:{a}"}
    labelled = found[f"{first}:{a}"]
    assert (labelled["from"], labelled["to"]) == ({"type": "contacts", "id": first}, {"type": "companies", "id": a})
    assert (labelled["label"], labelled["category"]) == ("Decision maker", "USER_DEFINED")
    assert labelled["labels"] == ["Decision maker", "Primary"]
    assert labelled["isPrimary"] is True
    assert {kind["typeId"] for kind in labelled["types"]} == {1, 279, firm["boss"]}
    plain = found[f"{first}:{b}"]
    assert (plain["label"], plain["category"], plain["isPrimary"]) == (None, "HUBSPOT_DEFINED", False)


def test_the_other_side_tells_its_own_label(hub: Hub, firm: dict[str, Any]) -> None:
    found = by_id(hub, "companies_to_contacts")
    company, contact = firm["companies"][0], firm["contacts"][0]
    assert found[f"{company}:{contact}"]["label"] == "Decides here"


def test_parents_and_children_are_told_apart(hub: Hub) -> None:
    parent, child = hub.make_many("companies", [{"name": "Parent"}, {"name": "Child"}])
    put(hub, "companies", child, "companies", parent, ("HUBSPOT_DEFINED", 14))
    labels = {key: record["label"] for key, record in by_id(hub, "companies_to_companies").items()}
    assert labels == {f"{child}:{parent}": "Parent Company", f"{parent}:{child}": "Child Company"}


def test_what_was_ended_is_missing_from_the_next_reading(hub: Hub, firm: dict[str, Any]) -> None:
    first, a = firm["contacts"][0], firm["companies"][0]
    before = by_id(hub, "contacts_to_companies")
    hub.ask("DELETE", f"/crm/v4/objects/contacts/{first}/associations/companies/{a}")
    assert set(before) - set(by_id(hub, "contacts_to_companies")) == {f"{first}:{a}"}
    assert connect(hub).streams()["contacts_to_companies"].mode == "full"


def test_a_changed_label_alone_is_noticed(hub: Hub, firm: dict[str, Any]) -> None:
    first, b = firm["contacts"][0], firm["companies"][1]
    put(hub, "contacts", first, "companies", b, ("USER_DEFINED", label(hub, "contacts", "companies", "Billing")))
    assert by_id(hub, "contacts_to_companies")[f"{first}:{b}"]["label"] == "Billing"


@pytest.mark.usefixtures("firm")
def test_only_records_that_have_some_are_asked_about(hub: Hub) -> None:
    hub.make_many("contacts", [{"email": f"p{number}@x.example"} for number in range(400)])
    calls(hub)
    pages(connect(hub), "contacts_to_companies", None, [])
    lists = -(-403 // 100)
    assert calls(hub) == ["GET v3/objects/contacts"] * lists + ["POST v4/associations/contacts/companies/batch/read"]


def test_more_partners_than_one_answer_holds_are_all_read(hub: Hub) -> None:
    company = hub.make("companies", name="A")
    contacts = hub.make_many("contacts", [{"email": f"p{number}@x.example"} for number in range(510)])
    pairs = [{"from": {"id": each}, "to": {"id": company}} for each in contacts]
    hub.post("/crm/v4/associations/contacts/companies/batch/associate/default", {"inputs": pairs})
    assert len(by_id(hub, "companies_to_contacts")) == 510


def test_no_relationships_are_an_empty_reading(hub: Hub) -> None:
    assert ids(pages(connect(hub), "deals_to_companies", None, [])) == []


def test_some_can_be_fetched_again_by_id(hub: Hub, firm: dict[str, Any]) -> None:
    wanted = f"{firm['contacts'][1]}:{firm['companies'][0]}"
    assert [row["id"] for row in connect(hub).fetch("contacts_to_companies", [wanted, "1:2"], [])] == [wanted]


def test_the_bundled_mapping_makes_relationships_of_labelled_contacts(hub: Hub, firm: dict[str, Any]) -> None:
    mapping = Mapping.load("hubspot", NAME)
    stream = mapping.streams["contacts_to_companies"]
    first, a, b = firm["contacts"][0], firm["companies"][0], firm["companies"][1]
    found = by_id(hub, "contacts_to_companies")
    ((kind, told),) = stream.normalise(found[f"{first}:{a}"], [])
    assert kind == "relationship"
    assert (told["role"], told["label"], told["is_primary"]) == ("decision_maker", "Decision maker", True)
    assert told["from_type"] == "contact"
    assert told["to_type"] == "client"
    assert stream.normalise(found[f"{first}:{b}"], []) == [], "an association without a label says nothing of its own"

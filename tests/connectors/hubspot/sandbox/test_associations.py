"""Associations of version 4: labels, primaries, parents, batches, and what moves with them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.hubspot.hub import Hub, Json

PAIRS = "/crm/v4/associations"
HUBSPOT = "HUBSPOT_DEFINED"


def types(hub: Hub, source: str, source_id: str, target: str) -> dict[str, list[tuple[int, str | None]]]:
    """Partner id -> type ids and labels of every link."""
    found = hub.get(f"/crm/v4/objects/{source}/{source_id}/associations/{target}")["results"]
    return {
        row["toObjectId"]: sorted((kind["typeId"], kind["label"]) for kind in row["associationTypes"]) for row in found
    }


def spec(type_id: int, category: str = HUBSPOT) -> Json:
    return {"associationCategory": category, "associationTypeId": type_id}


def put(hub: Hub, source: tuple[str, str], target: tuple[str, str], *specs: Json) -> Json:
    path = f"/crm/v4/objects/{source[0]}/{source[1]}/associations/{target[0]}/{target[1]}"
    answer = hub.ask("PUT", path, list(specs))
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


@pytest.fixture
def pair(hub: Hub) -> tuple[str, str]:
    """A contact and a company, not associated yet."""
    return hub.make("contacts", email="a@x.example"), hub.make("companies", name="Alder")


def test_the_first_company_becomes_the_primary_one(hub: Hub, pair: tuple[str, str]) -> None:
    contact, company = pair
    hub.link("contacts", contact, "companies", company)
    assert types(hub, "contacts", contact, "companies") == {company: [(1, "Primary"), (279, None)]}
    assert types(hub, "companies", company, "contacts") == {contact: [(2, "Primary"), (280, None)]}
    assert hub.values("contacts", contact, "associatedcompanyid") == {"associatedcompanyid": company}


def test_it_does_so_from_the_companys_side_too(hub: Hub, pair: tuple[str, str]) -> None:
    contact, company = pair
    hub.link("companies", company, "contacts", contact)
    assert (1, "Primary") in types(hub, "contacts", contact, "companies")[company]


def test_a_second_company_is_not_primary_until_said(hub: Hub, pair: tuple[str, str]) -> None:
    contact, first = pair
    second = hub.make("companies", name="Birch")
    hub.link("contacts", contact, "companies", first)
    hub.link("contacts", contact, "companies", second)
    assert types(hub, "contacts", contact, "companies")[second] == [(279, None)]
    put(hub, ("contacts", contact), ("companies", second), spec(1))
    found = types(hub, "contacts", contact, "companies")
    assert found == {first: [(279, None)], second: [(1, "Primary"), (279, None)]}
    assert hub.values("contacts", contact, "associatedcompanyid") == {"associatedcompanyid": second}


def test_a_company_may_be_primary_for_many(hub: Hub, pair: tuple[str, str]) -> None:
    contact, company = pair
    other = hub.make("contacts", email="b@x.example")
    for each in (contact, other):
        hub.link("contacts", each, "companies", company)
    assert all((2, "Primary") in kinds for kinds in types(hub, "companies", company, "contacts").values())


def test_a_child_has_one_parent(hub: Hub) -> None:
    child, first, second = hub.make_many("companies", [{"name": name} for name in ("child", "first", "second")])
    for parent in (first, second):
        put(hub, ("companies", child), ("companies", parent), spec(14))
    assert hub.values("companies", child, "hs_parent_company_id") == {"hs_parent_company_id": second}
    assert hub.values("companies", second, "hs_num_child_companies") == {"hs_num_child_companies": "1"}
    assert hub.values("companies", first, "hs_num_child_companies") == {"hs_num_child_companies": "0"}
    assert (13, "Child Company") in types(hub, "companies", second, "companies")[child]


@pytest.mark.parametrize(
    ("source", "target", "there", "back"),
    [
        ("deals", "contacts", 3, 4),
        ("contacts", "tickets", 15, 16),
        ("tasks", "companies", 192, 191),
        ("notes", "companies", 190, 189),
        ("calls", "contacts", 194, 193),
        ("meetings", "deals", 212, 211),
        ("emails", "tickets", 224, 223),
    ],
)
def test_type_ids_are_directional(hub: Hub, source: str, target: str, there: int, back: int) -> None:
    labels = hub.get(f"{PAIRS}/{source}/{target}/labels")["results"]
    assert {"category": HUBSPOT, "typeId": there, "label": None} in labels
    assert back in {row["typeId"] for row in hub.get(f"{PAIRS}/{target}/{source}/labels")["results"]}
    assert back not in {row["typeId"] for row in labels}


@pytest.mark.parametrize("type_id", [280, 192, 7])
def test_a_type_of_another_direction_is_refused(hub: Hub, pair: tuple[str, str], type_id: int) -> None:
    path = f"/crm/v4/objects/contacts/{pair[0]}/associations/companies/{pair[1]}"
    assert hub.refused("PUT", path, [spec(type_id)])[0] == 400
    assert types(hub, "contacts", pair[0], "companies") == {}


def test_types_that_never_meet_are_refused(hub: Hub) -> None:
    note = hub.make("notes", hs_timestamp="2026-06-01T00:00:00Z")
    path = f"/crm/v4/objects/notes/{note}/associations/default/notes/{note}"
    assert hub.refused("PUT", path)[0] == 400


def test_own_labels_replace_each_other_but_not_hubspots(hub: Hub, pair: tuple[str, str]) -> None:
    contact, company = pair
    made: dict[str, int] = {}
    for label in ("Billing", "Legal"):
        body = {"label": label, "name": label.lower(), "inverseLabel": f"{label} for"}
        results = hub.post(f"{PAIRS}/contacts/companies/labels", body)["results"]
        made[label] = results[0]["typeId"]
        assert [row["label"] for row in results] == [label, f"{label} for"]
    ends = ("contacts", contact), ("companies", company)
    put(hub, *ends, spec(made["Billing"], "USER_DEFINED"))
    shown = put(hub, *ends, spec(made["Legal"], "USER_DEFINED"))
    assert sorted(shown["labels"]) == ["Legal", "Primary"]
    put(hub, *ends, spec(made["Legal"], "USER_DEFINED"), spec(made["Billing"], "USER_DEFINED"))
    labels = {label for _, label in types(hub, "companies", company, "contacts")[contact]}
    assert labels == {None, "Primary", "Legal for", "Billing for"}


def test_removing_ends_every_type_of_the_pair(hub: Hub, pair: tuple[str, str]) -> None:
    contact, company = pair
    hub.link("contacts", contact, "companies", company)
    path = f"/crm/v4/objects/contacts/{contact}/associations/companies/{company}"
    assert [hub.ask("DELETE", path).status_code for _ in range(2)] == [204, 204]
    assert types(hub, "companies", company, "contacts") == {}
    assert hub.values("contacts", contact, "associatedcompanyid") == {"associatedcompanyid": None}


@pytest.mark.parametrize(("type_id", "left"), [(1, [(279, None)]), (279, None)])
def test_without_the_unlabelled_type_nothing_remains(
    hub: Hub, pair: tuple[str, str], type_id: int, left: list[Any] | None
) -> None:
    contact, company = pair
    hub.link("contacts", contact, "companies", company)
    body = {"inputs": [{"from": {"id": contact}, "to": {"id": company}, "types": [spec(type_id)]}]}
    assert hub.ask("POST", f"{PAIRS}/contacts/companies/batch/labels/archive", body).status_code == 204
    assert types(hub, "contacts", contact, "companies") == ({company: left} if left else {})


def test_batch_read_has_an_error_row_for_those_without(hub: Hub, pair: tuple[str, str]) -> None:
    contact, company = pair
    lonely = hub.make("contacts", email="b@x.example")
    hub.link("contacts", contact, "companies", company)
    answer = hub.ask("POST", f"{PAIRS}/contacts/companies/batch/read", {"inputs": [{"id": contact}, {"id": lonely}]})
    assert answer.status_code == 207
    body = answer.json()
    assert [(row["from"]["id"], [to["toObjectId"] for to in row["to"]]) for row in body["results"]] == [
        (contact, [company])
    ]
    assert body["errors"][0]["context"]["fromObjectId"] == [lonely]


def test_long_lists_are_paged(hub: Hub) -> None:
    company = hub.make("companies", name="Alder")
    contacts = hub.make_many("contacts", [{"email": f"p{number}@x.example"} for number in range(503)])
    pairs = [{"from": {"id": each}, "to": {"id": company}} for each in contacts]
    hub.post(f"{PAIRS}/contacts/companies/batch/associate/default", {"inputs": pairs})
    path = f"/crm/v4/objects/companies/{company}/associations/contacts"
    first = hub.get(path)
    rest = hub.get(path, after=first["paging"]["next"]["after"])
    assert (len(first["results"]), len(rest["results"])) == (500, 3)
    assert [row["toObjectId"] for row in first["results"] + rest["results"]] == contacts
    batch = hub.post(f"{PAIRS}/companies/contacts/batch/read", {"inputs": [{"id": company}]})["results"][0]
    assert len(batch["to"]) == 500
    after = batch["paging"]["next"]["after"]
    more = hub.post(f"{PAIRS}/companies/contacts/batch/read", {"inputs": [{"id": company, "after": after}]})
    assert len(more["results"][0]["to"]) == 3


def test_batch_create_tells_what_could_not_be(hub: Hub, pair: tuple[str, str]) -> None:
    contact, company = pair
    good = {"from": {"id": contact}, "to": {"id": company}, "types": [spec(279)]}
    bad = {"from": {"id": contact}, "to": {"id": "1"}, "types": [spec(279)]}
    answer = hub.ask("POST", f"{PAIRS}/contacts/companies/batch/create", {"inputs": [good, bad]})
    assert answer.status_code == 207
    assert [row["toObjectId"] for row in answer.json()["results"]] == [company]
    assert answer.json()["numErrors"] == 1


def test_batch_archive_ends_associations(hub: Hub, pair: tuple[str, str]) -> None:
    contact, company = pair
    hub.link("contacts", contact, "companies", company)
    body = {"inputs": [{"from": {"id": contact}, "to": [{"id": company}]}]}
    assert hub.ask("POST", f"{PAIRS}/contacts/companies/batch/archive", body).status_code == 204
    assert types(hub, "contacts", contact, "companies") == {}


@pytest.mark.parametrize(("verb", "most"), [("read", 1_000), ("create", 2_000), ("associate/default", 2_000)])
def test_batches_are_bounded(hub: Hub, verb: str, most: int) -> None:
    inputs = [{"id": "1", "from": {"id": "1"}, "to": {"id": "1"}}] * (most + 1)
    status, body = hub.refused("POST", f"{PAIRS}/contacts/companies/batch/{verb}", {"inputs": inputs})
    assert (status, str(most) in body["message"]) == (400, True)


def test_archiving_a_record_ends_its_associations(hub: Hub, pair: tuple[str, str]) -> None:
    contact, company = pair
    hub.link("contacts", contact, "companies", company)
    hub.ask("DELETE", f"/crm/v3/objects/contacts/{contact}")
    assert types(hub, "companies", company, "contacts") == {}
    assert hub.values("companies", company, "num_associated_contacts") == {"num_associated_contacts": None}


def test_inline_associations_list_a_partner_once_per_type(hub: Hub, pair: tuple[str, str]) -> None:
    contact, company = pair
    hub.link("contacts", contact, "companies", company)
    shown = hub.get(f"/crm/v3/objects/contacts/{contact}", associations="companies,deals")["associations"]
    assert shown == {
        "companies": {
            "results": [
                {"id": company, "type": "contact_to_company_unlabeled"},
                {"id": company, "type": "contact_to_company"},
            ]
        }
    }


@pytest.mark.parametrize("version", ["2025-09", "2026-03", "2026-09"])
def test_dated_paths_lead_to_the_same(hub: Hub, pair: tuple[str, str], version: str) -> None:
    contact, company = pair
    hub.link("contacts", contact, "companies", company)
    assert hub.get(f"/crm/objects/{version}/contacts/{contact}/associations/companies")["results"]
    assert hub.get(f"/crm/associations/{version}/contacts/companies/labels")["results"]
    assert hub.refused("GET", f"/crm/v3/objects/contacts/{contact}/associations/companies")[0] == 404
    assert hub.refused("GET", "/crm/v4/objects/contacts")[0] == 404
    assert hub.refused("GET", "/-/objects/contacts")[0] == 404

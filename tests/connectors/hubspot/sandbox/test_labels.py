"""Labels of the account's own: made, paired, renamed, put on and taken off associations."""

from __future__ import annotations

from typing import Any

import pytest
from hubspot.crm.associations.v4.schema import (
    ApiException,
    PublicAssociationDefinitionCreateRequest,
    PublicAssociationDefinitionUpdateRequest,
)

from tests.connectors.hubspot.hub import Hub

PAIR = "/crm/v4/associations/contacts/companies"


@pytest.fixture
def labels(hub: Hub) -> Any:
    return hub.client.crm.associations.v4.schema.definitions_api


def make(labels: Any, label: str = "Adviser", inverse: str | None = None) -> tuple[int, int]:
    """A label from contacts to companies, and its id in either direction."""
    wanted = PublicAssociationDefinitionCreateRequest(name=label.lower(), label=label, inverse_label=inverse)
    made = labels.create("contacts", "companies", wanted).results
    return made[0].type_id, made[1].type_id


def pair(hub: Hub) -> tuple[str, str]:
    return hub.make("contacts", email="a@x.example"), hub.make("companies", name="Alder")


def put(hub: Hub, contact: str, company: str, *type_ids: int) -> None:
    specs = [{"associationCategory": "USER_DEFINED", "associationTypeId": each} for each in type_ids]
    answer = hub.ask("PUT", f"/crm/v4/objects/contacts/{contact}/associations/companies/{company}", specs)
    assert answer.status_code == 201, answer.text


def on(hub: Hub, source: str, source_id: str, target: str) -> list[str]:
    """The texts of the labels between a record and its only partner."""
    (row,) = hub.get(f"/crm/v4/objects/{source}/{source_id}/associations/{target}")["results"]
    return [kind["label"] for kind in row["associationTypes"] if kind["label"] not in (None, "Primary")]


def test_a_paired_label_reads_differently_from_either_side(hub: Hub, labels: Any) -> None:
    adviser, _ = make(labels, "Adviser", "Advised by")
    contact, company = pair(hub)
    put(hub, contact, company, adviser)
    assert on(hub, "contacts", contact, "companies") == ["Adviser"]
    assert on(hub, "companies", company, "contacts") == ["Advised by"]


def test_a_label_may_be_listed_in_both_directions(labels: Any) -> None:
    forth, back = make(labels, "Adviser", "Advised by")
    mine = {each.type_id: each.label for each in labels.get_all("contacts", "companies").results}
    theirs = {each.type_id: each.label for each in labels.get_all("companies", "contacts").results}
    assert (mine[forth], theirs[back]) == ("Adviser", "Advised by")


def test_putting_labels_replaces_the_ones_that_were_there(hub: Hub, labels: Any) -> None:
    (adviser, _), (payer, _) = make(labels), make(labels, "Payer")
    contact, company = pair(hub)
    put(hub, contact, company, adviser)
    put(hub, contact, company, payer)
    assert on(hub, "contacts", contact, "companies") == ["Payer"]
    put(hub, contact, company, payer, adviser)
    assert on(hub, "contacts", contact, "companies") == ["Payer", "Adviser"]


def test_a_renamed_label_is_renamed_wherever_it_stands(hub: Hub, labels: Any) -> None:
    adviser, _ = make(labels, "Adviser", "Advised by")
    contact, company = pair(hub)
    put(hub, contact, company, adviser)
    wanted = PublicAssociationDefinitionUpdateRequest(
        association_type_id=adviser, label="Counsel", inverse_label="Counselled by"
    )
    labels.update("contacts", "companies", wanted)
    assert on(hub, "contacts", contact, "companies") == ["Counsel"]
    assert on(hub, "companies", company, "contacts") == ["Counselled by"]
    assert "Adviser" not in {each.label for each in labels.get_all("contacts", "companies").results}


def test_a_deleted_label_leaves_the_association(hub: Hub, labels: Any) -> None:
    (adviser, back), (payer, _) = make(labels), make(labels, "Payer")
    contact, company = pair(hub)
    put(hub, contact, company, adviser, payer)
    labels.remove("contacts", "companies", adviser)
    assert on(hub, "contacts", contact, "companies") == ["Payer"]
    assert on(hub, "companies", company, "contacts") == ["Payer"]
    left = [each.type_id for each in labels.get_all("companies", "contacts").results if each.category == "USER_DEFINED"]
    assert back not in left


def test_archiving_a_label_of_a_pair_leaves_the_others(hub: Hub, labels: Any) -> None:
    (adviser, _), (payer, _) = make(labels), make(labels, "Payer")
    contact, company = pair(hub)
    put(hub, contact, company, adviser, payer)
    spec = {"associationCategory": "USER_DEFINED", "associationTypeId": adviser}
    row = {"from": {"id": contact}, "to": {"id": company}, "types": [spec]}
    assert hub.ask("POST", f"{PAIR}/batch/labels/archive", {"inputs": [row]}).status_code == 204
    assert on(hub, "contacts", contact, "companies") == ["Payer"]


@pytest.mark.parametrize("type_id", [279, 1, 999_999])
def test_hubspots_own_and_unknown_types_are_no_labels_to_change(hub: Hub, type_id: int) -> None:
    assert hub.refused("DELETE", f"{PAIR}/labels/{type_id}")[0] == 400
    assert hub.refused("PUT", f"{PAIR}/labels", {"associationTypeId": type_id, "label": "x"})[0] == 400


def test_the_same_label_is_not_made_twice(labels: Any) -> None:
    make(labels)
    with pytest.raises(ApiException) as caught:
        make(labels)
    assert caught.value.status == 409


def test_a_company_with_very_many_contacts_is_read_page_by_page(hub: Hub) -> None:
    company = hub.make("companies", name="Alder")
    contacts = hub.make_many("contacts", [{"email": f"c{number}@x.example"} for number in range(510)])
    rows = [{"from": {"id": each}, "to": {"id": company}} for each in contacts]
    assert hub.ask("POST", f"{PAIR}/batch/associate/default", {"inputs": rows}).status_code == 200
    path = "/crm/v4/associations/companies/contacts/batch/read"
    (first,) = hub.post(path, {"inputs": [{"id": company}]})["results"]
    after = first["paging"]["next"]["after"]
    (rest,) = hub.post(path, {"inputs": [{"id": company, "after": after}]})["results"]
    assert [row["toObjectId"] for row in first["to"] + rest["to"]] == contacts
    assert (len(first["to"]), "paging" in rest) == (500, False)

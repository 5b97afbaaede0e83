"""Object types of the account's own, made by the vendor's client and used like any other."""

from __future__ import annotations

from typing import Any

import pytest
from hubspot.crm.schemas import (
    ApiException,
    AssociationDefinitionEgg,
    ObjectSchemaEgg,
    ObjectTypeDefinitionLabels,
    ObjectTypeDefinitionPatch,
    ObjectTypePropertyCreate,
)

from connectors.hubspot.sandbox import TOKEN
from tests.connectors.hubspot.hub import Hub

SCHEMAS = "/crm/v3/schemas"


@pytest.fixture
def schemas(hub: Hub) -> Any:
    return hub.client.crm.schemas.core_api


def definition(name: str = "matter", **more: Any) -> Any:
    title = ObjectTypePropertyCreate(name="title", label="Title", type="string", field_type="text")
    fee = ObjectTypePropertyCreate(name="fee", label="Fee", type="number", field_type="number")
    number = ObjectTypePropertyCreate(
        name="number", label="No", type="string", field_type="text", has_unique_value=True
    )
    asked = {
        "required_properties": ["title"],
        "searchable_properties": ["title"],
        "primary_display_property": "title",
        "secondary_display_properties": [],
        "associated_objects": ["COMPANY", "0-1"],
        **more,
    }
    labels = ObjectTypeDefinitionLabels(singular="Matter", plural="Matters")
    return ObjectSchemaEgg(name=name, labels=labels, properties=[title, fee, number], **asked)


@pytest.fixture
def matter(schemas: Any) -> Any:
    return schemas.create(definition())


def test_a_new_type_has_an_id_of_the_accounts_own_and_its_properties(matter: Any) -> None:
    assert matter.object_type_id.startswith("2-")
    assert matter.fully_qualified_name.startswith("p")
    assert matter.fully_qualified_name.endswith("_matter")
    assert (matter.labels.plural, matter.primary_display_property) == ("Matters", "title")
    assert {"title", "fee", "hs_object_id", "hs_lastmodifieddate"} <= {each.name for each in matter.properties}


def test_it_is_listed_and_read_back(schemas: Any, matter: Any) -> None:
    assert [each.name for each in schemas.get_all().results] == ["matter"]
    assert schemas.get_by_id(matter.object_type_id).required_properties == ["title"]


@pytest.mark.parametrize("name", ["matter", "p_matter", "fullyQualifiedName", "objectTypeId"])
def test_records_are_reached_by_every_name_of_the_type(hub: Hub, matter: Any, name: str) -> None:
    names = {"fullyQualifiedName": matter.fully_qualified_name, "objectTypeId": matter.object_type_id}
    record = hub.make(names.get(name, name), title="Audit 2026", fee="1200.50")
    assert hub.values(matter.object_type_id, record, "title", "fee") == {"title": "Audit 2026", "fee": "1200.50"}


def test_the_types_own_rules_hold(hub: Hub, matter: Any) -> None:
    path = f"/crm/v3/objects/{matter.object_type_id}"
    status, refusal = hub.refused("POST", path, {"properties": {"fee": "1"}})
    assert (status, refusal["context"]["properties"]) == (400, ["title"])
    assert hub.refused("POST", path, {"properties": {"title": "A", "fee": "much"}})[0] == 400
    hub.make("matter", title="A", number="7")
    assert hub.refused("POST", path, {"properties": {"title": "B", "number": "7"}})[0] == 400


def test_records_are_searched_by_stamp_and_by_words(hub: Hub, matter: Any) -> None:
    first, second = hub.make("matter", title="Audit of Alder"), hub.make("matter", title="Tax of Birch")
    path = f"/crm/v3/objects/{matter.object_type_id}/search"
    assert [row["id"] for row in hub.post(path, {"query": "audit"})["results"]] == [first]
    stamp = hub.stamp("matter", second)
    newer = {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": stamp}
    assert [row["id"] for row in hub.post(path, {"filters": [newer]})["results"]] == [second]


def test_records_are_upserted_by_a_unique_property(hub: Hub, matter: Any) -> None:
    inputs = [{"idProperty": "number", "id": "7", "properties": {"title": "A"}}]
    for new in (True, False):
        (row,) = hub.post(f"/crm/v3/objects/{matter.object_type_id}/batch/upsert", {"inputs": inputs})["results"]
        assert row["new"] is new


def test_records_are_associated_with_the_types_asked_for_and_with_activities(hub: Hub, matter: Any) -> None:
    record, company = hub.make("matter", title="A"), hub.make("companies", name="Alder")
    hub.link(matter.object_type_id, record, "companies", company)
    (row,) = hub.get(f"/crm/v4/objects/companies/{company}/associations/matter")["results"]
    assert (row["toObjectId"], row["associationTypes"][0]["category"]) == (record, "USER_DEFINED")
    note = hub.make("notes", hs_timestamp="2026-06-30T09:00:00Z", hs_note_body="x")
    hub.link("notes", note, "matter", record)
    deal = hub.make("deals", dealname="d", dealstage="closedwon")
    path = f"/crm/v4/objects/matter/{record}/associations/default/deals/{deal}"
    assert hub.ask("PUT", path).status_code == 400, "deals were not asked for"


def test_a_label_beside_the_plain_association_of_such_a_type(hub: Hub, matter: Any) -> None:
    record, company = hub.make("matter", title="A"), hub.make("companies", name="Alder")
    path = f"/crm/v4/associations/{matter.object_type_id}/companies"
    (label, _) = hub.post(f"{path}/labels", {"name": "payer", "label": "Payer"})["results"]
    spec = {"associationCategory": "USER_DEFINED", "associationTypeId": label["typeId"]}
    link = f"/crm/v4/objects/matter/{record}/associations/companies/{company}"
    for _ in range(2):
        assert hub.ask("PUT", link, [spec]).status_code == 201
    (row,) = hub.get(f"/crm/v4/objects/matter/{record}/associations/companies")["results"]
    assert [kind["label"] for kind in row["associationTypes"]] == [None, "Payer"]


def test_another_association_can_be_added_once(hub: Hub, schemas: Any, matter: Any) -> None:
    wanted = AssociationDefinitionEgg(
        from_object_type_id=matter.object_type_id, to_object_type_id="0-3", name="matter_to_deal"
    )
    assert schemas.create_association(matter.object_type_id, wanted).to_object_type_id == "0-3"
    record, deal = hub.make("matter", title="A"), hub.make("deals", dealname="d", dealstage="closedwon")
    hub.link("matter", record, "deals", deal)
    with pytest.raises(ApiException) as caught:
        schemas.create_association(matter.object_type_id, wanted)
    assert caught.value.status == 409


def test_roles_of_properties_change_and_the_rest_stays(hub: Hub, schemas: Any, matter: Any) -> None:
    changed = schemas.update(matter.object_type_id, ObjectTypeDefinitionPatch(required_properties=["title", "fee"]))
    assert changed.id == matter.object_type_id.removeprefix("2-")
    body = hub.get(f"{SCHEMAS}/matter")
    assert (body["requiredProperties"], body["searchableProperties"]) == (["title", "fee"], ["title"])
    assert hub.refused("POST", "/crm/v3/objects/matter", {"properties": {"title": "A"}})[0] == 400


def test_a_type_is_deleted_only_when_empty(hub: Hub, schemas: Any, matter: Any) -> None:
    record, company = hub.make("matter", title="A"), hub.make("companies", name="Alder")
    hub.link("matter", record, "companies", company)
    with pytest.raises(ApiException) as caught:
        schemas.archive(matter.object_type_id)
    assert caught.value.status == 400
    hub.ask("DELETE", f"/crm/v3/objects/matter/{record}")
    schemas.archive(matter.object_type_id)
    assert hub.refused("GET", "/crm/v3/objects/matter")[0] == 400
    assert schemas.get_all().results == []
    assert "matter" not in hub.get("/__sandbox__/state")


@pytest.mark.parametrize(
    ("name", "more", "status"),
    [
        ("2matter", {}, 400),
        ("company", {}, 409),
        ("matter", {"required_properties": ["none"]}, 400),
        ("matter", {"primary_display_property": "none"}, 400),
        ("matter", {"associated_objects": ["moon"]}, 400),
    ],
)
def test_impossible_types_are_refused(schemas: Any, name: str, more: dict[str, Any], status: int) -> None:
    with pytest.raises(ApiException) as caught:
        schemas.create(definition(name, **more))
    assert caught.value.status == status


def test_hubspots_own_types_can_be_looked_at_but_not_changed(hub: Hub) -> None:
    assert hub.get(f"{SCHEMAS}/contacts")["objectTypeId"] == "0-1"
    assert hub.refused("DELETE", f"{SCHEMAS}/contacts")[0] == 400


@pytest.mark.parametrize("path", [SCHEMAS, "/crm-object-schemas/v3/schemas", "/crm/schemas/2026-03"])
def test_every_version_serves_the_same(hub: Hub, matter: Any, path: str) -> None:
    assert [row["objectTypeId"] for row in hub.get(path)["results"]] == [matter.object_type_id]


def test_schemas_need_a_scope_of_their_own(hub: Hub, matter: Any) -> None:
    hub.configure(scopes={TOKEN: ["crm.objects.companies.read"]})
    _, refusal = hub.refused("GET", SCHEMAS)
    assert refusal["errors"][0]["context"]["requiredGranularScopes"] == [
        "crm.schemas.custom.read",
        "crm.objects.custom.read",
    ]
    _, refusal = hub.refused("GET", f"/crm/v3/objects/{matter.object_type_id}")
    assert refusal["errors"][0]["context"]["requiredGranularScopes"] == ["crm.objects.custom.read"]

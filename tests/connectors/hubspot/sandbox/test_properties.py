"""The properties API: how an account's schema is read, extended and cut back."""

from __future__ import annotations

import pytest

from tests.connectors.hubspot.hub import Hub, Json

PROPERTIES = "/crm/v3/properties/companies"
SCORE: Json = {
    "name": "inlay_score",
    "label": "Score",
    "type": "number",
    "fieldType": "number",
    "groupName": "companyinformation",
}


def new(**changes: object) -> Json:
    return {**SCORE, **changes}


def test_a_new_property_takes_values(hub: Hub) -> None:
    made = hub.post(PROPERTIES, new(description="0 to 100"), 201)
    assert (made["hubspotDefined"], made["calculated"], made["hasUniqueValue"]) == (False, False, False)
    assert made["modificationMetadata"] == {"archivable": True, "readOnlyDefinition": False, "readOnlyValue": False}
    company = hub.make("companies", name="Alder", inlay_score="82")
    assert hub.values("companies", company, "inlay_score") == {"inlay_score": "82"}
    assert hub.get(f"{PROPERTIES}/inlay_score")["description"] == "0 to 100"


def test_the_list_tells_what_may_be_written(hub: Hub) -> None:
    found = {row["name"]: row for row in hub.get(PROPERTIES)["results"]}
    assert found["num_associated_contacts"]["calculated"] is True
    assert found["hs_object_id"]["modificationMetadata"]["readOnlyValue"] is True
    assert found["name"]["modificationMetadata"]["readOnlyValue"] is False
    assert found["hubspot_owner_id"]["referencedObjectType"] == "OWNER"
    assert {"label": "Banking", "value": "BANKING", "displayOrder": 10, "hidden": False} in found["industry"]["options"]
    assert found["vat_number"]["hubspotDefined"] is False


def test_stages_are_the_options_of_their_property(hub: Hub) -> None:
    options = hub.get("/crm/v3/properties/deals/dealstage")["options"]
    assert "closedwon" in {option["value"] for option in options}


@pytest.mark.parametrize(
    ("data_type", "field_type", "allowed"),
    [
        ("string", "text", True),
        ("string", "textarea", True),
        ("string", "number", False),
        ("number", "number", True),
        ("number", "text", False),
        ("date", "date", True),
        ("datetime", "date", True),
        ("datetime", "datetime", False),
        ("enumeration", "select", True),
        ("enumeration", "text", False),
        ("bool", "booleancheckbox", True),
        ("bool", "radio", False),
        ("money", "number", False),
    ],
)
def test_types_go_with_certain_fields(hub: Hub, data_type: str, field_type: str, allowed: bool) -> None:
    answer = hub.ask("POST", PROPERTIES, new(type=data_type, fieldType=field_type))
    assert answer.status_code == (201 if allowed else 400)


@pytest.mark.parametrize("name", ["Inlay", "1score", "with space", "with-dash", "", "x" * 101])
def test_names_have_a_form(hub: Hub, name: str) -> None:
    assert hub.refused("POST", PROPERTIES, new(name=name))[0] == 400


@pytest.mark.parametrize("missing", ["name", "label", "type", "fieldType", "groupName"])
def test_five_things_must_be_said(hub: Hub, missing: str) -> None:
    body = {key: value for key, value in SCORE.items() if key != missing}
    assert hub.refused("POST", PROPERTIES, body)[0] == 400


def test_a_name_is_taken_once(hub: Hub) -> None:
    hub.post(PROPERTIES, SCORE, 201)
    assert hub.refused("POST", PROPERTIES, SCORE)[0] == 409


def test_its_group_must_exist_first(hub: Hub) -> None:
    assert hub.refused("POST", PROPERTIES, new(groupName="inlay"))[0] == 400
    hub.post(f"{PROPERTIES}/groups", {"name": "inlay", "label": "Inlay"}, 201)
    assert hub.post(PROPERTIES, new(groupName="inlay"), 201)["groupName"] == "inlay"
    assert hub.get(f"{PROPERTIES}/groups/inlay")["label"] == "Inlay"
    assert hub.refused("POST", f"{PROPERTIES}/groups", {"name": "inlay", "label": "Inlay"})[0] == 409
    assert "inlay" in {row["name"] for row in hub.get(f"{PROPERTIES}/groups")["results"]}


def test_a_group_goes_when_it_is_empty(hub: Hub) -> None:
    hub.post(f"{PROPERTIES}/groups", {"name": "inlay", "label": "Inlay"}, 201)
    hub.post(PROPERTIES, new(groupName="inlay"), 201)
    assert hub.refused("DELETE", f"{PROPERTIES}/groups/inlay")[0] == 400
    hub.ask("DELETE", f"{PROPERTIES}/inlay_score")
    assert hub.ask("DELETE", f"{PROPERTIES}/groups/inlay").status_code == 204
    assert hub.refused("GET", f"{PROPERTIES}/groups/inlay")[0] == 404


def test_options_are_enforced_and_can_be_extended(hub: Hub) -> None:
    options = [{"label": "Good", "value": "good", "hidden": False}]
    hub.post(PROPERTIES, new(type="enumeration", fieldType="select", options=options), 201)
    company = hub.make("companies", name="Alder", inlay_score="good")
    path = f"/crm/v3/objects/companies/{company}"
    assert hub.refused("PATCH", path, {"properties": {"inlay_score": "bad"}})[0] == 400
    more = [*options, {"label": "Bad", "value": "bad", "hidden": False}]
    assert hub.ask("PATCH", f"{PROPERTIES}/inlay_score", {"options": more, "label": "Mark"}).status_code == 200
    assert hub.ask("PATCH", path, {"properties": {"inlay_score": "bad"}}).status_code == 200
    assert hub.get(f"{PROPERTIES}/inlay_score")["label"] == "Mark"


@pytest.mark.parametrize("options", [[{"label": "a"}], [{"value": "a", "label": "a", "hidden": False}] * 2])
def test_options_need_a_value_of_their_own(hub: Hub, options: list[Json]) -> None:
    assert hub.refused("POST", PROPERTIES, new(type="enumeration", fieldType="select", options=options))[0] == 400


def test_unique_properties_refuse_a_second_owner_and_find_the_first(hub: Hub) -> None:
    hub.post(PROPERTIES, new(name="inlay_key", type="string", fieldType="text", hasUniqueValue=True), 201)
    company = hub.make("companies", name="Alder", inlay_key="K1")
    _, body = hub.refused("POST", "/crm/v3/objects/companies", {"properties": {"name": "Birch", "inlay_key": "k1"}})
    assert body["errors"][0]["code"] == "CONFLICTING_UNIQUE_VALUE"
    assert hub.get("/crm/v3/objects/companies/K1", idProperty="inlay_key")["id"] == company
    hub.ask("PATCH", f"/crm/v3/objects/companies/{company}", {"properties": {"inlay_key": ""}})
    assert hub.make("companies", name="Birch", inlay_key="K1") != company


def test_there_are_ten_unique_properties_at_most(hub: Hub) -> None:
    key = new(type="string", fieldType="text", hasUniqueValue=True)
    for number in range(10):
        hub.post(PROPERTIES, {**key, "name": f"key_{number}"}, 201)
    assert hub.refused("POST", PROPERTIES, key)[0] == 400
    assert hub.refused("POST", PROPERTIES, new(type="date", fieldType="date", hasUniqueValue=True))[0] == 400


def test_an_archived_property_is_gone_for_reads_and_writes(hub: Hub) -> None:
    hub.post(PROPERTIES, SCORE, 201)
    company = hub.make("companies", name="Alder", inlay_score="82")
    assert [hub.ask("DELETE", f"{PROPERTIES}/inlay_score").status_code for _ in range(2)] == [204, 204]
    assert hub.refused("GET", f"{PROPERTIES}/inlay_score")[0] == 404
    assert hub.values("companies", company, "inlay_score") == {"inlay_score": None}
    shown = hub.get(f"/crm/v3/objects/companies/{company}", properties="inlay_score")["properties"]
    assert "inlay_score" not in shown
    (archived,) = hub.get(PROPERTIES, archived="true")["results"]
    assert (archived["name"], archived["archived"]) == ("inlay_score", True)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_hubspots_own_properties_stay_as_they_are(hub: Hub, method: str) -> None:
    assert hub.refused(method, f"{PROPERTIES}/name", {"label": "x"})[0] == 400


def test_batches_of_properties(hub: Hub) -> None:
    inputs = [new(name="inlay_a"), new(name="inlay_b", fieldType="text")]
    answer = hub.ask("POST", f"{PROPERTIES}/batch/create", {"inputs": inputs})
    assert answer.status_code == 207
    assert [row["name"] for row in answer.json()["results"]] == ["inlay_a"]
    names = {"inputs": [{"name": "inlay_a"}, {"name": "inlay_b"}]}
    read = hub.ask("POST", f"{PROPERTIES}/batch/read", names)
    assert (read.status_code, read.json()["errors"][0]["context"]) == (207, {"name": ["inlay_b"]})
    assert hub.ask("POST", f"{PROPERTIES}/batch/archive", names).status_code == 204
    assert hub.refused("GET", f"{PROPERTIES}/inlay_a")[0] == 404

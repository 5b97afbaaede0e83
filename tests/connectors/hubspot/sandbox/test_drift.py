"""An administrator changes the schema while somebody syncs: what the API shows and refuses afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.hubspot.hub import Hub, Json

EDIT = "/__sandbox__/edit"
COMPANIES = "/crm/v3/objects/companies"


@pytest.fixture(autouse=True)
def score(hub: Hub) -> None:
    """A field of the account's own, and a list of grades."""
    base = {"groupName": "companyinformation"}
    hub.post(
        "/crm/v3/properties/companies",
        {**base, "name": "score", "label": "Score", "type": "number", "fieldType": "number"},
        201,
    )
    options = [{"label": each.upper(), "value": each, "hidden": False} for each in ("gold", "tin")]
    grade = {**base, "name": "grade", "label": "Grade", "type": "enumeration", "fieldType": "select"}
    hub.post("/crm/v3/properties/companies", {**grade, "options": options}, 201)


def drift(hub: Hub, name: str, do: str, **more: Any) -> Json:
    return hub.post(EDIT, {"type": "companies", "property": name, "do": do, **more})


def complaints(hub: Hub, body: Json) -> list[str]:
    status, refusal = hub.refused("POST", COMPANIES, {"properties": body})
    assert status == 400
    return [each["code"] for each in refusal["errors"]]


def test_a_removed_field_is_refused_in_writes_and_left_out_of_reads(hub: Hub) -> None:
    company = hub.make("companies", name="A", score="7")
    drift(hub, "score", "remove")
    assert complaints(hub, {"name": "B", "score": "8"}) == ["PROPERTY_DOESNT_EXIST"]
    shown = hub.get(f"{COMPANIES}/{company}", properties="name,score")["properties"]
    assert "score" not in shown
    assert shown["name"] == "A"
    assert hub.refused("GET", "/crm/v3/properties/companies/score")[0] == 404
    body = {"filterGroups": [{"filters": [{"propertyName": "score", "operator": "HAS_PROPERTY"}]}]}
    assert hub.refused("POST", f"{COMPANIES}/search", body)[0] == 400


def test_a_renamed_field_keeps_its_values_under_the_new_name(hub: Hub) -> None:
    company = hub.make("companies", name="A", score="7")
    assert drift(hub, "score", "rename", to="rating")["name"] == "rating"
    assert hub.values("companies", company, "rating") == {"rating": "7"}
    assert complaints(hub, {"name": "B", "score": "8"}) == ["PROPERTY_DOESNT_EXIST"]
    history = hub.get(f"{COMPANIES}/{company}", propertiesWithHistory="rating")["propertiesWithHistory"]
    assert [version["value"] for version in history["rating"]] == ["7"]


def test_a_field_of_another_type_judges_values_anew(hub: Hub) -> None:
    shown = drift(hub, "score", "retype", to="enumeration", fieldType="select", options=["high", "low"])
    assert (shown["type"], [option["value"] for option in shown["options"]]) == ("enumeration", ["high", "low"])
    assert complaints(hub, {"name": "B", "score": "7"}) == ["INVALID_OPTION"]
    assert hub.make("companies", name="C", score="high")


def test_a_dropped_option_stays_on_records_but_is_taken_no_more(hub: Hub) -> None:
    company = hub.make("companies", name="A", grade="tin")
    drift(hub, "grade", "drop_option", value="tin")
    assert hub.values("companies", company, "grade") == {"grade": "tin"}
    assert complaints(hub, {"name": "B", "grade": "tin"}) == ["INVALID_OPTION"]
    assert hub.make("companies", name="C", grade="gold")


def test_a_newly_required_field_stops_new_records_only(hub: Hub) -> None:
    company = hub.make("companies", name="A")
    drift(hub, "score", "require")
    status, refusal = hub.refused("POST", COMPANIES, {"properties": {"name": "B"}})
    assert (status, refusal["context"]["properties"]) == (400, ["score"])
    assert hub.ask("PATCH", f"{COMPANIES}/{company}", {"properties": {"city": "York"}}).status_code == 200


def test_a_locked_field_says_so_and_refuses(hub: Hub) -> None:
    assert drift(hub, "score", "lock")["modificationMetadata"]["readOnlyValue"] is True
    assert complaints(hub, {"name": "B", "score": "7"}) == ["READ_ONLY_VALUE"]


def test_the_rest_of_a_batch_goes_through_where_rows_are_traced(hub: Hub) -> None:
    drift(hub, "score", "remove")
    rows = [{"name": "A", "score": "1"}, {"name": "B"}]
    inputs = [{"properties": row, "objectWriteTraceId": str(at)} for at, row in enumerate(rows)]
    answer = hub.ask("POST", f"{COMPANIES}/batch/create", {"inputs": inputs})
    assert answer.status_code == 207
    assert [row["objectWriteTraceId"] for row in answer.json()["results"]] == ["1"]
    assert answer.json()["errors"][0]["context"]["objectWriteTraceId"] == ["0"]


def test_a_change_is_dated(hub: Hub) -> None:
    before = hub.get("/crm/v3/properties/companies/score")["updatedAt"]
    hub.app.clock.tick()
    assert drift(hub, "score", "lock")["updatedAt"] > before


@pytest.mark.parametrize(
    "change",
    [{"property": "score", "do": "paint"}, {"property": "none", "do": "remove"}, {"property": "score", "do": "rename"}],
)
def test_impossible_changes_are_told(hub: Hub, change: Json) -> None:
    status, body = hub.refused("POST", EDIT, {"type": "companies", **change})
    assert (status, bool(body["error"])) == (400, True)

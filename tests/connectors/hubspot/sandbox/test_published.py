"""The sandbox held against HubSpot's own specifications: what is served, and that a deviation would be noticed.

The fixtures `hub` and `demo` hold every answer of every test against them; see `fixtures/SOURCES.md`.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from connectors.hubspot.sandbox import TOKEN
from tests.connectors.hubspot.hub import Hub, Json
from tests.connectors.hubspot.published import deviations, operation_of, operations

# Published and not simulated, and why nobody misses it here.
NOT_SIMULATED = {
    r" /files/v3/(folders|files/(search|import-from-url|stat))": "attachments need uploads only",
    r"(PUT|PATCH) /files/v3/files/{}|/gdpr-delete$": "attachments are never changed",
    r" /crm/v3/lists/(folders|idmapping|records/memberships)": "lists are read by id, name and member",
    r" /crm/v3/lists/{}/(schedule|size-and|update-list-filters|memberships/(add-from|join))": "lists are not edited so",
    r" /crm/associations/v4/definitions": "limits on how many may be associated",
    r" /crm/v4/associations/usage": "a report by e-mail",
}
EXCEPT = re.compile("|".join(f"(?:{each})" for each in NOT_SIMULATED))
SERVED = [each.name for each in operations() if not EXCEPT.search(each.name) or "contacts" in each.name]
RECORD: Json = {
    "id": "1",
    "properties": {"name": None},
    "createdAt": "2026-01-01T00:00:00Z",
    "updatedAt": "2026-01-01T00:00:00.5Z",
    "archived": False,
}


def test_most_of_what_is_published_is_served() -> None:
    assert len(SERVED) >= 95
    assert len({each.area for each in operations()}) == 13


@pytest.mark.parametrize("name", SERVED)
def test_every_published_operation_has_a_route(hub: Hub, name: str) -> None:
    """What the request lacks may be refused, but not for want of a route or method."""
    method, path = name.split(" ")
    answer = hub.ask(method, path.replace("{}", "deals"), {})
    assert answer.status_code != 405
    assert answer.status_code < 500
    body: Any = answer.json() if answer.content else {}
    if answer.status_code == 404:
        assert body.get("category") == "OBJECT_NOT_FOUND", "a record or so is not there, but the route is"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"id": 1}, "id is 1 and no text"),
        ({"archived": "false"}, "archived is 'false' and no truth"),
        ({"updatedAt": "2026-01-01"}, "updatedAt is '2026-01-01' and no instant"),
        ({"properties": {"name": 7}}, "properties{} is 7 and no text"),
        ({"moon": "full"}, ".moon is not published"),
        ({"createdAt": None}, "createdAt is None and no instant"),
        ({"associations": {"contacts": {"results": [{"id": "1"}]}}}, "lacks type"),
        (
            {"propertiesWithHistory": {"name": [{"value": "x", "timestamp": "2026-01-01T00:00:00Z"}]}},
            "lacks sourceType",
        ),
    ],
)
def test_a_deviation_is_noticed(change: Json, complaint: str) -> None:
    path = "/crm/v3/objects/deals/1"
    assert deviations("GET", path, 200, RECORD) == []
    (found,) = deviations("GET", path, 200, {**RECORD, **change})
    assert complaint in found


def test_a_field_that_is_lacking_is_noticed() -> None:
    for name in RECORD:
        rest = {key: value for key, value in RECORD.items() if key != name}
        (found,) = deviations("GET", "/crm/v3/objects/deals/1", 200, rest)
        assert f"lacks {name}" in found


def test_another_status_is_noticed() -> None:
    batch = {"status": "COMPLETE", "results": [], "startedAt": RECORD["createdAt"], "completedAt": RECORD["createdAt"]}
    assert deviations("POST", "/crm/v3/objects/deals/batch/create", 201, batch) == []
    assert "status 200" in deviations("POST", "/crm/v3/objects/deals/batch/create", 200, batch)[0]
    assert "status 207" in deviations("POST", "/crm/v4/associations/a/b/batch/associate/default", 207, batch)[0]
    assert deviations("POST", "/crm/v3/objects/deals/batch/create", 201, {**batch, "status": "DONE"})


def test_an_error_without_category_is_noticed() -> None:
    body = {"message": "no", "correlationId": "00000001-0000-4000-8000-5a5db0c00000"}
    assert "lacks category" in deviations("GET", "/crm/v3/objects/deals/1", 404, body)[0]
    assert deviations("GET", "/crm/v3/objects/deals/1", 502, body) == [], "a proxy knows no categories"


def test_paths_are_told_apart() -> None:
    found = {
        path: getattr(operation_of("GET", path), "name", None)
        for path in (
            "/crm/v3/objects/companies/7",
            "/crm/v3/properties/deals/groups",
            "/crm/v3/properties/deals/amount",
        )
    }
    assert list(found.values()) == [
        "GET /crm/v3/objects/companies/{}",
        "GET /crm/v3/properties/{}/groups",
        "GET /crm/v3/properties/{}/{}",
    ]
    assert operation_of("GET", "/crm/v3/nothing") is None


class TestWordsOfRefusals:
    """What HubSpot's guides show, and what others have measured of the real API in 2026."""

    @pytest.mark.parametrize(
        ("path", "words"),
        [("widgets", "Unable to infer object type from: widgets"), ("0-41", "Invalid object or event type id: 0-41")],
    )
    def test_an_unknown_type_has_no_category(self, hub: Hub, path: str, words: str) -> None:
        status, body = hub.refused("GET", f"/crm/v3/objects/{path}")
        assert (status, body["message"], "category" in body) == (400, words, False)

    @pytest.mark.parametrize("verb", ["update", "upsert"])
    def test_a_records_id_is_no_unique_property(self, hub: Hub, verb: str) -> None:
        inputs = [{"id": "1", "idProperty": "hs_object_id", "properties": {"name": "x"}}]
        status, body = hub.refused("POST", f"/crm/v3/objects/companies/batch/{verb}", {"inputs": inputs})
        words = "Unable to perform update/upsert by non-unique 0-2 property hs_object_id in portal ID 26180339"
        assert (status, body["message"]) == (400, words)

    def test_an_update_of_nothing_is_refused(self, hub: Hub) -> None:
        company = hub.make("companies", name="A")
        status, body = hub.refused("PATCH", f"/crm/v3/objects/companies/{company}", {"properties": {}})
        assert (status, body["message"]) == (400, "No properties found to update, please provide at least one.")

    def test_what_a_body_lacks_is_named(self, hub: Hub) -> None:
        status, body = hub.refused("POST", "/crm/v3/objects/companies/merge", {})
        words = "Invalid input JSON on line 1, column 2. Some required fields were not set: [primaryObjectId]"
        assert (status, body["message"]) == (400, words)

    def test_options_are_listed_by_value(self, hub: Hub) -> None:
        values = {"subject": "s", "hs_pipeline_stage": "1", "hs_ticket_priority": "reports"}
        _, body = hub.refused("POST", "/crm/v3/objects/tickets", {"properties": values})
        words = body["errors"][0]["message"]
        assert words.startswith("reports was not one of the allowed options: [LOW, MEDIUM")
        assert f'"localizedErrorMessage":"{words}","portalId":26180339' in body["message"]

    def test_rows_of_a_batch_may_tell_no_details(self, hub: Hub) -> None:
        hub.configure(batches_tell_details=False)
        rows = [{"objectWriteTraceId": name, "properties": {name: "x"}} for name in ("name", "missing")]
        answer = hub.ask("POST", "/crm/v3/objects/companies/batch/create", {"inputs": rows})
        body = answer.json()
        assert (answer.status_code, set(body["errors"][0])) == (207, {"status", "category", "message", "context"})
        assert "objectWriteTraceId" not in body["results"][0]


class TestPropertiesAnew:
    GRADE = "/crm/v3/properties/companies/grade"

    @pytest.fixture
    def grade(self, hub: Hub) -> Json:
        body = {"name": "grade", "label": "Grade", "type": "string", "fieldType": "text", "displayOrder": 4}
        return hub.post(
            "/crm/v3/properties/companies", {**body, "hidden": True, "groupName": "companyinformation"}, 201
        )

    def test_place_and_hiding_are_kept_and_changed(self, hub: Hub, grade: Json) -> None:
        assert (grade["displayOrder"], grade["hidden"]) == (4, True)
        made = hub.ask("PATCH", self.GRADE, {"displayOrder": 2, "hidden": False, "description": "How good"}).json()
        assert (made["displayOrder"], made["hidden"], made["description"]) == (2, False, "How good")

    @pytest.mark.usefixtures("grade")
    def test_a_type_may_change_to_one_that_its_field_can_show(self, hub: Hub) -> None:
        assert hub.refused("PATCH", self.GRADE, {"type": "number"})[0] == 400
        made = hub.ask("PATCH", self.GRADE, {"type": "number", "fieldType": "number"}).json()
        assert (made["type"], made["fieldType"]) == ("number", "number")
        assert (
            hub.refused("POST", "/crm/v3/objects/companies", {"properties": {"name": "A", "grade": "good"}})[0] == 400
        )

    @pytest.mark.usefixtures("grade")
    def test_an_archived_one_is_shown_to_who_asks_for_it(self, hub: Hub) -> None:
        hub.ask("DELETE", self.GRADE)
        assert hub.refused("GET", self.GRADE)[0] == 404
        assert hub.get(self.GRADE, archived="true")["archived"] is True
        body = {"inputs": [{"name": "grade"}, {"name": "name"}], "archived": True, "dataSensitivity": "non_sensitive"}
        answer = hub.ask("POST", "/crm/v3/properties/companies/batch/read", body).json()
        assert [row["name"] for row in answer["results"]] == ["grade"]
        assert answer["errors"][0]["context"]["name"] == ["name"]

    def test_a_group_is_renamed_and_moved(self, hub: Hub) -> None:
        groups = "/crm/v3/properties/companies/groups"
        hub.post(groups, {"name": "ours", "label": "Ours", "displayOrder": 3}, 201)
        made = hub.ask("PATCH", f"{groups}/ours", {"label": "Theirs"}).json()
        assert (made["label"], made["displayOrder"]) == ("Theirs", 3)
        assert hub.refused("PATCH", f"{groups}/none", {"label": "x"})[0] == 404


class TestSchemasAnew:
    SCHEMAS = "/crm-object-schemas/v3/schemas"

    @pytest.fixture
    def matter(self, hub: Hub) -> Json:
        title = {"name": "title", "label": "Title", "type": "string", "fieldType": "text"}
        body = {
            "name": "matter",
            "labels": {"singular": "Matter"},
            "requiredProperties": ["title"],
            "properties": [title],
        }
        return hub.post(self.SCHEMAS, {**body, "associatedObjects": ["COMPANY"]}, 201)

    def test_its_parts_may_be_declined(self, hub: Hub, matter: Json) -> None:
        path = f"{self.SCHEMAS}/{matter['objectTypeId']}"
        whole, brief = (
            hub.get(path),
            hub.get(path, includePropertyDefinitions="false", includeAssociationDefinitions="false"),
        )
        assert (brief["properties"], brief["associations"], brief["requiredProperties"]) == ([], [], ["title"])
        assert {**brief, "properties": whole["properties"], "associations": whole["associations"]} == whole

    def test_several_are_read_at_once(self, hub: Hub, matter: Json) -> None:
        body = {"inputs": ["companies", matter["fullyQualifiedName"]], "includePropertyDefinitions": False}
        rows = hub.post(f"{self.SCHEMAS}/batch/read", body)["results"]
        assert [(row["name"], row["properties"]) for row in rows] == [("company", []), ("matter", [])]
        assert rows[1]["associations"]

    def test_a_change_is_answered_by_what_the_type_is(self, hub: Hub, matter: Json) -> None:
        made = hub.ask("PATCH", f"{self.SCHEMAS}/{matter['objectTypeId']}", {"requiredProperties": []}).json()
        assert (made["requiredProperties"], made["portalId"], "properties" in made) == ([], 26_180_339, False)

    def test_two_types_may_be_parted_again(self, hub: Hub, matter: Json) -> None:
        link = next(row for row in matter["associations"] if row["toObjectTypeId"] == "0-2")
        path = f"{self.SCHEMAS}/{matter['objectTypeId']}/associations/{link['id']}"
        assert hub.ask("DELETE", path).status_code == 204
        assert hub.refused("DELETE", path)[0] == 404
        labels = f"/crm/v4/associations/{matter['objectTypeId']}/companies/labels"
        assert hub.get(labels)["results"] == []

    @pytest.mark.parametrize("scope", ["crm.schemas.custom.read", "crm.objects.custom.read"])
    def test_either_scope_for_own_types_opens_them(self, hub: Hub, matter: Json, scope: str) -> None:
        hub.configure(scopes={TOKEN: [scope]})
        assert hub.get(f"{self.SCHEMAS}/{matter['objectTypeId']}")["id"] == matter["id"]
        hub.configure(scopes={TOKEN: ["crm.schemas.companies.read"]})
        assert hub.refused("GET", f"{self.SCHEMAS}/companies")[0] == 403


def test_labels_have_an_address_of_their_own(hub: Hub) -> None:
    paths = ("/crm/v4/associations/contacts/companies/labels", "/crm/associations/v4/contacts/companies/labels")
    assert hub.get(paths[0]) == hub.get(paths[1])
    made = hub.post(paths[1], {"label": "Legal", "name": "legal"})["results"]
    assert made[0] in hub.get(paths[0])["results"]


def test_pairs_that_cannot_be_associated_are_told_beside_the_others(hub: Hub) -> None:
    """Unlike other batches, this one answers 200 whatever became of its rows."""
    company, contact = hub.make("companies", name="A"), hub.make("contacts", email="a@x.example")
    pairs = [{"from": {"id": contact}, "to": {"id": each}} for each in (company, "1")]
    body = hub.post("/crm/v4/associations/contacts/companies/batch/associate/default", {"inputs": pairs})
    assert (len(body["results"]), body["numErrors"]) == (2, 1)


def test_a_search_of_lists_tells_their_size_apart(hub: Hub) -> None:
    body = {"name": "Ours", "objectTypeId": "0-2", "processingType": "MANUAL"}
    made = hub.post("/crm/v3/lists", body)["list"]
    hub.ask("PUT", f"/crm/v3/lists/{made['listId']}/memberships/add", [hub.make("companies", name="A")])
    (found,) = hub.post("/crm/v3/lists/search", {"query": "ours"})["lists"]
    assert (found["additionalProperties"], "size" in found) == ({"hs_list_size": "1"}, False)

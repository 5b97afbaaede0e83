"""What HubSpot itself tells of properties that change; what core finds by comparing is tried beside the connectors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.hubspot.connector import HubSpotConnector
from core.sdk import Finding, WriteRow
from tests.connectors.hubspot.connected import calls, connect, pages, records
from tests.connectors.hubspot.hub import Hub

GRADE = {"name": "grade", "label": "Grade", "type": "enumeration", "fieldType": "select"}
OPTIONS = [{"label": text.upper(), "value": text, "hidden": False} for text in ("a", "b", "c")]
FIELDS = ("name", "grade", "city")
KEY = {"name": "inlay_key", "label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
MATTER = {
    "name": "matter",
    "labels": {"singular": "Matter", "plural": "Matters"},
    "requiredProperties": ["title"],
    "properties": [{"name": name, "label": name, "type": "string", "fieldType": "text"} for name in ("title", "fee")],
}


@pytest.fixture
def graded(hub: Hub) -> Hub:
    hub.post("/crm/v3/properties/companies", {**GRADE, "options": OPTIONS, "groupName": "companyinformation"}, 201)
    hub.make("companies", name="Alder", city="Leeds", grade="a")
    return hub


@pytest.fixture
def keyed(graded: Hub) -> Hub:
    """With Inlay's key on what may be made."""
    for kind, group in (("companies", "companyinformation"), ("contacts", "contactinformation")):
        graded.post(f"/crm/v3/properties/{kind}", {**KEY, "groupName": group}, 201)
    return graded


@pytest.fixture
def matters(hub: Hub) -> str:
    """An object type of the firm's own."""
    return str(hub.post("/crm-object-schemas/v3/schemas", MATTER, 201)["objectTypeId"])


def drift(hub: Hub, do: str, name: str = "grade", **more: Any) -> None:
    hub.post("/__sandbox__/edit", {"type": "companies", "property": name, "do": do, **more})


def after(connector: HubSpotConnector, hub: Hub) -> list[Finding]:
    """What a worker that goes on for hours finds; everything else must be read."""
    connector.findings()
    hub.app.clock.advance(timedelta(hours=1))
    (record,) = records(pages(connector, "companies", None, FIELDS))
    assert (record["properties"]["name"], record["properties"]["city"]) == ("Alder", "Leeds")
    return connector.findings()


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"do": "remove"}, "field_removed", "archived on 2026-06-30"),
        ({"do": "rename", "to": "rank"}, "field_renamed", "rank has the same label"),
    ],
)
def test_a_property_that_went_away_is_one_finding_of_a_running_worker(
    graded: Hub, change: dict[str, str], code: str, words: str
) -> None:
    connector = connect(graded)
    pages(connector, "companies", None, FIELDS)
    drift(graded, **change)
    (finding,) = after(connector, graded)
    assert (finding.code, finding.where) == (code, "crm/companies.grade")
    assert words in finding.message
    assert finding.remedy
    assert [again.code for again in after(connector, graded)] == [code], "what lasts is told each run"


@pytest.mark.parametrize(
    ("change", "code"),
    [({"do": "remove"}, "field_removed"), ({"do": "rename", "to": "rank"}, "field_renamed")],
)
def test_a_fresh_process_tells_what_is_gone_too(graded: Hub, change: dict[str, str], code: str) -> None:
    drift(graded, **change)
    (finding,) = after(connect(graded), graded)
    assert finding.code == code


class TestWhatNewRecordsNeed:
    """Of HubSpot's own types the guides tell, and HubSpot's refusals; of the account's own the schemas API."""

    def test_the_guides_cost_no_call(self, hub: Hub) -> None:
        connector = connect(hub)
        facts = connector.describe("tasks")
        assert facts["hs_timestamp"].is_required
        assert not facts["hs_task_subject"].is_required
        assert calls(hub) == ["GET v3/properties/tasks"]

    def test_a_refusal_tells_what_is_newly_needed(self, keyed: Hub) -> None:
        connector = connect(keyed)
        drift(keyed, "require")
        assert not connector.describe("companies")["grade"].is_required
        calls(keyed)
        (outcome,) = connector.write("companies", "upsert", [WriteRow({"name": "B"}, key=("inlay_key", "b"))])
        assert (outcome.state, outcome.code, outcome.fields) == ("rejected", "REQUIRED_FIELD", ("grade",))
        assert calls(keyed) == ["POST v3/objects/companies/batch/upsert"]
        (finding,) = connector.findings()
        assert (finding.code, finding.where) == ("field_required", "crm/companies.grade")
        assert connector.describe("companies")["grade"].is_required
        keyed.app.clock.advance(timedelta(hours=1))
        assert not connector.describe("companies")["grade"].is_required, "it may be optional again by now"

    def test_what_is_refused_twice_is_told_once(self, keyed: Hub) -> None:
        drift(keyed, "require")
        connector = connect(keyed)
        found = []
        for key in ("b", "c"):
            connector.write("companies", "upsert", [WriteRow({"name": "B"}, key=("inlay_key", key))])
            found += connector.findings()
        assert [finding.code for finding in found] == ["field_required"]

    def test_of_several_of_which_one_would_do_none_is_needed(self, keyed: Hub) -> None:
        connector = connect(keyed)
        (outcome,) = connector.write("contacts", "upsert", [WriteRow({"city": "York"}, key=("inlay_key", "b"))])
        assert (outcome.code, set(outcome.fields)) == ("REQUIRED_FIELD", {"email", "firstname", "lastname"})
        assert connector.findings() == []
        assert not connector.describe("contacts")["email"].is_required

    def test_of_the_accounts_own_types_drift_is_told(self, hub: Hub, matters: str) -> None:
        connector = connect(hub)
        facts = connector.describe(matters)
        assert (facts["title"].is_required, facts["fee"].is_required) == (True, False)
        hub.ask("PATCH", f"/crm-object-schemas/v3/schemas/{matters}", {"requiredProperties": ["title", "fee"]})
        assert not connector.describe(matters)["fee"].is_required, "asked once per run"
        hub.app.clock.advance(timedelta(hours=1))
        assert connector.describe(matters)["fee"].is_required
        (finding,) = connector.findings()
        assert (finding.code, finding.where) == ("field_required", f"crm/{matters}.fee")

    def test_of_own_types_no_more_is_asked_than_is_wanted(self, hub: Hub, matters: str) -> None:
        hub.app.log.clear()
        connect(hub).describe(matters)
        asked = [entry.query for entry in hub.app.log.entries() if "/schemas/" in entry.path]
        assert asked == ["includePropertyDefinitions=false&includeAssociationDefinitions=false"]

    def test_where_the_schema_is_closed_to_inlay_all_else_goes_on(self, hub: Hub, matters: str) -> None:
        hub.ask("POST", "/__sandbox__/faults", [{"do": "status", "status": 403, "path": "/schemas/", "body": "{}"}])
        facts = connect(hub).describe(matters)
        assert facts["title"].can_update
        assert not facts["title"].is_required


def test_a_new_property_is_there_without_a_restart(hub: Hub) -> None:
    hub.make("companies", name="Alder", city="Leeds")
    connector = connect(hub)
    assert [finding.code for finding in after(connector, hub)] == ["field_unknown"]
    hub.post("/crm/v3/properties/companies", {**GRADE, "options": OPTIONS, "groupName": "companyinformation"}, 201)
    assert after(connector, hub) == []


def test_facts_tell_what_may_be_done_with_a_property(graded: Hub) -> None:
    facts = connect(graded).describe("companies")
    assert facts["grade"].is_restricted
    assert not facts["name"].is_restricted
    assert facts["total_revenue"].is_calculated
    assert not facts["total_revenue"].can_update
    assert (facts["hs_object_id"].is_calculated, facts["hs_object_id"].can_update) == (False, False)


class TestVetting:
    """What cannot be written is left out before sending, and the rest of the record is written."""

    @pytest.mark.parametrize(
        ("values", "code", "at_fault"),
        [
            ({"nope": "1"}, "PROPERTY_DOESNT_EXIST", ["nope"]),
            ({"total_revenue": "1"}, "READ_ONLY_VALUE", ["total_revenue"]),
            ({"grade": "z"}, "INVALID_OPTION", ["grade"]),
            ({"nope": None}, "PROPERTY_DOESNT_EXIST", ["nope"]),
        ],
    )
    def test_the_rest_is_sent(self, graded: Hub, values: dict[str, Any], code: str, at_fault: list[str]) -> None:
        company = graded.make("companies", name="B")
        row = WriteRow({"city": "York", **values}, external_id=company)
        (outcome,) = connect(graded).write("companies", "update", [row])
        assert (outcome.state, outcome.code, list(outcome.fields)) == ("applied", "FIELDS_LEFT_OUT", at_fault)
        assert code in outcome.message
        assert graded.values("companies", company, "city") == {"city": "York"}
        assert not [entry for entry in graded.app.log.entries() if entry.status in (207, 400)]

    def test_where_nothing_is_left_nothing_is_sent(self, graded: Hub) -> None:
        first, second = graded.make_many("companies", [{"name": "B"}, {"name": "C"}])
        connector = connect(graded)
        rows = [WriteRow({"grade": "z"}, external_id=first), WriteRow({"grade": "c"}, external_id=second)]
        bad, good = connector.write("companies", "update", rows)
        assert (bad.state, bad.code, bad.fields, bad.external_id) == ("rejected", "INVALID_OPTION", ("grade",), first)
        assert (good.state, good.code, good.fields) == ("applied", "", ())
        calls(graded)
        connector.write("companies", "update", rows[:1])
        assert not [call for call in calls(graded) if call.endswith("update")]

    def test_nothing_is_left_out_on_old_knowledge(self, graded: Hub) -> None:
        company = graded.make("companies", name="B")
        connector = connect(graded)
        connector.describe("companies")
        more = [*OPTIONS, {"label": "D", "value": "d", "hidden": False}]
        graded.ask("PATCH", "/crm/v3/properties/companies/grade", {"options": more})
        graded.app.clock.advance(timedelta(minutes=1))
        (outcome,) = connector.write("companies", "update", [WriteRow({"grade": "d"}, external_id=company)])
        assert (outcome.state, outcome.fields) == ("applied", ())

    @pytest.mark.parametrize("value", ["a;b", ";c", ""])
    def test_several_options_and_none_are_fine(self, hub: Hub, value: str) -> None:
        many = {**GRADE, "fieldType": "checkbox", "options": OPTIONS, "groupName": "companyinformation"}
        hub.post("/crm/v3/properties/companies", many, 201)
        company = hub.make("companies", name="B")
        (outcome,) = connect(hub).write("companies", "update", [WriteRow({"grade": value}, external_id=company)])
        assert (outcome.state, outcome.fields) == ("applied", ())

    @pytest.mark.parametrize(("value", "kept"), [(True, "true"), (False, "false"), ("True", "true")])
    def test_truth_is_written_as_hubspot_writes_it(self, hub: Hub, value: object, kept: str) -> None:
        contact = hub.make("contacts", email="a@x.example")
        body = {"name": "vip", "label": "VIP", "type": "bool", "fieldType": "booleancheckbox"}
        hub.post("/crm/v3/properties/contacts", {**body, "groupName": "contactinformation"}, 201)
        (outcome,) = connect(hub).write("contacts", "update", [WriteRow({"vip": value}, external_id=contact)])
        assert (outcome.state, outcome.fields) == ("applied", ())
        assert hub.values("contacts", contact, "vip") == {"vip": kept}

    def test_while_properties_cannot_be_asked_for_rows_are_for_later(self, graded: Hub) -> None:
        graded.ask("POST", "/__sandbox__/faults", [{"do": "status", "path": "/properties/", "times": None}])
        (outcome,) = connect(graded).write("companies", "update", [WriteRow({"city": "x"}, external_id="1")])
        assert outcome.state == "retry"
        assert outcome.retry_at is not None

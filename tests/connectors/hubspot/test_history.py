"""What properties were before, and an account's own object types by mapping alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.hubspot.lookup import SourcedChange
from core.mapping import Mapping
from core.sdk import Child, Cursor, Family, FieldChange, WriteRow
from tests.connectors.hubspot.connected import NAME, calls, connect, ids, last_cursor, pages, records
from tests.connectors.hubspot.hub import Hub


class TestHistory:
    def test_every_value_is_told_with_its_time_and_source(self, hub: Hub) -> None:
        company = hub.make("companies", name="A", city="Leeds")
        hub.post("/__sandbox__/edit", {"type": "companies", "id": company, "properties": {"city": "York"}})
        hub.ask("PATCH", f"/crm/v3/objects/companies/{company}", {"properties": {"city": ""}})
        found = connect(hub).history("companies", [company], ["city"])
        assert [(change.value, change.field, change.external_id) for change in found] == [
            ("", "city", company),
            ("York", "city", company),
            ("Leeds", "city", company),
        ]
        assert [change.at for change in found] == sorted((change.at for change in found), reverse=True)
        sources = [change.source_type for change in found if isinstance(change, SourcedChange)]
        assert sources == ["INTEGRATION", "CRM_UI", "INTEGRATION"]
        person = found[1]
        assert isinstance(person, SourcedChange)
        assert person.user_id is not None

    def test_fifty_records_cost_one_call(self, hub: Hub) -> None:
        made = hub.make_many("companies", [{"name": f"C{number}"} for number in range(101)])
        connector = connect(hub)
        connector.describe("companies")
        calls(hub)
        found = connector.history("companies", made, ["name"])
        assert [change.value for change in found if change.external_id == made[7]] == ["C7"]
        assert {change.external_id for change in found} == set(made)
        assert calls(hub) == ["POST v3/objects/companies/batch/read"] * 3

    def test_what_does_not_exist_has_none(self, hub: Hub) -> None:
        company = hub.make("companies", name="A")
        connector = connect(hub)
        assert connector.history("companies", [company, "1"], ["nope"]) == []
        assert [finding.code for finding in connector.findings()] == ["field_unknown"]
        assert connector.history("owners", ["1"], ["email"]) == []

    def test_it_is_what_core_wants(self, hub: Hub) -> None:
        company = hub.make("companies", name="A")
        (change,) = connect(hub).history("companies", [company], ["name"])
        assert isinstance(change, FieldChange)
        assert change.at.endswith("Z")


OVERLAY = """
project:
  stream: STREAM
  fields:
    name: matter_name
    client_id: {from: associations.companies.0, ref: client}
    status: {from: phase, values: {running: active, done: completed}, otherwise: proposed}
    created_at: hs_createdate
    updated_at: hs_lastmodifieddate
"""


class TestOwnTypes:
    @pytest.fixture
    def matters(self, hub: Hub) -> dict[str, Any]:
        """An object type of the firm's own, with two records."""
        text = {"type": "string", "fieldType": "text"}
        kind = hub.post(
            "/crm/v3/schemas",
            {
                "name": "matter",
                "labels": {"singular": "Matter", "plural": "Matters"},
                "primaryDisplayProperty": "matter_name",
                "requiredProperties": ["matter_name"],
                "searchableProperties": ["matter_name"],
                "properties": [{"name": name, "label": name, **text} for name in ("matter_name", "phase")],
                "associatedObjects": ["COMPANY"],
            },
            201,
        )
        company = hub.make("companies", name="Alder")
        first, second = (hub.make(kind["objectTypeId"], matter_name=name, phase="running") for name in ("M1", "M2"))
        hub.link(kind["objectTypeId"], first, "companies", company)
        name = kind["fullyQualifiedName"]
        return {"id": kind["objectTypeId"], "name": name, "company": company, "records": [first, second]}

    @pytest.mark.parametrize("how", ["id", "name"])
    def test_a_mapping_that_names_one_reads_it(
        self, hub: Hub, matters: dict[str, Any], how: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "our-hubspot.yaml"
        path.write_text(OVERLAY.replace("STREAM", matters[how]), encoding="utf-8")
        stream = Mapping.load("hubspot", NAME, path).streams[matters[how]]
        connector = connect(hub)
        assert matters[how] in connector.streams()
        found = pages(connector, matters[how], None, stream.fields)
        assert ids(found) == matters["records"]
        (kind, told), (_, other) = (stream.normalise(record, [])[0] for record in records(found))
        assert (kind, told["name"], told["status"]) == ("project", "M1", "active")
        assert told["client_id"].endswith(matters["company"])
        assert other.get("client_id") is None
        hub.ask("PATCH", f"/crm/v3/objects/{matters['id']}/{matters['records'][1]}", {"properties": {"phase": "done"}})
        changed = records(pages(connector, matters[how], last_cursor(found), stream.fields))
        assert {record["properties"]["phase"] for record in changed if record["id"] == matters["records"][1]} == {
            "done"
        }

    def test_partners_of_such_a_type_are_found_however_a_record_is_read(
        self, hub: Hub, matters: dict[str, Any]
    ) -> None:
        """Lists tell them inline under another name than the one they were asked for by."""
        fields = [f"associations.{matters['id']}"]
        connector = connect(hub)
        expected = {matters["id"]: [matters["records"][0]]}
        for since in (None, Cursor("2026-06-30T09:00:00Z")):
            (company,) = records(pages(connector, "companies", since, fields))
            assert company["associations"] == expected
        assert [row["associations"] for row in connector.fetch("companies", [matters["company"]], fields)] == [expected]

    def test_what_it_needs_is_discovered(self, hub: Hub, matters: dict[str, Any]) -> None:
        facts = connect(hub).describe(matters["id"])
        assert (facts["matter_name"].is_required, facts["phase"].is_required) == (True, False)

    def test_records_of_it_are_written_with_their_associations(self, hub: Hub, matters: dict[str, Any]) -> None:
        child = Child(matters["id"], "companies", WriteRow({"matter_name": "M3"}))
        family = Family(WriteRow({"city": "Leeds"}, external_id=matters["company"]), [child])
        ((_, outcome),) = connect(hub).write_families("companies", [family])
        assert outcome.state == "applied"
        shown = hub.get(f"/crm/v4/objects/{matters['id']}/{outcome.external_id}/associations/companies")["results"]
        assert [row["toObjectId"] for row in shown] == [matters["company"]]

    def test_one_that_lacks_what_it_needs_is_told(self, hub: Hub, matters: dict[str, Any]) -> None:
        child = Child(matters["id"], "companies", WriteRow({"phase": "done"}))
        family = Family(WriteRow({"city": "Leeds"}, external_id=matters["company"]), [child])
        ((parent, outcome),) = connect(hub).write_families("companies", [family])
        assert (parent.state, outcome.state, outcome.fields) == ("applied", "rejected", ("matter_name",))

    def test_its_relationships_are_a_stream(self, hub: Hub, matters: dict[str, Any]) -> None:
        stream = f"{matters['id']}_to_companies"
        assert ids(pages(connect(hub), stream, None, [])) == [f"{matters['records'][0]}:{matters['company']}"]

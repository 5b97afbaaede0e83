"""What the connector learns about the account: properties, options, what is missing."""

from __future__ import annotations

import pytest

from tests.connectors.hubspot.connected import calls, connect, pages, records
from tests.connectors.hubspot.hub import Hub


def test_properties_are_described_as_the_account_has_them(hub: Hub) -> None:
    facts = connect(hub).describe("companies")
    assert (facts["name"].type, facts["name"].can_update, facts["name"].is_custom) == ("string", True, False)
    assert facts["name"].length == 65_536
    assert (facts["vat_number"].is_custom, facts["vat_number"].label) == (True, "VAT number")
    assert not facts["hs_object_id"].can_update
    assert not facts["num_associated_contacts"].can_create


@pytest.mark.parametrize(
    ("kind", "name", "some"),
    [
        ("companies", "lifecyclestage", "customer"),
        ("deals", "dealstage", "closedwon"),
        ("tickets", "hs_pipeline_stage", "4"),
        ("tasks", "hs_task_status", "NOT_STARTED"),
    ],
)
def test_options_are_known_before_a_write(hub: Hub, kind: str, name: str, some: str) -> None:
    assert some in (connect(hub).describe(kind)[name].options or ())


@pytest.mark.parametrize("name", ["hubspot_owner_id", "name", "numberofemployees"])
def test_no_options_where_any_value_may_do(hub: Hub, name: str) -> None:
    assert connect(hub).describe("companies")[name].options is None


def test_hidden_options_are_not_for_writing(hub: Hub) -> None:
    options = [{"label": text, "value": text, "hidden": text == "old"} for text in ("old", "new")]
    body = {"name": "grade", "label": "Grade", "type": "enumeration", "fieldType": "select", "options": options}
    hub.post("/crm/v3/properties/companies", {**body, "groupName": "companyinformation"}, 201)
    assert connect(hub).describe("companies")["grade"].options == ("new",)


def test_unknown_properties_become_findings_and_the_rest_is_read(hub: Hub) -> None:
    hub.make("companies", name="Alder")
    connector = connect(hub)
    (record,) = records(pages(connector, "companies", fields=["name", "nope", "inlay_health_score"]))
    assert record["properties"]["name"] == "Alder"
    found = {finding.where: (finding.severity, finding.remedy) for finding in connector.findings()}
    assert found == {
        "crm/companies.nope": ("warning", "create it, or map another property"),
        "crm/companies.inlay_health_score": ("info", "run `inlay provision`"),
    }
    assert connector.findings() == [], "each is told once"


def test_discovery_is_asked_once_per_run(hub: Hub) -> None:
    connector = connect(hub)
    for _ in range(3):
        connector.describe("companies")
        pages(connector, "companies")
    assert calls(hub).count("GET v3/properties/companies") == 1


def test_a_property_that_vanished_is_a_finding_of_the_next_run(hub: Hub) -> None:
    pages(connect(hub), "companies", fields=["vat_number"])
    hub.ask("DELETE", "/crm/v3/properties/companies/vat_number")
    connector = connect(hub)
    pages(connector, "companies", fields=["vat_number"])
    assert [finding.where for finding in connector.findings()] == ["crm/companies.vat_number"]

"""Making Inlay's properties exist, with a plan first."""

from __future__ import annotations

import pytest

from connectors.hubspot.connector import HubSpotConnector
from core.sdk import WantedField, WriteRow
from tests.connectors.hubspot.connected import calls, connect
from tests.connectors.hubspot.hub import Hub

SCORE = WantedField("companies", "inlay_health_score", "Health score", "number", "0 to 100")
BAND = WantedField("companies", "inlay_health_band", "Health", "picklist", options=("Good", "At Risk"))
KEY = WantedField("tasks", "inlay_key", "Inlay key", "key")


def provision(connector: HubSpotConnector, *wanted: WantedField) -> list[str]:
    steps = connector.plan_fields(wanted)
    for step in steps:
        connector.provision(step)
    return [step.name for step in steps]


def test_a_plan_only_reads(hub: Hub) -> None:
    steps = connect(hub).plan_fields([SCORE, KEY])
    assert [step.name for step in steps] == [
        "companies group",
        "tasks group",
        "create companies.inlay_health_score",
        "create tasks.inlay_key",
    ]
    assert all(call.startswith("GET") for call in calls(hub))


def test_provisioned_properties_sit_in_a_group_of_their_own(hub: Hub) -> None:
    provision(connect(hub), SCORE)
    made = hub.get("/crm/v3/properties/companies/inlay_health_score")
    assert (made["groupName"], made["label"], made["description"]) == ("inlay", "Health score", "0 to 100")
    assert hub.get("/crm/v3/properties/companies/groups/inlay")["label"] == "Inlay"


def test_afterwards_nothing_is_left_to_do(hub: Hub) -> None:
    connector = connect(hub)
    provision(connector, SCORE, BAND, KEY)
    assert connector.plan_fields([SCORE, BAND, KEY]) == []
    assert connect(hub).plan_fields([SCORE, BAND, KEY]) == []


def test_every_step_may_be_repeated(hub: Hub) -> None:
    connector = connect(hub)
    steps = connector.plan_fields([SCORE, BAND])
    for step in [*steps, *steps]:
        connector.provision(step)
    assert connector.plan_fields([SCORE, BAND]) == []


@pytest.mark.parametrize(
    ("field_type", "value", "vendor_type"),
    [
        ("text", "x", "string"),
        ("long_text", "x" * 5000, "string"),
        ("number", "7.5", "number"),
        ("percent", "7", "number"),
        ("currency", "12.50", "number"),
        ("date", "2026-07-01", "date"),
        ("datetime", "2026-07-01T09:00:00Z", "datetime"),
        ("picklist", "At Risk", "enumeration"),
        ("checkbox", "true", "bool"),
        ("url", "https://x.example", "string"),
        ("key", "k1", "string"),
    ],
)
def test_each_type_can_be_made_and_filled(hub: Hub, field_type: str, value: str, vendor_type: str) -> None:
    wanted = WantedField("companies", "inlay_x", "X", field_type, options=BAND.options)  # type: ignore[arg-type]  # a table
    connector = connect(hub)
    provision(connector, wanted)
    company = hub.make("companies", name="A")
    (outcome,) = connector.write("companies", "update", [WriteRow({"inlay_x": value}, external_id=company)])
    assert outcome.state == "applied"
    assert hub.values("companies", company, "inlay_x") == {"inlay_x": value}
    assert connector.describe("companies")["inlay_x"].type == vendor_type
    assert connector.describe("companies")["inlay_x"].is_unique is (field_type == "key")


def test_lacking_options_are_added_and_old_ones_kept(hub: Hub) -> None:
    connector = connect(hub)
    provision(connector, BAND)
    more = WantedField("companies", BAND.name, BAND.label, "picklist", options=("Excellent", "Good"))
    assert provision(connector, more) == ["extend companies.inlay_health_band"]
    assert connector.describe("companies")[BAND.name].options == ("Good", "At Risk", "Excellent")


@pytest.mark.parametrize("existing", ["description", "hs_lastmodifieddate"])
def test_a_property_that_cannot_hold_it_is_reported(hub: Hub, existing: str) -> None:
    connector = connect(hub)
    assert connector.plan_fields([WantedField("companies", existing, "X", "number")]) == []
    (finding,) = connector.findings()
    assert (finding.code, finding.severity) == ("field_retyped", "error")
    assert existing in finding.message


def test_a_text_property_serves_for_text_of_any_kind(hub: Hub) -> None:
    connector = connect(hub)
    assert connector.plan_fields([WantedField("companies", "description", "X", "picklist", options=("a",))]) == []
    assert connector.findings() == []


class TestRemoval:
    def remove(self, connector: HubSpotConnector, *fields: WantedField) -> list[str]:
        steps = connector.plan_removal(fields)
        for step in steps:
            connector.provision(step)
        return [step.name for step in steps]

    def test_a_plan_of_it_only_reads(self, hub: Hub) -> None:
        provision(connect(hub), SCORE, BAND, KEY)
        calls(hub)
        steps = connect(hub).plan_removal([SCORE, BAND, KEY])
        assert [step.name for step in steps] == [
            "remove companies.inlay_health_score",
            "remove companies.inlay_health_band",
            "remove tasks.inlay_key",
            "companies group removal",
            "tasks group removal",
        ]
        assert all(call.startswith("GET") for call in calls(hub))

    def test_nothing_of_inlay_is_left(self, hub: Hub) -> None:
        provision(connect(hub), SCORE, KEY)
        self.remove(connect(hub), SCORE, KEY)
        assert hub.ask("GET", "/crm/v3/properties/companies/inlay_health_score").status_code == 404
        assert hub.ask("GET", "/crm/v3/properties/companies/groups/inlay").status_code == 404
        assert hub.ask("GET", "/crm/v3/properties/tasks/groups/inlay").status_code == 404
        assert connect(hub).plan_removal([SCORE, KEY]) == []

    def test_every_step_of_it_may_be_repeated(self, hub: Hub) -> None:
        connector = connect(hub)
        provision(connector, SCORE)
        steps = connector.plan_removal([SCORE])
        for step in [*steps, *steps]:
            connector.provision(step)
        assert connector.plan_removal([SCORE]) == []

    def test_what_the_firm_itself_made_stays(self, hub: Hub) -> None:
        body = {"name": "grade", "label": "Grade", "type": "string", "fieldType": "text"}
        hub.post("/crm/v3/properties/companies", {**body, "groupName": "companyinformation"}, 201)
        connector = connect(hub)
        provision(connector, SCORE)
        firms = [WantedField("companies", name, "X", "text") for name in ("grade", "name")]
        assert self.remove(connector, SCORE, *firms) == [
            "remove companies.inlay_health_score",
            "companies group removal",
        ]
        assert hub.get("/crm/v3/properties/companies/grade")["archived"] is False

    def test_a_group_that_holds_something_else_stays(self, hub: Hub) -> None:
        connector = connect(hub)
        provision(connector, SCORE, BAND)
        assert self.remove(connector, SCORE) == ["remove companies.inlay_health_score"]
        assert hub.get("/crm/v3/properties/companies/groups/inlay")["name"] == "inlay"

    def test_removed_fields_can_be_made_again(self, hub: Hub) -> None:
        connector = connect(hub)
        provision(connector, SCORE)
        self.remove(connector, SCORE)
        assert provision(connector, SCORE) == ["companies group", "create companies.inlay_health_score"]

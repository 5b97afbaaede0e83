"""A row that HubSpot refuses for one property: the rest of it is written in the same run, and the property is told."""

from __future__ import annotations

from typing import Any

import pytest

from core.sdk import Link, WriteRow
from tests.connectors.hubspot.connected import calls, connect
from tests.connectors.hubspot.hub import Hub

KEY = {"name": "inlay_key", "label": "Key", "type": "string", "fieldType": "text", "hasUniqueValue": True}
CODE = {"name": "code", "label": "Code", "type": "string", "fieldType": "text", "groupName": "companyinformation"}
UPDATE = "POST v3/objects/companies/batch/update"
DUE = "2026-07-01T09:00:00Z"


@pytest.fixture(params=[True, False], ids=["told in detail", "told in the message alone"])
def ruled(hub: Hub, request: pytest.FixtureRequest) -> Hub:
    """With Inlay's key, a property whose rule discovery does not know, and a unique one."""
    hub.configure(batches_tell_details=request.param)
    for kind, group in (("companies", "companyinformation"), ("tasks", "task"), ("deals", "dealinformation")):
        hub.post(f"/crm/v3/properties/{kind}", {**KEY, "groupName": group}, 201)
    hub.post("/crm/v3/properties/companies", CODE, 201)
    hub.post("/crm/v3/properties/companies", {**CODE, "name": "number", "hasUniqueValue": True}, 201)
    path = "/crm/v3/property-validations/0-2/code/rule-type/MAX_LENGTH"
    assert hub.ask("PUT", path, {"ruleArguments": ["4"]}).status_code == 204
    return hub


def update(hub: Hub, values: dict[str, Any]) -> Any:
    company = hub.make("companies", name="A")
    connector = connect(hub)
    connector.describe("companies")
    calls(hub)
    (outcome,) = connector.write("companies", "update", [WriteRow(values, external_id=company)])
    return outcome, company


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"code": "much too long"}, "PROPERTY_VALIDATION_RULE_FAILED"),
        ({"numberofemployees": "many"}, "INVALID_INTEGER"),
        ({"hubspot_owner_id": "1"}, "INVALID_OWNER_ID"),
        ({"phone": "x" * 65_537}, "PROPERTY_VALUE_TOO_LONG"),
    ],
)
def test_the_other_properties_are_written(ruled: Hub, values: dict[str, str], code: str) -> None:
    outcome, company = update(ruled, {"city": "Leeds", "zip": "LS1", **values})
    (at_fault,) = values
    assert (outcome.state, outcome.external_id, outcome.code) == ("applied", company, "FIELDS_LEFT_OUT")
    assert (outcome.fields, outcome.message) == ((at_fault,), f"{code} {at_fault}")
    assert ruled.values("companies", company, "city", "zip", at_fault) == {
        "city": "Leeds",
        "zip": "LS1",
        at_fault: None,
    }
    assert calls(ruled)[:2] == [UPDATE, UPDATE]


def test_several_complaints_are_all_heeded_though_they_come_one_after_the_other(ruled: Hub) -> None:
    """HubSpot checks values first, then stages, then what must be unique."""
    ruled.make("companies", name="B", number="7")
    company = ruled.make("companies", name="A", lifecyclestage="customer")
    row = WriteRow(
        {"city": "Leeds", "code": "too long", "lifecyclestage": "lead", "number": "7", "total_revenue": "1"}, company
    )
    (outcome,) = connect(ruled).write("companies", "update", [row])
    assert outcome.state == "applied"
    assert set(outcome.fields) == {"code", "lifecyclestage", "number", "total_revenue"}
    assert ruled.values("companies", company, "city", "lifecyclestage") == {
        "city": "Leeds",
        "lifecyclestage": "customer",
    }


def test_only_refused_rows_go_again_and_each_keeps_its_place(ruled: Hub) -> None:
    ids = ruled.make_many("companies", [{"name": f"C{number}"} for number in range(6)])
    bad = {"city": "Leeds", "code": "too long"}
    rows = [WriteRow(bad if at % 2 else {"city": "York"}, external_id=each) for at, each in enumerate(ids)]
    connector = connect(ruled)
    connector.describe("companies")
    calls(ruled)
    outcomes = connector.write("companies", "update", rows)
    assert [outcome.external_id for outcome in outcomes] == ids
    assert [outcome.fields for outcome in outcomes] == [(), ("code",)] * 3
    assert calls(ruled) == [UPDATE, UPDATE]
    assert [ruled.values("companies", each, "city")["city"] for each in ids] == ["York", "Leeds"] * 3


def test_a_row_of_nothing_else_is_rejected_and_not_sent_again(ruled: Hub) -> None:
    outcome, _ = update(ruled, {"code": "much too long"})
    assert (outcome.state, outcome.fields) == ("rejected", ("code",))
    assert calls(ruled) == [UPDATE]


def test_what_says_something_else_alone_goes_with_it(ruled: Hub) -> None:
    """An amount without its currency would be another amount, a stage without its pipeline another stage."""
    deal = ruled.make("deals", dealname="D", dealstage="qualifiedtobuy", amount="5")
    values = {"amount": "many", "deal_currency_code": "USD", "dealname": "New"}
    (outcome,) = connect(ruled).write("deals", "update", [WriteRow(values, external_id=deal)])
    assert (outcome.state, set(outcome.fields)) == ("applied", {"amount", "deal_currency_code"})
    kept = ruled.values("deals", deal, "amount", "deal_currency_code", "dealname")
    assert kept == {"amount": "5", "deal_currency_code": None, "dealname": "New"}
    values = {"pipeline": "default", "dealstage": "nowhere", "dealname": "Newer"}
    (outcome,) = connect(ruled).write("deals", "update", [WriteRow(values, external_id=deal)])
    assert (outcome.state, set(outcome.fields)) == ("applied", {"pipeline", "dealstage"})


@pytest.mark.parametrize("whole", [True, False], ids=["refused as a batch", "refused row by row"])
def test_it_makes_no_difference_how_the_refusal_comes(ruled: Hub, whole: bool) -> None:
    company = ruled.make("companies", name="A")
    if whole:
        body = (
            '{"category":"VALIDATION_ERROR","message":"no","errors":'
            '[{"code":"INVALID_LONG","message":"no","context":{"propertyName":["code"]}}]}'
        )
        fault = {"method": "POST", "path": "batch/update$", "do": "status", "status": 400, "body": body}
        ruled.ask("POST", "/__sandbox__/faults", [fault])
    row = WriteRow({"city": "Leeds", "code": "too long"}, external_id=company)
    (outcome,) = connect(ruled).write("companies", "update", [row])
    assert (outcome.state, outcome.fields) == ("applied", ("code",))


@pytest.mark.parametrize(
    ("fault", "state"),
    [({"do": "apply_then_cut"}, "unknown"), ({"do": "status", "status": 423, "body": "{}"}, "retry")],
)
def test_an_answer_lost_on_the_second_way_is_told_as_such(ruled: Hub, fault: dict[str, Any], state: str) -> None:
    first, second = ruled.make_many("companies", [{"name": "A"}, {"name": "B"}])
    ruled.ask("POST", "/__sandbox__/faults", [{"method": "POST", "path": "batch/update$", "nth": 2, **fault}])
    rows = [WriteRow({"city": "York"}, second), WriteRow({"city": "Leeds", "code": "too long"}, first)]
    good, bad = connect(ruled).write("companies", "update", rows)
    assert (good.state, bad.state) == ("applied", state)


class TestNewRecords:
    def test_a_task_is_made_without_the_owner_who_left(self, ruled: Hub) -> None:
        company = ruled.make("companies", name="A")
        values = {"hs_timestamp": DUE, "hs_task_subject": "Call", "hubspot_owner_id": "1"}
        connector = connect(ruled)
        row = WriteRow(values, key=("inlay_key", "k1"), links=[Link("companies", company)])
        (outcome,) = connector.write("tasks", "upsert", [row])
        assert (outcome.state, outcome.created, outcome.fields) == ("applied", True, ("hubspot_owner_id",))
        (task,) = ruled.get("/crm/v3/objects/tasks", associations="companies")["results"]
        assert task["associations"]["companies"]["results"][0]["id"] == company
        (finding,) = connector.findings()
        assert (finding.code, finding.where, finding.count) == ("field_left_out", "crm/tasks.hubspot_owner_id", 1)

    def test_what_one_cannot_be_without_is_not_taken_away(self, ruled: Hub) -> None:
        row = WriteRow({"hs_timestamp": "soon", "hs_task_subject": "Call"}, key=("inlay_key", "k1"))
        connector = connect(ruled)
        (outcome,) = connector.write("tasks", "upsert", [row])
        assert (outcome.state, outcome.fields) == ("rejected", ("hs_timestamp",))
        assert outcome.code != "REQUIRED_FIELD", "what is wrong with the value tells more"
        assert ruled.get("/crm/v3/objects/tasks")["results"] == []
        assert connector.findings() == []

    def test_one_whose_unique_value_is_taken_is_not_made_a_second_time(self, ruled: Hub) -> None:
        ruled.make("companies", name="A", number="7")
        row = WriteRow({"name": "A", "number": "7"}, key=("inlay_key", "k1"))
        (outcome,) = connect(ruled).write("companies", "upsert", [row])
        assert (outcome.state, outcome.code) == ("rejected", "CONFLICTING_UNIQUE_VALUE")
        assert len(ruled.get("/crm/v3/objects/companies")["results"]) == 1

    def test_a_key_that_hubspot_refuses_is_not_taken_away(self, ruled: Hub) -> None:
        row = WriteRow({"name": "A", "city": "York"}, key=("inlay_key", "x" * 65_537))
        (outcome,) = connect(ruled).write("companies", "upsert", [row])
        assert outcome.state == "rejected"
        assert ruled.get("/crm/v3/objects/companies")["results"] == []


class TestStages:
    @pytest.mark.parametrize("refuse", [True, False])
    def test_a_stage_that_does_not_move_stops_no_other_property(self, ruled: Hub, refuse: bool) -> None:
        ruled.configure(refuse_backward_lifecycle=refuse)
        company = ruled.make("companies", name="A", lifecyclestage="customer")
        row = WriteRow({"lifecyclestage": "lead", "city": "Leeds"}, external_id=company)
        (outcome,) = connect(ruled).write("companies", "update", [row])
        assert (outcome.state, outcome.fields) == ("applied", ("lifecyclestage",))
        kept = ruled.values("companies", company, "lifecyclestage", "city")
        assert kept == {"lifecyclestage": "customer", "city": "Leeds"}


def test_how_many_records_went_without_a_property_is_one_finding(ruled: Hub) -> None:
    ids = ruled.make_many("companies", [{"name": f"C{number}"} for number in range(5)])
    connector = connect(ruled)
    rows = [WriteRow({"city": "York", "code": "too long"}, external_id=each) for each in ids]
    connector.write("companies", "update", rows)
    (finding,) = connector.findings()
    assert (finding.code, finding.where, finding.count) == ("field_left_out", "crm/companies.code", 5)
    assert "PROPERTY_VALIDATION_RULE_FAILED" in finding.message
    assert "too long" not in finding.message

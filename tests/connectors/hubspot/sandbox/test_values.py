"""What HubSpot takes as a value, in which form it keeps it, and what it refuses with which code."""

from __future__ import annotations

import json

import pytest

from tests.connectors.hubspot.hub import Hub


@pytest.mark.parametrize(
    ("kind", "name", "given", "kept"),
    [
        ("companies", "numberofemployees", "12", "12"),
        ("companies", "annualrevenue", "1250000.50", "1250000.50"),
        ("companies", "annualrevenue", "1.5e3", "1500"),
        ("companies", "annualrevenue", -5, "-5"),
        ("companies", "is_public", "TRUE", "true"),
        ("companies", "is_public", True, "true"),
        ("companies", "industry", "ACCOUNTING", "ACCOUNTING"),
        ("companies", "name", "  Alder  ", "  Alder  "),
        ("companies", "description", "ä" * 65_536, "ä" * 65_536),
        ("deals", "closedate", "2026-03-01", "2026-03-01T00:00:00Z"),
        ("deals", "closedate", "2026-03-01T12:30:00+02:00", "2026-03-01T10:30:00Z"),
        ("deals", "closedate", "1772361000123", "2026-03-01T10:30:00.123Z"),
        ("deals", "closedate", 1772361000000, "2026-03-01T10:30:00Z"),
        ("tickets", "hs_ticket_category", "BILLING_ISSUE;PRODUCT_ISSUE", "BILLING_ISSUE;PRODUCT_ISSUE"),
    ],
)
def test_values_are_kept_in_one_form(hub: Hub, kind: str, name: str, given: object, kept: str) -> None:
    base = {"deals": {"dealname": "D", "dealstage": "closedwon"}, "tickets": {"subject": "T", "hs_pipeline_stage": "1"}}
    record = hub.make(kind, {"name": "A", name: given} if kind == "companies" else {**base[kind], name: given})
    assert hub.values(kind, record, name) == {name: kept}


@pytest.mark.parametrize(
    ("kind", "name", "given", "code"),
    [
        ("companies", "no_such_property", "x", "PROPERTY_DOESNT_EXIST"),
        ("companies", "numberofemployees", "many", "INVALID_INTEGER"),
        ("companies", "numberofemployees", "NaN", "INVALID_INTEGER"),
        ("companies", "annualrevenue", "Infinity", "INVALID_INTEGER"),
        ("companies", "is_public", "perhaps", "INVALID_OPTION"),
        ("companies", "industry", "Accounting", "INVALID_OPTION"),
        ("companies", "lifecyclestage", "friend", "INVALID_OPTION"),
        ("companies", "hs_object_id", "7", "READ_ONLY_VALUE"),
        ("companies", "hs_lastmodifieddate", "2026-01-01", "READ_ONLY_VALUE"),
        ("companies", "num_associated_contacts", "3", "READ_ONLY_VALUE"),
        ("companies", "description", "x" * 65_537, "PROPERTY_VALUE_TOO_LONG"),
        ("companies", "hubspot_owner_id", "12", "INVALID_OWNER_ID"),
        ("contacts", "email", "not an address", "INVALID_EMAIL"),
        ("deals", "closedate", "soon", "INVALID_LONG"),
        ("deals", "closedate", "9" * 30, "INVALID_LONG"),
        ("deals", "dealstage", "nowhere", "INVALID_OPTION"),
        ("deals", "pipeline", "nowhere", "INVALID_OPTION"),
        ("deals", "contract_start_date", "2026-13-01", "INVALID_DATE"),
        ("deals", "contract_start_date", "2026-01-01T11:52:25Z", "INVALID_DATE"),
        ("deals", "contract_start_date", "1621252345435", "INVALID_DATE"),
    ],
)
def test_bad_values_are_refused_with_their_code(hub: Hub, kind: str, name: str, given: str, code: str) -> None:
    base = {"companies": {"name": "A"}, "contacts": {"firstname": "A"}}
    properties = {**base.get(kind, {"dealname": "D", "dealstage": "closedwon"}), name: given}
    status, body = hub.refused("POST", f"/crm/v3/objects/{kind}", {"properties": properties})
    assert (status, body["category"]) == (400, "VALIDATION_ERROR")
    (error,) = body["errors"]
    assert error["code"] == code
    assert error["context"] == {"propertyName": [name]}
    assert hub.get(f"/crm/v3/objects/{kind}")["results"] == [], "a refused record leaves nothing behind"


@pytest.mark.parametrize("given", ["2026-01-01", "2026-01-01T00:00:00Z", "1767225600000"])
def test_dates_may_be_days_or_midnights(hub: Hub, given: str) -> None:
    deal = hub.make("deals", dealname="D", dealstage="closedwon", contract_start_date=given)
    assert hub.values("deals", deal, "contract_start_date") == {"contract_start_date": "2026-01-01"}


def test_all_complaints_come_at_once_and_again_inside_the_message(hub: Hub) -> None:
    properties = {"name": "A", "industry": "Space", "numberofemployees": "x", "nope": "1"}
    _, body = hub.refused("POST", "/crm/v3/objects/companies", {"properties": properties})
    assert {error["code"] for error in body["errors"]} == {"INVALID_OPTION", "INVALID_INTEGER", "PROPERTY_DOESNT_EXIST"}
    verdicts = json.loads(body["message"].removeprefix("Property values were not valid: "))
    assert {verdict["name"] for verdict in verdicts} == {"industry", "numberofemployees", "nope"}
    assert not any(verdict["isValid"] for verdict in verdicts)


def test_a_leading_semicolon_adds_options(hub: Hub) -> None:
    ticket = hub.make("tickets", subject="T", hs_pipeline_stage="1", hs_ticket_category="BILLING_ISSUE")
    path = f"/crm/v3/objects/tickets/{ticket}"
    hub.ask("PATCH", path, {"properties": {"hs_ticket_category": ";PRODUCT_ISSUE;BILLING_ISSUE"}})
    assert hub.values("tickets", ticket, "hs_ticket_category") == {"hs_ticket_category": "BILLING_ISSUE;PRODUCT_ISSUE"}
    hub.ask("PATCH", path, {"properties": {"hs_ticket_category": "FEATURE_REQUEST"}})
    assert hub.values("tickets", ticket, "hs_ticket_category") == {"hs_ticket_category": "FEATURE_REQUEST"}


@pytest.mark.parametrize(
    ("kind", "properties", "absent"),
    [
        ("companies", {"phone": "1"}, ["name", "domain"]),
        ("contacts", {"jobtitle": "x"}, ["email", "firstname", "lastname"]),
        ("deals", {"dealname": "x"}, ["dealstage"]),
        ("tickets", {"hs_pipeline_stage": "1"}, ["subject"]),
        ("tasks", {"hs_task_subject": "x"}, ["hs_timestamp"]),
        ("notes", {}, ["hs_timestamp"]),
    ],
)
def test_what_a_type_needs_is_demanded(hub: Hub, kind: str, properties: dict[str, str], absent: list[str]) -> None:
    status, body = hub.refused("POST", f"/crm/v3/objects/{kind}", {"properties": properties})
    assert status == 400
    assert "required properties were not set" in body["message"]
    assert body["context"]["properties"] == absent


@pytest.mark.parametrize("body", [{}, {"properties": []}, {"properties": {"name": ["a"]}}, [], "text", None])
def test_bodies_of_another_shape_are_refused(hub: Hub, body: object) -> None:
    status, error = hub.refused("POST", "/crm/v3/objects/companies", body)
    assert (status, error["category"]) == (400, "VALIDATION_ERROR")
    assert error["message"].startswith("Invalid input JSON")


def test_a_second_contact_with_the_same_email_is_a_conflict(hub: Hub) -> None:
    contact = hub.make("contacts", email="ann@alder.example")
    status, body = hub.refused("POST", "/crm/v3/objects/contacts", {"properties": {"email": "ANN@alder.example"}})
    assert (status, body["category"]) == (409, "CONFLICT")
    assert body["message"] == f"Contact already exists. Existing ID: {contact}"


def test_tasks_get_the_vendors_defaults(hub: Hub) -> None:
    task = hub.make("tasks", hs_timestamp="2026-07-01T09:00:00Z", hs_task_subject="Call")
    assert hub.values("tasks", task, "hs_task_status", "hs_task_type", "hs_task_priority") == {
        "hs_task_status": "NOT_STARTED",
        "hs_task_type": "TODO",
        "hs_task_priority": "NONE",
    }


class TestLifecycleStage:
    def test_it_moves_forward(self, hub: Hub) -> None:
        company = hub.make("companies", name="A", lifecyclestage="lead")
        path = f"/crm/v3/objects/companies/{company}"
        assert hub.ask("PATCH", path, {"properties": {"lifecyclestage": "customer"}}).status_code == 200
        assert hub.values("companies", company, "lifecyclestage") == {"lifecyclestage": "customer"}

    def test_backwards_is_refused(self, hub: Hub) -> None:
        company = hub.make("companies", name="A", lifecyclestage="customer")
        status, _ = hub.refused(
            "PATCH", f"/crm/v3/objects/companies/{company}", {"properties": {"lifecyclestage": "lead"}}
        )
        assert status == 400
        assert hub.values("companies", company, "lifecyclestage") == {"lifecyclestage": "customer"}

    def test_or_backwards_is_silently_ignored(self, hub: Hub) -> None:
        hub.configure(refuse_backward_lifecycle=False)
        company = hub.make("companies", name="A", lifecyclestage="customer")
        body = {"properties": {"lifecyclestage": "lead", "city": "Leeds"}}
        assert hub.ask("PATCH", f"/crm/v3/objects/companies/{company}", body).status_code == 200
        shown = hub.values("companies", company, "lifecyclestage", "city")
        assert shown == {"lifecyclestage": "customer", "city": "Leeds"}

    def test_cleared_first_it_may_go_back(self, hub: Hub) -> None:
        company = hub.make("companies", name="A", lifecyclestage="customer")
        path = f"/crm/v3/objects/companies/{company}"
        for stage in ("", "lead"):
            assert hub.ask("PATCH", path, {"properties": {"lifecyclestage": stage}}).status_code == 200
        assert hub.values("companies", company, "lifecyclestage") == {"lifecyclestage": "lead"}

"""Canonical records: the JSON they parse, the three states of a field, what each needs."""

from __future__ import annotations

from typing import Any, cast

import orjson
import pytest
from pydantic import ValidationError

from core.model import RECORD_TYPES, Client, Contact, Invoice, Record, state_of

FULL: dict[str, dict[str, Any]] = {
    "client": {
        "name": "Hill & Co",
        "domain": "hill.example",
        "status": "active",
        "client_type": "customer",
        "lifecycle_stage": "customer",
        "number_of_employees": 12,
        "annual_revenue": {"amount": "1250000.00", "currency": "GBP"},
        "addresses": [{"kind": "billing", "city": "Leeds", "country": "GB"}],
        "phones": [{"number": "+44 20 7946 0000", "e164": "+442079460000", "kind": "work"}],
        "emails": [{"address": "office@hill.example", "kind": "work", "is_primary": True}],
        "tags": ["vip", "audit"],
        "client_since": "2019-04-01",
        "last_contacted_at": "2026-06-29T15:30:00Z",
        "owner_id": "crm/User/005",
        "external_ids": {"hubspot": "42"},
        "custom_fields": {"Segment__c": "A", "Scores": [1, 2.5, None, {"deep": True}]},
        "created_at": "2019-04-01T08:00:00Z",
        "updated_at": "2026-06-29T15:30:00.250000Z",
    },
    "contact": {
        "first_name": "Ada",
        "last_name": "Hill",
        "client_id": "crm/Account/001",
        "emails": [{"address": "ada@hill.example"}],
        "consent": [{"purpose": "newsletter", "status": "withdrawn"}],
        "opted_out": True,
    },
    "user": {"name": "Sam Reed", "email": "sam@firm.example", "is_active": False, "capacity": 37.5},
    "deal": {
        "name": "Audit 2027",
        "status": "won",
        "probability": 100,
        "amount": {"amount": "5000.00", "currency": "EUR"},
    },
    "contract": {
        "number": "C-1",
        "status": "active",
        "start_date": "2025-01-01",
        "term_months": 24,
        "auto_renew": True,
    },
    "service_line": {"code": "AUD", "name": "Audit", "billing_type": "fixed", "active": True},
    "subscription": {"status": "past_due", "plan_name": "Payroll", "mrr": {"amount": "90.00", "currency": "GBP"}},
    "invoice": {
        "number": "2026-001",
        "status": "open",
        "total": {"amount": "120.00", "currency": "GBP"},
        "due_date": "2026-07-30",
    },
    "payment": {
        "status": "succeeded",
        "amount": {"amount": "120.00", "currency": "GBP"},
        "processed_at": "2026-07-01T00:00:00Z",
    },
    "credit_note": {"number": "CN-1", "status": "issued", "amount": {"amount": "20.00", "currency": "GBP"}},
    "ticket": {"subject": "VAT", "status": "pending", "priority": "urgent", "opened_at": "2026-06-01T10:00:00Z"},
    "interaction": {
        "kind": "email",
        "direction": "inbound",
        "started_at": "2026-06-01T10:00:00Z",
        "participants": [{"type": "contact", "id": "crm/Contact/003", "role": "sender"}],
    },
    "project": {"name": "Audit 2026", "kind": "audit", "percent_complete": 40, "risk_status": "amber"},
    "usage_metric": {"metric_key": "logins", "quantity": 12, "dimensions": {"site": "portal"}},
    "survey": {"type": "nps", "channel": "email", "sent_at": "2026-06-01T10:00:00Z"},
    "survey_response": {"score": 9, "scale_min": 0, "scale_max": 10, "nps_segment": "promoter"},
    "envelope": {"envelope_id": "e-1", "status": "sent", "recipients": [{"role": "signer", "routing_order": 1}]},
    "document": {"name": "Letter.pdf", "size_bytes": 1200, "visibility": "client"},
    "task": {"subject": "Call", "due_date": "2026-07-01", "checklist": [{"text": "Dial", "is_done": True}]},
    "referral": {"referred_client_id": "crm/Account/002", "status": "converted"},
    "relationship": {"from_id": "crm/Contact/003", "to_id": "crm/Opportunity/006", "role": "champion"},
    "compliance_check": {"client_id": "crm/Account/001", "kind": "sanctions", "status": "passed"},
}


def test_there_is_an_example_of_every_record_type() -> None:
    assert list(FULL) == list(RECORD_TYPES)


@pytest.mark.parametrize("record_type", RECORD_TYPES)
def test_json_in_and_out_is_the_same(record_type: str) -> None:
    record = RECORD_TYPES[record_type].model_validate_json(orjson.dumps(FULL[record_type]))
    assert record.to_data() == FULL[record_type]


@pytest.mark.parametrize("record_type", RECORD_TYPES)
def test_a_field_nobody_knows_is_refused(record_type: str) -> None:
    with pytest.raises(ValidationError, match="shoe_size"):
        RECORD_TYPES[record_type].model_validate({**FULL[record_type], "shoe_size": 42})


@pytest.mark.parametrize("record_type", RECORD_TYPES)
def test_records_cannot_be_changed(record_type: str) -> None:
    record = RECORD_TYPES[record_type].model_validate(FULL[record_type])
    field = "created_at"
    with pytest.raises(ValidationError, match="frozen"):
        setattr(record, field, None)


@pytest.mark.parametrize("record_type", RECORD_TYPES)
def test_every_field_may_be_absent_or_null(record_type: str) -> None:
    model = RECORD_TYPES[record_type]
    assert model.model_validate({}).to_data() == {}
    nulls = dict.fromkeys(model.model_fields)
    assert model.model_validate(nulls).to_data() == nulls


@pytest.mark.parametrize("record_type", RECORD_TYPES)
def test_what_a_record_needs_are_fields_it_has(record_type: str) -> None:
    model = RECORD_TYPES[record_type]
    for group in model.needs:
        assert set(group) <= set(model.model_fields)
        assert any(FULL[record_type].get(name) is not None for name in group)


@pytest.mark.parametrize("record_type", RECORD_TYPES)
def test_references_end_in_id_and_hold_source_ids(record_type: str) -> None:
    model = RECORD_TYPES[record_type]
    plain = {"pipeline_id", "stage_id", "envelope_id", "portal_user_id", "tax_id"}
    for name in model.model_fields:
        if not name.endswith("_id") or name in plain:
            continue
        with pytest.raises(ValidationError):
            model.model_validate({name: "just an id"})
        assert model.model_validate({name: "crm/Stream/1"}).state(name) == "value"


@pytest.mark.parametrize(
    ("data", "field", "state"),
    [
        ({}, "domain", "absent"),
        ({"domain": None}, "domain", "null"),
        ({"domain": "hill.example"}, "domain", "value"),
        ({"tags": []}, "tags", "value"),
        ({"number_of_employees": 0}, "number_of_employees", "value"),
    ],
)
def test_absent_null_and_value_are_three_states(data: dict[str, Any], field: str, state: str) -> None:
    assert Client.model_validate(data).state(field) == state
    assert state_of(data, field) == state


@pytest.mark.parametrize(
    ("model", "data", "told"),
    [
        (Client, {"status": "happy"}, "prospect"),
        (Client, {"number_of_employees": -3}, "greater than or equal to 0"),
        (Client, {"domain": "not a domain"}, "pattern"),
        (Client, {"created_at": "2026-06-30T09:00:00"}, "timezone"),
        (Contact, {"emails": [{"address": "nobody"}]}, "pattern"),
        (Invoice, {"total": {"amount": "12"}}, "currency"),
        (Invoice, {"total": "12 GBP"}, "Money"),
    ],
)
def test_wrong_values_are_refused_with_a_reason(model: type[Record], data: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        model.model_validate(data)


def test_record_type_names_are_the_class_names_in_snake_case() -> None:
    for name, model in RECORD_TYPES.items():
        assert "".join(part.capitalize() for part in name.split("_")) == model.__name__


def test_the_registry_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        cast("dict[str, type[Record]]", RECORD_TYPES)["alien"] = Client


def test_instants_leave_in_utc_whatever_zone_they_came_in() -> None:
    record = Client.model_validate({"created_at": "2026-06-30T11:00:00+02:00"})
    assert record.created_at is not None
    assert record.created_at.utctimetuple().tm_hour == 9


@pytest.mark.parametrize("record_type", RECORD_TYPES)
def test_every_record_type_says_what_it_is(record_type: str) -> None:
    model = RECORD_TYPES[record_type]
    assert model.__doc__
    assert model.__doc__ != Record.__doc__

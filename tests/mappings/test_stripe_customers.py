"""Stripe's objects, as its API sends them, and the canonical records they become: customers."""

from __future__ import annotations

import pytest

from tests.mappings.golden import Case, check

CASES: dict[str, Case] = {
    "a customer": Case(
        stream="customers",
        id="cus_silverbeck",
        stamp="2019-06-09T06:30:00Z",
        raw={
            "id": "cus_silverbeck",
            "object": "customer",
            "name": "Silverbeck Ceramics Ltd",
            "email": "Accounts@silverbeckceramics.example",
            "phone": "+44 20 7946 0003",
            "address": {
                "city": "Chelmsford",
                "country": "GB",
                "line1": "112 Temple Row",
                "line2": None,
                "postal_code": "CM1 7SZ",
                "state": None,
            },
            "currency": "gbp",
            "balance": -1500,
            "delinquent": True,
            "description": None,
            "created": 1560061800,
            "metadata": {
                "vat_number": "GB003610731",
                "website": "https://www.silverbeckceramics.example",
                "salesforce_id": "0015g0000000003AAA",
            },
            "preferred_locales": ["en-GB"],
            "tax_ids": {"object": "list", "data": [{"id": "txi_1", "value": "GB999"}]},
            "livemode": False,
        },
        made=[
            (
                "client",
                {
                    "name": "Silverbeck Ceramics Ltd",
                    "description": None,
                    "emails": [
                        {"address": "accounts@silverbeckceramics.example", "kind": "billing", "is_primary": True}
                    ],
                    "phones": [{"number": "+44 20 7946 0003", "e164": "+442079460003", "kind": "work"}],
                    "domain": "silverbeckceramics.example",
                    "website": "https://www.silverbeckceramics.example",
                    "vat_number": "GB003610731",
                    "external_ids": {"salesforce": "0015g0000000003AAA"},
                    "client_type": "customer",
                    "currency": "GBP",
                    "language": "en-GB",
                    "addresses": [
                        {
                            "kind": "billing",
                            "street1": "112 Temple Row",
                            "city": "Chelmsford",
                            "postal_code": "CM1 7SZ",
                            "country": "GB",
                        }
                    ],
                    "balance": {"amount": "-15.00", "currency": "GBP"},
                    "is_delinquent": True,
                    "created_at": "2019-06-09T06:30:00Z",
                },
            ),
        ],
    ),
    "a customer known by little": Case(
        stream="customers",
        id="cus_little",
        stamp="2019-06-09T06:30:00Z",
        raw={
            "id": "cus_little",
            "object": "customer",
            "name": None,
            "email": None,
            "phone": None,
            "address": None,
            "currency": None,
            "balance": 0,
            "delinquent": False,
            "description": "Former client",
            "created": 1560061800,
            "metadata": {},
            "preferred_locales": [],
            "tax_ids": {"object": "list", "data": [{"id": "txi_1", "value": "GB003610732"}]},
        },
        made=[
            (
                "client",
                {
                    "name": "Former client",
                    "description": "Former client",
                    "emails": None,
                    "phones": None,
                    "vat_number": "GB003610732",
                    "client_type": "customer",
                    "currency": None,
                    "language": None,
                    "addresses": None,
                    "balance": {"amount": "0.00", "currency": "GBP"},
                    "is_delinquent": False,
                    "created_at": "2019-06-09T06:30:00Z",
                },
            ),
        ],
    ),
    "a subscription": Case(
        stream="subscriptions",
        id="sub_1",
        stamp="2022-08-08T23:06:40Z",
        raw={
            "id": "sub_1",
            "object": "subscription",
            "customer": "cus_silverbeck",
            "status": "past_due",
            "description": None,
            "start_date": 1660000000,
            "trial_end": None,
            "cancel_at": None,
            "canceled_at": None,
            "cancel_at_period_end": False,
            "cancellation_details": {"comment": None, "feedback": None, "reason": None},
            "collection_method": "send_invoice",
            "currency": "gbp",
            "created": 1660000000,
            "items": {
                "object": "list",
                "data": [
                    {
                        "id": "si_1",
                        "quantity": 1,
                        "current_period_start": 1780272000,
                        "current_period_end": 1782864000,
                        "price": {
                            "id": "price_1",
                            "nickname": "Bookkeeping, monthly",
                            "unit_amount": 25000,
                            "recurring": {"interval": "month", "interval_count": 1},
                        },
                    }
                ],
            },
        },
        made=[
            (
                "subscription",
                {
                    "client_id": "crm/customers/cus_silverbeck",
                    "status": "past_due",
                    "plan_name": "Bookkeeping, monthly",
                    "quantity": 1,
                    "unit_amount": {"amount": "250.00", "currency": "GBP"},
                    "interval": "month",
                    "interval_count": 1,
                    "started_at": "2022-08-08T23:06:40Z",
                    "trial_end": None,
                    "current_period_start": "2026-06-01T00:00:00Z",
                    "current_period_end": "2026-07-01T00:00:00Z",
                    "cancel_at": None,
                    "canceled_at": None,
                    "cancel_reason": None,
                    "cancels_at_period_end": False,
                    "collection_method": "invoice",
                    "created_at": "2022-08-08T23:06:40Z",
                },
            ),
        ],
    ),
    "a subscription that has ended, its customer shown in full": Case(
        stream="subscriptions",
        id="sub_2",
        stamp="2022-08-08T23:06:40Z",
        raw={
            "id": "sub_2",
            "object": "subscription",
            "customer": {"id": "cus_little", "object": "customer"},
            "status": "incomplete_expired",
            "start_date": 1660000000,
            "canceled_at": 1670000000,
            "cancel_at_period_end": False,
            "cancellation_details": {"feedback": "too_expensive", "reason": "cancellation_requested"},
            "collection_method": "charge_automatically",
            "currency": "jpy",
            "created": 1660000000,
            "items": {
                "data": [
                    {
                        "quantity": 3,
                        "price": {
                            "id": "price_2",
                            "nickname": None,
                            "unit_amount": 5000,
                            "recurring": {"interval": "year", "interval_count": 1},
                        },
                    }
                ]
            },
        },
        made=[
            (
                "subscription",
                {
                    "client_id": "crm/customers/cus_little",
                    "status": "canceled",
                    "plan_name": "price_2",
                    "quantity": 3,
                    "unit_amount": {"amount": "5000", "currency": "JPY"},
                    "interval": "year",
                    "interval_count": 1,
                    "started_at": "2022-08-08T23:06:40Z",
                    "canceled_at": "2022-12-02T16:53:20Z",
                    "cancel_reason": "too_expensive",
                    "cancels_at_period_end": False,
                    "collection_method": "automatic",
                    "created_at": "2022-08-08T23:06:40Z",
                },
            ),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_record_becomes(case: Case) -> None:
    check("stripe", case)

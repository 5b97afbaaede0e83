"""Stripe's exports: labels, major units, and the canonical records they become."""

from __future__ import annotations

import pytest

from tests.mappings.golden import Case, check

CASES: dict[str, Case] = {
    "a customer of an export": Case(
        stream="customers.csv",
        id="cus_silverbeck",
        stamp=None,
        raw={
            "id": "cus_silverbeck",
            "Name": "Silverbeck Ceramics Ltd",
            "Email": "accounts@silverbeckceramics.example",
            "Description": "",
            "Created (UTC)": "2019-06-09 06:30",
            "Delinquent": "false",
            "Phone": "+44 20 7946 0003",
            "Address Line1": "112 Temple Row",
            "Address City": "Chelmsford",
            "Address Country": "GB",
            "vat_number (metadata)": "GB003610731",
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
                    "client_type": "customer",
                    "vat_number": "GB003610731",
                    "addresses": [
                        {"kind": "billing", "street1": "112 Temple Row", "city": "Chelmsford", "country": "GB"}
                    ],
                    "is_delinquent": False,
                    "created_at": "2019-06-09T06:30:00Z",
                },
            ),
        ],
    ),
    "a subscription of an export": Case(
        stream="subscriptions.csv",
        id="sub_1",
        stamp=None,
        raw={
            "id": "sub_1",
            "Customer ID": "cus_silverbeck",
            "Plan": "price_1",
            "Product": "Bookkeeping",
            "Quantity": "1",
            "Currency": "gbp",
            "Interval": "month",
            "Amount": "250.00",
            "Status": "active",
            "Created (UTC)": "2022-08-08 23:06",
            "Start (UTC)": "2022-08-08 23:06",
            "Current Period End (UTC)": "2026-07-01 00:00",
            "Cancel At Period End": "false",
        },
        made=[
            (
                "subscription",
                {
                    "client_id": "crm/customers.csv/cus_silverbeck",
                    "status": "active",
                    "plan_name": "Bookkeeping",
                    "quantity": 1,
                    "unit_amount": {"amount": "250.00", "currency": "GBP"},
                    "interval": "month",
                    "started_at": "2022-08-08T23:06:00Z",
                    "current_period_end": "2026-07-01T00:00:00Z",
                    "cancels_at_period_end": False,
                    "created_at": "2022-08-08T23:06:00Z",
                },
            ),
        ],
    ),
    "an invoice of an export": Case(
        stream="invoices.csv",
        id="in_1",
        stamp=None,
        raw={
            "id": "in_1",
            "Number": "HW-0042",
            "Customer": "cus_silverbeck",
            "Subscription": "sub_1",
            "Status": "open",
            "Currency": "gbp",
            "Subtotal": "250.00",
            "Tax": "50.00",
            "Total": "300.00",
            "Amount Paid": "100.00",
            "Amount Due": "300.00",
            "Amount Remaining": "200.00",
            "Date (UTC)": "2026-05-01 00:00",
            "Due Date (UTC)": "2026-05-31 00:00",
        },
        made=[
            (
                "invoice",
                {
                    "number": "HW-0042",
                    "client_id": "crm/customers.csv/cus_silverbeck",
                    "subscription_id": "crm/subscriptions.csv/sub_1",
                    "status": "open",
                    "issue_date": "2026-05-01",
                    "due_date": "2026-05-31",
                    "subtotal": {"amount": "250.00", "currency": "GBP"},
                    "tax_total": {"amount": "50.00", "currency": "GBP"},
                    "total": {"amount": "300.00", "currency": "GBP"},
                    "amount_paid": {"amount": "100.00", "currency": "GBP"},
                    "amount_due": {"amount": "200.00", "currency": "GBP"},
                    "created_at": "2026-05-01T00:00:00Z",
                },
            ),
        ],
    ),
    "a payment of an export": Case(
        stream="payments.csv",
        id="ch_1",
        stamp=None,
        raw={
            "id": "ch_1",
            "Invoice ID": "in_1",
            "Customer ID": "cus_silverbeck",
            "Status": "Paid",
            "Amount": "100.00",
            "Amount Refunded": "25.00",
            "Currency": "gbp",
            "Created date (UTC)": "2026-05-01 01:00",
            "Description": "Invoice HW-0042",
        },
        made=[
            (
                "payment",
                {
                    "invoice_id": "crm/invoices.csv/in_1",
                    "client_id": "crm/customers.csv/cus_silverbeck",
                    "status": "succeeded",
                    "amount": {"amount": "100.00", "currency": "GBP"},
                    "refunded_amount": {"amount": "25.00", "currency": "GBP"},
                    "description": "Invoice HW-0042",
                    "processed_at": "2026-05-01T01:00:00Z",
                    "created_at": "2026-05-01T01:00:00Z",
                },
            ),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_record_becomes(case: Case) -> None:
    check("csv-stripe-export", case)

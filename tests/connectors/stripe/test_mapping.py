"""The connector and mappings/stripe.yaml together: what the firm knows must come out again, to the penny."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.sandbox.firm import Firm
from connectors.sandbox.server import RunningSandbox
from connectors.stripe.sandbox.ids import stripe_id
from core.mapping import Mapping
from core.model import RECORD_TYPES
from tests.connectors.stripe.test_connector import connect

Canonical = dict[str, dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    return Mapping.load("stripe", "billing", currency="GBP", region="GB")


@pytest.fixture(scope="module")
def read(whole: RunningSandbox, mapping: Mapping) -> tuple[Canonical, Counter[str]]:
    """Everything read and normalised: by record type and external id, and what could not be read."""
    connector = connect(whole.base_url)
    found: Canonical = defaultdict(dict)
    problems: Counter[str] = Counter()
    for name, stream in mapping.streams.items():
        for page in connector.read(name, stream.fields, None):
            for raw in page.records:
                issues: list[Any] = []
                for record_type, data in stream.normalise(raw, issues):
                    found[record_type][stream.external_id(raw)] = data
                problems.update(f"{name}.{issue.field}" for issue in issues)
    return found, problems


@pytest.fixture(scope="module")
def canonical(read: tuple[Canonical, Counter[str]]) -> Canonical:
    return read[0]


def test_every_stream_of_the_mapping_is_read(mapping: Mapping) -> None:
    assert set(mapping.streams) == set(connect("http://127.0.0.1:9").streams())


def test_nothing_is_lost_on_the_way(read: tuple[Canonical, Counter[str]]) -> None:
    assert read[1] == Counter()


@pytest.mark.parametrize("record_type", ["client", "subscription", "invoice", "payment"])
def test_records_stand_before_the_model(canonical: Canonical, record_type: str) -> None:
    model = RECORD_TYPES[record_type]
    assert canonical[record_type]
    for data in canonical[record_type].values():
        model.model_validate(data)


def test_clients_keep_what_joins_them(canonical: Canonical, firm: Firm) -> None:
    for party in firm.parties:
        if "stripe" in party.homes:
            client = canonical["client"][stripe_id("cus", party.key)]
            assert client["name"] == party.spelling.get("stripe", party.name)
            assert client.get("vat_number") == party.vat_number
            addresses = [mail["address"] for mail in client.get("emails") or []]
            assert client.get("domain") == party.domain or any(mail.endswith(party.domain) for mail in addresses)


def test_invoices_agree_with_the_bills(canonical: Canonical, firm: Firm) -> None:
    for bill in firm.bills:
        invoice = canonical["invoice"][stripe_id("in", bill.key)]
        assert invoice["number"] == bill.number
        assert invoice["status"] == bill.status
        assert Decimal(invoice["total"]["amount"]) == bill.amount
        assert invoice["total"]["currency"] == bill.currency
        assert date.fromisoformat(invoice["issue_date"]) == bill.issued_at.date()
        assert date.fromisoformat(invoice["due_date"]) == bill.due_at.date()
        assert invoice["client_id"] == f"billing/customers/{stripe_id('cus', bill.party_key)}"


def test_money_received_agrees_by_currency(canonical: Canonical, firm: Firm) -> None:
    received: dict[str, Decimal] = defaultdict(Decimal)
    for payment in canonical["payment"].values():
        assert payment["status"] == "succeeded"
        received[payment["amount"]["currency"]] += Decimal(payment["amount"]["amount"])
    billed: dict[str, Decimal] = defaultdict(Decimal)
    for bill in firm.bills:
        if bill.status == "paid":
            billed[bill.currency] += bill.amount
    assert received == billed
    assert set(received) == {"GBP", "EUR", "USD"}


def test_money_owed_agrees(canonical: Canonical, firm: Firm) -> None:
    owed = sum(Decimal(i["amount_due"]["amount"]) for i in canonical["invoice"].values() if i["status"] == "open")
    assert owed == sum(bill.amount for bill in firm.bills if bill.status == "open")


def test_payments_lead_to_their_invoice_and_client(canonical: Canonical) -> None:
    for payment in canonical["payment"].values():
        invoice = canonical["invoice"][payment["invoice_id"].removeprefix("billing/invoices/")]
        assert payment["client_id"] == invoice["client_id"]
        assert payment["processed_at"] == invoice["paid_at"]


def test_invoices_lead_to_their_subscription(canonical: Canonical, firm: Firm) -> None:
    fees = {stripe_id("in", bill.key): bill.fee_key for bill in firm.bills}
    for external_id, invoice in canonical["invoice"].items():
        fee = fees[external_id]
        expected = f"billing/subscriptions/{stripe_id('sub', fee)}" if fee else None
        assert invoice.get("subscription_id") == expected


def test_subscriptions_agree_with_the_fees(canonical: Canonical, firm: Firm) -> None:
    for fee in firm.fees:
        subscription = canonical["subscription"][stripe_id("sub", fee.key)]
        months = subscription["interval_count"]
        assert subscription["status"] == fee.status
        assert Decimal(subscription["unit_amount"]["amount"]) == fee.monthly_amount * months
        assert subscription["plan_name"].startswith(fee.plan_name)

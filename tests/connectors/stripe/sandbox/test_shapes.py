"""Every object is compared with the classes of the vendor's library: no field too many, none too few, right types."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import stripe

from connectors.sandbox.firm import Firm
from connectors.sandbox.server import RunningSandbox
from connectors.stripe.sandbox.money import minor_units
from tests.connectors.stripe.conftest import Raw

# Fields shown only on request, only for deleted objects, or which other features would add.
_ON_REQUEST: dict[str, set[str]] = {
    "Customer": {"subscriptions", "tax_ids", "sources", "deleted", "cash_balance", "invoice_credit_balance", "tax"},
    "Product": {"deleted", "type"},
    "Price": {"deleted", "currency_options", "tiers"},
    "Plan": {"deleted", "tiers"},
    "Subscription": set(),
    "SubscriptionItem": {"deleted"},
    "Invoice": {"payments", "deleted"},
    "Charge": {"refunds"},
    "Event": {"account", "context"},
}
_CLASSES: dict[str, type[stripe.StripeObject]] = {
    "customers": stripe.Customer,
    "products": stripe.Product,
    "prices": stripe.Price,
    "subscriptions": stripe.Subscription,
    "invoices": stripe.Invoice,
    "invoice_payments": stripe.InvoicePayment,
    "payment_intents": stripe.PaymentIntent,
    "charges": stripe.Charge,
    "credit_notes": stripe.CreditNote,
    "refunds": stripe.Refund,
    "events": stripe.Event,
}


def annotations_of(kind: type) -> dict[str, Any]:
    own = vars(kind).get("__annotations__", {})
    return {name: annotation for name, annotation in own.items() if "ClassVar" not in str(annotation)}


def optional(annotation: object) -> bool:
    return type(None) in typing.get_args(annotation)


def plain_type(annotation: object) -> type | None:
    """The JSON type of simple annotations; None for those that need no look here."""
    members = typing.get_args(annotation) if typing.get_origin(annotation) is typing.Union else (annotation,)
    choices = [choice for choice in members if choice is not type(None)]
    return choices[0] if len(choices) == 1 and choices[0] in (int, str, bool) else None


@pytest.fixture(scope="module")
def samples(whole: RunningSandbox) -> dict[str, list[dict[str, Any]]]:
    raw = Raw(whole.base_url)
    found = {path: raw.get(f"/v1/{path}", limit="100").json()["data"] for path in _CLASSES}
    found["subscriptions"] = raw.get("/v1/subscriptions", limit="100", status="all").json()["data"]
    return found


@pytest.fixture
def credited(client: stripe.StripeClient, raw: Raw) -> dict[str, list[dict[str, Any]]]:
    """Credit notes and refunds, which the demo firm has none of."""
    owed = client.v1.invoices.list({"status": "open", "limit": 1}).data[0]
    client.v1.credit_notes.create({"invoice": owed.id, "amount": 100, "memo": "Courtesy"})
    charge = client.v1.charges.list({"limit": 1}).data[0]
    client.v1.refunds.create({"charge": charge.id, "amount": 50})
    return {path: raw.get(f"/v1/{path}").json()["data"] for path in ("credit_notes", "refunds")}


def problems(record: dict[str, Any], kind: type) -> Iterator[str]:
    hints = annotations_of(kind)
    hidden = _ON_REQUEST.get(kind.__name__, set())
    yield from (f"{kind.__name__} lacks {name}" for name in hints if name not in record and name not in hidden)
    yield from (f"{kind.__name__} must not have {name}" for name in record if name not in hints)
    for name, annotation in hints.items():
        value = record.get(name)
        if value is None:
            if name in record and not optional(annotation):
                yield f"{kind.__name__}.{name} is null"
        elif (expected := plain_type(annotation)) and type(value) is not expected:
            yield f"{kind.__name__}.{name} is {type(value).__name__}, not {expected.__name__}"


@pytest.mark.parametrize("path", [path for path in _CLASSES if path not in ("credit_notes", "refunds")])
def test_objects_have_the_fields_of_the_library(samples: dict[str, list[dict[str, Any]]], path: str) -> None:
    assert samples[path]
    assert sorted({problem for record in samples[path] for problem in problems(record, _CLASSES[path])}) == []


@pytest.mark.parametrize("path", ["credit_notes", "refunds"])
def test_made_objects_have_the_fields_of_the_library(credited: dict[str, list[dict[str, Any]]], path: str) -> None:
    assert credited[path]
    assert sorted({problem for record in credited[path] for problem in problems(record, _CLASSES[path])}) == []


def test_inner_objects_have_the_fields_of_the_library(samples: dict[str, list[dict[str, Any]]]) -> None:
    items = [item for record in samples["subscriptions"] for item in record["items"]["data"]]
    lines = [line for record in samples["invoices"] for line in record["lines"]["data"]]
    found = {problem for item in items for problem in problems(item, stripe.SubscriptionItem)}
    found |= {problem for item in items for problem in problems(item["plan"], stripe.Plan)}
    found |= {problem for line in lines for problem in problems(line, stripe.InvoiceLineItem)}
    assert sorted(found) == []


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("invoices", "status_transitions"),
        ("invoices", "automatic_tax"),
        ("invoices", "issuer"),
        ("subscriptions", "automatic_tax"),
        ("subscriptions", "billing_mode"),
        ("subscriptions", "cancellation_details"),
        ("subscriptions", "invoice_settings"),
        ("invoice_payments", "status_transitions"),
        ("customers", "invoice_settings"),
    ],
)
def test_groups_inside_objects(samples: dict[str, list[dict[str, Any]]], path: str, field: str) -> None:
    group = "".join(part.title() for part in field.split("_"))
    hints = annotations_of(getattr(_CLASSES[path], group))
    optional_ones = {name for name, annotation in hints.items() if optional(annotation)}
    for record in samples[path]:
        assert set(record[field]) <= set(hints), record["id"]
        assert set(hints) - optional_ones <= set(record[field]), record["id"]


@pytest.mark.parametrize(
    ("path", "gone"),
    [
        ("invoices", ("paid", "subscription", "charge", "payment_intent", "tax")),
        ("subscriptions", ("current_period_start", "current_period_end", "plan")),
        ("products", ("features",)),
    ],
)
def test_fields_of_older_versions_are_gone(
    samples: dict[str, list[dict[str, Any]]], path: str, gone: tuple[str, ...]
) -> None:
    assert all(field not in record for record in samples[path] for field in gone)


def test_the_library_reads_what_the_sandbox_says(reader: stripe.StripeClient) -> None:
    subscription = reader.v1.subscriptions.list({"limit": 1, "expand": ["data.customer"]}).data[0]
    item = subscription["items"].data[0]
    assert item.current_period_end > item.current_period_start
    assert isinstance(item.price, stripe.Price)
    assert isinstance(subscription.customer, stripe.Customer)


def test_money_adds_up_to_the_penny(firm: Firm, reader: stripe.StripeClient) -> None:
    invoices = list(reader.v1.invoices.list({"limit": 100, "status": "open"}).auto_paging_iter())
    owed = sum(minor_units(bill.amount, bill.currency) for bill in firm.bills if bill.status == "open")
    assert sum(invoice.amount_remaining for invoice in invoices) == owed


def test_every_paid_invoice_has_its_charge(whole: RunningSandbox, firm: Firm) -> None:
    state = typing.cast("dict[str, list[dict[str, Any]]]", whole.app.state())
    paid = {record["id"]: record for record in state["invoice"] if record["status"] == "paid"}
    by_intent = {payment["payment"]["payment_intent"]: payment for payment in state["invoice_payment"]}
    charged = {by_intent[charge["payment_intent"]]["invoice"]: charge for charge in state["charge"]}
    assert set(charged) == set(paid)
    assert len(paid) == sum(bill.status == "paid" for bill in firm.bills)
    for object_id, charge in charged.items():
        assert charge["amount"] == paid[object_id]["amount_paid"]
        assert charge["created"] == paid[object_id]["status_transitions"]["paid_at"]


def test_void_invoices_have_a_canceled_payment(whole: RunningSandbox) -> None:
    state = typing.cast("dict[str, list[dict[str, Any]]]", whole.app.state())
    payments = {payment["invoice"]: payment["status"] for payment in state["invoice_payment"]}
    expected = {"paid": "paid", "open": "open", "uncollectible": "open", "void": "canceled"}
    assert {(record["status"], payments[record["id"]]) for record in state["invoice"]} == set(expected.items())


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [("12.30", "GBP", 1230), ("0.01", "eur", 1), ("500", "JPY", 500), ("7", "usd", 700)],
)
def test_smallest_units(amount: str, currency: str, units: int) -> None:
    assert minor_units(Decimal(amount), currency) == units

"""Which step is possible in which state, for everything that has a life of its own."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF
from connectors.sandbox.firm import Firm
from connectors.stripe.sandbox.books import Books
from connectors.stripe.sandbox.customers import Customers
from connectors.stripe.sandbox.invoices import Invoices, issue_payment
from connectors.stripe.sandbox.loading import load_firm
from connectors.stripe.sandbox.problems import StripeProblemError
from connectors.stripe.sandbox.shapes.paying import invoice, line_item
from connectors.stripe.sandbox.subscriptions import Subscriptions

STATES = ("draft", "open", "paid", "uncollectible", "void")
STEPS = ("finalize", "pay", "void", "give_up")
AFTER = {
    ("draft", "finalize"): "open",
    ("open", "pay"): "paid",
    ("open", "void"): "void",
    ("open", "give_up"): "uncollectible",
    ("uncollectible", "pay"): "paid",
    ("uncollectible", "void"): "void",
}


@pytest.fixture
def books() -> Books:
    return Books(SandboxClock(AS_OF))


@pytest.fixture
def loaded(small_firm: Firm) -> Books:
    filled = Books(SandboxClock(AS_OF))
    load_firm(filled, small_firm)
    return filled


def invoice_in(books: Books, state: str, amount: int = 5000) -> dict[str, Any]:
    """An invoice that has come to a state by the API's own steps."""
    buyer = Customers(books).create({"name": "Otter & Oak", "email": "accounts@otteroak.example"})
    now = books.now()
    line = line_item("in_1", amount, "gbp", description="Advice", period=(now, now), of=None)
    record = books.put(invoice("in_1", now, buyer, line))
    steps = {"draft": (), "open": ("finalize",), "paid": ("finalize", "pay"), "void": ("finalize", "void")}
    for step in steps.get(state, ("finalize", "give_up")):
        getattr(Invoices(books), step)({}, "in_1")
    return record


def event_types(books: Books) -> list[str]:
    return [event["type"] for event in books.of("event")]


@pytest.mark.parametrize("state", STATES)
def test_an_invoice_gets_into_every_state(books: Books, state: str) -> None:
    assert invoice_in(books, state)["status"] == state


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", STATES)
def test_every_step_in_every_state(books: Books, state: str, step: str) -> None:
    record = invoice_in(books, state)
    before = dict(record)
    if (state, step) in AFTER:
        getattr(Invoices(books), step)({}, "in_1")
        assert record["status"] == AFTER[state, step]
    else:
        with pytest.raises(StripeProblemError, match=f"This invoice is {state}"):
            getattr(Invoices(books), step)({}, "in_1")
        assert record == before


@pytest.mark.parametrize(
    ("state", "last"),
    [
        ("open", ["invoice.finalized"]),
        ("void", ["invoice.finalized", "invoice.voided"]),
        ("uncollectible", ["invoice.finalized", "invoice.marked_uncollectible"]),
    ],
)
def test_steps_are_told(books: Books, state: str, last: list[str]) -> None:
    invoice_in(books, state)
    assert event_types(books) == ["customer.created", *last]


def test_paying_tells_of_the_money_before_the_invoice(books: Books) -> None:
    invoice_in(books, "paid")
    assert event_types(books)[2:] == [
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice_payment.paid",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]


def test_a_number_is_given_when_the_draft_is_opened(books: Books) -> None:
    assert invoice_in(books, "draft")["number"] is None
    Invoices(books).finalize({}, "in_1")
    record = books.need("invoice", "in_1")
    prefix = books.need("customer", record["customer"])["invoice_prefix"]
    assert record["number"].startswith(f"{prefix}-")


def test_a_draft_has_no_way_to_be_paid_yet(books: Books) -> None:
    invoice_in(books, "draft")
    assert list(books.of("invoice_payment")) == []
    Invoices(books).finalize({}, "in_1")
    assert [payment["status"] for payment in books.of("invoice_payment")] == ["open"]


def test_a_payment_asks_for_what_is_due(books: Books) -> None:
    record = invoice_in(books, "open", amount=1234)
    payment = issue_payment(books, record, books.now())
    intent = books.need("payment_intent", payment["payment"]["payment_intent"])
    assert (payment["amount_requested"], intent["amount"], intent["status"]) == (1234, 1234, "requires_payment_method")


@pytest.mark.parametrize("out_of_band", ["true", "false"])
def test_money_that_came_in_another_way(books: Books, out_of_band: str) -> None:
    record = invoice_in(books, "open")
    Invoices(books).pay({"paid_out_of_band": out_of_band}, "in_1")
    through_stripe = out_of_band == "false"
    assert record["amount_paid"] == (5000 if through_stripe else 0)
    assert record["amount_paid_off_stripe"] == (None if through_stripe else 5000)
    assert len(list(books.of("charge"))) == through_stripe


@pytest.mark.parametrize(
    ("state", "possible"), [("draft", False), ("open", True), ("paid", True), ("uncollectible", True), ("void", False)]
)
def test_which_invoices_can_be_credited(books: Books, state: str, possible: bool) -> None:
    invoice_in(books, state)
    params = {"invoice": "in_1", "amount": "100", "out_of_band_amount": "100"}
    if possible:
        assert Invoices(books).credit(params)["total"] == 100
    else:
        with pytest.raises(StripeProblemError, match="finalized invoices"):
            Invoices(books).credit(params)


@pytest.mark.parametrize("parts", [(5000,), (100, 4900), (1, 2, 3)])
def test_credits_add_up(books: Books, parts: tuple[int, ...]) -> None:
    record = invoice_in(books, "open")
    for part in parts:
        Invoices(books).credit({"invoice": "in_1", "amount": str(part)})
    assert record["pre_payment_credit_notes_amount"] == sum(parts)
    assert record["amount_remaining"] == 5000 - sum(parts)
    assert record["status"] == ("paid" if sum(parts) == 5000 else "open")


@pytest.mark.parametrize("way", ["credit_amount", "refund_amount", "out_of_band_amount"])
def test_ways_to_give_back_after_payment(books: Books, way: str) -> None:
    record = invoice_in(books, "paid")
    note = Invoices(books).credit({"invoice": "in_1", "amount": "300", way: "300"})
    assert (note["type"], note["post_payment_amount"]) == ("post_payment", 300)
    assert record["post_payment_credit_notes_amount"] == 300
    assert record["status"] == "paid"


def test_no_more_is_credited_than_was_paid(books: Books) -> None:
    invoice_in(books, "paid")
    Invoices(books).credit({"invoice": "in_1", "amount": "4000", "credit_amount": "4000"})
    with pytest.raises(StripeProblemError, match=r"left of the invoice \(1000\)"):
        Invoices(books).credit({"invoice": "in_1", "amount": "1001", "credit_amount": "1001"})


@pytest.mark.parametrize("parts", [("5000",), ("1", "4999"), ("1000", "1000", "1000")])
def test_refunds_add_up(books: Books, parts: tuple[str, ...]) -> None:
    invoice_in(books, "paid")
    [charge] = books.of("charge")
    for part in parts:
        Invoices(books).refund({"charge": charge["id"], "amount": part})
    total = sum(map(int, parts))
    assert (charge["amount_refunded"], charge["refunded"]) == (total, total == 5000)
    assert len(list(books.of("refund"))) == len(parts)
    assert event_types(books).count("charge.refunded") == len(parts)


# Subscriptions


def subscription_of(books: Books, status: str) -> dict[str, Any]:
    return next(record for record in books.of("subscription") if record["status"] == status)


@pytest.mark.parametrize("status", ["active", "past_due"])
def test_running_subscriptions_can_be_ended(loaded: Books, status: str) -> None:
    record = subscription_of(loaded, status)
    Subscriptions(loaded).cancel({}, record["id"])
    assert (record["status"], record["cancellation_details"]["reason"]) == ("canceled", "cancellation_requested")


@pytest.mark.parametrize("step", ["cancel", "update"])
def test_ended_subscriptions_stay_ended(loaded: Books, step: str) -> None:
    record = subscription_of(loaded, "canceled")
    with pytest.raises(StripeProblemError, match="canceled subscription"):
        getattr(Subscriptions(loaded), step)({}, record["id"])


@pytest.mark.parametrize("params", [{"price": "x"}, {"items": [{"price": "x"}]}, {"cancel_at_period_end": "maybe"}])
def test_refused_changes_of_subscriptions(loaded: Books, params: dict[str, Any]) -> None:
    record = subscription_of(loaded, "active")
    before = dict(record)
    with pytest.raises(StripeProblemError):
        Subscriptions(loaded).update(params, record["id"])
    assert record == before


# Customers


def test_deleting_a_customer_keeps_its_invoices(loaded: Books) -> None:
    owner = next(iter(loaded.of("invoice")))["customer"]
    count = sum(record["customer"] == owner for record in loaded.of("invoice"))
    Customers(loaded).delete({}, owner)
    assert sum(record["customer"] == owner for record in loaded.of("invoice")) == count > 0


def test_deleting_takes_no_parameters(loaded: Books) -> None:
    owner = next(iter(loaded.of("customer")))["id"]
    with pytest.raises(StripeProblemError):
        Customers(loaded).delete({"reason": "x"}, owner)
    assert loaded.need("customer", owner)


@pytest.mark.parametrize("action", ["update", "delete"])
def test_unknown_customers(books: Books, action: str) -> None:
    with pytest.raises(StripeProblemError) as caught:
        getattr(Customers(books), action)({}, "cus_none")
    assert caught.value.code == 404

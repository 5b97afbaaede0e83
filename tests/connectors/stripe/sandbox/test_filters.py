"""The narrowing of lists, without HTTP: every filter against records that do and do not fit."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF
from connectors.stripe.sandbox.books import Books
from connectors.stripe.sandbox.problems import StripeProblemError
from connectors.stripe.sandbox.reading import RESOURCES, Resource, between, equal, list_page, truth, whole_number

BY_PATH: dict[str, Resource] = {resource.path: resource for resource in RESOURCES}


@pytest.fixture
def books() -> Books:
    return Books(SandboxClock(AS_OF))


def numbered(books: Books, count: int, kind: str = "customer") -> None:
    for number in range(count):
        books.put({"id": f"x{number}", "object": kind, "created": 100 + number, "email": f"{number % 3}@x.example"})


def ids(page: dict[str, Any]) -> list[str]:
    return [record["id"] for record in page["data"]]


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("50", True),
        ("49", False),
        ({"gt": "49"}, True),
        ({"gt": "50"}, False),
        ({"gte": "50"}, True),
        ({"gte": "51"}, False),
        ({"lt": "51"}, True),
        ({"lt": "50"}, False),
        ({"lte": "50"}, True),
        ({"lte": "49"}, False),
        ({"gt": "40", "lt": "60"}, True),
        ({"gt": "40", "lt": "45"}, False),
        ({}, True),
    ],
)
def test_between(value: Any, fits: bool) -> None:
    assert between("created")({"created": 50}, value) is fits


def test_an_absent_instant_fits_no_bounds() -> None:
    assert between("due_date")({"due_date": None}, {"gt": "1"}) is False


@pytest.mark.parametrize("value", [{"since": "5"}, {"gt": "x"}, "x", {"gt": ""}])
def test_malformed_bounds(value: Any) -> None:
    with pytest.raises(StripeProblemError):
        between("created")({"created": 50}, value)


def test_equal_and_truth() -> None:
    assert equal("status")({"status": "open"}, "open")
    assert not equal("status")({"status": "open"}, "Open")
    assert truth("active")({"active": True}, "true")
    assert truth("active")({"active": False}, "false")
    assert not truth("active")({"active": True}, "false")


@pytest.mark.parametrize(("text", "number"), [("5", 5), ("-3", -3), ("007", 7)])
def test_whole_numbers(text: str, number: int) -> None:
    assert whole_number(text, "limit") == number


@pytest.mark.parametrize("text", ["", "1.5", "ten", None, "1e3"])
def test_what_is_no_whole_number(text: Any) -> None:
    with pytest.raises(StripeProblemError) as caught:
        whole_number(text, "limit")
    assert caught.value.body["error"]["param"] == "limit"


@pytest.mark.parametrize(
    ("params", "expected", "more"),
    [
        ({"limit": "3"}, ["x9", "x8", "x7"], True),
        ({"limit": "10"}, [f"x{n}" for n in range(9, -1, -1)], False),
        ({"limit": "3", "starting_after": "x7"}, ["x6", "x5", "x4"], True),
        ({"limit": "3", "starting_after": "x3"}, ["x2", "x1", "x0"], False),
        ({"limit": "3", "starting_after": "x0"}, [], False),
        ({"limit": "3", "ending_before": "x5"}, ["x8", "x7", "x6"], True),
        ({"limit": "4", "ending_before": "x5"}, ["x9", "x8", "x7", "x6"], False),
        ({"limit": "3", "ending_before": "x9"}, [], False),
        ({"limit": "2", "created": {"lt": "105"}}, ["x4", "x3"], True),
        ({"limit": "2", "created": {"lt": "105"}, "starting_after": "x4"}, ["x3", "x2"], True),
        ({"limit": "9", "created": {"lt": "105"}, "starting_after": "x8"}, ["x4", "x3", "x2", "x1", "x0"], False),
        ({"email": "1@x.example"}, ["x7", "x4", "x1"], False),
        ({"email": "1@x.example", "created": {"gte": "104"}}, ["x7", "x4"], False),
        ({"email": "nobody@x.example"}, [], False),
    ],
)
def test_pages(books: Books, params: dict[str, Any], expected: list[str], more: bool) -> None:
    numbered(books, 10)
    page = list_page(books, BY_PATH["customers"], params)
    assert ids(page) == expected
    assert page["has_more"] is more


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_any_page_size_walks_over_everything_once(books: Books, limit: int) -> None:
    numbered(books, 23)
    seen: list[str] = []
    params: dict[str, Any] = {"limit": str(limit)}
    while True:
        page = list_page(books, BY_PATH["customers"], params)
        seen.extend(ids(page))
        if not page["has_more"]:
            break
        params["starting_after"] = seen[-1]
    assert seen == [f"x{number}" for number in range(22, -1, -1)]


@pytest.mark.parametrize(
    ("status", "expected"),
    [(None, ["a", "p"]), ("all", ["a", "c", "p"]), ("canceled", ["c"]), ("past_due", ["p"]), ("ended", ["c"])],
)
def test_subscriptions_hide_what_has_ended(books: Books, status: str | None, expected: list[str]) -> None:
    for name, state in (("a", "active"), ("c", "canceled"), ("p", "past_due")):
        books.put({"id": name, "object": "subscription", "status": state, "created": 1})
    params = {"status": status} if status else {}
    assert sorted(ids(list_page(books, BY_PATH["subscriptions"], params))) == expected


@pytest.mark.parametrize(("age_days", "shown"), [(0, True), (29, True), (30, True), (31, False), (400, False)])
def test_old_events_are_not_shown(books: Books, age_days: int, shown: bool) -> None:
    created = books.now() - age_days * 86_400
    books.put({"id": "evt_1", "object": "event", "created": created, "type": "invoice.paid"})
    assert bool(list_page(books, BY_PATH["events"], {})["data"]) is shown


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"type": "invoice.paid"}, ["e1"]),
        ({"type": "invoice.*"}, ["e2", "e1"]),
        ({"type": "customer.*"}, ["e4", "e3"]),
        ({"type": "*"}, ["e4", "e3", "e2", "e1"]),
        ({"types": ["invoice.paid", "customer.deleted"]}, ["e3", "e1"]),
        ({"types": []}, []),
    ],
)
def test_event_types(books: Books, params: dict[str, Any], expected: list[str]) -> None:
    names = ("invoice.paid", "invoice.voided", "customer.deleted", "customer.subscription.updated")
    for number, name in enumerate(names, 1):
        books.put({"id": f"e{number}", "object": "event", "created": books.now(), "type": name})
    assert ids(list_page(books, BY_PATH["events"], params)) == expected


@pytest.mark.parametrize(
    ("parent", "fits"),
    [
        (None, False),
        ({"type": "quote_details", "subscription_details": None}, False),
        ({"subscription_details": {"subscription": "sub_1"}}, True),
        ({"subscription_details": {"subscription": "sub_2"}}, False),
    ],
)
def test_invoices_by_subscription(parent: Any, fits: bool) -> None:
    assert BY_PATH["invoices"].filters["subscription"]({"parent": parent}, "sub_1") is fits


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ({"type": "payment_intent"}, True),
        ({"type": "charge"}, False),
        ({"type": "payment_intent", "payment_intent": "pi_1"}, True),
        ({"type": "payment_intent", "payment_intent": "pi_2"}, False),
    ],
)
def test_payments_by_what_paid_them(asked: dict[str, str], fits: bool) -> None:
    record = {"payment": {"type": "payment_intent", "payment_intent": "pi_1"}}
    assert BY_PATH["invoice_payments"].filters["payment"](record, asked) is fits


def test_subscriptions_by_price() -> None:
    record = {"items": {"data": [{"price": {"id": "price_1"}}, {"price": {"id": "price_2"}}]}}
    fits = BY_PATH["subscriptions"].filters["price"]
    assert fits(record, "price_2")
    assert not fits(record, "price_3")


def test_every_filter_is_one_of_the_librarys() -> None:
    names = {
        "customers": "Customer", "products": "Product", "prices": "Price", "subscriptions": "Subscription",
        "invoices": "Invoice", "invoice_payments": "InvoicePayment", "payment_intents": "PaymentIntent",
        "charges": "Charge", "credit_notes": "CreditNote", "refunds": "Refund", "events": "Event",
    }  # fmt: skip
    for path, name in names.items():
        known = set(getattr(stripe.params, f"{name}ListParams").__annotations__)
        assert set(BY_PATH[path].filters) <= known, path

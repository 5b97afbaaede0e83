from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF
from connectors.stripe.sandbox.books import Books
from connectors.stripe.sandbox.expanding import expanded
from connectors.stripe.sandbox.problems import StripeProblemError

INVOICE: dict[str, Any] = {"id": "in_1", "object": "invoice", "customer": "cus_1", "lines": {"data": []}, "note": "x"}
CUSTOMER: dict[str, Any] = {"id": "cus_1", "object": "customer", "name": "Ann", "email": None}
PAYMENT: dict[str, Any] = {
    "id": "inpay_1",
    "object": "invoice_payment",
    "invoice": "in_1",
    "payment": {"type": "payment_intent", "payment_intent": "pi_1"},
}
INTENT: dict[str, Any] = {"id": "pi_1", "object": "payment_intent", "latest_charge": "ch_1", "customer": "cus_1"}
CHARGE: dict[str, Any] = {"id": "ch_1", "object": "charge", "customer": "cus_1", "amount": 5}


@pytest.fixture
def books() -> Books:
    filled = Books(SandboxClock(AS_OF))
    for record in (CUSTOMER, INVOICE, CHARGE, INTENT, PAYMENT):
        filled.put(dict(record))
    return filled


def test_nothing_asked_nothing_changed(books: Books) -> None:
    assert expanded(books, INVOICE, []) is INVOICE


def test_an_id_becomes_its_object(books: Books) -> None:
    assert expanded(books, INVOICE, ["customer"])["customer"] == CUSTOMER


def test_the_record_itself_stays_as_it_was(books: Books) -> None:
    expanded(books, INVOICE, ["customer"])
    assert INVOICE["customer"] == "cus_1"


def test_every_member_of_a_list(books: Books) -> None:
    page = {"object": "list", "data": [INVOICE, INVOICE]}
    assert [record["customer"]["name"] for record in expanded(books, page, ["data.customer"])["data"]] == ["Ann", "Ann"]


def test_several_paths(books: Books) -> None:
    answer = expanded(books, PAYMENT, ["invoice", "invoice.customer", "payment.payment_intent"])
    assert answer["invoice"]["customer"] == CUSTOMER
    assert answer["payment"]["payment_intent"] == INTENT


def test_a_longer_path_opens_what_is_on_its_way(books: Books) -> None:
    answer = expanded(books, PAYMENT, ["payment.payment_intent.latest_charge.customer"])
    assert answer["payment"]["payment_intent"]["latest_charge"]["customer"] == CUSTOMER


def test_the_order_of_paths_does_not_matter(books: Books) -> None:
    paths = ["payment.payment_intent", "payment.payment_intent.latest_charge"]
    assert expanded(books, PAYMENT, paths) == expanded(books, PAYMENT, paths[::-1])


def test_a_null_reference_stays_null(books: Books) -> None:
    intent = {**INTENT, "latest_charge": None}
    assert expanded(books, intent, ["latest_charge"])["latest_charge"] is None


def test_a_null_reference_ends_a_longer_path(books: Books) -> None:
    intent = {**INTENT, "latest_charge": None}
    assert expanded(books, intent, ["latest_charge.customer"])["latest_charge"] is None


@pytest.mark.parametrize(
    ("record", "field", "members"),
    [
        (INVOICE, "payments", ["inpay_1"]),
        (CUSTOMER, "subscriptions", []),
        (CUSTOMER, "tax_ids", []),
        (CHARGE, "refunds", []),
    ],
)
def test_hidden_lists(books: Books, record: dict[str, Any], field: str, members: list[str]) -> None:
    shown = expanded(books, record, [field])[field]
    assert [member["id"] for member in shown["data"]] == members
    assert shown["url"] == f"/v1/{record['object']}s/{record['id']}/{field}"


@pytest.mark.parametrize("path", ["colour", "note", "data", "payments.colour", "customer.name", "lines.colour"])
def test_what_cannot_be_expanded(books: Books, path: str) -> None:
    with pytest.raises(StripeProblemError, match="cannot be expanded"):
        expanded(books, INVOICE, [path])


@pytest.mark.parametrize(("path", "allowed"), [("a.b.c.d", True), ("a.b.c.d.e", False)])
def test_four_levels_at_most(books: Books, path: str, allowed: bool) -> None:
    words = "cannot be expanded" if allowed else "more than 4 levels"
    with pytest.raises(StripeProblemError, match=words):
        expanded(books, INVOICE, [path])

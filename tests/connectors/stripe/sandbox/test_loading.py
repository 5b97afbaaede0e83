from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF, empty_firm
from connectors.sandbox.firm import Firm
from connectors.stripe.sandbox.books import Books
from connectors.stripe.sandbox.ids import stripe_id
from connectors.stripe.sandbox.loading import load_firm
from connectors.stripe.sandbox.money import minor_units

DAY = 86_400


@pytest.fixture(scope="module")
def books(firm: Firm) -> Books:
    filled = Books(SandboxClock(AS_OF))
    load_firm(filled, firm)
    return filled


def every(books: Books, kind: str) -> list[dict[str, Any]]:
    return list(books.of(kind))


def test_loading_does_not_move_the_clock(books: Books) -> None:
    assert books.now() == int(AS_OF.timestamp())


def test_loading_twice_gives_the_same(books: Books, firm: Firm) -> None:
    again = Books(SandboxClock(AS_OF))
    load_firm(again, firm)
    for kind in ("customer", "subscription", "invoice", "charge", "event"):
        assert every(again, kind) == every(books, kind)


def test_an_empty_firm_has_an_empty_account() -> None:
    empty = Books(SandboxClock(AS_OF))
    load_firm(empty, empty_firm())
    assert [every(empty, kind) for kind in ("customer", "invoice", "event", "product")] == [[], [], [], []]


@pytest.mark.parametrize("kind", ["customer", "subscription", "invoice", "invoice_payment", "charge", "event"])
def test_records_are_kept_in_the_order_of_their_creation(books: Books, kind: str) -> None:
    created = [record["created"] for record in every(books, kind)]
    assert created == sorted(created)


def test_customers_carry_name_phone_and_address_of_the_party(books: Books, firm: Firm) -> None:
    for party in firm.parties:
        record = books.get("customer", stripe_id("cus", party.key))
        assert (record is not None) == ("stripe" in party.homes)
        if record:
            assert record["name"] == party.spelling.get("stripe", party.name)
            assert (record["phone"], record["address"]["postal_code"]) == (party.phone, party.postal_code)
            assert record["currency"] == party.currency.lower()


def linked_by(record: dict[str, Any]) -> set[str]:
    ways = {"email"} if record["email"] else set()
    return ways | {f"metadata.{name}" for name in record["metadata"]}


def test_customers_are_linked_in_different_ways(books: Books) -> None:
    ways = Counter(way for record in every(books, "customer") for way in linked_by(record))
    assert ways["email"] > 60
    assert ways["metadata.website"] > 10
    assert ways["metadata.vat_number"] > 10


def test_every_customer_can_be_linked_somehow(books: Books) -> None:
    assert [record["name"] for record in every(books, "customer") if not linked_by(record)] == []


def test_addresses_are_those_of_the_main_contact_or_of_accounts(books: Books, firm: Firm) -> None:
    mains = {person.party_key: person.email for person in firm.people if person.is_primary}
    for party in firm.parties:
        record = books.get("customer", stripe_id("cus", party.key))
        if record and record["email"]:
            assert record["email"] in (mains[party.key], f"accounts@{party.domain}")


def test_tax_numbers_are_kept_beside_the_customer(books: Books, firm: Firm) -> None:
    expected = {stripe_id("cus", p.key): p.vat_number for p in firm.parties if p.vat_number and "stripe" in p.homes}
    assert {record["customer"]: record["value"] for record in every(books, "tax_id")} == expected
    assert {record["type"] for record in every(books, "tax_id")} == {"gb_vat"}


def test_debtors_are_delinquent(books: Books, firm: Firm) -> None:
    expected = {stripe_id("cus", fee.party_key) for fee in firm.fees if fee.status == "past_due"}
    assert {record["id"] for record in every(books, "customer") if record["delinquent"]} == expected


def test_subscriptions_carry_the_fee(books: Books, firm: Firm) -> None:
    for fee in firm.fees:
        record = books.need("subscription", stripe_id("sub", fee.key))
        price = record["items"]["data"][0]["price"]
        months = price["recurring"]["interval_count"]
        assert record["status"] == fee.status
        assert price["unit_amount"] == minor_units(fee.monthly_amount, fee.currency) * months
        assert price["nickname"] == f"{fee.plan_name}, {'monthly' if months == 1 else 'quarterly'}"
        assert (record["ended_at"] is not None) == (fee.status == "canceled")


def test_periods_run_today_unless_ended(books: Books) -> None:
    for record in every(books, "subscription"):
        item = record["items"]["data"][0]
        assert item["current_period_start"] < item["current_period_end"]
        if record["status"] in ("active", "past_due"):
            assert item["current_period_end"] >= books.now() - DAY


def test_trials_end_after_a_month(books: Books) -> None:
    trials = [record for record in every(books, "subscription") if record["status"] == "trialing"]
    assert trials
    assert all(record["trial_end"] - record["trial_start"] == 30 * DAY for record in trials)


def test_products_are_the_services_once_each(books: Books, firm: Firm) -> None:
    names = [record["name"] for record in every(books, "product")]
    assert sorted(names) == sorted({fee.plan_name for fee in firm.fees})


def test_invoices_carry_the_bill(books: Books, firm: Firm) -> None:
    for bill in firm.bills:
        record = books.need("invoice", stripe_id("in", bill.key))
        total = minor_units(bill.amount, bill.currency)
        assert (record["number"], record["status"], record["total"]) == (bill.number, bill.status, total)
        assert record["due_date"] == int(bill.due_at.timestamp())
        assert record["amount_remaining"] == (0 if bill.status == "paid" else total)
        assert record["amount_paid"] == (total if bill.status == "paid" else 0)
        assert (record["parent"] is None) == (bill.fee_key is None)


def test_lines_say_what_was_sold(books: Books) -> None:
    for record in every(books, "invoice"):
        [line] = record["lines"]["data"]
        assert line["amount"] == record["total"]
        assert (line["description"] == "Special work") == (record["billing_reason"] == "manual")
        assert line["period"]["end"] >= line["period"]["start"]


@pytest.mark.parametrize(
    ("status", "stamp"),
    [("paid", "paid_at"), ("void", "voided_at"), ("uncollectible", "marked_uncollectible_at"), ("open", None)],
)
def test_transitions_tell_how_it_came(books: Books, status: str, stamp: str | None) -> None:
    found = [record for record in every(books, "invoice") if record["status"] == status]
    assert found
    for record in found:
        told = {name for name, at in record["status_transitions"].items() if at}
        assert told == {"finalized_at"} | ({stamp} if stamp else set())
        assert all(record["created"] <= at < books.now() for at in record["status_transitions"].values() if at)


def test_recent_happenings_are_told_as_events(books: Books, firm: Firm) -> None:
    since = AS_OF.timestamp() - 30 * DAY
    paid = {stripe_id("in", b.key) for b in firm.bills if b.paid_at and b.paid_at.timestamp() >= since}
    told = {e["data"]["object"]["id"] for e in every(books, "event") if e["type"] == "invoice.paid"}
    assert told == paid


def test_events_do_not_name_a_request(books: Books) -> None:
    assert {event["request"]["id"] for event in every(books, "event")} == {None}


def test_nothing_lies_in_the_future(books: Books) -> None:
    latest = max(record["created"] for kind in ("customer", "invoice", "charge", "event") for record in books.of(kind))
    assert datetime.fromtimestamp(latest, UTC) < AS_OF

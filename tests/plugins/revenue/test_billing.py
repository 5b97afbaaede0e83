"""What was billed, what is owed, and how it is paid, with credit notes and rates."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from core.ledger.witness import fingerprint
from plugins import revenue
from plugins.revenue.settings import RevenueSettings
from tests.core.signals.book import AS_OF, Book, Desk, days
from tests.plugins.clinic import publisher_of, some_of

Data = dict[str, Any]
EUR = RevenueSettings(rates={"EUR": {date(2026, 1, 1): 0.8, date(2026, 6, 1): 0.9}})


def money(amount: float, currency: str = "GBP") -> Data:
    return {"amount": str(amount), "currency": currency}


def credit(book: Book, client: str, worth: float, invoice: str | None = None, /, **data: Any) -> str:
    told = {"amount": money(worth), "status": "issued", "issued_at": "2026-05-20T10:00:00Z"}
    return book.add("credit_note", None, client, **(told | ({"invoice_id": invoice} if invoice else {}) | data))


def desk_of(book: Book, chosen: RevenueSettings | None = None) -> Desk:
    book.save()
    publisher = publisher_of(revenue, chosen or RevenueSettings())
    desk = Desk(book.store, some_of(publisher, "billing.", "revenue.findings"))
    assert desk.evaluate().faults == ()
    return desk


def known(desk: Desk, client: str, *names: str) -> list[Any]:
    stored = desk._stored()
    return [stored.get((client, f"billing.{name}"), (None, ""))[0] for name in names]


def test_the_worked_example(book: Book) -> None:
    """900 twenty days late and 100 on time: 18 days; one of two on time; 365 owed of 3,650 a year: 36.5 days."""
    client = book.client("acme")
    book.invoice(client, "2026-03-01", paid="2026-03-21", total="900", issue_date="2026-02-01")
    book.invoice(client, "2026-04-01", paid="2026-04-01", total="100", issue_date="2026-03-01")
    book.invoice(client, "2026-06-30", total="365", issue_date="2026-06-01")
    book.invoice(client, "2025-09-30", paid="2025-06-01", total="2285", issue_date="2025-06-20", status="paid")
    desk = desk_of(book, RevenueSettings(payment_days=365))
    assert known(desk, client, "sales_12m", "receivable", "dso") == [3650, 365, 36.5]
    alone = book.client("alone")
    book.invoice(alone, "2026-03-01", paid="2026-03-21", total="900")
    book.invoice(alone, "2026-04-01", paid="2026-04-01", total="100")
    assert known(desk_of(book), alone, "days_late", "on_time_share") == [18, 0.5]


# When an invoice of 100 falls due and what else is told of it; what is owed on Monday, 15 June, and what is overdue.
OWED: list[tuple[Any, Data, float | None, float | None]] = [
    ("2026-05-01", {}, 100, 100),
    ("2026-06-15", {}, 100, 0),  # due today
    ("2026-06-14", {}, 100, 100),
    ("2026-05-01", {"amount_due": money(40)}, 40, 40),
    ("2026-05-01", {"amount_due": None}, 100, 100),
    ("2026-05-01", {"status": "uncollectible"}, 100, 100),
    ("2026-05-01", {"status": "paid", "amount_due": money(0)}, 0, 0),
    ("2026-05-01", {"status": "void"}, None, None),
    ("2026-05-01", {"status": "draft"}, None, None),
    (None, {"issue_date": "2026-05-01"}, 100, 100),  # due at once
]


def test_what_is_owed(book: Book) -> None:
    for at, (due, data, *_) in enumerate(OWED):
        book.invoice(book.client(f"c{at}"), due, **data)
    desk = desk_of(book)
    for at, (_, data, receivable, overdue) in enumerate(OWED):
        assert known(desk, f"crm/Account/c{at}", "receivable", "overdue") == [receivable, overdue], data


def test_a_credit_note_is_taken_off_once(book: Book) -> None:
    client = book.client("acme")
    told = book.invoice(client, "2026-05-01", issue_date="2026-04-01", amount_due=money(70))  # 30 taken off already
    credit(book, client, 30, told)
    silent = book.client("silent")
    untold = book.invoice(silent, "2026-05-01", issue_date="2026-04-01", amount_due=None)
    credit(book, silent, 30, untold)
    credit(book, silent, 50, untold, status="void")
    desk = desk_of(book)
    assert known(desk, client, "receivable", "overdue", "sales_12m") == [70, 70, 70]
    assert known(desk, silent, "receivable", "overdue", "sales_12m") == [70, 70, 70]
    assert desk.reason(client, "billing.sales_12m") == "GBP 70 billed on 1 invoice, GBP 30 of credits taken off"


def test_a_credit_of_no_invoice_lessens_the_whole(book: Book) -> None:
    client, more = book.client("acme"), book.client("more")
    book.invoice(client, "2026-05-01")
    credit(book, client, 30)
    book.invoice(more, "2026-05-01")
    credit(book, more, 130)
    credit(book, more, 999, issued_at="2026-07-01T00:00:00Z")  # still ahead
    desk = desk_of(book)
    assert known(desk, client, "receivable", "overdue") == [70, 70]
    assert known(desk, more, "receivable", "overdue") == [-30, 0]


def test_a_negative_invoice_counts_as_a_credit(book: Book) -> None:
    client = book.client("acme")
    book.invoice(client, "2026-05-01", issue_date="2026-04-01")
    book.invoice(client, "2026-05-01", issue_date="2026-04-01", total="-30", number="INV-9")
    desk = desk_of(book)
    assert known(desk, client, "receivable", "overdue", "sales_12m") == [70, 70, 70]
    line = "invoice INV-9 of GBP -30 is negative: it counts as a credit"
    assert desk.value(client, "revenue.findings") == line


PAID: dict[str | None, tuple[float, float]] = {
    "2026-04-20": (0, 1),
    "2026-05-01": (0, 1),
    "2026-05-04": (3, 1),
    "2026-05-05": (4, 0),
    None: (45, 0),
}


def test_lateness_and_grace(book: Book) -> None:
    for paid in PAID:
        book.invoice(book.client(str(paid)), "2026-05-01", paid=paid)
    desk = desk_of(book)
    for paid, expected in PAID.items():
        assert known(desk, f"crm/Account/{paid}", "days_late", "on_time_share") == list(expected), paid


def test_lateness_is_weighted_by_what_is_left_after_credits(book: Book) -> None:
    client = book.client("acme")
    big = book.invoice(client, "2026-05-01", paid="2026-05-11", total="900")
    book.invoice(client, "2026-05-01", paid="2026-05-01", total="100")
    credit(book, client, 800, big)
    assert known(desk_of(book), client, "days_late") == [5]


def test_what_is_credited_in_full_says_nothing_of_payment(book: Book) -> None:
    client = book.client("acme")
    credit(book, client, 100, book.invoice(client, "2026-01-01"))
    assert known(desk_of(book), client, "days_late", "on_time_share") == [None, None]


def test_disputed_invoices_are_not_judged(book: Book) -> None:
    client = book.client("acme")
    disputed = book.invoice(client, "2026-01-01")
    book.invoice(client, "2026-05-01", paid="2026-05-01")
    book.add("payment", None, client, status="disputed", amount=money(100), invoice_id=disputed)
    desk = desk_of(book)
    assert known(desk, client, "days_late", "on_time_share", "receivable") == [0, 1, 100]


def test_money_is_converted_at_the_rate_of_its_day(book: Book) -> None:
    client = book.client("acme")
    book.invoice(client, "2026-05-01", total="100", currency="EUR", issue_date="2026-04-01")
    book.invoice(client, "2026-05-01", total="100", issue_date="2026-04-01")
    credit(book, client, 10, amount=money(10, "EUR"))
    desk = desk_of(book, EUR)
    # owed at today's 0.9: 90 + 100 - 9; billed at April's 0.8: 80 + 100 - 8
    assert known(desk, client, "receivable", "sales_12m") == [181, 172]


def test_nothing_is_summed_without_a_rate(book: Book) -> None:
    client, fine = book.client("acme"), book.client("fine")
    book.invoice(client, "2026-05-01", total="1200", currency="USD", issue_date="2026-04-01", number="INV-7")
    book.invoice(client, "2026-05-01", paid="2026-05-01", issue_date="2026-04-01")
    book.invoice(fine, "2026-05-01", issue_date="2026-04-01")
    desk = desk_of(book, EUR)
    assert known(desk, client, "receivable", "overdue", "sales_12m", "days_late", "dso") == [None] * 5
    assert known(desk, fine, "receivable", "sales_12m") == [100, 100]
    said = desk.explain(client, "billing.receivable").reason
    assert said == "USD 1,200: there is no rate from USD to GBP on 15 June 2026"
    assert desk.value(client, "revenue.findings").splitlines() == [
        "invoice INV-7 over USD 1,200: there is no rate from USD to GBP on 1 April 2026",
        "billed in 2 currencies: GBP, USD",
    ]
    assert known(desk, client, "on_time_share") == [0.5]  # a count of invoices needs no rate


def test_a_bill_of_nothing_needs_no_rate(book: Book) -> None:
    client = book.client("acme")
    book.invoice(client, "2026-05-01", total="0", currency="USD", issue_date="2026-04-01")
    assert known(desk_of(book), client, "receivable", "sales_12m") == [0, 0]


def test_growth_is_against_the_year_before(book: Book) -> None:
    client, new = book.client("acme"), book.client("new")
    book.invoice(client, "2026-05-01", total="150", issue_date="2026-04-01")
    book.invoice(client, "2025-05-01", paid="2025-05-01", total="100", issue_date="2025-04-01")
    book.invoice(new, "2026-05-01", issue_date="2026-04-01")
    desk = desk_of(book)
    assert known(desk, client, "growth") == [0.5]
    assert desk.reason(client, "billing.growth") == "after GBP 100 billed on 1 invoice the year before"
    assert known(desk, new, "growth") == [None]


def test_findings_are_one_line_each_and_at_most_five(book: Book) -> None:
    client, whole = book.client("acme"), book.client("whole")
    book.add("contract", None, client, status="active", number="C-1", annual_contract_value=money(100))
    book.add("contract", None, client, status="active", number="C-2", start_date="2026-01-01", end_date="2026-12-31")
    book.add("deal", None, client, name="More work", status="open", amount=money(10, "CHF"))
    subscription: Data = {
        "plan_name": "Payroll",
        "status": "active",
        "interval": "month",
        "unit_amount": money(5, "JPY"),
    }
    book.add("subscription", None, client, **subscription, started_at="2025-01-01T00:00:00Z")
    credit(book, client, 7, number="CN-1", amount=money(7, "USD"))
    book.invoice(client, "2026-05-01", total="-1", issue_date="2026-04-01", number="INV-1")
    book.invoice(whole, "2026-05-01")
    desk = desk_of(book)
    assert desk.value(client, "revenue.findings").splitlines() == [
        "contract C-1 has no end: it counts by the year, not in the total",
        "contract C-2 states no value: it counts as nothing",
        "subscription Payroll over JPY 60: there is no rate from JPY to GBP on 15 June 2026",
        "deal More work over CHF 10: there is no rate from CHF to GBP on 15 June 2026",
        "invoice INV-1 of GBP -1 is negative: it counts as a credit",
        "and 1 more",
    ]
    assert desk.reason(client, "revenue.findings") == "6 findings"
    assert (whole, "revenue.findings") not in desk._stored()


def test_old_troubles_are_let_go(book: Book) -> None:
    client = book.client("acme")
    book.invoice(client, "2020-05-01", paid="2020-05-01", currency="USD", issue_date="2020-04-01")
    desk = desk_of(book)
    assert (client, "revenue.findings") not in desk._stored()


def test_it_is_explained_down_to_record_and_field(book: Book) -> None:
    client = book.client("acme")
    book.invoice(client, "2026-05-01", issue_date="2026-04-01")
    lines = list(desk_of(book).explain(client, "billing.dso").lines())
    assert any(line.strip().startswith("billing.receivable = 100 money") for line in lines)
    assert any("amount_due.amount 100.00" in line and "total.currency GBP" in line for line in lines)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rates": {"EUR": {"2026-01-01": 0}}}, "greater than 0"),
        ({"rates": {"EUR": {"2026-01-01": "inf"}}}, "finite"),
        ({"rates": {"euro": {"2026-01-01": 0.9}}}, "should match pattern"),
        ({"rates": {"EUR": {"soon": 0.9}}}, "date"),
        ({"rates": {"EUR": 0.9}}, "dictionary"),
        ({"rates": [0.9]}, "dictionary"),
        ({"renewals": {"rate": 0.9, "low": 0.95, "high": 1}}, "low, rate and high must rise"),
        ({"sales": {"rate": 0.2, "low": 0.1}}, "Field required"),
        ({"recurring_from": "hope"}, "Input should be"),
        ({"grace_days": -1}, "greater than or equal to 0"),
        ({"rate": 1}, "Extra inputs"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: Data, said: str) -> None:
    with pytest.raises(ValidationError, match=said) as caught:
        RevenueSettings.model_validate(wrong)
    assert caught.value.error_count() == 1


def test_a_mistake_in_a_rate_names_its_place_as_the_file_has_it() -> None:
    with pytest.raises(ValidationError) as caught:
        RevenueSettings.model_validate({"rates": {"EUR": {date(2026, 1, 1): -1}}})
    assert caught.value.errors()[0]["loc"] == ("rates", "EUR", "2026-01-01")


def test_a_file_may_have_days_as_keys() -> None:
    """The audit log notes what changed in the configuration, whatever its keys are."""
    one, other = ({"rates": {"EUR": {date(2026, 1, 1): rate}}} for rate in (0.8, 0.9))
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint({"task_days": {180: 10}}) == fingerprint({"task_days": {180: 10}})


def test_the_year_moves_on(book: Book) -> None:
    client = book.client("acme")
    book.invoice(client, "2025-07-01", paid="2025-07-01", issue_date="2025-06-20")
    desk = desk_of(book)
    assert known(desk, client, "sales_12m") == [100]
    desk.evaluate(AS_OF + days(10))
    assert known(desk, client, "sales_12m") == [0]

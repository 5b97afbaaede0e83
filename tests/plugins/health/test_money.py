"""Payment: days late, share on time, what is overdue, and currencies that must not be mixed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugins.health.settings import HealthSettings
from tests.core.signals.book import Book, Desk
from tests.plugins.clinic import clinic, health_publisher

Bill = tuple[str, str | None, dict[str, Any]]  # due, paid, what else is known
FAILED: dict[str, Any] = {"status": "failed", "amount": {"amount": "5", "currency": "GBP"}}

# case: (invoices, days late, share on time, overdue, oldest overdue)
BILLS: dict[str, tuple[list[Bill], float | None, float | None, float | None, float | None]] = {
    "none": ([], None, None, None, None),
    "on the day": ([("2026-05-10", "2026-05-10", {})], 0, 1, 0, 0),
    "early": ([("2026-05-10", "2026-04-20", {})], 0, 1, 0, 0),
    "within grace": ([("2026-05-10", "2026-05-13", {})], 3, 1, 0, 0),
    "after grace": ([("2026-05-10", "2026-05-14", {})], 4, 0, 0, 0),
    # the worked example of formula 18: (10 x 1000 + 40 x 200) / 1200 = 15
    "weighted by amount": (
        [("2026-05-10", "2026-05-20", {"total": "1000.00"}), ("2026-04-01", "2026-05-11", {"total": "200.00"})],
        15, 0, 0, 0,
    ),
    "unpaid counts until today": ([("2026-06-05", None, {})], 10, 0, 100, 10),
    "paid and unpaid": ([("2026-05-10", "2026-05-10", {}), ("2026-06-05", None, {})], 5, 0.5, 100, 10),
    "not due yet": ([("2026-07-01", None, {})], None, None, 0, 0),
    "due today": ([("2026-06-15", None, {})], 0, 1, 0, 0),
    "over a year old": ([("2025-06-15", "2025-09-15", {})], None, None, 0, 0),
    "just inside the year": ([("2025-06-16", "2025-06-26", {})], 10, 0, 0, 0),
    "old and still unpaid": ([("2025-01-15", None, {})], None, None, 100, 516),
    "a draft": ([("2026-05-10", None, {"status": "draft"})], None, None, 0, 0),
    "void": ([("2026-05-10", None, {"status": "void"})], None, None, 0, 0),
    "written off": ([("2026-06-05", None, {"status": "uncollectible"})], 10, 0, 100, 10),
    "partly paid": (
        [("2026-06-05", None, {"status": "partially_paid", "amount_due": {"amount": "40.10", "currency": "GBP"}})],
        10, 0, 40.1, 10,
    ),
    "nothing left to pay": (
        [("2026-06-05", None, {"amount_due": {"amount": "0", "currency": "GBP"}})], 10, 0, 0, 0,
    ),
    "negative": ([("2026-05-10", None, {"total": "-50.00"})], None, None, 0, 0),
    "collected at once": (
        [("2026-05-10", "2026-05-10", {"due_date": None, "issue_date": "2026-05-10"})], 0, 1, 0, 0,
    ),
    "without any date": ([("2026-05-10", None, {"due_date": None})], None, None, 0, 0),
    "paid, nobody knows when": ([("2026-05-10", "2026-05-10", {"paid_at": None})], None, None, 0, 0),
    "in euro": ([("2026-06-05", None, {"currency": "EUR"})], 10, 0, None, 10),
    "in two currencies": (
        [("2026-05-10", "2026-05-20", {"total": "9000.00", "currency": "JPY"}), ("2026-05-10", "2026-05-14", {})],
        7, 0, 0, 0,
    ),
    "overdue in two currencies": (
        [("2026-06-05", None, {"currency": "EUR"}), ("2026-06-10", None, {})], 7.5, 0, None, 10,
    ),
    "cents": ([("2026-06-05", None, {"total": "0.10"}) for _ in range(3)], 10, 0, 0.3, 10),
}  # fmt: skip


def fill(book: Book) -> None:
    for case, (bills, *_) in BILLS.items():
        client = book.client(case)
        for due, paid, data in bills:
            book.invoice(client, due, paid=paid, **data)
    failed = book.client("failed payment")
    book.add("payment", None, failed, processed_at="2026-06-01T00:00:00Z", **FAILED)
    book.add("payment", None, failed, processed_at="2026-01-01T00:00:00Z", **FAILED)


@pytest.fixture(scope="module")
def desk(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with clinic(migrated_file, tmp_path_factory.mktemp("money"), fill) as made:
        yield made


def known(desk: Desk, case: str, signal: str) -> Any:
    """The value, or None where it is unknown."""
    try:
        return desk.value(f"crm/Account/{case}", signal)
    except KeyError:
        return None


@pytest.mark.parametrize("case", BILLS)
def test_how_a_client_pays(desk: Desk, case: str) -> None:
    _, late, share, overdue, oldest = BILLS[case]
    assert known(desk, case, "payments.days_late") == late
    assert known(desk, case, "payments.on_time_share") == share
    assert known(desk, case, "revenue.overdue") == overdue
    assert known(desk, case, "revenue.days_late") == oldest


@pytest.mark.parametrize(
    ("case", "signal", "reason"),
    [
        ("on the day", "payments.days_late", "pays on time"),
        ("weighted by amount", "payments.days_late", "pays 15 days late on average"),
        ("paid and unpaid", "payments.on_time_share", "1 of 2 invoices paid on time"),
        ("unpaid counts until today", "revenue.overdue", "GBP 100 overdue"),
        ("partly paid", "revenue.overdue", "GBP 40.10 overdue"),
        ("on the day", "revenue.overdue", "nothing is overdue"),
        ("on the day", "revenue.days_late", "nothing is overdue"),
    ],
)
def test_reasons_are_what_people_would_say(desk: Desk, case: str, signal: str, reason: str) -> None:
    assert desk.reason(f"crm/Account/{case}", signal) == reason


def test_an_overdue_invoice_is_named_by_its_number(book: Book) -> None:
    client = book.client("acme")
    book.invoice(client, "2026-06-05", number="INV-7")
    book.save()
    desk = Desk(book.store, health_publisher())
    desk.evaluate()
    assert desk.reason(client, "revenue.days_late") == "invoice INV-7 is 10 days overdue"


def test_foreign_money_is_told_not_summed(desk: Desk) -> None:
    told = desk.explain("crm/Account/overdue in two currencies", "revenue.overdue")
    assert told.value is None
    assert told.reason == "money is overdue in EUR, and there is no rate to GBP"


def test_failed_payments_of_the_last_month_count(desk: Desk) -> None:
    told = desk.explain("crm/Account/failed payment", "payments.failed_30d")
    assert (told.value, told.reason) == (1, "1 failed payment in 30 days")


@pytest.mark.parametrize(("grace", "share"), [(0, 0), (3, 0), (4, 1), (30, 1)])
def test_grace_is_a_setting(book: Book, grace: int, share: float) -> None:
    client = book.client("acme")
    book.invoice(client, "2026-05-10", paid="2026-05-14")
    book.save()
    desk = Desk(book.store, health_publisher(HealthSettings(grace_days=grace)))
    desk.evaluate()
    assert desk.value(client, "payments.on_time_share") == share

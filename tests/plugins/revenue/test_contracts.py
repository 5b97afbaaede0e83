"""What contracts and subscriptions are worth: over their terms, a year, a month, and from today on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from plugins import revenue
from plugins.revenue.settings import RevenueSettings
from tests.core.signals.book import Book, Desk
from tests.plugins.clinic import clinic, publisher_of, renewals_publisher

SETTINGS = RevenueSettings(rates={"EUR": {date(2026, 1, 1): 0.9}})
Data = dict[str, Any]


def money(amount: float, currency: str = "GBP") -> Data:
    return {"amount": str(amount), "currency": currency}


def annual(amount: float, currency: str = "GBP") -> Data:
    return {"annual_contract_value": money(amount, currency)}


def total(amount: float, currency: str = "GBP") -> Data:
    return {"total_contract_value": money(amount, currency)}


THREE_YEARS: Data = {"start_date": "2026-01-01", "term_months": 36}
ONCE: Data = {"billing_frequency": "one_off"}
NOTICE: Data = {"start_date": "2026-01-01", "end_date": "2026-12-31", "status": "terminated"}
MONTHLY: Data = {"status": "active", "interval": "month", "started_at": "2025-01-01T00:00:00Z"}

# Each case: its contracts and subscriptions; then total value, yearly value and monthly fees.
CASES: dict[str, tuple[list[Data], list[Data], float | None, float | None, float | None]] = {
    "nothing": ([], [], None, None, None),
    # The example of the requirements: three years at 100,000 and 30,000 once.
    "the worked example": ([THREE_YEARS | annual(100_000), THREE_YEARS | total(30_000) | ONCE], [],
                           330_000, 100_000, 100_000 / 12),
    "the worked example in one": ([THREE_YEARS | annual(100_000) | total(330_000)], [], 330_000, 100_000, 100_000 / 12),
    "only a total": ([THREE_YEARS | total(300_000)], [], 300_000, 100_000, 100_000 / 12),
    "only one-off": ([THREE_YEARS | annual(5_000) | ONCE], [], 5_000, 0, 0),
    "by its days": ([{"start_date": "2026-01-01", "end_date": "2026-12-31"} | annual(1200)], [], 1200, 1200, 100),
    "half a year": ([{"start_date": "2026-01-01", "end_date": "2026-06-30"} | annual(1200)], [], 600, 1200, 100),
    "without end": ([{"start_date": "2020-01-01"} | annual(1200)], [], None, 1200, 100),
    "without end beside another": ([{"start_date": "2020-01-01"} | annual(1200), THREE_YEARS | annual(600)], [],
                                   1800, 1800, 150),
    "without value": ([THREE_YEARS], [], None, None, None),
    "of negative value": ([THREE_YEARS | annual(-5)], [], None, None, None),
    "in another currency": ([THREE_YEARS | annual(1000, "EUR")], [], 2700, 900, 75),
    "without a rate": ([THREE_YEARS | annual(1000, "USD"), THREE_YEARS | annual(1000)], [], None, None, None),
    "draft": ([THREE_YEARS | annual(1000) | {"status": "draft"}], [], None, None, None),
    "over": ([{"start_date": "2024-01-01", "end_date": "2026-06-14"} | annual(1000)], [], None, None, None),
    "ends today": ([{"start_date": "2025-06-16", "end_date": "2026-06-15"} | annual(1200)], [], 1200, 1200, 100),
    "yet to begin": ([{"start_date": "2026-07-01", "term_months": 12} | annual(1000)], [], None, None, None),
    "replaced": ([THREE_YEARS | annual(1000) | {"replaced_by_id": "crm/Contract/9"}], [], None, None, None),
    "under notice": ([NOTICE | annual(1200)], [], 1200, 1200, 100),
    "terminated at once": ([{"start_date": "2026-01-01", "status": "terminated"} | annual(1200)], [], None, None, None),
    "renewed by itself": ([{"start_date": "2023-01-01", "end_date": "2023-12-31", "term_months": 12, "auto_renew": True}
                           | annual(1200)], [], 1200, 1200, 100),
    "a subscription": ([], [MONTHLY | {"unit_amount": money(50)}], None, None, 50),
    "a subscription of three": ([], [MONTHLY | {"unit_amount": money(50), "quantity": 3}], None, None, 150),
    "a yearly subscription": ([], [MONTHLY | {"unit_amount": money(120), "interval": "year"}], None, None, 10),
    "a subscription of every two weeks": (
        [], [MONTHLY | {"unit_amount": money(10), "interval": "week", "interval_count": 2}],
        None, None, 10 * 365.25 / 12 / 14,
    ),
    "a subscription as told": ([], [MONTHLY | {"unit_amount": money(50), "mrr": money(40)}], None, None, 40),
    "a subscription in euro": ([], [MONTHLY | {"unit_amount": money(50, "EUR")}], None, None, 45),
    "on trial": ([], [MONTHLY | {"unit_amount": money(50), "status": "trialing"}], None, None, None),
    "canceled": ([], [MONTHLY | {"unit_amount": money(50), "status": "canceled"}], None, None, None),
    "canceled to come": (
        [], [MONTHLY | {"unit_amount": money(50), "cancel_at": "2026-07-01T00:00:00Z"}], None, None, 50,
    ),
    "told twice": ([THREE_YEARS | annual(1200)], [MONTHLY | {"unit_amount": money(100)}], 3600, 1200, 100),
    "a contract without value and a subscription": (
        [THREE_YEARS], [MONTHLY | {"unit_amount": money(100)}], None, None, 100,
    ),
}  # fmt: skip


def fill(book: Book) -> None:
    for case, (contracts, subscriptions, *_) in CASES.items():
        client = book.client(case)
        for at, data in enumerate(contracts):
            book.add(
                "contract", f"crm/Contract/{case}{at}", client, **({"status": "active", "number": f"C-{at}"} | data)
            )
        for data in subscriptions:
            book.add("subscription", None, client, **data)


@pytest.fixture(scope="module")
def desk(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    publishers = publisher_of(revenue, SETTINGS), renewals_publisher()
    with clinic(migrated_file, tmp_path_factory.mktemp("contracts"), fill, *publishers) as made:
        yield made


Told = dict[tuple[str, str], tuple[Any, str]]


@pytest.fixture(scope="module")
def told(desk: Desk) -> Told:
    return desk._stored()


def known(told: Told, case: str, signal: str) -> Any:
    return told.get((f"crm/Account/{case}", signal), (None, ""))[0]


@pytest.mark.parametrize("case", CASES)
def test_what_it_is_worth(told: Told, case: str) -> None:
    _, _, tcv, acv, mrr = CASES[case]
    found = [known(told, case, name) for name in ("contract.tcv", "contract.acv", "revenue.mrr", "revenue.arr")]
    expected = [tcv, acv, mrr, mrr and 12 * mrr]
    assert found == [one if one is None else pytest.approx(one, abs=0.006) for one in expected]


@pytest.mark.parametrize(
    ("case", "signal", "said"),
    [
        ("the worked example", "contract.tcv", "2 contracts in force"),
        ("without end beside another", "contract.tcv",
         "1 contract in force; contract C-0 has no end or states no value, so it is not counted"),
        ("told twice", "revenue.mrr", "1 contract"),
        ("a subscription", "revenue.arr", "1 subscription"),
    ],
)  # fmt: skip
def test_reasons_are_what_people_would_say(told: Told, case: str, signal: str, said: str) -> None:
    assert told[f"crm/Account/{case}", signal][1] == said


@pytest.mark.parametrize(
    ("case", "signal", "said"),
    [
        ("without end", "contract.tcv", "contract C-0 has no end or states no value, so it is not counted"),
        ("without value", "contract.acv", "contract C-0 states no yearly value, so it is not counted"),
        ("without a rate", "contract.tcv", "USD 3,000: there is no rate from USD to GBP on 15 June 2026"),
        ("without a rate", "revenue.mrr", "USD 1,000: there is no rate from USD to GBP on 15 June 2026"),
        ("nothing", "contract.tcv", "no contract is in force"),
        ("nothing", "revenue.mrr", "no contract in force or subscription states a recurring fee"),
    ],
)
def test_what_is_unknown_says_why(desk: Desk, case: str, signal: str, said: str) -> None:
    assert desk.explain(f"crm/Account/{case}", signal).reason == said


# Contracts of 12,000 a year, and the years still to come.
LEFT: list[tuple[Data, float | None]] = [
    ({"start_date": "2023-06-16", "end_date": "2026-06-15"}, 1 / 365.25),  # today is the last day
    ({"start_date": "2023-06-16", "end_date": "2026-12-14"}, 183 / 365.25),
    ({"start_date": "2026-06-15", "term_months": 36}, 3.0),  # no more than its whole
    ({"start_date": "2020-01-01"}, None),
]


def test_the_remaining_value_is_what_is_still_to_come(book: Book) -> None:
    for at, (data, _) in enumerate(LEFT):
        book.add("contract", None, book.client(f"c{at}"), status="active", **data, **annual(12_000))
    book.save()
    desk = Desk(book.store, publisher_of(revenue, SETTINGS), renewals_publisher())
    assert desk.evaluate().faults == ()
    for at, (data, years) in enumerate(LEFT):
        found = desk._stored().get((f"crm/Account/c{at}", "contract.remaining"), (None, ""))[0]
        assert found == (years if years is None else pytest.approx(12_000 * years, abs=0.01)), data


@pytest.mark.parametrize(("source", "mrr"), [("contracts", 100), ("subscriptions", 80), ("both", 180)])
def test_where_recurring_fees_stand_is_a_choice(book: Book, source: Any, mrr: float) -> None:
    both, contract, subscription = (book.client(key) for key in ("both", "contract", "subscription"))
    for client in (both, contract):
        book.add("contract", None, client, status="active", **THREE_YEARS, **annual(1200))
    for client in (both, subscription):
        book.add("subscription", None, client, **MONTHLY, unit_amount=money(80))
    book.save()
    desk = Desk(book.store, publisher_of(revenue, RevenueSettings(recurring_from=source)), renewals_publisher())
    desk.evaluate()
    assert [desk.value(client, "revenue.mrr") for client in (both, contract, subscription)] == [mrr, 100, 80]


def test_it_works_without_the_plugin_renewals(book: Book) -> None:
    client = book.client("acme")
    book.add("contract", None, client, status="active", start_date="2026-01-01", end_date="2028-12-31", **annual(100))
    book.save()
    desk = Desk(book.store, publisher_of(revenue, SETTINGS))
    assert desk.evaluate().faults == ()
    assert desk.value(client, "contract.tcv") == 300
    assert desk.value(client, "revenue.forecast_12m") == 100

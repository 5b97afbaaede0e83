"""The forecast of twelve months: what is agreed, what hangs on renewals, what may be sold, and what moved it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins import revenue
from plugins.revenue.chances import measured, wilson
from plugins.revenue.settings import Chance, RevenueSettings
from tests.core.signals.book import AS_OF, Book, Desk, days
from tests.plugins.clinic import clinic, publisher_of, renewals_publisher, some_of

LAW = settings(max_examples=15, deadline=None, derandomize=True)
Data = dict[str, Any]
Told = dict[tuple[str, str], tuple[Any, str]]
ASKED = ("revenue.committed", "revenue.renew", "revenue.pipeline", "revenue.deals", "revenue.forecast")
EVERY = ("committed_12m", "renewable_12m", "pipeline_12m", "forecast_low", "forecast_12m", "forecast_high")


def money(amount: float, currency: str = "GBP") -> Data:
    return {"amount": str(amount), "currency": currency}


def contract(book: Book, client: str, end: str | None, amount: float = 12_000, **data: Any) -> str:
    told = {"status": "active", "start_date": "2024-01-01", "annual_contract_value": money(amount)} | data
    return book.add("contract", None, client, **(told | ({"end_date": end} if end else {})))


def deal(book: Book, client: str, worth: float = 5_000, /, **data: Any) -> str:
    told = {"name": "more", "status": "open", "amount": money(worth), "expected_close_date": "2026-09-01"}
    return book.add("deal", None, client, **(told | data))


def desk_of(book: Book, chosen: RevenueSettings | None = None) -> Desk:
    book.save()
    publisher = some_of(publisher_of(revenue, chosen or RevenueSettings()), *ASKED)
    desk = Desk(book.store, publisher, some_of(renewals_publisher(), "term.end"))
    assert desk.evaluate().faults == ()
    return desk


def figures(desk: Desk, client: str) -> list[Any]:
    return [desk._stored().get((client, f"revenue.{name}"), (None, ""))[0] for name in EVERY]


def test_the_worked_example_of_the_readme(book: Book) -> None:
    client = book.client("acme")
    contract(book, client, "2026-08-26")  # 73 days, today included
    deal(book, client, probability=40)
    desk = desk_of(book)
    assert figures(desk, client) == [2400, 9600, 2000, 11413.33, 13040, 14378.67]
    reason = desk.reason(client, "revenue.forecast_12m")
    assert reason == "GBP 2,400 agreed, GBP 8,640 from renewals (90% assumed) and GBP 2,000 from sales"
    assert desk.reason(client, "revenue.forecast_low") == "renewals at 80%, sales at 20% where 30% are usual"


# The end of a contract of 12,000 a year and what else is told of it; what is agreed, and what hangs on its renewal.
AGREED: list[tuple[str | None, Data, float, float]] = [
    (None, {}, 12_000, 0),  # goes on until somebody ends it
    ("2029-12-31", {}, 12_000, 0),
    ("2027-06-14", {}, 12_000, 0),  # to the last day of the year ahead
    ("2027-06-13", {}, 12_000 * 364 / 365, 12_000 / 365),
    ("2026-06-15", {}, 12_000 / 365, 12_000 * 364 / 365),
    ("2026-06-14", {}, 0, 0),  # over
    ("2026-08-26", {"status": "terminated"}, 2400, 0),  # under notice: it will not go on
    ("2026-08-26", {"status": "draft"}, 0, 0),
    ("2028-01-31", {"start_date": "2026-11-08"}, 12_000 * 219 / 365, 0),  # a signed add-on, from November on
    ("2028-01-31", {"start_date": "2027-07-01"}, 0, 0),
    ("2028-01-31", {"start_date": "2026-11-08", "billing_frequency": "one_off"}, 12_000, 0),
    ("2028-01-31", {"billing_frequency": "one_off"}, 0, 0),  # was billed when it began
]
# What is told of a deal of 5,000, and how much of it counts.
SOLD: list[tuple[Data, float]] = [
    ({"probability": 40}, 2000),
    ({"probability": 0}, 0),
    ({}, 1500),  # the chance that the settings assume
    ({"probability": 40, "expected_close_date": "2027-06-14"}, 2000),
    ({"probability": 40, "expected_close_date": "2027-06-15"}, 0),
    ({"probability": 40, "expected_close_date": "2026-05-15"}, 2000),  # a month behind
    ({"probability": 40, "expected_close_date": "2026-01-15"}, 0),  # nobody believes in it any more
    ({"probability": 40, "expected_close_date": None}, 0),
    ({"probability": 100, "status": "won"}, 0),
    ({"probability": 40, "amount": money(-10)}, 0),
    ({"probability": 40, "amount": None}, 0),
    ({"probability": 40, "deal_type": "renewal"}, 2000),  # no contract tells of it
]


def fill(book: Book) -> None:
    for at, (end, data, *_) in enumerate(AGREED):
        contract(book, book.client(f"agreed{at}"), end, **data)
    for at, (told, _) in enumerate(SOLD):
        deal(book, book.client(f"sold{at}"), **told)


@pytest.fixture(scope="module")
def told(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    publishers = publisher_of(revenue, RevenueSettings()), renewals_publisher()
    with clinic(migrated_file, tmp_path_factory.mktemp("forecast"), fill, *publishers) as made:
        yield made._stored()


def test_what_is_agreed_and_what_hangs_on_a_renewal(told: Told) -> None:
    for at, (_, _, committed, renewable) in enumerate(AGREED):
        found = [told[f"crm/Account/agreed{at}", f"revenue.{name}"][0] for name in EVERY]
        expected = [committed, renewable, 0, committed + 0.8 * renewable, committed + 0.9 * renewable]
        assert found[:5] == pytest.approx(expected, abs=0.01), AGREED[at]


def test_what_may_be_sold(told: Told) -> None:
    for at, (data, pipeline) in enumerate(SOLD):
        assert told[f"crm/Account/sold{at}", "revenue.pipeline_12m"][0] == pipeline, data


def test_a_renewal_told_by_contract_and_deal_counts_once(book: Book) -> None:
    client = book.client("acme")
    contract(book, client, "2026-08-26")
    deal(book, client, probability=40, deal_type="renewal")
    deal(book, client, 1000, probability=50, deal_type="expansion")
    assert figures(desk_of(book), client)[:3] == [2400, 9600, 500]


def test_subscriptions_are_agreed_until_they_end(book: Book) -> None:
    running, ending = book.client("running"), book.client("ending")
    fee: Data = {
        "status": "active",
        "interval": "month",
        "unit_amount": money(100),
        "started_at": "2025-01-01T00:00:00Z",
    }
    book.add("subscription", None, running, **fee)
    book.add("subscription", None, ending, **fee, cancel_at="2026-08-26T12:00:00Z")
    desk = desk_of(book)
    assert figures(desk, running)[:2] == [1200, 0]
    assert figures(desk, ending)[:2] == [240, 0]


def test_nothing_is_added_up_without_a_rate(book: Book) -> None:
    lost, other = book.client("lost"), book.client("other")
    contract(book, lost, None)
    deal(book, lost, probability=40, amount=money(5000, "EUR"))
    contract(book, other, None, annual_contract_value=money(1000, "EUR"))
    desk = desk_of(book)
    assert figures(desk, lost) == [12_000, 0, None, None, None, None]
    why = desk.explain(lost, "revenue.pipeline_12m").reason
    assert why == "EUR 5,000: there is no rate from EUR to GBP on 15 June 2026"
    assert figures(desk, other)[0] is None
    rated = Desk(book.store, publisher_of(revenue, RevenueSettings(rates={"EUR": {date(2026, 1, 1): 0.9}})))
    rated.evaluate(AS_OF + days(1))
    assert rated.value(lost, "revenue.pipeline_12m") == 1800
    assert rated.value(other, "revenue.committed_12m") == 900


def decided(book: Book, kept: int, of: int) -> None:
    """Clients whose contract ended in spring; some have the next one."""
    for at in range(of):
        client = book.client(f"old{at:02d}")
        contract(book, client, "2026-03-31", status="expired")
        if at < kept:
            contract(book, client, "2028-03-31", start_date="2026-04-01")


def test_the_firms_own_share_counts_once_enough_was_decided(book: Book) -> None:
    client = book.client("acme")
    contract(book, client, "2026-08-26")
    decided(book, 15, 20)
    desk = desk_of(book)
    low, high = wilson(15, 20)
    found = figures(desk, client)
    assert found[4] == pytest.approx(2400 + 9600 * 0.75, abs=0.01)
    assert found[3] == pytest.approx(2400 + 9600 * low, abs=0.01)
    assert found[5] == pytest.approx(2400 + 9600 * high, abs=0.01)
    assert "from renewals (75%, 15 of 20)" in desk.reason(client, "revenue.forecast_12m")


def test_a_few_decided_renewals_prove_nothing(book: Book) -> None:
    client = book.client("acme")
    contract(book, client, "2026-08-26")
    decided(book, 0, 19)
    assert "90% assumed" in desk_of(book).reason(client, "revenue.forecast_12m")


# When a contract ended and what else is told of it; whether its renewal succeeded, None where none was decided.
DECIDED: list[tuple[str, Data, int | None]] = [
    ("2026-03-31", {"auto_renew": True, "term_months": 12}, 1),  # went on by itself
    ("2026-03-31", {"status": "expired"}, 0),
    ("2026-03-31", {"status": "terminated"}, 0),
    ("2024-06-14", {"status": "expired"}, None),  # more than two years ago
    ("2026-09-30", {}, None),
    ("2026-03-31", {"status": "draft"}, None),
]


def test_which_renewals_were_decided_and_kept(book: Book) -> None:
    for at, (end, data, _) in enumerate(DECIDED):
        told: Data = {"start_date": "2022-01-01"} | data
        contract(book, book.client(f"c{at}"), end, **told)
    desk = desk_of(book)
    for at, (_, data, kept) in enumerate(DECIDED):
        found = [desk.value(f"crm/Account/c{at}", f"revenue.renewals_{what}") for what in ("decided", "kept")]
        assert found == [0 if kept is None else 1, kept or 0], data


def test_deals_are_counted_by_the_day_they_closed(book: Book) -> None:
    client = book.client("acme")
    deal(book, client, status="won", closed_at="2026-01-10T10:00:00Z")
    deal(book, client, status="lost", expected_close_date="2026-02-01")
    deal(book, client, status="lost", closed_at="2020-01-10T10:00:00Z")
    deal(book, client)
    desk = desk_of(book)
    assert desk.value(client, "revenue.deals_won") == 1
    assert desk.value(client, "revenue.deals_decided") == 2


def test_what_moved_the_forecast_is_said(book: Book) -> None:
    client, same = book.client("acme"), book.client("same")
    contract(book, client, None)
    contract(book, same, None)
    desk = desk_of(book)
    assert (client, "revenue.forecast_change") not in desk._stored()
    later = AS_OF + days(31)
    contract(book, client, None, 6_000)
    deal(book, client, probability=40)
    book.save()
    desk.evaluate(later)
    assert desk.value(client, "revenue.forecast_change") == "agreements up GBP 6,000 and pipeline up GBP 2,000"
    assert desk.value(same, "revenue.forecast_change") == "unchanged"
    assert "30 days ago" in desk.reason(same, "revenue.forecast_change")


def test_the_past_is_kept_as_it_was_told(book: Book) -> None:
    client = book.client("acme")
    contract(book, client, "2026-08-26")
    desk = desk_of(book)
    desk.evaluate(AS_OF + days(30))
    explanation = desk.explain(client, "revenue.committed_12m", AS_OF + days(30))
    assert explanation.value == pytest.approx(12_000 * 43 / 365, abs=0.01)
    lines = "\n".join(desk.explain(client, "revenue.forecast_12m", AS_OF + days(30)).lines())
    assert "annual_contract_value.amount 12000" in lines
    assert "term.end = 2026-08-26" in lines


def test_wilsons_interval_is_that_of_the_books() -> None:
    assert wilson(15, 20) == pytest.approx((0.5313, 0.8881), abs=5e-4)  # Wilson 1927, as tabled
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=5e-4)
    assert wilson(0, 0) == (0.0, 1.0)


@LAW
@given(st.integers(0, 200), st.integers(0, 200))
def test_an_interval_holds_its_share(hits: int, misses: int) -> None:
    low, high = wilson(hits, hits + misses)
    share = hits / (hits + misses) if hits + misses else 0.5
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1


@LAW
@given(st.integers(1, 50), st.integers(1, 50))
def test_more_tries_make_it_narrower(hits: int, misses: int) -> None:
    widths = [high - low for low, high in (wilson(n * hits, n * (hits + misses)) for n in (1, 2, 4))]
    assert widths == sorted(widths, reverse=True)


def test_assumptions_hold_until_enough_is_known() -> None:
    assumed = Chance(rate=0.5, low=0.4, high=0.6)
    assert measured(19, 19, 20, assumed).rate == 0.5
    assert measured(19, 19, 20, assumed).basis == "50% assumed"
    assert measured(20, 20, 20, assumed).rate == 1.0
    assert measured(20, 20, 20, assumed).basis == "100%, 20 of 20"

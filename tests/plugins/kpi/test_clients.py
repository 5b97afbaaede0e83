"""Signals per client: since when and until when, tiers, growth, sector, and what a client is worth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.signals import Publisher, arrange
from plugins.kpi.settings import KpiSettings
from plugins.kpi.signals import kpi_signals
from plugins.kpi.worth import discounted_years, expected_years
from tests.core.signals.book import Book, Desk
from tests.plugins.clinic import clinic
from tests.plugins.kpi.ledger import FIRM, billed, evaluated, figure, kpi_publisher

NAMES = ("alive", "jobs_12m", "12m")


def value(desk: Desk, client: str, name: str) -> Any:
    return desk.explain(client, name).value


# --- standing -------------------------------------------------------------------------------------------------------


# how a client is found, the day it was lost, and what the reason begins with
LOST: list[tuple[dict[str, str], str | None, str]] = [
    ({"bill": "2026-01-10"}, None, "still a client, or never one"),
    ({"bill": "2024-12-20"}, None, "still a client, or never one"),  # 18 months are not over
    ({"bill": "2024-12-10"}, "2026-06-11", "no fee for 18 months since 10 December 2024"),
    ({}, None, "still a client, or never one"),
    ({"bill": "2024-01-10", "end": "2026-12-31"}, None, "an agreement runs"),
    ({"end": "2026-05-10"}, "2026-05-10", "the last agreement ended on 10 May 2026, and no fee followed"),
    ({"end": "2026-05-20"}, None, "still a client, or never one"),  # within the days of grace
    ({"bill": "2026-04-01", "end": "2025-12-31"}, None, "still a client, or never one"),  # work went on
    ({"bill": "2026-01-15", "end": "2025-12-31"}, "2025-12-31", "the last agreement ended on 31 December 2025"),
    ({"bill": "2026-01-15", "status": "churned"}, "2026-01-15", "the CRM says it is lost; last seen on"),
]


def fill(book: Book) -> None:
    for number, (records, _, _) in enumerate(LOST):
        client = book.client(f"k{number}", status=records.get("status", "active"))
        if "bill" in records:
            billed(book, client, (records["bill"], "100.00"))
        if "end" in records:
            book.add("contract", None, client, status="active", start_date="2023-01-01", end_date=records["end"])


@pytest.fixture(scope="module")
def standing(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with clinic(migrated_file, tmp_path_factory.mktemp("standing"), fill, kpi_publisher()) as desk:
        yield desk


@pytest.mark.parametrize("number", range(len(LOST)))
def test_a_client_is_lost_when_its_last_agreement_ended_or_no_fee_came(standing: Desk, number: int) -> None:
    _, lost, why = LOST[number]
    told = standing.explain(f"crm/Account/k{number}", "client.lost_on")
    assert told.value == lost
    assert told.reason.startswith(why)


@pytest.mark.parametrize(
    ("data", "since"),
    [
        ({"client_since": "2019-04-01"}, "2019-04-01"),  # what the CRM says comes first
        ({}, "2024-02-01"),  # else the first agreement or invoice
        ({"status": "prospect"}, None),
    ],
)
def test_since_when_somebody_is_a_client(book: Book, data: dict[str, Any], since: str | None) -> None:
    client = book.client("ash", **data)
    billed(book, client, ("2024-03-01", "10.00"))
    book.add("contract", None, client, status="active", start_date="2024-02-01", end_date="2027-01-31")
    assert value(evaluated(book), client, "client.since") == since


# --- who is large, and who grows ------------------------------------------------------------------------------------


def test_tiers_follow_the_fees(book: Book) -> None:
    """Fees 50, 25, 15, 6, 4: after nothing, 50, 75, 90 and 96 % of the fees."""
    for name, fee in zip("abcde", (50, 25, 15, 6, 4), strict=True):
        billed(book, book.client(name), ("2026-02-01", f"{fee}.00"))
    book.client("none")
    desk = evaluated(book)
    assert [value(desk, f"crm/Account/{name}", "tier") for name in "abcde"] == ["A", "B", "B", "C", "C"]
    assert value(desk, "crm/Account/none", "tier") is None
    assert desk.reason("crm/Account/c", "tier") == "larger clients pay 75% of the fees"


def test_clients_that_pay_the_same_are_of_the_same_tier(book: Book) -> None:
    for name in "abcd":
        billed(book, book.client(name), ("2026-02-01", "25.00"))
    desk = evaluated(book)
    assert {value(desk, f"crm/Account/{name}", "tier") for name in "abcd"} == {"A"}


def test_the_firm_may_fix_a_tier(book: Book) -> None:
    for name, fee in (("large", "90.00"), ("small", "10.00")):
        billed(book, book.client(name), ("2026-02-01", fee))
    desk = evaluated(book, fixed_tiers={"crm/Account/small": "A"})
    assert value(desk, "crm/Account/small", "tier") == "A"
    assert desk.reason("crm/Account/small", "tier") == "fixed by the firm"


@pytest.mark.parametrize(
    ("before", "now", "status"),
    [("100.00", "111.00", "Growing"), ("100.00", "110.00", "Steady"), ("100.00", "89.00", "Shrinking"),
     ("100.00", None, "Shrinking"), (None, "50.00", "New"), (None, None, None)],
)  # fmt: skip
def test_growth_is_told_by_the_fees_of_two_years(
    book: Book, before: str | None, now: str | None, status: str | None
) -> None:
    client = book.client("ash")
    for day, fee in (("2025-03-01", before), ("2026-03-01", now)):
        if fee:
            billed(book, client, (day, fee))
    assert value(evaluated(book), client, "expansion.status") == status


def test_the_sector_needs_peers(book: Book) -> None:
    for number, fee in enumerate((10, 20, 30, 40, 50)):
        billed(book, book.client(f"law{number}", industry="Law"), ("2026-02-01", f"{fee}.00"))
    billed(book, book.client("mine", industry="Mining"), ("2026-02-01", "10.00"))
    desk = evaluated(book)
    assert [value(desk, f"crm/Account/law{at}", "sector.fee_ratio") for at in range(5)] == [0.33, 0.67, 1, 1.33, 1.67]
    assert value(desk, "crm/Account/mine", "sector.fee_ratio") is None


# --- worth ----------------------------------------------------------------------------------------------------------


def test_years_by_hand() -> None:
    assert expected_years(0.8) == pytest.approx(5)
    assert np.isnan(expected_years(1.0))
    assert discounted_years(0.8, 0.1) == pytest.approx(0.8 / 0.3)  # m r / (1 + d - r)
    assert discounted_years(1.0, 0.1) == pytest.approx(10)
    assert np.isnan(discounted_years(1.0, 0.0))


def test_the_simple_formula_on_records(book: Book) -> None:
    """Two of three clients stayed: 3 years; 90 a year at half cost are 135."""
    for name, bill in (("ash", "2026-02-01"), ("birch", "2026-02-01"), ("cedar", "2024-07-01")):
        client = book.client(name)
        billed(book, client, ("2024-06-01", "90.00"), (bill, "90.00"))
    book.add("contract", None, "crm/Account/cedar", status="expired", end_date="2025-08-31")
    desk = evaluated(book)
    assert value(desk, "crm/Account/ash", "clv.simple") == pytest.approx(135)
    assert value(desk, "crm/Account/ash", "clv.discounted") == pytest.approx(
        90 * 0.5 * (2 / 3) / (1.1 - 2 / 3), abs=0.1
    )
    assert value(desk, "crm/Account/cedar", "clv.simple") is None
    assert figure(desk, "lifetime_value")[0] == pytest.approx(135)


def busy(book: Book, clients: int = 120) -> None:
    """Clients with jobs by chance, and one under contract."""
    dice = np.random.default_rng(7)
    for number in range(clients):
        client = book.client(f"k{number:03d}")
        days = np.datetime64("2024-06-16") + np.sort(dice.integers(0, 720, dice.integers(1, 7)))
        billed(book, client, *((str(day), f"{dice.integers(50, 500)}.00") for day in days))
    book.add("contract", None, "crm/Account/k000", status="active", start_date="2024-01-01", end_date="2027-12-31")


def test_the_model_is_fitted_told_and_used(book: Book) -> None:
    busy(book)
    desk = evaluated(book, least=20)
    told = json.loads(desk.value(FIRM, "clv.model"))
    assert min(told["lifetime"][name] for name in ("r", "alpha", "a", "b")) > 0
    assert "repeated jobs of 120 clients give r " in desk.reason(FIRM, "clv.model")
    stored = desk._stored()
    for number in range(120):
        alive, jobs, worth = (stored[f"crm/Account/k{number:03d}", f"clv.{name}"][0] for name in NAMES)
        assert 0 < alive <= 1
        assert 0 <= jobs < 20
        assert 0 <= worth < 20 * 500
    fees, stay = desk.value("crm/Account/k000", "fees.last_year"), desk.value(FIRM, "kpi.logo_retention")
    assert desk.value("crm/Account/k000", "clv.12m") == pytest.approx(0.5 * fees * stay / 1.1**0.5, rel=1e-3)
    _, low, high, n = figure(desk, "value_of_next_year")
    assert low < high
    assert n > 100


def test_the_model_refuses_a_small_book_and_says_so(book: Book) -> None:
    busy(book, 30)
    desk = evaluated(book)
    assert desk.explain(FIRM, "clv.model").value is None
    report = desk.explain("crm/Account/k001", "clv.jobs_12m")
    assert report.value is None


def test_projects_may_be_the_jobs(book: Book) -> None:
    client = book.client("ash")
    for day, status in (("2026-01-05", "completed"), ("2026-03-05", "active"), ("2026-04-05", "proposed")):
        book.add("project", None, client, name=day, start_date=day, status=status)
    billed(book, client, ("2026-02-01", "10.00"))
    assert value(evaluated(book, work="projects"), client, "work.last_year") == 2
    assert value(evaluated(book, work="invoices"), client, "work.last_year") == 1


def test_what_compares_clients_looks_at_no_records() -> None:
    signals = kpi_signals(KpiSettings())
    arrangement = arrange([Publisher("kpi", KpiSettings(), signals)])
    assert arrangement.faults == ()
    assert {"tier", "clv.12m", "kpi.nps", "sector.fee_ratio"} <= arrangement.across
    assert arrangement.across.isdisjoint({"fees.last_year", "client.lost_on", "expansion.status"})

"""Clients with their contracts: which of them speaks for the client, and when they overlap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.core.signals.book import Book, Desk
from tests.plugins.clinic import clinic, renewals_publisher

Contract = dict[str, Any]
LONG = {"status": "active", "end_date": "2028-12-31", "number": "LONG", "name": "Audit"}
SOON = {"status": "active", "end_date": "2026-07-15", "number": "SOON", "name": "Tax"}
NOTICE = {
    "status": "active",
    "end_date": "2026-12-31",
    "notice_period_days": 180,
    "number": "NOTICE",
    "name": "Payroll",
}
OVER = {"status": "active", "end_date": "2026-01-31", "number": "OVER", "name": "Advice"}
DRAFT = {"status": "draft", "end_date": "2027-12-31", "number": "DRAFT", "name": "New"}
GONE = {"status": "terminated", "end_date": "2027-12-31", "number": "GONE", "name": "Old"}
EVER = {"status": "active", "number": "EVER", "name": "Books"}
ROLLS = {
    "status": "active",
    "end_date": "2026-07-15",
    "auto_renew": True,
    "term_months": 12,
    "number": "ROLLS",
    "name": "Tax",
}

# Each case: the contracts; status, end, renewal date, notice deadline, days left, stage, days of cover.
CLIENTS: dict[str, tuple[list[Contract], Any, Any, Any, Any, Any, Any, Any]] = {
    "none": ([], None, None, None, None, None, None, None),
    "long": ([LONG], "Active", "2028-12-31", "2028-12-31", None, 930, None, 930),
    "soon": ([SOON], "Expiring", "2026-07-15", "2026-07-15", None, 30, "30", 30),
    "long and soon": ([LONG, SOON], "Expiring", "2028-12-31", "2026-07-15", None, 30, "30", 930),
    "notice comes first": ([SOON, NOTICE], "Expiring", "2026-12-31", "2026-12-31", "2026-07-03", 18, "30", 199),
    "over": ([OVER], "Expired", None, None, None, None, None, 0),
    "over and long": ([OVER, LONG], "Active", "2028-12-31", "2028-12-31", None, 930, None, 930),
    "draft": ([DRAFT], "Unsigned", None, None, None, None, None, 0),
    "over and draft": ([OVER, DRAFT], "Unsigned", None, None, None, None, None, 0),
    "gone": ([GONE], "Terminated", None, None, None, None, None, 0),
    "gone and over": ([GONE, OVER], "Expired", None, None, None, None, None, 0),
    "evergreen": ([EVER], "Evergreen", None, None, None, None, None, 365),
    "evergreen and soon": ([EVER, SOON], "Expiring", "2026-07-15", "2026-07-15", None, 30, "30", 365),
    "renews by itself": ([ROLLS], "Expiring", "2026-07-15", "2026-07-15", None, 30, "30", 365),
}
SIGNALS = (
    "contract.status", "contract.end", "renewal.date", "renewal.notice_deadline", "renewal.days_left", "renewal.stage",
    "contract.cover_days",
)  # fmt: skip

JAN = {"status": "active", "start_date": "2026-01-01", "end_date": "2026-12-31", "number": "JAN", "name": "Audit"}
OVERLAPS: dict[str, tuple[list[Contract], bool | None]] = {
    "no contract": ([], None),
    "one contract": ([JAN], False),
    "the same service twice": ([JAN, JAN | {"number": "TWO", "start_date": "2026-06-01"}], True),
    "spelt another way": ([JAN, JAN | {"number": "TWO", "name": " AUDIT "}], True),
    "another service": ([JAN, JAN | {"number": "TWO", "name": "Tax"}], False),
    "one after the other": (
        [JAN, JAN | {"number": "TWO", "start_date": "2027-01-01", "end_date": "2027-12-31"}],
        False,
    ),
    "sharing their last day": (
        [JAN, JAN | {"number": "TWO", "start_date": "2026-12-31", "end_date": "2027-12-31"}],
        True,
    ),
    "one of them unsigned": ([JAN, JAN | {"number": "TWO", "status": "sent"}], False),
    "one of them over": ([JAN, JAN | {"number": "TWO", "status": "terminated"}], False),
    "one without end": ([JAN, {"status": "active", "number": "TWO", "name": "Audit"}], True),
    "both without name": ([JAN | {"name": None}, JAN | {"name": None, "number": "TWO"}], True),
    "three": ([JAN, JAN | {"number": "TWO"}, JAN | {"number": "THREE"}], True),
}


def fill(book: Book) -> None:
    for case, (contracts, *_) in CLIENTS.items():
        client = book.client(case)
        for contract in contracts:
            book.add("contract", None, client, **contract)
    for case, (contracts, _) in OVERLAPS.items():
        client = book.client(f"overlap {case}")
        for contract in contracts:
            book.add("contract", None, client, **contract)


@pytest.fixture(scope="module")
def desk(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with clinic(migrated_file, tmp_path_factory.mktemp("clients"), fill, renewals_publisher()) as made:
        yield made


def known(desk: Desk, case: str, signal: str) -> Any:
    """The value, or None where it is unknown."""
    try:
        return desk.value(f"crm/Account/{case}", signal)
    except KeyError:
        return None


@pytest.mark.parametrize("case", CLIENTS)
@pytest.mark.parametrize(("at", "signal"), list(enumerate(SIGNALS)))
def test_a_client_stands_as_its_contracts_do(desk: Desk, case: str, at: int, signal: str) -> None:
    assert known(desk, case, signal) == CLIENTS[case][at + 1]


@pytest.mark.parametrize("case", OVERLAPS)
def test_overlapping_contracts_are_flagged(desk: Desk, case: str) -> None:
    assert known(desk, f"overlap {case}", "contract.overlap") is OVERLAPS[case][1]


@pytest.mark.parametrize(
    ("case", "signal", "reason"),
    [
        ("long and soon", "contract.status", "contract SOON: ends on 15 July 2026; 2 contracts in all"),
        ("soon", "contract.status", "contract SOON: ends on 15 July 2026"),
        ("notice comes first", "renewal.date", "contract NOTICE: ends on 31 December 2026"),
        ("notice comes first", "renewal.days_left", "contract NOTICE: notice by 3 July 2026"),
        ("soon", "renewal.stage", "contract SOON: 30 days left: ends on 15 July 2026"),
        ("over", "contract.cover_days", "no contract is in force"),
        ("evergreen", "contract.cover_days", "a contract goes on by itself"),
        ("soon", "contract.cover_days", "contracts run until 15 July 2026"),
        ("overlap the same service twice", "contract.overlap", "JAN and TWO are in force at once"),
        ("overlap one contract", "contract.overlap", "no two contracts overlap"),
    ],
)
def test_reasons_are_what_people_would_say(desk: Desk, case: str, signal: str, reason: str) -> None:
    assert desk.reason(f"crm/Account/{case}", signal) == reason


def test_explain_goes_from_client_to_contract_to_field(desk: Desk) -> None:
    text = "\n".join(desk.explain("crm/Account/notice comes first", "renewal.days_left").lines())
    assert "renewal.days_left = 18 days" in text
    assert "term.days_left = 18 days" in text
    assert "notice_period_days 180" in text
    assert "end_date 2026-12-31" in text


def test_a_contract_without_number_or_name_is_called_by_its_id(book: Book) -> None:
    client = book.client("acme")
    book.add("contract", "crm/Contract/8001", client, status="active", end_date="2026-07-15")
    book.save()
    desk = Desk(book.store, renewals_publisher())
    desk.evaluate()
    assert desk.reason(client, "renewal.date") == "contract 8001: ends on 15 July 2026"

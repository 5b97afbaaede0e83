"""Contracts one by one: where each ends, when notice is due, how it stands, which stage it has reached."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugins.renewals.settings import RenewalSettings
from tests.core.signals.book import AS_OF, Book, Desk, days
from tests.plugins.clinic import clinic, renewals_publisher

YEAR: dict[str, Any] = {"start_date": "2025-09-01", "term_months": 12}  # ends on 31 August 2026, in 77 days
ROLLS: dict[str, Any] = {"auto_renew": True, "term_months": 12}

# Each case: the contract; its end, notice deadline, days left, status and stage on 15 June 2026, a Monday.
TERMS: dict[str, tuple[dict[str, Any], str | None, str | None, float | None, str, str | None]] = {
    "stated end": ({"end_date": "2026-12-31"}, "2026-12-31", None, 199, "Active", None),
    "start and term": (YEAR, "2026-08-31", None, 77, "Expiring", "90"),
    "stated end wins": (YEAR | {"end_date": "2026-12-31"}, "2026-12-31", None, 199, "Active", None),
    "180 days left": ({"end_date": "2026-12-12"}, "2026-12-12", None, 180, "Active", "180"),
    "181 days left": ({"end_date": "2026-12-13"}, "2026-12-13", None, 181, "Active", None),
    "90 days left": ({"end_date": "2026-09-13"}, "2026-09-13", None, 90, "Expiring", "90"),
    "91 days left": ({"end_date": "2026-09-14"}, "2026-09-14", None, 91, "Active", "120"),
    "a week left": ({"end_date": "2026-06-22"}, "2026-06-22", None, 7, "Expiring", "7"),
    "ends today": ({"end_date": "2026-06-15"}, "2026-06-15", None, 0, "Expiring", "7"),
    "ended yesterday": ({"end_date": "2026-06-14"}, "2026-06-14", None, -1, "Expired", None),
    # 31 August less 30 days is Saturday 1 August: back to Friday 31 July
    "notice rolled back": (YEAR | {"notice_period_days": 30}, "2026-08-31", "2026-07-31", 46, "Expiring", "60"),
    "notice far ahead": (
        {"end_date": "2026-12-31", "notice_period_days": 180}, "2026-12-31", "2026-07-03", 18, "Expiring", "30",
    ),
    "notice has passed": (YEAR | {"notice_period_days": 90}, "2026-08-31", "2026-06-02", 77, "Expiring", "90"),
    "notice today": (YEAR | {"notice_period_days": 77}, "2026-08-31", "2026-06-15", 0, "Expiring", "7"),
    # 4 May is Early May Bank Holiday 2026; the weekend before it goes too
    "notice on a holiday": (
        {"end_date": "2026-07-03", "notice_period_days": 60}, "2026-07-03", "2026-05-01", 18, "Expiring", "30",
    ),
    "no notice at all": (YEAR | {"notice_period_days": 0}, "2026-08-31", None, 77, "Expiring", "90"),
    "renewed by itself": (ROLLS | {"end_date": "2025-08-31"}, "2026-08-31", None, 77, "Expiring", "90"),
    "renewed often": (ROLLS | {"end_date": "2020-06-30"}, "2026-06-30", None, 15, "Expiring", "30"),
    "renewed this month": (ROLLS | {"end_date": "2025-06-14"}, "2027-06-14", None, 364, "Active", None),
    "renewed monthly": (
        {"end_date": "2026-01-31", "auto_renew": True, "term_months": 1}, "2026-06-30", None, 15, "Expiring", "30",
    ),
    "renewed with notice": (
        ROLLS | {"end_date": "2025-08-31", "notice_period_days": 30}, "2026-08-31", "2026-07-31", 46, "Expiring", "60",
    ),
    "would have, but for its status": (
        ROLLS | {"end_date": "2025-08-31", "status": "expired"}, "2025-08-31", None, -288, "Expired", None,
    ),
    "would have, for no known term": (
        {"end_date": "2025-08-31", "auto_renew": True}, "2025-08-31", None, -288, "Expired", None,
    ),
    "without end": ({"start_date": "2020-01-01"}, None, None, None, "Evergreen", None),
    "without end, with notice": ({"notice_period_days": 30}, None, None, None, "Evergreen", None),
    "draft": (YEAR | {"status": "draft"}, "2026-08-31", None, 77, "Unsigned", None),
    "out for signature": (YEAR | {"status": "sent"}, "2026-08-31", None, 77, "Unsigned", None),
    "in approval": (YEAR | {"status": "in_approval"}, "2026-08-31", None, 77, "Unsigned", None),
    "terminated": (YEAR | {"status": "terminated"}, "2026-08-31", None, 77, "Terminated", None),
    "replaced": (YEAR | {"replaced_by_id": "crm/contract/next"}, "2026-08-31", None, 77, "Expired", None),
    "of unknown status": (YEAR | {"status": None}, "2026-08-31", None, 77, "Expiring", "90"),
    "yet to begin": ({"start_date": "2026-09-01", "term_months": 24}, "2028-08-31", None, 808, "Active", None),
    "end of February": ({"start_date": "2024-02-29", "term_months": 36}, "2027-02-27", None, 257, "Active", None),
}  # fmt: skip


def fill(book: Book) -> None:
    for case, (data, *_) in TERMS.items():
        book.add("contract", f"crm/contract/{case}", book.client(case), **({"status": "active"} | data))


@pytest.fixture(scope="module")
def desk(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with clinic(migrated_file, tmp_path_factory.mktemp("terms"), fill, renewals_publisher()) as made:
        yield made


def known(desk: Desk, case: str, signal: str) -> Any:
    """The value, or None where it is unknown."""
    try:
        return desk.value(f"crm/contract/{case}", signal)
    except KeyError:
        return None


@pytest.mark.parametrize("case", TERMS)
def test_dates(desk: Desk, case: str) -> None:
    _, end, notice, left, _, _ = TERMS[case]
    assert known(desk, case, "term.end") == end
    assert known(desk, case, "term.notice_deadline") == notice
    assert known(desk, case, "term.days_left") == left


@pytest.mark.parametrize("case", TERMS)
def test_status_and_stage(desk: Desk, case: str) -> None:
    *_, status, stage = TERMS[case]
    assert known(desk, case, "term.status") == status
    assert known(desk, case, "term.stage") == stage


@pytest.mark.parametrize(
    ("case", "signal", "reason"),
    [
        ("stated end", "term.end", "ends on 31 December 2026"),
        ("renewed by itself", "term.end", "renewed by itself until 31 August 2026"),
        ("notice rolled back", "term.notice_deadline", "30 days of notice before 31 August 2026"),
        ("notice rolled back", "term.days_left", "notice by 31 July 2026"),
        ("notice has passed", "term.days_left", "ends on 31 August 2026, the notice deadline has passed"),
        ("start and term", "term.stage", "77 days left: ends on 31 August 2026"),
        ("terminated", "term.status", "its status is terminated"),
        ("replaced", "term.status", "another contract replaced it"),
        ("without end", "term.status", "neither end nor term is stated"),
        ("ended yesterday", "term.status", "ends on 14 June 2026"),
    ],
)
def test_reasons_are_what_people_would_say(desk: Desk, case: str, signal: str, reason: str) -> None:
    assert desk.reason(f"crm/contract/{case}", signal) == reason


def test_the_latest_day_to_send_notice_is_working_days_before_it_is_due(desk: Desk) -> None:
    assert known(desk, "notice rolled back", "term.latest_send") == "2026-07-17"
    assert known(desk, "start and term", "term.latest_send") is None


@pytest.mark.parametrize(("buffer", "latest"), [(0, "2026-07-31"), (1, "2026-07-30"), (15, "2026-07-10")])
def test_the_time_a_notice_takes_is_a_setting(book: Book, buffer: int, latest: str) -> None:
    book.add("contract", "crm/contract/1", book.client("acme"), status="active", notice_period_days=30, **YEAR)
    book.save()
    desk = Desk(book.store, renewals_publisher(RenewalSettings(notice_buffer_days=buffer)))
    desk.evaluate()
    assert desk.value("crm/contract/1", "term.latest_send") == latest


def test_a_notice_period_may_be_the_rule_of_the_house(book: Book) -> None:
    book.add("contract", "crm/contract/1", book.client("acme"), status="active", **YEAR)
    book.add("contract", "crm/contract/2", book.client("bolt"), status="active", notice_period_days=7, **YEAR)
    book.save()
    desk = Desk(book.store, renewals_publisher(RenewalSettings(notice_days=30)))
    desk.evaluate()
    assert desk.value("crm/contract/1", "term.notice_deadline") == "2026-07-31"
    assert desk.value("crm/contract/2", "term.notice_deadline") == "2026-08-24"


def test_a_contract_goes_through_its_stages_day_by_day(book: Book) -> None:
    book.add("contract", "crm/contract/1", book.client("acme"), status="active", end_date="2026-12-31")
    book.save()
    desk = Desk(book.store, renewals_publisher())
    seen: list[tuple[float, str | None]] = []
    for later in range(0, 203, 1):
        if later % 10 == 0 or later > 180:
            desk.evaluate(AS_OF + days(later))
            seen.append((199 - later, desk._stored().get(("crm/contract/1", "term.stage"), (None, ""))[0]))
    expected = {left: next((str(s) for s in (7, 14, 30, 60, 90, 120, 180) if 0 <= left <= s), None) for left, _ in seen}
    assert dict(seen) == expected
    assert desk.value("crm/contract/1", "term.status") == "Expired"

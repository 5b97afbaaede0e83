"""Red flags: when they are raised, when not, and when nothing can be said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from plugins.health.settings import HealthSettings
from tests.core.signals.book import Book, Desk
from tests.plugins.clinic import clinic, health_publisher

MONEY = {"amount": "5", "currency": "GBP"}
Fill = Callable[[Book, str], Any]


def paid(book: Book, client: str, *days: tuple[str, str]) -> None:
    for due, on in days:
        book.invoice(client, due, paid=on)


def mails(book: Book, client: str, written: str) -> None:
    for mail in written.split():
        book.talk(client, f"2026-{mail[1:]}", "email", direction="outbound" if mail[0] == ">" else "inbound")


def contract(book: Book, client: str, **data: Any) -> None:
    book.add("contract", None, client, **({"status": "active"} | data))


def project(book: Book, client: str, budget: float, hours: float | None, status: str = "active") -> str:
    return book.add("project", None, client, name="audit", status=status, hours_budget=budget, hours_actual=hours)


def answers(book: Book, client: str, *scores: float, year: int = 2026, top: float = 10, low: float = 0) -> None:
    for month, score in enumerate(scores, 1):
        at = f"{year}-0{month}-10T09:00:00Z"
        book.add(
            "survey_response", None, client, type="nps", score=score, scale_min=low, scale_max=top, responded_at=at
        )


GOOD_YEAR = [
    ("2025-09-10", "2025-09-10"),
    ("2025-11-10", "2025-11-10"),
    ("2026-01-10", "2026-01-10"),
    ("2026-02-10", "2026-02-10"),
]
QUICK = ">02-01 <02-02 >02-03 <02-04 >02-05 <02-06 "

# flag: case: (how it comes about, raised, what its reason holds)
CASES: dict[str, dict[str, tuple[Fill, bool | None, str]]] = {
    "flag.payment": {
        "no invoices": (lambda _book, _client: None, None, "no payment trouble"),
        "all well": (lambda b, c: paid(b, c, *GOOD_YEAR), False, "no payment trouble"),
        "30 days overdue": (lambda b, c: b.invoice(c, "2026-05-16"), False, "no payment trouble"),
        "31 days overdue": (lambda b, c: b.invoice(c, "2026-05-15", number="7"), True, "invoice 7 is 31 days overdue"),
        "on time no more": (
            lambda b, c: paid(b, c, *GOOD_YEAR, ("2026-04-01", "2026-04-20"), ("2026-05-01", "2026-05-20")),
            True,
            "in the last 90 days only 0 of 2 invoices paid on time",
        ),
        "always late": (lambda b, c: paid(b, c, ("2025-09-10", "2025-10-10"), ("2026-05-01", "2026-05-31")), False, ""),
        "a payment failed": (
            lambda b, c: b.add("payment", None, c, status="failed", amount=MONEY, processed_at="2026-06-01T00:00:00Z"),
            True,
            "1 failed payment in 30 days",
        ),
        "it failed long ago": (
            lambda b, c: b.add("payment", None, c, status="failed", amount=MONEY, processed_at="2026-01-01T00:00:00Z"),
            False,
            "",
        ),
    },
    "flag.slow_replies": {
        "no mails": (lambda _book, _client: None, None, "too few replies"),
        "as ever": (
            lambda b, c: mails(b, c, QUICK + ">06-01 <06-02 >06-03 <06-04 >06-05 <06-06"),
            False,
            "within 1 day",
        ),
        "three times slower": (
            lambda b, c: mails(b, c, QUICK + ">05-20 <05-23 >05-25 <05-28 >06-01 <06-04"),
            True,
            "answers within 3 days, used to take 1 day",
        ),
        "eight days": (lambda b, c: mails(b, c, ">05-12 <05-20 >05-22 <05-30 >06-01 <06-09"), True, "within 8 days"),
        "seven days": (lambda b, c: mails(b, c, ">05-13 <05-20 >05-22 <05-29 >06-01 <06-08"), False, "within 7 days"),
    },
    "flag.no_pipeline": {
        "never anything": (lambda _book, _client: None, None, "ever recorded"),
        "an open deal": (lambda b, c: b.add("deal", None, c, name="d", status="open"), False, "1 open deal"),
        "a renewal deal that Inlay opened": (
            lambda b, c: b.add("deal", None, c, name="d", status="open", description="[Inlay] Contract C-7 ends"),
            True,
            "nothing agreed or in sight",
        ),
        "a lost deal": (
            lambda b, c: b.add("deal", None, c, name="d", status="lost"),
            True,
            "nothing agreed or in sight",
        ),
        "a contract for years": (lambda b, c: contract(b, c, end_date="2028-01-01"), False, "1 lasting agreement"),
        "a contract for weeks": (lambda b, c: contract(b, c, end_date="2026-07-15"), True, "beyond 90 days"),
        "one that renews itself": (lambda b, c: contract(b, c, end_date="2026-07-15", auto_renew=True), False, ""),
        "one without end": (contract, False, ""),
        "one that is over": (lambda b, c: contract(b, c, status="terminated"), True, ""),
        "a subscription": (lambda b, c: b.add("subscription", None, c, status="active"), False, ""),
        "one being canceled": (
            lambda b, c: b.add("subscription", None, c, status="active", cancel_at="2026-07-01T00:00:00Z"),
            True,
            "",
        ),
    },
    "flag.scope_creep": {
        "no project": (lambda _book, _client: None, None, "no project under way has a budget of hours"),
        "within the budget": (lambda b, c: project(b, c, 100, 115), False, "audit took 115 hours of 100"),
        "beyond it": (
            lambda b, c: project(b, c, 100, 116),
            True,
            "audit took 116 hours of 100, without a change order",
        ),
        "the worst one counts": (lambda b, c: (project(b, c, 100, 90), project(b, c, 10, 20)), True, "20 hours of 10"),
        "no hours yet": (lambda b, c: project(b, c, 100, None), None, ""),
        "it is over": (lambda b, c: project(b, c, 100, 300, "completed"), None, "no project under way"),
        "the client agreed": (
            lambda b, c: (project(b, c, 100, 150), b.add("deal", None, c, status="open", deal_type="expansion")),
            False,
            "audit took 150 hours of 100, with 1 change order",
        ),
        "another deal is no answer": (
            lambda b, c: (project(b, c, 100, 150), b.add("deal", None, c, status="open", deal_type="renewal")),
            True,
            "",
        ),
        "agreed long ago": (
            lambda b, c: (
                project(b, c, 100, 150),
                b.add("deal", None, c, status="won", deal_type="expansion", closed_at="2024-06-01T00:00:00Z"),
            ),
            True,
            "",
        ),
    },
    "flag.less_satisfied": {
        "never asked": (lambda _book, _client: None, None, "no answer to a survey"),
        "asked once": (lambda b, c: answers(b, c, 3), None, "a single answer tells no change"),
        "as ever": (lambda b, c: answers(b, c, 8, 9, 8), False, "the last answer was 8 of 10, those before 8.5"),
        "far below": (lambda b, c: answers(b, c, 9, 9, 7), True, "the last answer was 7 of 10, those before 9.0"),
        "not far enough": (lambda b, c: answers(b, c, 9, 9, 7.5), False, ""),
        "fell twice": (lambda b, c: answers(b, c, 9, 8.5, 8), True, "satisfaction fell twice, from 9 to 8 to 8 of 10"),
        "fell and rose": (lambda b, c: answers(b, c, 9, 8, 8.5), False, ""),
        "asked long ago": (lambda b, c: answers(b, c, 9, 2, year=2023), None, "no answer to a survey"),
        "on another scale": (lambda b, c: answers(b, c, 5, 5, 3, top=5, low=1), True, "5 of 10, those before 10.0"),
    },
}
ALL = [(flag, case) for flag, cases in CASES.items() for case in cases]


def fill(book: Book) -> None:
    for flag, case in ALL:
        CASES[flag][case][0](book, book.client(f"{flag} {case}"))


@pytest.fixture(scope="module")
def desk(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with clinic(migrated_file, tmp_path_factory.mktemp("flags"), fill) as made:
        yield made


@pytest.mark.parametrize(("flag", "case"), ALL)
def test_a_flag_is_raised_or_not(desk: Desk, flag: str, case: str) -> None:
    _, raised, reason = CASES[flag][case]
    told = desk.explain(f"crm/Account/{flag} {case}", flag)
    assert told.value is raised
    assert reason in told.reason


def test_limits_are_settings(book: Book) -> None:
    client = book.client("acme")
    book.invoice(client, "2026-06-05")
    book.save()
    for limit, raised in ((9, True), (10, False)):
        desk = Desk(book.store, health_publisher(HealthSettings(flag_overdue_days=limit)))
        desk.evaluate()
        assert desk.value(client, "flag.payment") is raised

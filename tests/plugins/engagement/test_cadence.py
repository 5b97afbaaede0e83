"""By when a client should be touched next: by its state, from its last touch, on a working day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugins import engagement
from plugins.engagement.settings import Cadence, EngagementSettings
from tests.core.signals.book import AS_OF, Book, Desk, days
from tests.plugins.clinic import clinic, publisher_of

OUT = {"direction": "outbound"}
OLD = {"created_at": "2020-01-01T00:00:00Z"}
Case = tuple[dict[str, Any], list[tuple[str, str, dict[str, Any]]], str | None, str | None, str | None]

# case: (client, interactions, state, next touch due, its status on Monday, 15 June 2026)
CASES: dict[str, Case] = {
    "long-term": (OLD, [("2026-06-01", "call", {})], "long-term", "2026-07-01", "In time"),
    "a mail of ours is a touch": (
        OLD, [("2026-05-16", "call", {}), ("2026-06-02", "email", OUT)], "long-term", "2026-07-02", "In time",
    ),
    "only mails of ours, for years": (OLD, [("2026-06-02", "email", OUT)], "inactive", "2026-09-01", "In time"),
    "rolled over a weekend": (OLD, [("2026-05-28", "call", {})], "long-term", "2026-06-29", "In time"),
    "due today": (OLD, [("2026-05-16", "call", {})], "long-term", "2026-06-15", "Due"),
    "in grace": (OLD, [("2026-05-12", "call", {})], "long-term", "2026-06-11", "Due"),
    "overdue": (OLD, [("2026-05-11", "call", {})], "long-term", "2026-06-10", "Overdue"),
    "rolled over a holiday": (OLD, [("2026-04-25", "call", {})], "long-term", "2026-05-26", "Overdue"),
    "a note is no touch": (OLD, [("2026-05-16", "call", {}), ("2026-06-10", "note", {})],
                           "long-term", "2026-06-15", "Due"),
    "a portal visit is no touch": (OLD, [("2026-05-16", "call", {}), ("2026-06-10", "portal", {})],
                                   "long-term", "2026-06-15", "Due"),
    "silent for a year": (OLD, [("2025-06-01", "call", {})], "inactive", "2025-09-01", "Overdue"),
    "silent for less": (OLD, [("2025-06-16", "call", {})], "long-term", "2025-07-16", "Overdue"),
    "never touched": ({"client_since": "2026-06-01"}, [], "long-term", "2026-07-01", "In time"),
    "never touched, known for years": ({"client_since": "2020-06-01"}, [], "inactive", "2020-08-31", "Overdue"),
    "nothing known": ({}, [], "long-term", "2026-07-15", "In time"),
    "onboarding": (OLD | {"status": "onboarding"}, [("2026-06-01", "call", {})], "long-term", "2026-07-01", "In time"),
    "former": (OLD | {"status": "churned"}, [("2026-06-01", "call", {})], "inactive", "2026-09-01", "In time"),
    "prospect": (OLD | {"status": "prospect"}, [("2026-06-01", "call", {})], None, None, None),
    "of unknown status": (OLD | {"status": None}, [("2026-06-01", "call", {})], None, None, None),
}  # fmt: skip


def fill(book: Book) -> None:
    for case, (data, talks, *_) in CASES.items():
        client = book.client(case, **data)
        for at, kind, more in talks:
            book.talk(client, at, kind, **more)
    for status in ("active", "on_hold", "completed"):
        client = book.client(f"project {status}", **OLD)
        book.talk(client, "2026-06-10")
        book.add("project", None, client, name="Audit", status=status)
    over = book.client("project over", **OLD)
    book.talk(over, "2026-06-10")
    book.add("project", None, over, name="Audit", status="active", end_date="2026-06-01")
    billed = book.client("billed", **OLD)
    book.talk(billed, "2025-01-10")
    book.invoice(billed, "2026-02-01", issue_date="2026-01-10")
    draft = book.client("draft", **OLD)
    book.talk(draft, "2025-01-10")
    book.invoice(draft, "2026-02-01", issue_date="2026-01-10", status="draft")


@pytest.fixture(scope="module")
def desk(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    publisher = publisher_of(engagement, EngagementSettings())
    with clinic(migrated_file, tmp_path_factory.mktemp("cadence"), fill, publisher) as made:
        yield made


@pytest.fixture(scope="module")
def told(desk: Desk) -> dict[tuple[str, str], tuple[Any, str]]:
    return desk._stored()


Told = dict[tuple[str, str], tuple[Any, str]]


def known(told: Told, case: str, signal: str) -> Any:
    return told.get((f"crm/Account/{case}", signal), (None, ""))[0]


@pytest.mark.parametrize("case", CASES)
def test_state_and_next_touch(told: Told, case: str) -> None:
    *_, state, due, status = CASES[case]
    assert known(told, case, "contact.state") == state
    assert known(told, case, "contact.next_due") == due
    assert known(told, case, "contact.touch_status") == status


@pytest.mark.parametrize(
    ("case", "state", "due"),
    [
        ("project active", "active project", "2026-06-17"),
        ("project on_hold", "long-term", "2026-07-10"),
        ("project completed", "long-term", "2026-07-10"),
        ("project over", "long-term", "2026-07-10"),
        ("billed", "long-term", "2025-02-10"),
        ("draft", "inactive", "2025-04-11"),
    ],
)
def test_work_and_invoices_decide_the_state(told: Told, case: str, state: str, due: str) -> None:
    assert known(told, case, "contact.state") == state
    assert known(told, case, "contact.next_due") == due


@pytest.mark.parametrize(
    ("case", "signal", "said"),
    [
        ("long-term", "contact.next_due", "long-term: every 30 days, call on 1 June 2026"),
        ("never touched", "contact.next_due", "long-term: every 30 days, never touched yet"),
        ("overdue", "contact.touch_status",
         "due on 10 June 2026; long-term: every 30 days, call on 11 May 2026"),
        ("project active", "contact.state", "work is going on; last contact 5 days ago (call on 10 June 2026)"),
    ],
)  # fmt: skip
def test_reasons_are_what_people_would_say(told: Told, case: str, signal: str, said: str) -> None:
    assert told[f"crm/Account/{case}", signal][1] == said


def test_a_prospect_is_told_why_it_has_no_cadence(desk: Desk) -> None:
    assert (
        desk.explain("crm/Account/prospect", "contact.next_due").reason == "no cadence fits its state (status prospect)"
    )


def test_any_touch_starts_the_count_anew(book: Book) -> None:
    client = book.client("acme", **OLD)
    book.talk(client, "2026-05-11")
    book.save()
    desk = Desk(book.store, publisher_of(engagement, EngagementSettings()))
    desk.evaluate()
    assert desk.value(client, "contact.touch_status") == "Overdue"
    book.talk(client, "2026-06-15T12:00:00Z", "email", direction="outbound", subject="How are you?")
    book.save()
    desk.evaluate(AS_OF + days(1))
    assert desk.value(client, "contact.touch_status") == "In time"
    assert desk.value(client, "contact.next_due") == "2026-07-15"


def test_cadences_are_a_choice_and_the_first_that_fits_wins(book: Book) -> None:
    key, plain = book.client("key", tier="A", **OLD), book.client("plain", tier="C", **OLD)
    for client in (key, plain):
        book.talk(client, "2026-06-01")
    book.save()
    chosen = EngagementSettings(
        cadences=(
            Cadence(state="key", every_days=14, tier=("A", "B")),
            Cadence(state="rest", every_days=60, with_project=False),
        )
    )
    desk = Desk(book.store, publisher_of(engagement, chosen))
    desk.evaluate()
    assert [desk.value(client, "contact.state") for client in (key, plain)] == ["key", "rest"]
    assert [desk.value(client, "contact.next_due") for client in (key, plain)] == ["2026-06-15", "2026-07-31"]

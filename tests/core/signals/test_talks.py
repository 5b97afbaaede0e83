"""What the record tables tell of talks and people: what happened at all, and who somebody is."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.signals.firm import WorkingDays, local_times
from core.signals.loading import Tables
from core.signals.tables import Interactions, Users
from tests.core.signals.book import Book

# outcome: (kind, came to nothing, never arrived)
OUTCOMES: dict[str | None, tuple[str, bool, bool]] = {
    "Canceled": ("meeting", True, False),
    "no_show": ("meeting", True, False),
    "rescheduled": ("meeting", True, False),
    "No Answer": ("call", True, False),
    "left voicemail": ("call", True, False),
    "Connected": ("call", False, False),
    "completed": ("meeting", False, False),
    "BOUNCED": ("email", False, True),
    "scheduled": ("email", False, True),
    "sent": ("email", False, False),
    None: ("email", False, False),
}


def test_what_never_happened_is_known_by_its_outcome(book: Book) -> None:
    client = book.client("acme")
    for at, (outcome, (kind, *_)) in enumerate(OUTCOMES.items()):
        data: dict[str, Any] = {} if outcome is None else {"outcome": outcome}
        book.add("interaction", f"crm/Event/{at:02d}", client, kind=kind, started_at="2026-06-01T10:00:00Z", **data)
    book.save()
    with book.store.read() as conn:
        talks = Tables(conn).table(Interactions)
        assert talks.came_to_nothing.tolist() == [nothing for _, nothing, _ in OUTCOMES.values()]
        assert talks.never_arrived.tolist() == [lost for *_, lost in OUTCOMES.values()]


def test_a_meeting_that_is_scheduled_is_no_undelivered_mail(book: Book) -> None:
    book.talk(book.client("acme"), "2026-06-01", "meeting", outcome="scheduled")
    book.save()
    with book.store.read() as conn:
        assert Tables(conn).table(Interactions).never_arrived.tolist() == [False]


def test_a_person_is_found_by_any_systems_id(book: Book) -> None:
    book.add("user", "crm/User/ann", None, name="Ann")
    book.add("user", "crm/User/bob", None, name="Bob")
    book.join("user", "marketing/owners/7", "crm/User/ann")
    book.save()
    with book.store.read() as conn:
        users = Tables(conn).table(Users)
        rows = users.rows_of(["crm/User/bob", "marketing/owners/7", "crm/User/ann", "crm/User/eve", None])
        assert [users.name[row] if row >= 0 else None for row in rows] == ["Bob", "Ann", "Ann", None, None]
        assert users.rows_of([]).tolist() == []


@pytest.mark.parametrize(
    ("day", "until", "count"),
    [
        ("2026-06-12", date(2026, 6, 15), 1),  # Friday to Monday
        ("2026-06-15", date(2026, 6, 15), 0),
        ("2026-06-13", date(2026, 6, 15), 1),
        ("2026-05-22", date(2026, 5, 26), 1),  # Spring Bank Holiday between
        ("2026-06-17", date(2026, 6, 15), -2),
        ("NaT", date(2026, 6, 15), None),
    ],
)
def test_working_days_are_counted(day: str, until: date, count: int | None) -> None:
    [found] = WorkingDays("GB-ENG", range(2025, 2028)).count(np.array([day], "M8[D]"), until).tolist()
    assert found == count if count is not None else np.isnan(found)


@pytest.mark.parametrize(
    ("instant", "zone", "shown"),
    [
        ("2026-06-15T07:30:00", "Europe/London", "2026-06-15T08:30:00"),
        ("2026-01-15T07:30:00", "Europe/London", "2026-01-15T07:30:00"),
        ("2026-06-15T02:00:00", "America/New_York", "2026-06-14T22:00:00"),
        ("2026-06-15T02:00:00", "Asia/Kathmandu", "2026-06-15T07:45:00"),
        ("NaT", "Europe/London", "NaT"),
    ],
)
def test_an_instant_is_shown_as_the_clocks_of_a_zone_do(instant: str, zone: str, shown: str) -> None:
    assert local_times(np.array([instant], "M8[s]"), ZoneInfo(zone)).astype(str).tolist() == [shown]

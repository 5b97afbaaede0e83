"""What partners say against a score in the CRM's own fields: it counts when it is complete, and is told of when not."""

from __future__ import annotations

from typing import Any

import pytest

from core.connector import Finding
from plugins import health
from plugins.health.settings import HealthSettings
from tests.core.signals.book import AS_OF, Book, Desk, days
from tests.plugins.clinic import health_publisher, renewals_publisher
from tests.plugins.health.test_score import bad_client

READ = HealthSettings(overrides_from_crm=True)
SAID = {"judged_band": "Good", "judged_reason": "the dispute is settled", "judged_by": "Jo Smith",
        "judged_until": "2026-07-31"}  # fmt: skip


def desk_of(book: Book, settings: HealthSettings = READ, later: int = 0, **judged: Any) -> Desk:
    """A client At Risk of whom somebody says something in the CRM."""
    bad_client(book, "Birch", **(SAID | judged))
    book.save()
    desk = Desk(book.store, health_publisher(settings), renewals_publisher())
    assert desk.evaluate(AS_OF + days(later)).faults == ()
    return desk


def told(desk: Desk, name: str) -> Any:
    return desk._stored().get(("crm/Account/Birch", f"health.{name}"), (None, ""))[0]


def test_it_stands_beside_the_computed_score_with_author_reason_and_last_day(book: Book) -> None:
    desk = desk_of(book)
    assert told(desk, "override") == "Jo Smith says Good until 31 July 2026: the dispute is settled"
    assert (told(desk, "override_band"), told(desk, "override_until")) == ("Good", "2026-07-31")
    assert told(desk, "band") == "At Risk"
    assert "Jo Smith says Good" in told(desk, "reasons")
    calls = [one for one in desk.proposals(health.propose, READ) if "Call" in getattr(one, "subject", "")]
    assert calls == []


def test_a_score_instead_of_a_band_falls_into_its_band(book: Book) -> None:
    desk = desk_of(book, judged_band=None, judged_score=85)
    assert (told(desk, "override_score"), told(desk, "override_band")) == (85, "Excellent")


def test_it_ends_by_itself(book: Book) -> None:
    assert told(desk_of(book, later=47), "override") is None  # 1 August


@pytest.mark.parametrize(
    ("judged", "why"),
    [
        ({"judged_reason": None}, "it has no reason"),
        ({"judged_by": None}, "nobody is named who says so"),
        ({"judged_until": None}, "it has no last day"),
        ({"judged_until": "2027-01-01"}, "it counts until 1 January 2027, allowed are 90 days"),
        ({"judged_band": "Great"}, "`Great` is no band; there are Excellent, Good, Fair, At Risk"),
        ({"judged_score": 5}, "it names a band and a score; one is enough"),
        ({"judged_band": None, "judged_score": 101}, "101 is no score from 0 to 100"),
    ],
)
def test_what_is_not_complete_does_not_count_and_the_doctor_says_why(
    book: Book, judged: dict[str, Any], why: str
) -> None:
    desk = desk_of(book, **judged)
    assert told(desk, "override") is None
    found: list[Any] = [one for one in desk.proposals(health.check, READ) if isinstance(one, Finding)]
    [finding] = found
    assert finding.message == f"what is said of Birch against its score does not count: {why}"
    assert (finding.where, finding.remedy) == ("crm/Account/Birch", "complete it in the CRM")


def test_who_may_not_override_is_not_heard(book: Book) -> None:
    settings = HealthSettings(overrides_from_crm=True, may_override=("Ann Lee",))
    desk = desk_of(book, settings)
    assert told(desk, "override") is None
    [finding] = [one for one in desk.proposals(health.check, settings) if isinstance(one, Finding)]
    assert "Jo Smith may not override scores" in finding.message


def test_what_the_configuration_says_goes_first_and_nothing_is_read_unless_asked_for(book: Book) -> None:
    said = {"client": "crm/Account/Birch", "band": "Fair", "reason": "watching it", "author": "Ann",
            "made_on": "2026-06-01", "until": "2026-06-30"}  # fmt: skip
    both = HealthSettings.model_validate({"overrides_from_crm": True, "overrides": [said]})
    assert told(desk_of(book, both), "override_band") == "Fair"
    assert told(desk_of(book, HealthSettings()), "override_band") is None

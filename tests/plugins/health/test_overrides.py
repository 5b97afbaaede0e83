"""What people say against a score: shown beside it, with author, reason and an end; never in its place."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from core.proposals import CreateTask
from plugins import health
from plugins.health.settings import HealthSettings
from tests.core.signals.book import AS_OF, Book, Desk, days, publisher
from tests.plugins.clinic import health_publisher
from tests.plugins.health.test_score import dial, tier_points

ACME = "crm/Account/acme"
SAID: dict[str, Any] = {
    "client": ACME,
    "score": 85,
    "reason": "the partner dines with them",
    "author": "Jo Smith",
    "made_on": "2026-06-10",
    "until": "2026-06-20",
}


def desk_of(book: Book, *overrides: dict[str, Any], points: float = 30, **changes: Any) -> Desk:
    """One client of so many points, and what people say of it."""
    book.client("acme", tier=str(points))
    book.save()
    return Desk(
        book.store, health_publisher(dial(overrides=overrides, **changes)), publisher(tier_points, plugin="test")
    )


def told(desk: Desk, name: str, later: int = 0) -> Any:
    return desk.explain(ACME, f"health.{name}", AS_OF + days(later)).value


def test_an_override_stands_beside_the_score(book: Book) -> None:
    desk = desk_of(book, SAID)
    assert desk.evaluate().faults == ()
    assert (told(desk, "score"), told(desk, "band")) == (30, "At Risk")
    assert (told(desk, "override_score"), told(desk, "override_band")) == (85, "Excellent")
    assert told(desk, "override_until") == "2026-06-20"
    assert told(desk, "override") == "Jo Smith says 85 until 20 June 2026: the partner dines with them"
    assert desk.reason(ACME, "health.override") == "the partner dines with them (by Jo Smith on 10 June 2026)"
    assert "At Risk at 30" in told(desk, "reasons")
    assert "Jo Smith says 85 until 20 June 2026: the partner dines with them" in told(desk, "reasons")


def test_a_band_may_be_said_alone(book: Book) -> None:
    desk = desk_of(book, SAID | {"score": None, "band": "Good"})
    desk.evaluate()
    assert (told(desk, "override_score"), told(desk, "override_band")) == (None, "Good")


@pytest.mark.parametrize(("later", "counts"), [(-6, False), (-5, True), (0, True), (5, True), (6, False)])
def test_it_counts_from_its_first_to_its_last_day(book: Book, later: int, counts: bool) -> None:
    desk = desk_of(book, SAID)
    desk.evaluate(AS_OF + days(later))
    assert (told(desk, "override", later) is not None) == counts


def test_after_its_last_day_only_the_computed_score_is_left(book: Book) -> None:
    desk = desk_of(book, SAID)
    for later in (0, 6):
        desk.evaluate(AS_OF + days(later))
    assert told(desk, "override", 6) is None
    assert told(desk, "reasons", 6) == "At Risk at 30: 30 points on 2026-06-21."


@pytest.mark.parametrize(
    ("said", "calls"), [((), 1), ((SAID,), 0), ((SAID | {"score": 20},), 1), ((SAID | {"until": "2026-06-14"},), 1)]
)
def test_whoever_is_said_to_be_well_is_not_called(book: Book, said: tuple[dict[str, Any], ...], calls: int) -> None:
    desk = desk_of(book, *said)
    desk.evaluate()
    settings = dial(overrides=said)
    proposals = [one for one in desk.proposals(health.propose, settings) if isinstance(one, CreateTask)]
    assert len(proposals) == calls


@pytest.mark.parametrize(
    ("overrides", "what"),
    [
        ([SAID | {"band": "Good"}], f"the override of {ACME} has to name a score or a band, and not both"),
        ([SAID | {"score": None}], f"the override of {ACME} has to name a score or a band, and not both"),
        ([SAID | {"until": "2026-06-01"}], f"the override of {ACME} ends before it begins"),
        ([SAID | {"until": "2026-12-10"}], f"the override of {ACME} counts for 183 days, allowed are 90"),
        ([SAID, SAID | {"made_on": "2026-06-20"}], f"two overrides of {ACME} count at the same time"),
        ([SAID | {"reason": ""}], "reason"),
        ([{"client": ACME, "score": 5}], "author"),
    ],
)
def test_an_override_that_makes_no_sense_is_refused_in_one_line(overrides: Any, what: str) -> None:
    with pytest.raises(ValidationError) as refused:
        HealthSettings(overrides=overrides)
    assert what in str(refused.value)


def test_only_those_who_may_override() -> None:
    assert HealthSettings(overrides=(SAID,), may_override=("Jo Smith",)).overrides[0].until == date(2026, 6, 20)
    with pytest.raises(ValidationError, match=r"Jo Smith may not override scores; Ann Lee may"):
        HealthSettings(overrides=(SAID,), may_override=("Ann Lee",))

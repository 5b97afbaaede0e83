"""Evidence grows old: it counts for less of the coverage, and at last the factor is as good as unknown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.signals import arrange
from core.signals.columns import Kind
from plugins.health.freshness import freshness_of
from plugins.health.profile import Factor
from plugins.health.settings import HealthSettings
from tests.core.signals.book import Book, Desk
from tests.plugins.clinic import health_publisher
from tests.plugins.playbooks import script
from tests.plugins.playbooks.script import Says, Script

OLD = {"signal": "asked.rating", "weight": 1, "points": [[0, 0], [10, 100]], "age": "asked.days",
       "fresh_days": 100, "stale_days": 300}  # fmt: skip
PLAIN = {"signal": "contact.count_90d", "weight": 3, "points": [[0, 0], [4, 100]]}
DAYS = {"new": 100.0, "half": 200.0, "old": 300.0, "dateless": float("nan")}
MOMENTS = {"new": "2026-03-07", "half": "2025-11-27", "old": "2025-08-19"}


def settings(**old: object) -> HealthSettings:
    groups = {"all": {"weight": 2, "factors": {"rating": OLD | old, "contact": PLAIN}}}
    return HealthSettings.model_validate({"profiles": [{"name": "p", "groups": groups}], "caps": []})


def desk_of(book: Book, chosen: HealthSettings) -> Desk:
    """Four clients who gave ten of ten, some of them long ago, and of whom each was spoken to twice."""
    for key in DAYS:
        client = book.client(key)
        for number in range(2):
            book.talk(client, f"2026-06-0{number + 1}", kind="call", direction="outbound")
    book.save()
    moments = {key: np.datetime64(day) for key, day in MOMENTS.items()}
    said: dict[str, Says] = {"asked.rating": dict.fromkeys(DAYS, 10.0), "asked.days": DAYS, "asked.on": moments}
    kinds: dict[str, Kind] = {"asked.rating": "number", "asked.days": "number", "asked.on": "date"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(script, "KINDS", kinds)
        desk = Desk(book.store, Script(said).publisher(), health_publisher(chosen))
        report = desk.evaluate()
    assert not report.faults, report.faults
    return desk


@pytest.mark.parametrize("age", ["asked.days", "asked.on"])
def test_coverage_falls_with_age_and_the_score_does_not_until_it_is_stale(book: Book, age: str) -> None:
    desk = desk_of(book, settings(age=age))
    coverage = {key: desk.value(f"crm/Account/{key}", "health.coverage") for key in DAYS}
    assert coverage == {"new": 1.0, "half": 0.88, "old": 0.75, "dateless": 1.0}  # a quarter of the weight is the rating
    scores = {key: desk.value(f"crm/Account/{key}", "health.score") for key in DAYS}
    assert scores == {"new": 63, "half": 63, "old": 50, "dateless": 63}
    assert "not known: rating" in desk.reason("crm/Account/old", "health.coverage")


def test_the_explanation_says_that_it_is_too_old(book: Book) -> None:
    desk = desk_of(book, settings())
    told = "\n".join(desk.explain("crm/Account/old", "health.score").lines())
    assert "asked.rating is too old to count: 300 days old" in told


def test_a_factor_without_an_age_is_as_it_was(book: Book) -> None:
    plain = {name: value for name, value in OLD.items() if name not in ("age", "fresh_days", "stale_days")}
    groups = {"all": {"weight": 2, "factors": {"rating": plain, "contact": PLAIN}}}
    desk = desk_of(book, HealthSettings.model_validate({"profiles": [{"name": "p", "groups": groups}], "caps": []}))
    assert {desk.value(f"crm/Account/{key}", "health.coverage") for key in DAYS} == {1.0}


@given(days=st.lists(st.floats(0, 2000), min_size=2, max_size=20), fresh=st.floats(0, 400), span=st.floats(1, 800))
def test_older_is_never_fresher_and_freshness_is_a_share(days: list[float], fresh: float, span: float) -> None:
    factor = Factor.model_validate(OLD | {"fresh_days": fresh, "stale_days": fresh + span})
    found = freshness_of(np.sort(np.array(days)), factor)
    assert (np.diff(found) <= 0).all()
    assert ((found >= 0) & (found <= 1)).all()
    assert freshness_of(np.array([fresh, fresh + span, np.nan]), factor).tolist() == pytest.approx([1.0, 0.0, 1.0])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fresh_days": 300}, "fresh_days (300) must be less than stale_days (300)"),
        ({"age": None}, "fresh_days and stale_days need `age`"),
    ],
)
def test_an_age_that_makes_no_sense_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError) as told:
        settings(**changes)
    assert said in str(told.value)


def test_an_age_that_nobody_publishes_is_told() -> None:
    [fault] = [one for one in arrange([health_publisher(settings())]).faults if "asked.days" in str(one)]
    assert "which no plugin publishes" in str(fault)


def test_one_factor_is_dated_by_one_signal() -> None:
    groups = {"all": {"weight": 1, "factors": {"rating": OLD}}}
    other = {"all": {"weight": 1, "factors": {"rating": OLD | {"age": "asked.on"}}}}
    profiles = [{"name": "p", "when": {"tier": ["A"]}, "groups": groups}, {"name": "q", "groups": other}]
    with pytest.raises(ValidationError, match=r"dated by asked\.days in one profile and asked\.on in another"):
        HealthSettings.model_validate({"profiles": profiles})

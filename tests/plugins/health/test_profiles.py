"""Profiles that contradict themselves or each other are refused when the configuration is read, in one line."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from core.signals import arrange
from plugins.health.profile import PROFESSIONAL_SERVICES, Profile
from plugins.health.settings import HealthSettings
from tests.core.signals.book import Book, Desk
from tests.plugins.clinic import health_publisher


def factor(source: str, weight: float = 1) -> dict[str, Any]:
    return {"signal": source, "weight": weight, "points": [[0, 100], [60, 0]]}


def profile(name: str, when: dict[str, Any] | None = None, **factors: dict[str, Any]) -> dict[str, Any]:
    made_of = factors or {"recency": factor("contact.days_since")}
    return {"name": name, "when": when or {}, "groups": {"all": {"weight": 1, "factors": made_of}}}


def settings(*profiles: dict[str, Any], **more: Any) -> HealthSettings:
    return HealthSettings(profiles=profiles, **more)


@pytest.mark.parametrize(
    ("profiles", "what"),
    [
        (
            [profile("all"), profile("law", {"industry": ["Law"]})],
            "profile law is never used: all stands before it and fits every client it fits",
        ),
        (
            [profile("large", {"tier": ["A", "B"]}), profile("law", {"industry": ["Law"], "tier": ["B"]})],
            "profile law is never used: large stands before it and fits every client it fits",
        ),
        ([profile("law", {"tier": ["A"]}), profile("law", {"tier": ["B"]})], "two profiles are called law"),
        (
            [profile("all", None, a=factor("contact.days_since"), b=factor("contact.days_since"))],
            "profile all counts contact.days_since twice, as a and as b",
        ),
        ([profile("all", None, a=factor("x.y", 0))], "greater than 0"),
        ([profile("all", None, a=factor("x.y", -5))], "greater than 0"),
        (
            [profile("a", {"tier": ["A"]}, dial=factor("x.y")), profile("b", None, dial=factor("z.z"))],
            "factor dial reads x.y in one profile and z.z in another",
        ),
    ],
)
def test_profiles_that_make_no_sense_are_refused(profiles: list[dict[str, Any]], what: str) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(*profiles)
    assert what in str(refused.value)


def test_profiles_that_overlap_in_part_are_in_order() -> None:
    kept = settings(profile("law", {"industry": ["Law"]}), profile("large", {"tier": ["A"]}), profile("all"))
    assert [one.name for one in kept.profiles] == ["law", "large", "all"]


@pytest.mark.parametrize(
    ("one", "other", "covers"),
    [
        ({}, {}, True),
        ({}, {"tier": ("A",)}, True),
        ({"tier": ("A",)}, {}, False),
        ({"tier": ("A", "B")}, {"tier": ("B",)}, True),
        ({"tier": ("A",)}, {"tier": ("A", "B")}, False),
        ({"tier": ("A",)}, {"industry": ("Law",)}, False),
    ],
)
def test_a_profile_covers_another_when_it_fits_all_its_clients(one: Any, other: Any, covers: bool) -> None:
    first, second = (Profile(name="p", when=when, groups=PROFESSIONAL_SERVICES.groups) for when in (one, other))
    assert first.covers(second) == covers


CAP = {"signal": "revenue.days_late", "because": "late"}


def test_a_cap_that_never_matters_is_refused() -> None:
    lower, higher = CAP | {"above": 60, "score": 39}, CAP | {"above": 90, "score": 59}
    with pytest.raises(ValidationError, match=r"the cap at 59 for revenue.days_late above 90 never matters: above 60"):
        HealthSettings(caps=(lower, higher))
    assert len(HealthSettings(caps=(lower, higher | {"score": 20})).caps) == 2


# --- signals nobody publishes ---------------------------------------------------------------------------------------


def test_a_signal_that_an_admin_misspelt_is_told_with_the_nearest_one() -> None:
    wrong = settings(profile("all", None, late=factor("payments.day_late")), caps=[CAP | {"above": 1, "score": 5}])
    [fault] = arrange([health_publisher(wrong)]).faults
    assert str(fault.what) == "signal `health.factor.late` is made of `payments.day_late`, which no plugin publishes"
    assert fault.remedy == "did you mean `payments.days_late`?"


def test_so_is_one_of_a_cap() -> None:
    wrong = HealthSettings(caps=(CAP | {"signal": "revenue.days_lat", "above": 1, "score": 5},))
    [fault] = arrange([health_publisher(wrong)]).faults
    assert "`revenue.days_lat`, which no plugin publishes" in fault.what
    assert fault.remedy == "did you mean `revenue.days_late`?"


def test_the_score_goes_on_without_it(book: Book) -> None:
    acme = book.client("acme")
    book.talk(acme, "2026-06-14")
    book.save()
    wrong = settings(
        profile("all", None, late=factor("payments.day_late"), recency=factor("contact.days_since")),
        caps=[CAP | {"signal": "no.such", "above": 1, "score": 5}],
    )
    desk = Desk(book.store, health_publisher(wrong))
    assert len(desk.evaluate().faults) == 2
    assert desk.value(acme, "health.score") == 98
    assert desk.value(acme, "health.coverage") == 0.5


def test_what_the_default_profile_hopes_for_is_no_mistake() -> None:
    assert arrange([health_publisher()]).faults == ()

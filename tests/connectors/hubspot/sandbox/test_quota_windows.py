"""The quota windows by themselves, on a time that the test turns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.hubspot.sandbox.behaviour import Behaviour
from connectors.hubspot.sandbox.limits import RateLimits, Window
from connectors.sandbox.clock import SandboxClock


class Time:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


def limits(time: Time, zone: str = "Europe/London", **behaviour: int) -> tuple[RateLimits, SandboxClock]:
    clock = SandboxClock(datetime(2026, 6, 30, 9, tzinfo=UTC))
    switched = Behaviour(rate_limits=True)
    switched.switch(behaviour)
    return RateLimits(switched, clock, ZoneInfo(zone), time), clock


def admitted(rates: RateLimits, count: int, *, is_search: bool = False) -> int:
    return sum(rates.admit(is_search=is_search) is None for _ in range(count))


def test_a_window_forgets_what_is_past(time: Time) -> None:
    window = Window(10.0, time)
    for second in range(12):
        time.now = 100.0 + second
        window.add()
    assert window.count() == 10


def test_the_ten_seconds_roll(time: Time) -> None:
    rates, _ = limits(time, ten_second_limit=5)
    assert admitted(rates, 3) == 3
    time.now += 6
    assert admitted(rates, 9) == 2
    time.now += 4
    assert admitted(rates, 9) == 3, "the first three have left the window, the other two have not"


def test_refused_calls_do_not_count(time: Time) -> None:
    rates, _ = limits(time, ten_second_limit=5)
    assert admitted(rates, 500) == 5
    time.now += 10
    assert admitted(rates, 500) == 5
    assert rates.used_today() == 10


def test_searches_have_a_second_of_their_own(time: Time) -> None:
    rates, _ = limits(time, search_per_second=5)
    assert admitted(rates, 9, is_search=True) == 5
    time.now += 0.5
    assert admitted(rates, 9, is_search=True) == 0
    time.now += 0.5
    assert admitted(rates, 9, is_search=True) == 5


@pytest.mark.parametrize(("policy", "is_search"), [("TEN_SECONDLY_ROLLING", False), ("SECONDLY", True)])
def test_the_refusal_names_its_policy(time: Time, policy: str, is_search: bool) -> None:
    rates, _ = limits(time, ten_second_limit=0, search_per_second=0)
    refusal = rates.admit(is_search=is_search)
    assert refusal is not None
    assert (refusal.status, refusal.extra["policyName"]) == (429, policy)


@pytest.mark.parametrize(
    ("zone", "hours", "anew"),
    [
        ("Europe/London", 13, False),
        ("Europe/London", 14, True),
        ("UTC", 14, False),
        ("UTC", 15, True),
        ("America/New_York", 18, False),
        ("America/New_York", 19, True),
    ],
)
def test_the_day_turns_at_the_accounts_midnight(time: Time, zone: str, hours: int, anew: bool) -> None:
    rates, clock = limits(time, zone, daily_limit=2)
    assert admitted(rates, 5) == 2
    time.now += 3_600
    clock.advance(timedelta(hours=hours))
    assert admitted(rates, 5) == (2 if anew else 0)


def test_headers_follow_the_count(time: Time) -> None:
    rates, _ = limits(time, ten_second_limit=5, daily_limit=50)
    admitted(rates, 3)
    told = rates.headers()
    assert (told["X-HubSpot-RateLimit-Max"], told["X-HubSpot-RateLimit-Remaining"]) == ("5", "2")
    assert (told["X-HubSpot-RateLimit-Daily"], told["X-HubSpot-RateLimit-Daily-Remaining"]) == ("50", "47")

"""When a webhook is tried again: the waits of Standard Webhooks, shifted a little, and what the receiver asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from webhooks.outgoing.schedule import ATTEMPTS, WAITS, is_given_up, next_attempt

NOW = datetime(2026, 6, 30, 9, tzinfo=UTC)


def waits(event: str, status: int = 500) -> list[float]:
    found = (next_attempt(event, tried, NOW, status) for tried in range(1, ATTEMPTS))
    return [(one - NOW).total_seconds() for one in found if one]


def test_ten_attempts_over_three_days_and_no_more() -> None:
    assert len(waits("evt_1")) == ATTEMPTS - 1 == 9
    assert next_attempt("evt_1", ATTEMPTS, NOW, 500) is None
    assert sum(WAITS) == timedelta(hours=75, minutes=35, seconds=5).total_seconds()


def test_each_wait_is_within_a_fifth_of_the_recommended_one() -> None:
    for event in (f"evt_{number}" for number in range(200)):
        for wait, recommended in zip(waits(event), WAITS[1:], strict=True):
            assert 0.8 * recommended <= wait <= 1.2 * recommended


def test_what_failed_together_does_not_come_back_together() -> None:
    fourth = {round(waits(f"evt_{number}")[3]) for number in range(200)}
    assert len(fourth) > 150
    assert max(fourth) - min(fourth) > 0.3 * WAITS[4]


def test_the_same_event_waits_the_same_in_every_run() -> None:
    assert waits("evt_1") == waits("evt_1")


@pytest.mark.parametrize("status", [429, 502, 504])
def test_a_busy_receiver_gets_a_minute(status: int) -> None:
    assert waits("evt_1", status)[0] >= 60


@pytest.mark.parametrize("asked", ["600", format_datetime(NOW + timedelta(seconds=600), usegmt=True)])
def test_what_the_receiver_asks_for_is_kept(asked: str) -> None:
    due = next_attempt("evt_1", 1, NOW, 503, asked)
    assert due == NOW + timedelta(seconds=600)


def test_a_shorter_wait_than_ours_is_no_reason_to_hurry() -> None:
    assert next_attempt("evt_1", 5, NOW, 503, "1") == next_attempt("evt_1", 5, NOW, 503)


@pytest.mark.parametrize("asked", ["99999999", "Fri, 31 Dec 2099 23:59:59 GMT"])
def test_nobody_makes_us_wait_for_more_than_a_day(asked: str) -> None:
    due = next_attempt("evt_1", 1, NOW, 503, asked)
    assert due == NOW + timedelta(days=1)


@pytest.mark.parametrize("asked", ["", "soon", "-5", "1e9", "٣٠", "Fri, 99 Foo 2026", "Tue, 30 Jun 2026 08:00:00"])
def test_what_is_no_instant_is_passed_over(asked: str) -> None:
    assert next_attempt("evt_1", 1, NOW, 503, asked) == next_attempt("evt_1", 1, NOW, 503)


def test_a_subscriber_is_given_up_after_five_days_of_failure() -> None:
    assert not is_given_up(NOW - timedelta(hours=119, minutes=59), NOW)
    assert is_given_up(NOW - timedelta(hours=120), NOW)

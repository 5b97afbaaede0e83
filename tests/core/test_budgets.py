"""Budgets of one process: a place for each call, an instant for whoever has to come back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.budgets import Allowance, LocalBudgets
from core.clock import FixedClock
from core.errors import RetryLater

START = datetime(2026, 6, 30, 9, tzinfo=UTC)
FAST = Allowance("second", 2, 1.0)
HOURLY = Allowance("hour", 2, 3600.0)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


def test_a_call_beyond_the_window_waits_until_the_first_one_leaves_it(clock: FixedClock) -> None:
    budgets = LocalBudgets(clock)
    for _ in range(3):
        budgets.admit([FAST])
    assert clock.now() >= START + timedelta(seconds=1)


def test_a_long_wait_is_told_with_its_end(clock: FixedClock) -> None:
    budgets = LocalBudgets(clock, "crm")
    budgets.admit([HOURLY])
    budgets.admit([HOURLY])
    with pytest.raises(RetryLater) as told:
        budgets.admit([HOURLY])
    assert told.value.retry_at == START + timedelta(hours=1)
    assert told.value.where == "crm"


def test_an_allowance_of_nothing_lets_nothing_through(clock: FixedClock) -> None:
    with pytest.raises(RetryLater) as told:
        LocalBudgets(clock).admit([Allowance("none", 0, 3600.0)])
    assert told.value.retry_at is not None


def test_no_call_goes_before_the_instant_told(clock: FixedClock) -> None:
    budgets = LocalBudgets(clock)
    budgets.hold(START + timedelta(seconds=30))
    budgets.hold(START + timedelta(seconds=10))  # an earlier one does not shorten it
    budgets.admit([FAST])
    assert clock.now() >= START + timedelta(seconds=30)


def test_what_the_vendor_told_last_is_what_the_meters_show(clock: FixedClock) -> None:
    budgets = LocalBudgets(clock)
    budgets.learn("day", 10, 100)
    budgets.learn("day", 30, 100)
    assert [(one.name, one.used, one.allowed, one.told_at) for one in budgets.meters()] == [("day", 30, 100, START)]

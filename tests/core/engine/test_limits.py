"""A job beyond its limits of time or memory ends with its process; one within them is left alone."""

from __future__ import annotations

import threading
import time

import pytest

from core.clock import FixedClock, SystemClock
from core.engine import limits
from core.engine.limits import Limits, held_mebibytes, limited

PLENTY = 1_000_000


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LOOK_SECONDS", 0.01)


def killed_within(allowed: Limits, seconds: float) -> bool:
    killed = threading.Event()
    with limited(allowed, SystemClock(), killed.set):
        killed.wait(seconds)
    return killed.is_set()


def test_a_job_that_does_not_end_takes_its_process_with_it() -> None:
    assert killed_within(Limits(0.05, PLENTY), 10)


def test_a_job_that_takes_all_memory_does_too() -> None:
    assert killed_within(Limits(1000, held_mebibytes() // 2), 10)


def test_a_job_within_its_limits_is_left_alone() -> None:
    assert not killed_within(Limits(1000, PLENTY), 0.1)


def test_time_is_counted_from_the_beginning_of_each_job() -> None:
    clock, killed = FixedClock(SystemClock().now()), threading.Event()
    for _ in range(5):
        with limited(Limits(60, PLENTY), clock, killed.set):
            clock.sleep(50)
            time.sleep(0.03)
    assert not killed.is_set()
    with limited(Limits(60, PLENTY), clock, killed.set):
        clock.sleep(61)
        assert killed.wait(10)


def test_where_nobody_starts_the_process_again_there_is_no_limit() -> None:
    before = threading.active_count()
    with limited(None, SystemClock(), lambda: pytest.fail("killed")):
        assert threading.active_count() == before


def test_nothing_watches_on_when_the_job_has_ended() -> None:
    before = threading.active_count()
    with limited(Limits(1000, PLENTY), SystemClock()):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


def test_memory_is_read_where_the_system_tells_and_is_nothing_where_it_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert 10 < held_mebibytes() < PLENTY
    monkeypatch.setattr(limits, "STATUS", tmp_path_factory.mktemp("none") / "statm")
    assert held_mebibytes() == 0
    assert not killed_within(Limits(1000, 1), 0.1)

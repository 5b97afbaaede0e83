from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from connectors.sandbox.clock import ClientClock, SandboxClock

START = datetime(2026, 6, 30, 9, 0, tzinfo=UTC)


def test_reading_does_not_move_time() -> None:
    clock = SandboxClock(START)
    assert clock.now() == clock.now() == START


def test_a_tick_is_one_second() -> None:
    clock = SandboxClock(START)
    assert clock.tick() == START + timedelta(seconds=1)
    assert clock.now() == START + timedelta(seconds=1)


def test_advance_returns_the_new_instant() -> None:
    clock = SandboxClock(START)
    assert clock.advance(timedelta(days=40)) == datetime(2026, 8, 9, 9, 0, tzinfo=UTC)


def test_time_cannot_run_backwards() -> None:
    clock = SandboxClock(START)
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(timedelta(seconds=-1))
    assert clock.now() == START


def test_an_instant_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        SandboxClock(START.replace(tzinfo=None))


def test_simulators_that_share_a_clock_lose_no_tick() -> None:
    clock = SandboxClock(START)
    threads = [Thread(target=lambda: [clock.tick() for _ in range(500)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.now() == START + timedelta(seconds=2000)


def test_writes_move_time_on_by_the_step_asked_for() -> None:
    clock = SandboxClock(START, step=timedelta(milliseconds=5))
    assert clock.tick() == START + timedelta(milliseconds=5)
    assert clock.elapsed() == 0.005


def test_a_clients_pause_moves_the_sandboxs_time_and_takes_none() -> None:
    shared = SandboxClock(START)
    client = ClientClock(shared)
    began = time.monotonic()
    client.sleep(3_600)
    assert time.monotonic() - began < 1
    assert shared.now() == client.now() == START + timedelta(hours=1)
    assert (client.monotonic(), client.slept) == (3_600, 3_600)


def test_a_client_sees_the_time_that_writes_take() -> None:
    shared = SandboxClock(START)
    client = ClientClock(shared)
    shared.tick()
    assert (client.monotonic(), client.slept) == (1.0, 0.0)


@pytest.mark.parametrize("seconds", [0, -5])
def test_no_pause_moves_nothing(seconds: float) -> None:
    client = ClientClock(SandboxClock(START))
    client.sleep(seconds)
    assert (client.now(), client.slept) == (START, 0.0)

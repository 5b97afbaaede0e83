"""Thousands of seeded runs in every world: whatever happens, the promises hold."""

from __future__ import annotations

import os
import sys
import time

import pytest

from tests.simulation.storm import Ended, run_seed
from tests.simulation.worlds import WORLDS

SOAK_RUNS = int(os.environ.get("INLAY_SIM_SEEDS", "40000"))
SLICE = range(2)


def the_promises_hold(ended: Ended) -> None:
    if ended.broken:
        pytest.fail(str(ended), pytrace=False)


@pytest.mark.parametrize("world", WORLDS)
def test_whatever_happens_the_promises_hold(world: str) -> None:
    for seed in SLICE:
        the_promises_hold(run_seed(world, seed))


def test_there_are_enough_worlds_and_each_is_another_one() -> None:
    assert len(WORLDS) >= 6
    kinds = {repr((one.temper, one.crms, one.polls, one.reconciles, one.workers, one.oversleeps, one.guard,
                   one.full_disk, one.cap)) for one in WORLDS.values()}  # fmt: skip
    assert len(kinds) == len(WORLDS)


@pytest.mark.parametrize("world", ["plain", "racing", "full"])
def test_the_same_seed_tells_the_same_story_to_the_last_line(world: str) -> None:
    first, again, other = run_seed(world, 3), run_seed(world, 3), run_seed(world, 4)
    assert first.story == again.story
    assert first.hash == again.hash != other.hash


def test_the_storms_are_real() -> None:
    ended = [run_seed("plain", seed) for seed in range(10, 16)]
    assert sum(one.crashes for one in ended) >= 3
    told = "\n".join(line for one in ended for line in one.story)
    for happening in ("work", "retry", "applied", "settling", "killed at"):
        assert happening in told


def test_a_broken_promise_is_told_with_its_story_and_the_command_that_repeats_it() -> None:
    ended = Ended("plain", 7, ("I2 k1 was made 2 times",), ("01. 09:00:00 work",), "h", 0, 1)
    assert str(ended).splitlines() == [
        "world 'plain', seed 7:",
        "  BROKEN I2 k1 was made 2 times",
        "what happened:",
        "  01. 09:00:00 work",
        "again: python -m tests.simulation --world 'plain' --seed 7",
    ]
    with pytest.raises(pytest.fail.Exception, match="--seed 7"):
        the_promises_hold(ended)


@pytest.mark.soak
@pytest.mark.timeout(12 * 3600)
@pytest.mark.parametrize("world", WORLDS)
def test_soak(world: str, capsys: pytest.CaptureFixture[str]) -> None:
    runs = -(-SOAK_RUNS // len(WORLDS))
    begun, wall, crashes = time.process_time(), time.monotonic(), 0
    for seed in range(1000, 1000 + runs):
        ended = run_seed(world, seed)
        crashes += ended.crashes
        the_promises_hold(ended)
    spent, passed = time.process_time() - begun, time.monotonic() - wall
    rate = f"{runs / spent:.1f} runs per CPU second, {runs / passed:.1f} per second"
    with capsys.disabled():
        sys.stdout.write(f"\n{world}: {runs} runs, {crashes} kills, {rate}, 0 promises broken\n")
    assert crashes >= runs / 10

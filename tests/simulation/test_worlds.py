"""Thousands of seeded runs in every world: whatever happens, the promises hold."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import pytest

from tests.simulation.storm import Ended, Storm, run_seed
from tests.simulation.tally import run_many, total
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
    kinds = {replace(one, name="", about="") for one in WORLDS.values()}
    assert len(kinds) == len(WORLDS)


@pytest.mark.parametrize("world", ["plain", "racing", "full"])
def test_the_same_seed_tells_the_same_story_to_the_last_line(world: str) -> None:
    first, again, other = run_seed(world, 3), run_seed(world, 3), run_seed(world, 4)
    assert first.story == again.story
    assert first.hash == again.hash != other.hash


@pytest.mark.parametrize("world", ["echo", "racing", "full", "mailing", "merging"])
def test_through_all_of_sqlalchemy_the_same_seed_tells_the_same_story(world: str) -> None:
    lean, thick = Storm(WORLDS[world], 5).run(), Storm(WORLDS[world], 5, thick=True).run()
    assert lean.story == thick.story
    assert lean.broken == thick.broken == ()


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


def test_many_runs_are_counted_by_world_and_together() -> None:
    one, other = run_many("plain", range(3)), run_many("starved", range(2))
    both = total([one, other])
    assert (one.runs, other.runs, both.runs) == (3, 2, 5)
    assert (both.calls, both.crashes) == (one.calls + other.calls, one.crashes + other.crashes)
    assert both.calls > 20
    assert both.broken == ()
    assert "5 runs, " in str(both)
    assert str(both).startswith("all together")
    assert str(both).endswith("0 with broken promises")


@pytest.mark.soak
@pytest.mark.timeout(12 * 3600)
def test_soak(capsys: pytest.CaptureFixture[str]) -> None:
    runs = -(-SOAK_RUNS // len(WORLDS))
    tallies = []
    for world in WORLDS:
        tallies.append(told := run_many(world, range(1000, 1000 + runs)))
        with capsys.disabled():
            sys.stdout.write(f"\n{told}")
        assert told.crashes >= runs / 10, f"the storms of {world} are none"
    whole = total(tallies)
    with capsys.disabled():
        sys.stdout.write(f"\n{whole}\n")
    for ended in whole.broken[:1]:
        the_promises_hold(ended)

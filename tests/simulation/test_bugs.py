"""A simulation that finds nothing proves nothing: each planted bug has to be caught, at the seed where it first was."""

from __future__ import annotations

import pytest

from tests.simulation.bugs import BUGS, Bug

MOST_SEEDS = 2000
DRIFT = 100  # a change of the hub moves the dice: so many seeds from the one where it was first caught


def caught_at(bug: Bug) -> int | None:
    """The first seed from the noted one on that catches it."""
    with bug.planted():
        return next((seed for seed in range(bug.seed, bug.seed + DRIFT) if bug.run(seed).broken), None)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug: Bug) -> None:
    seed = caught_at(bug)
    assert seed is not None, f"nobody notices: {bug.name}"
    assert bug.run(seed).broken == ()


def test_there_are_enough_of_them_and_none_hides_for_long() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 20
    assert max(bug.seed for bug in BUGS) < MOST_SEEDS
    assert len({bug.world for bug in BUGS}) >= 6


def test_a_planted_bug_is_gone_afterwards() -> None:
    bug = BUGS[0]
    before = bug.run(bug.seed)
    with bug.planted():
        bug.run(bug.seed)
    assert bug.run(bug.seed).hash == before.hash

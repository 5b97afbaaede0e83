"""``kill -9`` of the real commands at any moment of their work, on both databases: nothing lost or twice, soon back.

The commands are forked from a process that has imported them already; everything else is as in production: their own
store connections, the vendors' client libraries, HTTP. A few hundred kills are a soak test, a few are in every run.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from core.store import Store
from tests.end_to_end.counting import assert_all_there_once
from tests.end_to_end.killing import Office, Tally, office
from tests.end_to_end.nursery import BUGS, LEASE_SECONDS
from tests.end_to_end.snapshots import store_content

log = logging.getLogger(__name__)  # `--log-cli-level=INFO` shows where the kills landed
SOAK_KILLS = int(os.environ.get("INLAY_KILLS", "300"))
KILLS_OF_A_BUG = 40
RESUMES_WITHIN = LEASE_SECONDS + 5.0  # seconds more than the same work takes undisturbed
JOB = ("sync", "plan", "apply")


def by_hand(here: Office) -> None:
    """The commands that an admin types, one after the other."""
    here.storm(3, "sync")
    here.storm(1, "plan")
    here.storm(10, "apply")


def by_schedule(here: Office) -> None:
    """The whole job in one command."""
    here.storm(6, "run", "--once")


def for_good(here: Office) -> None:
    """The process that stays; killed thrice in one job it would let that job rest, as the one that kills it."""
    here.serve_and_kill(2)


def a_few_of_each(here: Office) -> None:
    """What there is time for in every run of the tests; ``inlay run`` is killed in ``test_outages``."""
    here.storm(1, "sync")
    here.done("plan")
    here.storm(2, "apply")


EVERYTHING = (by_hand, by_schedule, for_good)


def storm(folder: Path, url: str, kills: int, *bugs: str) -> Tally:
    """So many kills in all kinds of work, then calm, then the look at what became of it; what it amounted to."""
    with Store.open(url) as store:
        store.migrate()
        with office(folder, store, 1, *bugs) as here:
            for command in JOB:
                here.practise(command)
            for kind in (a_few_of_each,) if kills == 0 else EVERYTHING * kills:
                here.new_round()
                kind(here)
                if here.tally.kills >= kills:
                    break
            for command in (*JOB, "sync", "plan"):
                here.done(command)
            assert_all_there_once(here)
            assert store_content(store) == read_anew(here, folder)
    log.info(here.tally.story())
    assert here.tally.longest <= RESUMES_WITHIN
    return here.tally


def read_anew(here: Office, folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """What a store holds that was read from the same CRMs in one go, undisturbed."""
    with Store.open(f"sqlite:///{folder / 'anew.db'}") as anew:
        anew.migrate()
        here.use(anew)
        here.done("sync")
        return store_content(anew)


@pytest.mark.timeout(300)
def test_killed_commands_lose_nothing_repeat_nothing_and_are_soon_back(tmp_path: Path, sqlite_url: str) -> None:
    assert storm(tmp_path, sqlite_url, 0).kills >= 2


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_hundreds_of_kills_lose_nothing_and_repeat_nothing(tmp_path: Path, store_url: str) -> None:
    assert storm(tmp_path, store_url, SOAK_KILLS // 2).kills >= SOAK_KILLS // 2


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("bug", BUGS)
def test_each_planted_bug_is_noticed(tmp_path: Path, sqlite_url: str, bug: str) -> None:
    with pytest.raises(AssertionError):
        storm(tmp_path, sqlite_url, KILLS_OF_A_BUG, bug)

"""Everything around Inlay fails while webhooks stream in: processes killed, Redis and PostgreSQL gone, the disk full.

What was answered 2xx is never lost, what was done is never done twice, and nobody has to mend anything by hand.
``INLAY_KILLS`` says how many kills the soak test makes.
"""

from __future__ import annotations

import base64
import logging
import os
import random
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from connectors.sandbox.faults.plan import Fault
from core.clock import SystemClock
from core.store.jobs import want
from tests.end_to_end import relay
from tests.end_to_end.machines import OwnPostgres, OwnRedis, database_on, own_postgres, own_redis, small_volume
from tests.end_to_end.plant import Crowd, Plant, Tally, open_crowd, plant, wait_until

log = logging.getLogger(__name__)  # `--log-cli-level=INFO` shows where the kills landed
SOAK_KILLS = int(os.environ.get("INLAY_KILLS", "300"))
ROUND = 10
SMALL = 4096  # bytes a file may grow to where the disk is full
SEGMENT = 16 * 2**20  # of PostgreSQL's log: it keeps its own files at this size, so that only tables stop growing
LARGE = 700_000

Mischief = Callable[[], None]


def storm(here: Plant, kills: int, mischief: Mischief = lambda: None) -> Tally:
    """So many kills under a stream of events, with a rest after every ten; then the look at what became of it."""
    while here.tally.kills < kills:
        for _ in range(min(ROUND, kills - here.tally.kills)):
            if here.dice.random() < 0.3:
                mischief()
            here.stream(seconds=here.dice.random() * 1.5)
            here.kill(here.dice.choice(here.parts))
            here.tend()
        here.settle()
    here.assert_all_there_once()
    log.info(here.tally.story())
    return here.tally


@contextmanager
def crowd_with(factory: pytest.TempPathFactory, *bugs: str) -> Iterator[Crowd]:
    with open_crowd(factory.mktemp("crowd"), *bugs) as crowd:
        yield crowd


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    with crowd_with(tmp_path_factory) as crowd:
        yield crowd


@pytest.fixture(scope="module")
def database() -> Iterator[OwnPostgres]:
    with own_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(database: OwnPostgres) -> Iterator[str]:
    """A fresh database on the server that is restarted here."""
    with database.server.fresh_database() as url:
        yield url


@pytest.fixture(scope="module")
def broker() -> Iterator[OwnRedis]:
    with own_redis() as server:
        yield server


def outages(here: Plant, database: OwnPostgres, broker: OwnRedis) -> Mischief:
    """One thing that happens to the servers: Redis stopped, started, emptied; PostgreSQL restarted, well or badly."""

    def restart() -> None:
        """Stop PostgreSQL, let events come in vain, start it."""
        database.stop(here.dice.choice([signal.SIGINT, signal.SIGQUIT]))
        here.stream(seconds=0.2)
        database.start()

    deeds: dict[str, Mischief] = {
        "Redis stopped": broker.stop,
        "Redis started": broker.start,
        "Redis emptied": broker.empty,
        "PostgreSQL restarted": restart,
    }

    def happen() -> None:
        """Do one of them."""
        name = here.dice.choice(sorted(deeds))
        here.tally.landed[name] += 1
        deeds[name]()

    return happen


# --- killed -----------------------------------------------------------------------------------------------------------


@pytest.mark.timeout(300)
def test_one_process_that_is_killed_under_load_and_then_finds_its_disk_full_loses_nothing(
    tmp_path: Path, sqlite_url: str, crowd: Crowd
) -> None:
    with plant(tmp_path, sqlite_url, crowd) as here:
        tally = storm(here, 2)
        assert tally.kills == 2
        never_told(here)
        a_full_disk(here, *limited(lambda: [part.pid for part in here.parts if part.pid], SMALL))
        assert len(tally.accepted) > 3


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_hundreds_of_kills_of_one_process_lose_nothing(tmp_path: Path, sqlite_url: str, crowd: Crowd) -> None:
    with plant(tmp_path, sqlite_url, crowd) as here:
        assert storm(here, SOAK_KILLS // 2).kills >= SOAK_KILLS // 2


@pytest.mark.timeout(300)
def test_a_grown_plant_loses_nothing_whatever_ends_sleeps_or_is_away(
    tmp_path: Path, database: OwnPostgres, postgres_url: str, broker: OwnRedis, crowd: Crowd
) -> None:
    with plant(tmp_path, postgres_url, crowd, broker.url) as here:
        tally = storm(here, 2, outages(here, database, broker))
        assert tally.kills == 2
        asleep_and_without_redis(here, broker)
        assert len(tally.accepted) > 5


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_hundreds_of_kills_and_outages_of_a_grown_plant_lose_nothing(
    tmp_path: Path, database: OwnPostgres, postgres_url: str, broker: OwnRedis, crowd: Crowd
) -> None:
    with plant(tmp_path, postgres_url, crowd, broker.url) as here:
        assert storm(here, SOAK_KILLS // 2, outages(here, database, broker)).kills >= SOAK_KILLS // 2


# --- Redis dead, and a worker that sleeps through its lease -----------------------------------------------------------


def without_redis(here: Plant, broker: OwnRedis) -> None:
    """Numbers come in while Redis is dead, and arrive all the same."""
    here.stream(seconds=0.1)
    here.settle()
    broker.stop()
    here.stream(seconds=0.3)
    here.settle(30)
    here.assert_all_there_once()


def sleeping_through_a_lease(here: Plant) -> None:
    """A worker is stopped between a vendor's answer and the store, long enough for another to store what came later."""
    here.stream(seconds=0.1)
    here.settle()
    company = here.companies[0]
    here.crm.app.faults.add(Fault("hang", "POST", "companies/batch/read", seconds=0.4))
    here.crm.app.log.clear()
    here.write(company)
    here.tell()
    wait_until(lambda: any("batch/read" in one.path for one in here.crm.app.log.entries()), 30, here.last_words)
    sleeper = here.reader()
    os.kill(sleeper, signal.SIGSTOP)
    here.write(company)
    here.settle()
    said = here.endings()
    os.kill(sleeper, signal.SIGCONT)
    wait_until(lambda: here.endings() > said, 30, here.last_words)
    here.settle()
    here.assert_all_there_once()


def asleep_and_without_redis(here: Plant, broker: OwnRedis) -> None:
    """One after the other."""
    broker.start()
    sleeping_through_a_lease(here)
    without_redis(here, broker)


# --- the disk full ----------------------------------------------------------------------------------------------------


def until_refused(here: Plant, padding: str = "") -> None:
    """Events until one is answered 503; ``Plant.tell`` lets no other answer than that and 2xx pass."""
    before = here.tally.refused
    for _ in range(60):
        here.write(padding=padding)
        here.tell()
        if here.tally.refused > before:
            return
    raise AssertionError("nothing was refused: the disk was not full")


def a_full_disk(here: Plant, fill: Mischief, free: Mischief, padding: str = "") -> None:
    """No space: nothing is answered 2xx that is not kept. Space again: all goes on by itself, in the same processes."""
    here.stream(seconds=0.1)
    here.settle()
    running = [part.pid for part in here.parts]
    fill()
    until_refused(here, padding)
    time.sleep(1.1)  # whoever works looks at least once meanwhile, every second
    free()
    here.settle()
    here.assert_all_there_once()
    assert [part.pid for part in here.parts] == running


def limited(processes: Callable[[], list[int]], size: int) -> tuple[Mischief, Mischief]:
    """A quota on the files of running processes: reached at once, and lifted."""

    def limit(to: int) -> None:
        """No file of theirs grows beyond this."""
        for process in processes():
            hard = resource.prlimit(process, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(process, resource.RLIMIT_FSIZE, (hard if to < 0 else to, hard))

    return lambda: limit(size), lambda: limit(-1)


@pytest.mark.soak
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount; the same is tried with a quota in every run")
def test_sqlite_on_a_small_volume_that_is_full_recovers_by_itself(tmp_path: Path, crowd: Crowd) -> None:
    with (
        small_volume(tmp_path / "volume", 12) as volume,
        plant(volume, f"sqlite:///{volume / 'inlay.db'}", crowd) as here,
    ):
        ballast = volume / "ballast"
        a_full_disk(here, lambda: fill_up(ballast), ballast.unlink)


def fill_up(ballast: Path) -> None:
    """Write until there is no space left."""
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


@contextmanager
def scarce(database: OwnPostgres) -> Iterator[tuple[str, Mischief, Mischief]]:
    """A database whose tables can be kept from growing: on a small volume where one may be mounted, else by a quota."""
    if os.geteuid() != 0:
        with database.server.fresh_database() as url:
            yield url, *limited(database.processes, SEGMENT)
        return
    with small_volume(database.folder / "volume", 32) as volume, database_on(database, volume) as url:
        ballast = volume / "ballast"
        yield url, lambda: fill_up(ballast), ballast.unlink


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_postgresql_without_space_for_its_tables_answers_503_and_recovers_by_itself(
    tmp_path: Path, database: OwnPostgres, broker: OwnRedis, crowd: Crowd
) -> None:
    noise = base64.b64encode(random.Random(1).randbytes(LARGE)).decode()
    broker.start()
    with scarce(database) as (url, fill, free), plant(tmp_path, url, crowd, broker.url) as here:
        a_full_disk(here, fill, free, noise)


# --- poison, and what never came --------------------------------------------------------------------------------------


def poisoned(here: Plant, number: int) -> None:
    """An input kills whoever works on it: that is told, and everything else goes on; once it is mended, all arrives."""
    here.stream(seconds=0.1)
    here.settle()
    here.write(here.companies[0], number=number)
    begun = time.monotonic()

    def is_told() -> bool:
        """Whether the job is put aside; the events that come meanwhile are all taken."""
        here.tend()
        if here.waiting or here.dice.random() < 0.05:
            here.write(here.companies[1])
            here.tell()
        return any("its process died each time" in one for one in here.found("job_failed"))

    wait_until(is_told, 200, here.last_words)
    log.info("put aside after %.0f s", time.monotonic() - begun)
    here.write(here.companies[0])
    here.settle()
    here.assert_all_there_once()


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_an_input_that_crashes_the_process_is_put_aside(tmp_path: Path, sqlite_url: str, crowd: Crowd) -> None:
    with plant(tmp_path, sqlite_url, crowd) as here:
        poisoned(here, relay.SEGFAULT)


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", [relay.SEGFAULT, relay.ENDLESS])
def test_an_input_that_crashes_or_holds_up_a_worker_is_put_aside(
    tmp_path: Path, postgres_url: str, broker: OwnRedis, number: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    broker.start()
    with crowd_with(tmp_path_factory, "little time") as crowd, plant(tmp_path, postgres_url, crowd, broker.url) as here:
        poisoned(here, number)


def never_told(here: Plant) -> None:
    """An event that never comes costs the time until the next reading, which brings what it was about."""
    here.write()
    here.waiting.clear()
    with here.store.begin() as conn:
        want(conn, ["sync:marketing"], SystemClock().now())
    here.settle()
    here.assert_all_there_once()


# --- bugs that the tests above must not miss --------------------------------------------------------------------------


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_an_answer_before_the_commit_is_noticed(
    tmp_path: Path, sqlite_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with (
        crowd_with(tmp_path_factory, "answered before the commit") as crowd,
        plant(tmp_path, sqlite_url, crowd) as here,
        pytest.raises(AssertionError, match=r"events lost|after"),
    ):
        storm(here, 40)


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("bug", "words"), [("no fence", "after 90"), ("wishes are the truth", "after 30")])
def test_a_missing_fence_and_trust_in_redis_are_noticed(
    tmp_path: Path, postgres_url: str, broker: OwnRedis, bug: str, words: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:  # fmt: skip
    broker.start()
    with (
        crowd_with(tmp_path_factory, bug) as crowd,
        plant(tmp_path, postgres_url, crowd, broker.url) as here,
        pytest.raises(AssertionError, match=words),
    ):
        asleep_and_without_redis(here, broker)

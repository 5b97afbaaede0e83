"""Real processes, really killed, at any moment of a delivery over real HTTP: nothing lost, nothing twice, soon back."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from connectors.sandbox.demo import AS_OF
from connectors.sandbox.fleet import Fleet
from core.clock import FixedClock
from core.ledger.operations import vendor_key
from core.proposals import CreateTask
from core.store import Store
from core.store.audit import verify
from core.store.golden import read_golden
from tests.core.ledger.vendors import VendorWorld, both_crms
from tests.core.ledger.world import task
from tests.simulation.nursery import LEASE_SECONDS

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = 30
RESUMES_WITHIN = LEASE_SECONDS + 5.0  # seconds more than the same delivery takes undisturbed
SOAK_KILLS = int(os.environ.get("INLAY_SIM_KILLS", "300"))


class Nursery:
    """The forking process, and its child of the moment."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def bear(self) -> int:
        """Start a delivery; its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return int(self._line())

    def ended(self) -> int:
        """Wait for its end: the exit code, negative for the signal that killed it."""
        word, code = self._line().split()
        assert word == "ended"
        return int(code)

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def nursery(store: Store, fleet: Fleet) -> Iterator[Nursery]:
    at = fleet.endpoints()
    url = store.engine.url.render_as_string(hide_password=False)
    urls = [url, at["salesforce"]["base_url"], at["hubspot"]["base_url"]]
    command = [sys.executable, "-m", "tests.simulation.nursery", *urls]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Nursery(process)
        assert process.stdin is not None
        process.stdin.close()


def writes_seen(fleet: Fleet) -> int:
    entries = [entry for running in fleet.running.values() for entry in running.app.log.entries()]
    return sum(entry.method in ("POST", "PATCH") for entry in entries)


def kill_somewhere(nursery: Nursery, fleet: Fleet, dice: random.Random) -> bool:
    """Start a delivery and kill it after some writes or some time; False when it was done before."""
    writes, seconds = dice.randint(0, 3), dice.random() * 0.4
    return kill_at(nursery, fleet, writes, seconds if dice.random() < 0.5 else 0.0)


def kill_at(nursery: Nursery, fleet: Fleet, writes: int, seconds: float = 0.0) -> bool:
    """Start a delivery and kill it as soon as the vendors have seen so many writes; False when it was done before."""
    before, begun = writes_seen(fleet), time.monotonic()
    child = nursery.bear()
    time.sleep(seconds)
    while writes_seen(fleet) < before + writes and time.monotonic() - begun < 3:
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    return nursery.ended() == -signal.SIGKILL


def publish(world: VendorWorld, number: int) -> set[str]:
    """New figures for some clients of each CRM, and a task in each; the keys of the tasks."""
    ours, theirs = world.clients("crm")[:CLIENTS], world.clients("marketing")[:CLIENTS]
    for at, client in enumerate([*ours, *theirs]):
        world.signal(client, "health.score", (7 * number + at) % 100)
    wishes = [task(client, f"{number}/{client}") for client in (ours[number % CLIENTS], theirs[number % CLIENTS])]
    world.proposals = {"renewals": [*world.proposals.get("renewals", ()), *wishes]}
    return {vendor_key("renewals", one.key) for one in wishes}


def everything_at_once(world: VendorWorld, births: Nursery, fleet: Fleet) -> set[str]:
    """Five figures for every client of both CRMs and some tasks, killed at the first, second and third write."""
    world.sync()
    world.publish(tasks=3)
    assert len(world.plan().operations) > 700
    for writes in (1, 2, 3):
        kill_at(births, fleet, writes)
    births.bear()
    assert births.ended() == 0
    return {vendor_key("renewals", one.key) for one in world.proposals["renewals"] if isinstance(one, CreateTask)}


def killed_at_least(kills: int, store: Store, seed: int) -> list[float]:
    """Rounds of work, all but the first killed again and again; how long each took to end well after its last kill."""
    dice = random.Random(seed)
    resumed: list[float] = []
    keys: set[str] = set()
    done = 0
    with both_crms() as fleet:
        world = VendorWorld(store, FixedClock(AS_OF + timedelta(hours=1)))
        world.attach(fleet)
        with nursery(store, fleet) as births:
            keys |= everything_at_once(world, births, fleet)
            while done < kills:
                world.sync()
                keys |= publish(world, len(resumed))
                world.plan()
                if resumed:
                    done += sum(kill_somewhere(births, fleet, dice) for _ in range(6))
                begun = time.monotonic()
                births.bear()
                assert births.ended() == 0
                resumed.append(time.monotonic() - begun)
        world.clock.sleep(24 * 3600)
        world.sync()
        assert world.plan().operations == ()
        assert_all_there_once(store, keys)
    return resumed


def assert_all_there_once(store: Store, keys: set[str]) -> None:
    with store.read() as conn:
        rows = [orjson.loads(row.data) for row in read_golden(conn, "task")]
        assert verify(conn) is None
    made = Counter(row["external_key"] for row in rows if row.get("external_key"))
    assert set(made) == keys
    assert set(made.values()) == {1}


def opened(url: str) -> Store:
    store = Store.open(url)
    store.migrate()
    return store


def test_killed_and_started_again_it_is_back_within_its_lease_and_five_seconds(sqlite_url: str) -> None:
    with opened(sqlite_url) as store:
        resumed = killed_at_least(6, store, 1)
    assert max(resumed[1:]) <= resumed[0] + RESUMES_WITHIN


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_hundreds_of_kills_lose_nothing_and_repeat_nothing(store_url: str) -> None:
    with opened(store_url) as store:
        resumed = killed_at_least(SOAK_KILLS // 2, store, 2)
    assert max(resumed[1:]) <= resumed[0] + RESUMES_WITHIN

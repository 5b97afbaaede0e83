"""Real processes, really killed: `apply` against both simulators dies at its n-th call and is started again."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import orjson

from connectors.sandbox.demo import AS_OF
from connectors.sandbox.fleet import Fleet
from core.clock import FixedClock
from core.store import Store
from core.store.golden import read_golden
from tests.core.ledger.vendors import VendorWorld, both_crms

ROOT = Path(__file__).resolve().parents[3]


def start(store: Store, fleet: Fleet) -> subprocess.Popen[bytes]:
    at = fleet.endpoints()
    urls = [str(store.engine.url), at["salesforce"]["base_url"], at["hubspot"]["base_url"]]
    return subprocess.Popen([sys.executable, "-m", "tests.core.ledger.child", *urls], cwd=ROOT)


def writes_seen(fleet: Fleet) -> int:
    """How many writes have reached the vendors."""
    entries = [entry for running in fleet.running.values() for entry in running.app.log.entries()]
    return sum(entry.method in ("POST", "PATCH") for entry in entries)


def kill_at(process: subprocess.Popen[bytes], fleet: Fleet, write: int) -> None:
    """Kill the process as soon as the vendors have seen so many writes, or let it end."""
    while process.poll() is None and writes_seen(fleet) < write:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)


def test_killed_at_several_calls_and_started_again(store: Store) -> None:
    with both_crms() as fleet:
        world = VendorWorld(store, FixedClock(AS_OF + timedelta(hours=1)))
        world.attach(fleet)
        world.sync()
        world.publish(tasks=3)
        plan = world.plan()
        already = writes_seen(fleet)
        for step in range(1, 4):
            kill_at(start(store, fleet), fleet, already + step)
        assert start(store, fleet).wait(timeout=60) == 0
        world.clock.sleep(24 * 3600)
        world.sync()
        assert world.plan().operations == ()
        assert len(plan.operations) > 700
        with store.read() as conn:
            rows = [orjson.loads(row.data) for row in read_golden(conn, "task")]
        keys = Counter(row["external_key"] for row in rows if row.get("external_key"))
        assert (len(keys), set(keys.values())) == (6, {1})

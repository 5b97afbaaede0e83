"""How much planning costs: a hundred thousand operations within ten seconds of one processor."""

from __future__ import annotations

import time

import orjson
import pytest

from core.clock import iso
from core.ledger import Plan
from core.store.bulk import upsert_rows
from core.store.tables import signal_value
from tests.core.ledger.world import VALUES, World
from tests.doubles.crm import MemoryCrm

SIGNALS = {
    "health.score": 80,
    "health.band": "Good",
    "renewal.date": "2026-12-31",
    "client.tier": "Gold",
    "client.segment": "x",
}


def planned(world: World, crm: MemoryCrm, clients: int) -> tuple[Plan, float]:
    """The plan of a firm with so many clients and five values for each, and the processor seconds it took."""
    for number in range(clients):
        crm.add("Account", f"B{number:06}", Name=f"Client {number}", OwnerId="U1")
    world.sync()
    now = iso(world.clock.now())
    rows = [
        (name, f"crm/Account/B{number:06}", "client", orjson.dumps(value).decode(), "because", "1", "c", now)
        for number in range(clients)
        for name, value in SIGNALS.items()
    ]
    with world.store.begin() as conn:
        upsert_rows(conn, signal_value, VALUES, rows)
    begun = time.process_time()
    plan = world.plan()
    return plan, time.process_time() - begun


def test_ten_thousand_operations_are_planned_in_two_seconds(world: World, crm: MemoryCrm) -> None:
    plan, seconds = planned(world, crm, 2_000)
    assert len(plan.ready) == 10_000
    assert seconds <= 2.0


@pytest.mark.soak
def test_a_hundred_thousand_operations_are_planned_in_ten_seconds(world: World, crm: MemoryCrm) -> None:
    plan, seconds = planned(world, crm, 20_000)
    assert len(plan.ready) == 100_000
    assert seconds <= 10.0


def applied(world: World, crm: MemoryCrm, clients: int) -> float:
    """The processor seconds that it takes to apply five values for each of so many clients, per thousand operations."""
    planned(world, crm, clients)
    begun = time.process_time()
    report = world.apply()
    assert report.applied == 5 * clients
    return (time.process_time() - begun) / (5 * clients) * 1000


def test_two_thousand_operations_are_applied_in_two_seconds(world: World, crm: MemoryCrm) -> None:
    assert applied(world, crm, 400) <= 1.0


@pytest.mark.soak
def test_of_a_hundred_thousand_operations_a_thousand_cost_no_more(world: World, crm: MemoryCrm) -> None:
    assert applied(world, crm, 20_000) <= 1.0

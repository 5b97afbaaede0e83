"""The breaker: it opens after few failures, lets one probe through per pause whoever asks, and closes on success."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from core.ledger import Delivery
from core.ledger.breaker import OPEN_AT, SILENT, Admission, admit, fail, pause, resting, rests, succeed
from core.store import Store
from core.store.findings import read_findings
from tests.core.ledger.world import START, World
from tests.doubles.crm import MemoryCrm, busy

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("failures", "seconds"), [(0, 2), (1, 4), (2, 8), (7, 256), (50, 1800)])
def test_pauses_grow_and_end(failures: int, seconds: int) -> None:
    assert pause(failures) == timedelta(seconds=seconds)


def test_a_connection_without_failures_is_free(store: Store) -> None:
    with store.begin() as conn:
        assert admit(conn, "crm", START).leave == "free"
        assert rests(conn) == []


def test_after_a_failure_nobody_calls_before_the_pause_ends(store: Store) -> None:
    with store.begin() as conn:
        fail(conn, "crm", "away", START, None)
        assert admit(conn, "crm", START + SECOND).leave == "rest"
        assert admit(conn, "other", START + SECOND).leave == "free"
        assert resting(conn, START + SECOND) == {"crm"}
        assert resting(conn, START + 2 * SECOND) == set()


def test_one_probe_per_window_whoever_asks(store: Store) -> None:
    with store.begin() as conn:
        fail(conn, "crm", "away", START, None)
    asked = []
    for worker in range(5):
        with store.begin() as conn:
            asked.append(admit(conn, "crm", START + timedelta(seconds=2, milliseconds=worker)).leave)
    assert asked == ["probe", "rest", "rest", "rest", "rest"]


def test_a_probe_whose_worker_died_is_followed_by_another_after_the_pause(store: Store) -> None:
    with store.begin() as conn:
        fail(conn, "crm", "away", START, None)
        assert admit(conn, "crm", START + 2 * SECOND).leave == "probe"
        assert admit(conn, "crm", START + 3 * SECOND).leave == "rest"
        assert admit(conn, "crm", START + 10 * SECOND).leave == "probe"


def test_the_vendors_own_hour_counts_and_is_never_in_the_past(store: Store) -> None:
    with store.begin() as conn:
        assert fail(conn, "crm", "quota", START, START + timedelta(hours=6)).probe_at == "2026-06-01T15:00:00Z"
        assert fail(conn, "other", "quota", START, START - timedelta(hours=6)).probe_at == "2026-06-01T09:00:00Z"


def test_success_lets_everybody_back_in_and_settles_the_finding(store: Store) -> None:
    with store.begin() as conn:
        for _ in range(OPEN_AT):
            fail(conn, "crm", "away", START, None)
        assert [(one.code, one.place, one.count) for one in read_findings(conn)] == [(SILENT, "crm", OPEN_AT)]
        assert rests(conn)[0].is_open
        succeed(conn, "crm", Admission("probe", OPEN_AT))
        assert (admit(conn, "crm", START).leave, read_findings(conn)) == ("free", [])


def test_it_opens_within_ten_failures() -> None:
    assert OPEN_AT <= 10


def test_few_failures_are_nobodys_business(store: Store) -> None:
    with store.begin() as conn:
        for _ in range(OPEN_AT - 1):
            fail(conn, "crm", "away", START, None)
        assert read_findings(conn) == []


def test_six_hours_of_outage_cost_one_call_per_window_for_all_workers_together(world: World, crm: MemoryCrm) -> None:
    world.delivery = Delivery(patience_seconds=0)
    crm.batch = 1
    crm.faults.before = [busy()] * 1000
    for number in (1, 2, 3):
        world.signal(f"crm/Account/A{number}", "health.score", 80)
    world.plan()
    world.apply()
    begun = world.clock.now()
    while world.clock.now() - begun < timedelta(hours=6):
        world.clock.sleep(30)
        for _ in range(3):  # three workers look every half a minute
            world.resume()
    pauses = [pause(failures).total_seconds() for failures in range(200)]
    windows = next(count for count in range(200) if sum(pauses[:count]) > 6 * 3600)
    assert len(crm.writes_made()) <= windows + 1
    with world.store.read() as conn:
        assert [one.code for one in read_findings(conn)] == [SILENT]
    crm.faults.before = []
    world.clock.sleep(1800)
    assert world.resume().applied == 3
    with world.store.read() as conn:
        assert (rests(conn), read_findings(conn)) == ([], [])


def test_after_a_failed_probe_the_pause_is_longer(world: World, crm: MemoryCrm) -> None:
    world.delivery = Delivery(patience_seconds=0)
    crm.faults.before = [busy(), busy(), busy()]
    world.signal("crm/Account/A1", "health.score", 80)
    world.plan()
    moments = []
    world.apply()
    for _ in range(200):
        before = len(crm.writes_made())
        world.clock.sleep(0.5)
        world.resume()
        if len(crm.writes_made()) > before:
            moments.append(world.clock.monotonic())
    gaps = [round(after - one) for one, after in pairwise(moments)]
    assert gaps == [4, 8]
    assert crm.records["Account"]["A1"]["Score__c"] == 80

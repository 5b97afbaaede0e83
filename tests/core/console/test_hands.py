"""Whether somebody is at work, as the first page and the supervisor's probe tell it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.clock import FixedClock
from core.console.hands import hands
from core.console.probes import whats_lacking
from core.store import Store, jobs
from core.store.leases import give_back, take_lease

EVERY = timedelta(minutes=15)


def lacking(store: Store, clock: FixedClock) -> str | None:
    return whats_lacking(store, clock, EVERY)


def test_where_nobody_ever_worked_nobody_is_at_work(sqlite_store: Store, clock: FixedClock) -> None:
    assert lacking(sqlite_store, clock) == "no worker is at work"


def test_whoever_holds_a_jobs_lease_is_at_work_until_it_runs_out(sqlite_store: Store, clock: FixedClock) -> None:
    with sqlite_store.begin() as conn:
        take_lease(conn, "job think", "desk, process 7", clock.now(), clock.now() + timedelta(seconds=60))
    with sqlite_store.read() as conn:
        assert [one.holder for one in hands(conn, clock.now()).busy] == ["desk, process 7"]
    assert lacking(sqlite_store, clock) is None
    clock.sleep(61)
    assert lacking(sqlite_store, clock) == "no worker is at work"


def test_another_kind_of_lease_is_no_work(sqlite_store: Store, clock: FixedClock) -> None:
    with sqlite_store.begin() as conn:
        take_lease(conn, "something else", "desk", clock.now(), clock.now() + timedelta(seconds=60))
    assert lacking(sqlite_store, clock) == "no worker is at work"


@pytest.mark.parametrize(("minutes", "said"), [(1, None), (29, None), (31, "no worker is at work")])
def test_a_worker_without_work_counts_for_two_rounds(
    sqlite_store: Store, clock: FixedClock, minutes: int, said: str | None
) -> None:
    with sqlite_store.begin() as conn:
        mine = take_lease(conn, "job think", "desk", clock.now(), clock.now() + timedelta(seconds=60))
        jobs.want(conn, ["think"], clock.now())
        jobs.begin(conn, "think", clock.now())
        assert mine is not None
        give_back(conn, mine, clock.now())
    clock.sleep(60 * minutes)
    assert lacking(sqlite_store, clock) == said


def test_a_store_that_does_not_answer_is_said(sqlite_store: Store, clock: FixedClock) -> None:
    with sqlite_store.begin() as conn:
        conn.exec_driver_sql("DROP TABLE job")
    assert lacking(sqlite_store, clock) == "the store does not answer"

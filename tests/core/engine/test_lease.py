"""The worker's lease is over at its instant, to the fraction of a second, for its holder as for everybody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from core.clock import FixedClock
from core.engine.lease import Hold, LeaseLostError, hold_lease, holder
from core.store import Store, jobs
from core.store.leases import Lease, take_lease
from core.store.tables import lease as table

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
NAME = "job think"
END = NOON + timedelta(seconds=10)
"""A whole second, which the store writes without a fraction."""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('lease') / 'inlay.db'}") as opened:
        opened.migrate()
        yield opened


@pytest.fixture
def store(opened: Store) -> Store:
    """A store in which nobody works or has worked."""
    with opened.begin() as conn:
        conn.execute(table.delete())
    return opened


def taken(store: Store) -> Lease:
    with store.begin() as conn:
        lease = take_lease(conn, NAME, "somebody", NOON, END)
    assert lease is not None
    return lease


def clock_at(seconds: float) -> FixedClock:
    return FixedClock(NOON + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [0, 9.4, 9.999999])
def test_holder_is_named_until_the_last_moment(store: Store, seconds: float) -> None:
    lease = taken(store)
    assert holder(store, clock_at(seconds), NAME) == lease


@pytest.mark.parametrize("seconds", [10, 10.000001, 10.6, 11])
def test_from_that_moment_on_nobody_is(store: Store, seconds: float) -> None:
    taken(store)
    assert holder(store, clock_at(seconds), NAME) is None


@pytest.mark.parametrize(("seconds", "is_free"), [(9.999999, False), (10.6, True)])
def test_the_next_one_gets_it_then_and_not_before(store: Store, seconds: float, is_free: bool) -> None:
    taken(store)
    with hold_lease(store, clock_at(seconds), name=NAME) as hold:
        assert (hold is not None) == is_free


def test_whoever_gives_it_back_lets_the_next_one_in_at_once(store: Store) -> None:
    clock = clock_at(0.5)
    with hold_lease(store, clock, name=NAME) as hold:
        assert hold is not None
        assert holder(store, clock, NAME) is not None
    assert holder(store, clock, NAME) is None


@pytest.mark.parametrize(("seconds", "is_lost"), [(9.4, False), (10.6, True)])
def test_store_that_does_not_answer_costs_the_lease_once_its_time_is_over(
    store: Store, seconds: float, is_lost: bool
) -> None:
    hold = Hold(store, clock_at(seconds), taken(store), 0.03)
    with store.begin() as conn:
        table.drop(conn)
    hold.begin()
    assert hold.lost.wait(5.0 if is_lost else 0.1) == is_lost
    with store.begin() as conn:
        table.create(conn)
    hold.end()


@pytest.fixture
def raced(store_url: str) -> Iterator[Store]:
    """A store of either kind, for what two processes do at the same time."""
    with Store.open(store_url) as opened:
        opened.migrate()
        yield opened


def note(store: Store, name: str) -> None:
    with store.begin() as conn:
        jobs.want(conn, [name], NOON)


def noted(store: Store) -> set[str]:
    with store.read() as conn:
        return set(jobs.read_jobs(conn))


def elsewhere(act: Callable[[], object]) -> None:
    """Do something as another process would: in a thread of its own."""
    with ThreadPoolExecutor(1) as other:
        other.submit(act).result(10)


def take_over(store: Store) -> None:
    late = NOON + timedelta(seconds=10.1)
    with store.begin() as conn:
        assert take_lease(conn, NAME, "another", late, late + timedelta(seconds=10))


def test_who_slept_through_his_lease_writes_nothing_down_when_he_wakes(raced: Store) -> None:
    with hold_lease(raced, clock_at(0), 10, name=NAME) as sleeper:
        assert sleeper is not None
        with sleeper.fenced():
            note(raced, "in time")
            elsewhere(lambda: take_over(raced))
            with pytest.raises(LeaseLostError):
                note(raced, "too late")
            assert noted(raced) == {"in time"}  # looking is free
            elsewhere(lambda: note(raced, "of the pages, which need no lease"))
        note(raced, "holding nothing any more")
    assert "too late" not in noted(raced)
    assert len(noted(raced)) == 3


def test_a_lease_that_ran_out_and_was_wanted_by_nobody_still_lets_its_holder_finish(raced: Store) -> None:
    with hold_lease(raced, clock_at(0), 10, name=NAME) as slow:
        assert slow is not None
        with slow.fenced():
            note(raced, "late, and alone")
    assert noted(raced) == {"late, and alone"}

"""Jobs are found, done once, rested when they fail, and told when they kill: by the rows alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError

from core.clock import FixedClock, iso
from core.engine import agenda, shift
from core.engine.agenda import AWAITED, Task, due, look
from core.engine.jobs import DELIVER, EVENTS, SYNC, THINK
from core.engine.lease import hold_lease
from core.engine.shift import FAILED, POISON, Shift
from core.engine.worker import Worker, run_once
from core.errors import ConfigError, RetryLater
from core.hub import Hub
from core.store import Store, jobs
from core.store.findings import read_findings
from core.store.golden import read_golden
from core.store.inbox import Arrival, receive
from core.store.jobs import pause, read_jobs
from core.store.leases import take_lease
from core.store.tables import job
from tests.core.engine.firm import open_firm

MORNING = datetime(2026, 6, 30, 9, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(MORNING)


@pytest.fixture
def hub(tmp_path: Path, clock: FixedClock) -> Iterator[Hub]:
    with open_firm(tmp_path, clock) as hub:
        yield hub


def work(hub: Hub) -> int:
    return Shift(hub, threading.Event()).work()


def names(hub: Hub) -> list[str]:
    look(hub)
    return [task.name for task in due(hub)]


def row(hub: Hub, name: str) -> jobs.Job:
    with hub.store.read() as conn:
        return read_jobs(conn)[name]


def findings_of(hub: Hub) -> dict[str, str]:
    with hub.store.read() as conn:
        return {one.place: one.message for one in read_findings(conn) if one.code == FAILED}


def arrive(hub: Hub, clock: FixedClock, event: str = "e1", connection: str = "crm") -> None:
    with hub.store.begin() as conn:
        receive(conn, [Arrival(connection, event, "change", b"{}", iso(clock.now()), event.encode(), "")])


class Fake:
    """A job under our hand, in the place of a real one."""

    def __init__(self, patch: pytest.MonkeyPatch, **faults: Any) -> None:
        self.done: list[str] = []
        self.faults = faults
        real = agenda.tasks_of
        patch.setattr(agenda, "tasks_of", lambda hub: {name: self.faked(one) for name, one in real(hub).items()})

    def faked(self, task: Task) -> Task:
        def run(_: Hub) -> None:
            self.done.append(task.name)
            fault = self.faults.get(task.name.partition(":")[0])
            if fault is not None:
                raise fault

        return replace(task, run=run)


def test_a_first_shift_reads_all_joins_and_thinks_once(hub: Hub) -> None:
    assert work(hub) == 3
    with hub.store.read() as conn:
        assert len(list(read_golden(conn, "client"))) == 2
    assert row(hub, THINK).ended_at == iso(MORNING)
    assert work(hub) == 0


def test_a_connection_is_read_again_when_its_time_has_come(hub: Hub, clock: FixedClock) -> None:
    work(hub)
    clock.sleep(14 * 60)
    assert names(hub) == []
    clock.sleep(60)
    assert names(hub) == [f"{SYNC}crm", f"{SYNC}old"]


def test_what_was_missed_while_nothing_ran_is_made_up_for_once(hub: Hub, clock: FixedClock) -> None:
    work(hub)
    clock.sleep(timedelta(days=3).total_seconds())
    assert names(hub).count(f"{SYNC}crm") == 1
    work(hub)
    assert names(hub) == []


def test_a_new_day_in_the_firms_zone_is_a_reason_to_think(hub: Hub, clock: FixedClock) -> None:
    work(hub)
    with hub.store.begin() as conn:  # the readings are taken out of the picture
        conn.execute(job.update().where(job.c.name.startswith(SYNC)).values(begun_at="2026-07-30T00:00:00Z"))
    clock.sleep(timedelta(hours=13, minutes=59).total_seconds())  # 22:59 UTC is 23:59 in London in June
    assert names(hub) == []
    clock.sleep(60)
    assert names(hub) == [THINK]


def test_an_event_is_looked_at_soon_and_once(hub: Hub, clock: FixedClock) -> None:
    work(hub)
    arrive(hub, clock)
    assert names(hub) == [f"{EVENTS}crm"]
    work(hub)  # a CSV folder cannot be asked for one record: the whole of it is read
    assert names(hub) == []
    arrive(hub, clock, "e2")
    assert names(hub) == [f"{EVENTS}crm"]


def test_who_waits_for_an_answer_comes_first_but_nothing_waits_for_ever(hub: Hub, clock: FixedClock) -> None:
    work(hub)
    with hub.store.begin() as conn:
        jobs.want(conn, [THINK], clock.now())
    clock.sleep(AWAITED.total_seconds() / 2)
    arrive(hub, clock)
    assert names(hub) == [f"{EVENTS}crm", THINK]
    with hub.store.begin() as conn:
        conn.execute(job.update().where(job.c.name == f"{EVENTS}crm").values(wanted_at=None))
    clock.sleep(AWAITED.total_seconds())
    assert names(hub) == [THINK, f"{EVENTS}crm"]


def test_what_comes_up_while_a_job_is_done_is_done_afterwards(hub: Hub, clock: FixedClock) -> None:
    with hub.store.begin() as conn:
        jobs.want(conn, [THINK], clock.now())
        begun = jobs.begin(conn, THINK, clock.now())
        jobs.want(conn, [THINK], clock.now())
        jobs.end(conn, begun, clock.now())
        assert read_jobs(conn)[THINK].wanted_at == iso(MORNING)
        jobs.end(conn, jobs.begin(conn, THINK, clock.now()), clock.now())
        assert read_jobs(conn)[THINK].wanted_at is None


def test_wanting_twice_does_not_move_one_back_in_the_queue(store_of_jobs: Store, clock: FixedClock) -> None:
    with store_of_jobs.begin() as conn:
        jobs.want(conn, [THINK], clock.now())
        jobs.want(conn, [THINK], clock.now() + timedelta(seconds=9))
        assert read_jobs(conn)[THINK].wanted_at == iso(MORNING)


@pytest.fixture
def store_of_jobs(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as store:
        store.migrate()
        yield store


def test_a_job_that_another_process_does_is_left_alone(hub: Hub, clock: FixedClock) -> None:
    with hold_lease(hub.store, clock, name="job read:crm") as hold:
        assert hold is not None
        work(hub)
        assert row(hub, f"{SYNC}crm").begun_at is None
        assert row(hub, f"{SYNC}old").ended_at is not None
    assert work(hub) == 2


def test_delivery_may_be_done_by_several_at_once(hub: Hub, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(monkeypatch)
    with hub.store.begin() as conn:
        jobs.want(conn, [DELIVER], clock.now())
    with hold_lease(hub.store, clock, name=f"job {DELIVER}") as hold:
        assert hold is not None
        work(hub)
    assert DELIVER in fake.done


def test_a_job_that_fails_rests_longer_each_time_and_keeps_nothing_else_from_being_done(
    hub: Hub, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = Fake(monkeypatch, sync=ConfigError("no such folder", remedy="make it"))
    assert work(hub) == 2
    assert findings_of(hub) == {f"engine/{SYNC}crm": "no such folder", f"engine/{SYNC}old": "no such folder"}
    assert work(hub) == 0
    clock.sleep(pause(1).total_seconds())
    work(hub)
    assert findings_of(hub)[f"engine/{SYNC}crm"] == "no such folder (2 times)"
    clock.sleep(pause(1).total_seconds())
    assert work(hub) == 0
    clock.sleep(pause(1).total_seconds())
    fake.faults.clear()
    assert work(hub) == 2
    assert findings_of(hub) == {}
    assert row(hub, f"{SYNC}crm").attempts == 0


def test_rests_double_up_to_six_hours() -> None:
    assert [pause(tried).total_seconds() for tried in (1, 2, 3, 50)] == [30, 60, 120, 6 * 3600]


def test_nobody_is_asked_before_the_time_he_named(hub: Hub, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    later = MORNING + timedelta(hours=2)
    Fake(monkeypatch, sync=RetryLater("quota is used up", retry_at=later))
    work(hub)
    assert row(hub, f"{SYNC}crm").rest_until == iso(later)
    clock.sleep(7199)
    assert work(hub) == 0


def test_a_bug_in_one_job_ends_neither_the_worker_nor_the_others(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(monkeypatch, think=ZeroDivisionError("oh"))
    with hub.store.begin() as conn:
        jobs.want(conn, [THINK, DELIVER], MORNING)
    work(hub)
    assert {THINK, DELIVER, f"{SYNC}crm", f"{SYNC}old"} <= set(fake.done)
    assert "ZeroDivisionError" in findings_of(hub)[f"engine/{THINK}"]


def test_a_job_whose_worker_died_is_done_by_another_at_once_when_the_lease_is_over(hub: Hub, clock: FixedClock) -> None:
    look(hub)
    with hub.store.begin() as conn:
        jobs.begin(conn, f"{SYNC}crm", clock.now())
    assert work(hub) == 3
    assert row(hub, f"{SYNC}crm").attempts == 0


def test_a_job_that_kills_its_worker_again_and_again_is_put_aside_and_told(
    hub: Hub, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = Fake(monkeypatch)
    look(hub)
    with hub.store.begin() as conn:
        for _ in range(POISON):
            jobs.begin(conn, f"{SYNC}crm", clock.now())
    work(hub)
    assert fake.done == [f"{SYNC}old"]
    assert "its process died each time" in findings_of(hub)[f"engine/{SYNC}crm"]
    clock.sleep(pause(1).total_seconds())
    work(hub)
    assert f"{SYNC}crm" in fake.done


def test_a_shift_ends_after_the_job_in_hand(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = threading.Event()
    fake = Fake(monkeypatch)
    real = fake.faked
    monkeypatch.setattr(fake, "faked", lambda task: replace(real(task), run=lambda _: stopping.set()))
    assert Shift(hub, stopping).work() == 1


def test_doing_it_once_by_hand_tells_who_is_at_it(hub: Hub, clock: FixedClock) -> None:
    run_once(hub)
    with hold_lease(hub.store, clock, name="job read:old"), pytest.raises(RetryLater, match="is working"):
        run_once(hub)


def test_the_worker_outlives_a_store_that_goes_away(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    stopping, tries = threading.Event(), []

    def work_badly(_: Shift) -> int:
        tries.append(1)
        if len(tries) == 3:
            stopping.set()
        raise SQLAlchemyError("gone")

    monkeypatch.setattr(Shift, "work", work_badly)
    Worker(hub, stopping, 0.001).run()
    assert len(tries) == 3


@pytest.mark.parametrize("fault", [None, ConfigError("too slow")])
def test_a_job_taken_over_meanwhile_is_neither_ended_nor_rested_by_who_was_too_slow(
    hub: Hub, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, fault: ConfigError | None
) -> None:
    later = clock.now() + timedelta(hours=1)

    def take_over() -> None:
        with hub.store.begin() as conn:
            assert take_lease(conn, f"job {THINK}", "another", later, later + timedelta(minutes=1))
            jobs.begin(conn, THINK, later)

    def too_slow(_: Hub) -> None:
        with ThreadPoolExecutor(1) as another:
            another.submit(take_over).result(10)
        if fault is not None:
            raise fault

    think = replace(agenda.tasks_of(hub)[THINK], run=too_slow)
    monkeypatch.setattr(agenda, "tasks_of", lambda _: {THINK: think})
    monkeypatch.setattr(shift, "look", lambda _: None)
    with hub.store.begin() as conn:
        jobs.want(conn, [THINK], clock.now())
    work(hub)
    found = row(hub, THINK)
    assert (found.begun_at, found.ended_at, found.rest_until) == (iso(later), None, None)
    assert findings_of(hub) == {}

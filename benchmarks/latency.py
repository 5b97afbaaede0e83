"""From a webhook to the field in the CRM, at a hundred events a second: how long it takes, and what the broker carries.

A person writes a number beside a company of the simulated HubSpot, an event tells of it, and the number has to stand in
another field of that company. Both CRM and senders live in this process, the product in its own; nothing is left out.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median, quantiles

import orjson
import requests
from redis import Redis

from benchmarks.child import MeasurementError
from benchmarks.figure import Figure
from benchmarks.workload import POSTGRES, SQLITE, Workload
from tests.end_to_end.killing import signed_by_hubspot
from tests.end_to_end.machines import own_redis
from tests.end_to_end.plant import Crowd, Plant, event_of, open_crowd, plant
from tests.end_to_end.relay import MARK

EVENTS = 1_000
PER_SECOND = 100
COMPANIES = 500
SENDERS = 8
LOOK_SECONDS = 0.02
PATIENCE = 120.0
MOST_MESSAGES = 20


def latency(work: Workload) -> Iterator[Figure]:
    """The middle and the slowest hundredth, in one process and in several; messages of the broker for the latter."""
    with ExitStack() as stack:
        crowd = stack.enter_context(open_crowd(work.folder / "latency"))
        url = stack.enter_context(work.database(SQLITE))
        yield from _figures("one process, SQLite", _waits(work, "one", url, crowd))
        url = stack.enter_context(work.database(POSTGRES))
        redis = stack.enter_context(own_redis())
        yield from _figures("two Celery workers, PostgreSQL", _waits(work, "many", url, crowd, redis.url))
        with Redis.from_url(redis.url) as client:
            sent = client.info("commandstats").get("cmdstat_lpush", {}).get("calls", 0)
        each = 1_000 / EVENTS
        yield Figure(
            "broker messages", sent * each, "per 1,000 events", "at most", MOST_MESSAGES, note="ticks included"
        )


def _figures(where: str, waits: list[float]) -> Iterator[Figure]:
    note = f"{PER_SECOND} events/s, {len(waits):,} of them"
    yield Figure(f"webhook to field in the CRM, {where}, middle", median(waits), "s", note=note)
    yield Figure(f"webhook to field in the CRM, {where}, slowest hundredth", quantiles(waits, n=100)[98], "s")


def _waits(work: Workload, name: str, url: str, crowd: Crowd, broker: str | None = None) -> list[float]:
    """Seconds from sending an event to its number, or a later one, in the CRM."""
    folder = work.folder / f"latency-{name}"
    folder.mkdir()
    with plant(folder, url, crowd, broker, tasks=False, companies=COMPANIES) as here:
        here.stream(seconds=0.1)
        here.settle()
        watch = _Watch(here)
        with watch, ThreadPoolExecutor(SENDERS) as senders:
            begun = time.monotonic()
            for number in range(EVENTS):
                time.sleep(max(0.0, begun + number / PER_SECOND - time.monotonic()))
                company = here.companies[number % len(here.companies)]
                senders.submit(watch.send, company, here.told + 1 + number)
        return watch.arrived


@dataclass
class _Watch:
    """Sends events and looks into the CRM for what they were about."""

    here: Plant
    arrived: list[float] = field(default_factory=list)
    _sent: deque[tuple[str, int, float]] = field(default_factory=deque)
    _ended: threading.Event = field(default_factory=threading.Event)
    _local: threading.local = field(default_factory=threading.local)

    def __enter__(self) -> None:
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        if self._sent:
            raise MeasurementError(f"{len(self._sent)} numbers never arrived")

    def send(self, company: str, number: int) -> None:
        """Let somebody write a number, and tell of it."""
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
        with self.here.crm.app.lock:
            self.here.crm.app.edit({"type": "companies", "id": company, "properties": {"phone": f"{MARK}{number}"}})
        url = f"http://127.0.0.1:{self.here.port}/webhooks/marketing"
        body = orjson.dumps([event_of(number, company)])
        at = time.monotonic()
        self._sent.append((company, number, at))
        self._local.session.post(url, data=body, headers=signed_by_hubspot(url, body), timeout=30).raise_for_status()

    def _look(self) -> None:
        """Until all has arrived, or nothing more is worth waiting for."""
        until = None
        while not self._ended.is_set() or (self._sent and time.monotonic() < (until or float("inf"))):
            until = until or (time.monotonic() + PATIENCE if self._ended.is_set() else None)
            held, now = self.here.held(), time.monotonic()
            for _ in range(len(self._sent)):
                company, number, at = self._sent.popleft()
                if float(held[company] or 0) >= number:
                    self.arrived.append(now - at)
                else:
                    self._sent.append((company, number, at))
            time.sleep(LOOK_SECONDS)

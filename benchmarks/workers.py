"""What a second Celery worker brings where a vendor takes 50 ms to answer: the same events, one worker and two.

The events name records of several connections, so that there is work for two. Counted from the first event in the
inbox until none waits; the workers are up and have looked before.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median

import orjson
from sqlalchemy import func, select

from benchmarks.child import MeasurementError
from benchmarks.figure import Figure
from benchmarks.workload import POSTGRES, Workload
from connectors.sandbox.faults.plan import Fault
from core.clock import SystemClock, iso
from core.engine.queue import Bell, queue_app
from core.store.inbox import Arrival, receive
from core.store.tables import inbox
from core.store.touches import Touch, touches_text
from tests.end_to_end.machines import own_redis
from tests.end_to_end.plant import Crowd, Plant, open_crowd, plant

CONNECTIONS = 4
EACH = 2_000
VENDOR_SECONDS = 0.05
AT_LEAST = 1.8
PATIENCE = 120.0


def workers(work: Workload) -> Iterator[Figure]:
    """How many times faster two are than one, median of the rounds."""
    with ExitStack() as stack:
        crowd = stack.enter_context(open_crowd(work.folder / "workers"))
        redis = stack.enter_context(own_redis())
        rounds = []
        for number in range(work.rounds):
            pair = [_seconds(work, f"{number}-{count}", count, crowd, redis.url) for count in (1, 2)]
            rounds.append(pair)
    gain = median(one / two for one, two in rounds)
    events = CONNECTIONS * EACH
    note = f"{events:,} events in {median(one for one, _ in rounds):.1f} and {median(two for _, two in rounds):.1f} s"
    yield Figure("second Celery worker, vendor at 50 ms", gain, "x one worker", "at least", AT_LEAST, note=note)


def _seconds(work: Workload, name: str, count: int, crowd: Crowd, broker: str) -> float:
    folder = work.folder / f"workers-{name}"
    folder.mkdir()
    with (
        work.database(POSTGRES) as url,
        plant(folder, url, crowd, broker, tasks=False, companies=EACH, workers=count, connections=CONNECTIONS) as here,
    ):
        here.stream(seconds=0.1)
        here.settle()
        here.crm.app.faults.add(Fault("hang", path="/crm/", seconds=VENDOR_SECONDS, times=None))
        return _worked_off(here, broker)


def _worked_off(here: Plant, broker: str) -> float:
    """Events of all connections at once, rung for as they would be while they stream in."""
    bell, at = Bell(queue_app(broker), broker, SystemClock()), iso(SystemClock().now())
    arrivals = [
        Arrival(name, f"bench-{name}-{one}", "change", orjson.dumps([one]), at, one.encode(), _touch(one))
        for name in here.connections
        for one in here.companies[:EACH]
    ]
    begun = time.monotonic()
    with here.store.begin() as conn:
        receive(conn, arrivals)
    while _waiting(here):
        if time.monotonic() - begun > PATIENCE:
            raise MeasurementError(here.last_words())
        bell.ring()
        time.sleep(0.02)
    return time.monotonic() - begun


def _touch(company: str) -> str:
    return touches_text([Touch("companies", company)])


def _waiting(here: Plant) -> int:
    with here.store.read() as conn:
        return int(conn.execute(select(func.count()).where(inbox.c.state == "new")).scalar_one())

"""What is to be done now: found out from the rows alone, so that every process comes to the same answer.

A job is a name, such as ``read:crm``, and a function over the hub. Whoever finds one wanted and its lease free may do
it; that two processes look at the same time, or that a message of the queue is lost, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from core.clock import iso
from core.engine.jobs import DELIVER, EVENTS, SYNC, THINK, deliver, events, sync, think
from core.hub import Hub
from core.ledger.outbox import next_due
from core.store import jobs
from core.store.events import position
from core.store.inbox import waiting
from core.store.jobs import Job

Run = Callable[[Hub], None]
AWAITED = timedelta(seconds=2)
JOB = "job "  # how the leases of jobs begin


@dataclass(frozen=True)
class Task:
    """A job that may be done now: under which lease, and by how much it is more urgent than others.

    ``side_by_side``: several processes may do it at the same time.
    """

    name: str
    run: Run
    lease: str
    head_start: timedelta = timedelta()
    side_by_side: bool = False


def tasks_of(hub: Hub) -> dict[str, Task]:
    """Every job of a firm by name."""
    tasks = [Task(DELIVER, deliver, JOB + DELIVER, AWAITED, side_by_side=True), Task(THINK, think, JOB + THINK)]
    for setup in hub.setups:
        tasks += _of_connection(setup.name)
    return {task.name: task for task in tasks}


def look(hub: Hub) -> None:
    """Want what the rows ask for: events that came in, readings whose time has come, writes that are due."""
    now = hub.clock.now()
    with hub.store.read() as conn:
        known = jobs.read_jobs(conn)
        told = set(_newly_told(conn)) & tasks_of(hub).keys()
        due_at = next_due(conn, ())
    wanted = {*_overdue(hub, known, now), *told, *([DELIVER] if due_at is not None and due_at <= now else [])}
    fresh = [name for name in wanted if name not in known or known[name].wanted_at is None]
    if fresh:
        with hub.store.begin() as conn:
            jobs.want(conn, fresh, now)


def due(hub: Hub) -> list[Task]:
    """The jobs that may be begun now, in the order of waiting.

    What a person or an event waits for has a head start before what only the clock asks for; since it is no more than
    that, a stream of events without end keeps nothing from being done.
    """
    now, tasks = iso(hub.clock.now()), tasks_of(hub)
    with hub.store.read() as conn:
        ready = [one for one in jobs.read_jobs(conn).values() if one.name in tasks and is_ready(one, now)]
    return sorted((tasks[one.name] for one in ready), key=_order({one.name: one for one in ready}))


def is_ready(one: Job, now: str) -> bool:
    """Whether a job is wanted and may be begun."""
    return one.wanted_at is not None and one.wanted_at <= now and (one.rest_until is None or one.rest_until <= now)


def _order(known: Mapping[str, Job]) -> Callable[[Task], tuple[datetime, str]]:
    def since(task: Task) -> tuple[datetime, str]:
        """The instant from which its waiting counts."""
        return datetime.fromisoformat(known[task.name].wanted_at or "") - task.head_start, task.name

    return since


def _of_connection(name: str) -> list[Task]:
    """What reads one connection: one at a time, or they would read the same things twice."""
    lease = f"{JOB}read:{name}"
    return [
        Task(EVENTS + name, lambda hub: events(hub, name), lease, AWAITED),
        Task(SYNC + name, lambda hub: sync(hub, name), lease),
    ]


def _newly_told(conn: Connection) -> Iterator[str]:
    """Connections with events that nobody has looked at yet."""
    for name, newest in waiting(conn).items():
        if newest > int(position(conn, EVENTS + name) or 0):
            yield EVENTS + name


def _overdue(hub: Hub, known: dict[str, Job], now: datetime) -> Iterator[str]:
    """Connections not read for so many minutes; and thinking once a day, for time itself changes signals.

    A reading that was missed while nothing ran is made up for once, not once for every time it was missed.
    """
    every = timedelta(minutes=hub.config.settings.every_minutes)
    for setup in hub.setups:
        if _age(known.get(SYNC + setup.name), now) >= every:
            yield SYNC + setup.name
    if _is_new_day(known.get(THINK), hub, now):
        yield THINK


def _age(one: Job | None, now: datetime) -> timedelta:
    """Time since a job was begun last; endless when it never was."""
    if one is None or one.begun_at is None:
        return timedelta.max
    return now - datetime.fromisoformat(one.begun_at)


def _is_new_day(thought: Job | None, hub: Hub, now: datetime) -> bool:
    """Whether the firm's calendar has turned since the last thinking; by its own zone, summer time and all."""
    zone = hub.config.settings.firm.zone
    if thought is None or thought.begun_at is None:
        return False
    return datetime.fromisoformat(thought.begun_at).astimezone(zone).date() < now.astimezone(zone).date()

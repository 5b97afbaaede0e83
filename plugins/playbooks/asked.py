"""What became of the tasks that a play asked for, as the CRM tells: done on a day, or open until one.

A task of ours is known by its subject, ``[Inlay] Call Acme: …``: what stands before the colon stays the same. When
somebody moves its due date that is a snooze, and the next step waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

import numpy as np

from core.sdk import Clients, Column, Context, Contracts, Signal, Tasks
from plugins.playbooks.reading import Listed
from plugins.playbooks.templates import filled

MARK = "[Inlay] "
CLOSED = ("completed", "canceled")
NO_DAY = "9999-12-31"
What = Literal["done", "open"]
Named = tuple[int, dict[str, str]]
Names = Callable[[int], list[Named]]


@dataclass(frozen=True)
class Asked:
    """The latest task of a play for one subject: done on that day, or open and due on it."""

    what: What
    day: date

    @classmethod
    def read(cls, written: str | None) -> Asked | None:
        """From the value of the signal; None where there is no such task."""
        if written is None:
            return None
        what, day = written.split(" ")
        return cls("done" if what == "done" else "open", date.fromisoformat(day))


def asked_name(play: str) -> str:
    """The signal that tells of the tasks of a play."""
    return f"asked.{play}"


def asked_signal(listed: Listed) -> Signal:
    """What became of the tasks of one play."""
    titles = [step.do for step in listed.play.steps if step.do]

    def _of_clients(tasks: Tasks, clients: Clients, context: Context) -> Column:
        def _named(client: int) -> list[Named]:
            return [(client, {"client.name": called(clients, client)})]

        return _column(tasks, _named, titles, len(clients), context)

    def _of_contracts(tasks: Tasks, clients: Clients, contracts: Contracts, context: Context) -> Column:
        order = np.argsort(contracts.client, kind="stable")
        sorted_clients = contracts.client[order]

        def _named(client: int) -> list[Named]:
            name = called(clients, client)
            first, beyond = np.searchsorted(sorted_clients, [client, client + 1])
            rows = order[first:beyond].tolist()
            return [(row, {"client.name": name, "contract.title": title_of(contracts, row)}) for row in rows]

        return _column(tasks, _named, titles, len(contracts), context)

    of_contracts = listed.play.subject == "contract"
    tables = ["tasks", "clients", "context"] + (["contracts"] if of_contracts else [])
    return Signal(
        asked_name(listed.name),
        _of_contracts if of_contracts else _of_clients,
        {name: name for name in tables},
        f"What became of the tasks of the play {listed.name}: done on a day, or open until one.",
        kind="text",
        subject=listed.play.subject,
        version=listed.play.version,
        keep="nothing",
    )


def called(clients: Clients, row: int) -> str:
    """The client as people call it."""
    return str(clients.name[row] or clients.ids[row])


def title_of(contracts: Contracts, row: int) -> str:
    """The contract as people call it."""
    return str(contracts.number[row] or contracts.name[row] or contracts.ids[row].rpartition("/")[2])


def _column(tasks: Tasks, named: Names, titles: list[str], size: int, context: Context) -> Column:
    """The latest of a play's tasks per subject; ``named`` tells the subjects of a client and their fields."""
    found = np.full(size, None, "O")
    for task, subject in _ours(tasks, named, titles):
        known = Asked.read(found[subject])
        latest = _state(tasks, task, context)
        if known is None or (latest.what == "open", latest.day) > (known.what == "open", known.day):
            found[subject] = f"{latest.what} {latest.day}"
    return Column(found, lambda i: f"its task is {found[i]}" if found[i] else "the CRM holds no task of this play")


def _ours(tasks: Tasks, named: Names, titles: list[str]) -> Iterator[tuple[int, int]]:
    """Pairs of a task that a play asked for and its subject; only clients that have tasks of ours are looked at."""
    known = cache(named)
    for task in np.flatnonzero(tasks.linked & tasks.has_key).tolist():
        subject = str(tasks.subject[task] or "").removeprefix(MARK)
        for row, fields in known(int(tasks.client[task])):
            if any(subject.startswith(f"{filled(title, fields.__getitem__)}:") for title in titles):
                yield task, row


def _state(tasks: Tasks, row: int, context: Context) -> Asked:
    if tasks.status[row] not in CLOSED:
        return Asked("open", date.fromisoformat(_day(tasks.due_date[row])))
    done = context.local_days(tasks.completed_at[[row]])[0]
    return Asked("done", date.fromisoformat(_day(tasks.due_date[row] if np.isnat(done) else done)))


def _day(day: np.datetime64) -> str:
    return NO_DAY if np.isnat(day) else str(day)

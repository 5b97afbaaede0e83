"""What clients gave the firm to do, and when: the whole input of the models of ``lifetime`` and ``spend``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.sdk import Values


@dataclass(frozen=True)
class Work:
    """Per client the ``repeats`` after the first job, and the days of the ``first`` and ``last`` until the day ``end``.

    ``days`` are those of all jobs after the first, of all clients.
    """

    repeats: Values
    first: Values
    last: Values
    end: float
    days: Values

    @classmethod
    def of(cls, client: Values, day: Values, clients: int, end: float) -> Work:
        """Count the jobs of clients ``0..clients-1``; several on one day are one, and those after ``end`` do not count.

        Every client needs a job: one without any has no first day, and is not looked at by these models.
        """
        span = 1_000_000
        keys = np.sort(client[day <= end].astype(np.int64) * span + day[day <= end].astype(np.int64))
        kept = keys[np.diff(keys, prepend=-1) != 0]
        whose, when = kept // span, (kept % span).astype("f8")
        first, last = np.full(clients, np.inf), np.full(clients, -np.inf)
        np.minimum.at(first, whose, when)
        np.maximum.at(last, whose, when)
        repeats = np.bincount(whose, minlength=clients) - 1
        return cls(repeats, first, last, float(end), when[when > first[whose]])

    def only(self, rows: Values) -> Work:
        """The same for some of the clients; ``days`` stay those of all."""
        return Work(self.repeats[rows], self.first[rows], self.last[rows], self.end, self.days)

    def repeats_between(self, edges: Values) -> Values:
        """How many repeated jobs fell between each two of these days."""
        return np.histogram(self.days, edges)[0].astype("f8")

    def grouped(self) -> tuple[Work, Values]:
        """Clients of the same past once, and how many there are of each."""
        order = np.lexsort((self.last, self.first, self.repeats))
        past = np.column_stack([self.repeats, self.first, self.last])[order]
        starts = np.flatnonzero(np.concatenate([[True], (past[1:] != past[:-1]).any(axis=1)]))
        return self.only(order[starts]), np.diff(np.concatenate([starts, [self.size]])).astype("f8")

    @cached_property
    def size(self) -> int:
        """How many clients there are."""
        return len(self.repeats)

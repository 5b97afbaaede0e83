"""Which records of several systems speak of one event: the same mail logged in both CRMs counts once.

Two records are one event when kind and client agree, subjects and directions do not contradict each other, and their
times lie close together. Of one system only records of the very same second and subject are one: what several people
logged of one meeting. A system that knows only the day (its records stand at midnight) is matched by day and subject.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise, takewhile

import numpy as np

from core.sdk import Mask, Values

DAY = 86_400
LIVE = ("meeting", "call", "visit")  # at one instant a client is in only one of them, whatever its title


@dataclass(frozen=True)
class Sightings:
    """Records of events, row by row: ``at`` in seconds since 1970, ``source`` the system that tells of it."""

    client: Values
    kind: Values
    at: Values
    source: Values
    subject: Values
    direction: Values

    def first_of_each(self, rows: Values, within: int) -> list[list[int]]:
        """The events seen more than once among these rows, each as its records, the best timed first.

        ``within`` is how many seconds the systems may differ.
        """
        order = rows[np.lexsort((rows, self.at[rows], self.kind[rows].astype("U"), self.client[rows]))]
        edges = [0, *(np.flatnonzero(self._parts(order, within)) + 1).tolist(), len(order)]
        spans = ((begin, end) for begin, end in pairwise(edges) if end - begin > 1)
        chains = (order[begin:end].tolist() for begin, end in spans)
        return [event for chain in chains for event in self._told_of(chain, within)]

    def _parts(self, order: Values, within: int) -> Mask:
        """Where a row and the next one cannot be the same event, nor stand in a chain between two that are."""
        one, other = order[:-1], order[1:]
        apart = (self.at[other] - self.at[one] > within) & (self.at[other] // DAY != self.at[one] // DAY)
        return np.asarray((self.client[one] != self.client[other]) | (self.kind[one] != self.kind[other]) | apart)

    def _told_of(self, chain: list[int], within: int) -> list[list[int]]:
        """The events that a chain of records tells of more than once.

        Of one system only the same second and subject matter, which keeps a day of thousands of messages cheap.
        """
        if len({self.source[row] for row in chain}) > 1:
            return self._events(chain, within)
        alike: dict[tuple[int, str], list[int]] = {}
        for row in (row for row in chain if self.subject[row]):
            alike.setdefault((int(self.at[row]), self.subject[row]), []).append(row)
        return [event for rows in alike.values() if len(rows) > 1 for event in self._events(rows, within)]

    def _events(self, rows: Iterable[int], within: int) -> list[list[int]]:
        """The events of one chain of records, in the order of their first well-timed record."""
        events: list[list[int]] = []
        for row in sorted(rows, key=lambda row: (self._only_day(row), self.at[row], row)):
            fitting = next((event for event in self._near(row, events, within) if self._same(row, event)), None)
            if fitting:
                fitting.append(row)
            else:
                events.append([row])
        return [event for event in events if len(event) > 1]

    def _near(self, row: int, events: list[list[int]], within: int) -> list[list[int]]:
        """The events that a record may belong to by its time, the nearest first, of equals the first."""
        if self._only_day(row):
            return events
        earlier = takewhile(lambda event: self.at[row] - self.at[event[0]] <= within, reversed(events))
        return sorted(earlier, key=lambda event: (int(self.at[row] - self.at[event[0]]), event[0]))

    def _same(self, row: int, event: list[int]) -> bool:
        """Whether a row tells of an event that others of about its time have told of."""
        subjects = {self.subject[one] for one in (row, *event)} - {""}
        directions = {self.direction[one] for one in (row, *event)} - {None}
        gap = abs(int(self.at[row]) - int(self.at[event[0]]))
        again = self.source[row] in {self.source[one] for one in event}
        if len(directions) > 1:
            return False
        if self._only_day(row) or self._only_day(event[0]):
            told = all(self.subject[one] for one in (row, *event))
            same_day = self.at[row] // DAY == self.at[event[0]] // DAY
            return not again and told and len(subjects) == 1 and bool(same_day)
        if again:
            return gap == 0 and len(subjects) == 1 and bool(self.subject[row])
        return len(subjects) <= 1 or (gap == 0 and self.kind[row] in LIVE)

    def _only_day(self, row: int) -> bool:
        return bool(self.at[row] % DAY == 0)

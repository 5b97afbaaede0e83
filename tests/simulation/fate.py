"""Fate: the one source of chance. It throws all dice, kills the process, and writes down everything that happened."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")
MOST_CALLS = 900
MOST_COMMITS = 6000


class Crash(BaseException):
    """Stands for kill -9: nothing may catch it but who starts the next process."""


class Stuck(BaseException):
    """The step budget is spent: something goes round and round."""


@dataclass(frozen=True)
class CrashPoint:
    """One place at which the process dies: the n-th time that a site is passed."""

    site: str
    hit: int


class Fate:
    """All that is not determined, from one seed.

    ``calm``: no more faults. ``deadly``: the chance to die at each place where something is left behind. ``doom``: the
    one place to die at instead.
    """

    def __init__(self, seed: int | str, *, deadly: float = 0.0, doom: CrashPoint | None = None) -> None:
        self._dice = random.Random(seed)
        self.deadly = deadly
        self.doom = doom
        self.calm = False
        self.story: list[str] = []
        self.passed: Counter[str] = Counter()
        self.crashes = 0
        self.calls = 0
        self.commits = 0

    def chance(self, share: float) -> bool:
        """Whether something happens that happens so often; never when it is calm."""
        return not self.calm and self._dice.random() < share

    def pick(self, those: Sequence[T]) -> T:
        """One of them."""
        return self._dice.choice(those)

    def weighed(self, those: Sequence[T], weights: Sequence[float]) -> T:
        """One of them, by weight."""
        return self._dice.choices(those, weights)[0]

    def between(self, least: int, most: int) -> int:
        """A whole number."""
        return self._dice.randint(least, most)

    def note(self, what: str) -> None:
        """Add a line to the story."""
        self.story.append(what)

    @property
    def hash(self) -> str:
        """What tells this story from every other one."""
        return sha256("\n".join(self.story).encode()).hexdigest()

    def passes(self, site: str) -> None:
        """Something is about to be left behind, or just was; the process may die here."""
        self.passed[site] += 1
        if self.doom is not None:
            dies = self.doom == CrashPoint(site, self.passed[site])
        else:
            dies = self.deadly > 0 and self.chance(self.deadly)
        if dies:
            self.crashes += 1
            self.note(f"      killed at {site}")
            raise Crash(site)

    def counts_call(self) -> None:
        """One more call to a vendor; raises ``Stuck`` when there are far too many."""
        self.calls += 1
        if self.calls > MOST_CALLS:
            raise Stuck(f"more than {MOST_CALLS} calls")

    def counts_commit(self) -> None:
        """One more transaction; raises ``Stuck`` when there are far too many."""
        self.commits += 1
        if self.commits > MOST_COMMITS:
            raise Stuck(f"more than {MOST_COMMITS} transactions")

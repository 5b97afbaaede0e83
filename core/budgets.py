"""How often a vendor may be asked: what it allows, told by its answers, shared by everybody who uses the connection.

A budget is a count of calls per window (``ten seconds``, ``day``). Connectors say before each call which budgets it
draws on (``admit``) and tell afterwards what the answer said (``learn``, ``hold``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from core.clock import Clock
from core.errors import RetryLater

Lane = Literal["bulk", "interactive"]


@dataclass(frozen=True)
class Allowance:
    """So many calls in any ``seconds``; of a day's calls Inlay as a whole takes ``share`` (0 to 1) at most.

    ``rolling`` windows forget a call ``seconds`` after it; the others all at once, at the vendor's own hour.
    """

    name: str
    calls: int
    seconds: float
    share: float = 1.0
    rolling: bool = True


@dataclass(frozen=True)
class Meter:
    """What one budget stands at: calls used (by anybody, as the vendor counts) of those allowed."""

    name: str
    used: int
    allowed: int
    told_at: datetime | None = None


class Budgets(ABC):
    """The budgets of one connection."""

    @abstractmethod
    def admit(self, allowances: Sequence[Allowance], lane: Lane = "bulk") -> None:
        """Return when one call may be made now, after waiting at most a short window.

        Raises ``RetryLater`` with ``retry_at`` when the wait is longer than a minute: a daily share is used up, or the
        vendor said to come back later. Interactive calls may use a reserve that bulk work leaves.
        """

    @abstractmethod
    def learn(self, name: str, used: int, allowed: int) -> None:
        """Take note of what an answer says of a budget; the vendor's count wins over ours."""

    @abstractmethod
    def hold(self, until: datetime) -> None:
        """Let no call go before this instant: the vendor said so."""

    @abstractmethod
    def meters(self) -> list[Meter]:
        """Where the budgets stand that the vendor told about."""


class LocalBudgets(Budgets):
    """Budgets of one process alone, for tests and for looking at a system once."""

    LONGEST_WAIT = 60.0
    SHORTEST_SLEEP = 0.001  # a clock may count in coarser steps than we compute

    def __init__(self, clock: Clock, where: str = "") -> None:
        self._clock = clock
        self._where = where
        self._sent: dict[str, deque[float]] = {}
        self._told: dict[str, Meter] = {}
        self._held_until: datetime | None = None

    def admit(self, allowances: Sequence[Allowance], lane: Lane = "bulk") -> None:
        """Wait for a place in every rolling window."""
        del lane
        while (wait := self._wait(allowances)) > 0:
            if wait > self.LONGEST_WAIT:
                at = self._clock.now() + timedelta(seconds=wait)
                raise RetryLater("the vendor allows no call now", where=self._where, retry_at=at)
            self._clock.sleep(max(wait, self.SHORTEST_SLEEP))
        for allowance in allowances:
            self._sent.setdefault(allowance.name, deque()).append(self._clock.monotonic())

    def learn(self, name: str, used: int, allowed: int) -> None:
        """Keep the latest word."""
        self._told[name] = Meter(name, used, allowed, self._clock.now())

    def hold(self, until: datetime) -> None:
        """Keep the latest instant."""
        self._held_until = max(until, self._held_until or until)

    def meters(self) -> list[Meter]:
        """What was told."""
        return list(self._told.values())

    def _wait(self, allowances: Sequence[Allowance]) -> float:
        held = (self._held_until - self._clock.now()).total_seconds() if self._held_until else 0.0
        return max([held, *(self._wait_for(one) for one in allowances if one.rolling)])

    def _wait_for(self, allowance: Allowance) -> float:
        sent, now = self._sent.setdefault(allowance.name, deque()), self._clock.monotonic()
        while sent and sent[0] <= now - allowance.seconds:
            sent.popleft()
        if len(sent) < allowance.calls:
            return 0.0
        return (sent[0] if sent else now) + allowance.seconds - now

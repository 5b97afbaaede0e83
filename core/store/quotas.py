"""The arithmetic of one shared budget: how many calls are free now, and when the next one will be.

A rolling window counts each call for ``seconds``; any other period counts them all until its end, which is at the
latest ``seconds`` after its first call. What others use of the same quota (``foreign``) is known from the vendor's
count alone, and believed for an hour at most: then one call asks anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from typing import Any

import orjson

from core.budgets import Allowance, Lane, Meter

RESERVE = 0.03  # of an allowance, left by bulk work for people who wait
PARTS, LARGEST = 20, 50  # a slice is a twentieth of the calls, and never more than fifty
LIFE_SECONDS = 5.0  # a slice may be used for a twentieth of its window, and never longer than this
GRAIN = 200  # calls are remembered by the two-hundredth part of their window
LONG = 3600.0  # windows from here on are quotas of a day rather than limits of pace
SHORT = 0.9


@dataclass
class Slice:
    """Calls that count until ``frees_at``; ``owner`` is empty once they have been made."""

    owner: str
    calls: int
    frees_at: float


@dataclass
class Quota:
    """Everything known of one budget of one connection; instants are seconds of the epoch."""

    seconds: float = 0.0
    rolling: bool = True
    slices: list[Slice] = field(default_factory=list)
    told: tuple[int, int, float] | None = None
    foreign: tuple[int, float] = (0, 0.0)

    @classmethod
    def from_text(cls, text: str) -> Quota:
        """As ``to_text`` wrote it."""
        facts: dict[str, Any] = orjson.loads(text)
        told, foreign = facts["told"], facts["foreign"]
        slices = [Slice(*one) for one in facts["slices"]]
        return cls(facts["seconds"], facts["rolling"], slices, tuple(told) if told else None, (foreign[0], foreign[1]))

    def to_text(self) -> str:
        """JSON, as short as it can be."""
        slices = [[one.owner, one.calls, one.frees_at] for one in self.slices]
        facts = {"seconds": self.seconds, "rolling": self.rolling, "slices": slices}
        return orjson.dumps({**facts, "told": self.told, "foreign": self.foreign}).decode()

    def of(self, allowance: Allowance) -> Quota:
        """Take the window as the connector describes it now."""
        self.seconds, self.rolling = allowance.seconds, allowance.rolling
        return self

    def at(self, now: float) -> Quota:
        """Forget what counts no more, and what lies further ahead than it can: a clock that was set back."""
        furthest = now + self.seconds + self.life + self.grain
        self.slices = [one for one in self.slices if now < one.frees_at <= furthest]
        if not now < self.foreign[1] <= furthest:
            self.foreign = (0, 0.0)
        return self

    def take(self, allowance: Allowance, lane: Lane, owner: str, now: float) -> Slice:
        """Hand out a slice; ``wait`` has to be 0."""
        free = self._free(allowance, lane, self._own, self.foreign[0])
        size = 1 if self._runs_short else max(1, min(int(_cap(self, allowance)) // PARTS, LARGEST, free))
        taken = Slice(owner, size, self._end(now + self.life))
        self.slices.append(taken)
        return taken

    def close(self, owner: str, used: int, last: float) -> None:
        """Take back a slice: what was used counts from its last call, the rest is free."""
        if not any(one.owner == owner for one in self.slices):
            return  # a new period has begun since
        self.slices = [one for one in self.slices if one.owner != owner]
        if not used:
            return
        frees_at = ceil(self._end(last) / self.grain) * self.grain
        same = next((one for one in self.slices if not one.owner and one.frees_at == frees_at), None)
        if same is None:
            self.slices.append(Slice("", used, frees_at))
        else:
            same.calls += used

    def tell(self, used: int, allowed: int, at: float) -> None:
        """The vendor's word; a count that fell by more than half means that a new period has begun."""
        if not self.rolling and self.told is not None and used * 2 < self.told[0]:
            self.slices = []
        self.told = (used, allowed, at)
        self.foreign = (max(0, used - self._own), at + min(self.seconds, LONG))

    def wait(self, allowance: Allowance, lane: Lane, now: float) -> float:
        """Seconds until a call is free; 0 when one is."""
        own, foreign = self._own, self.foreign[0]
        if self._free(allowance, lane, own, foreign) > 0:
            return 0.0
        for at, own_less, foreign_less in self._endings():
            own, foreign = own - own_less, foreign - foreign_less
            if self._free(allowance, lane, own, foreign) > 0:
                return max(at - now, 0.001)
        return max(self.seconds, LONG)

    def meter(self, name: str) -> Meter | None:
        """What the vendor told last."""
        if self.told is None:
            return None
        used, allowed, at = self.told
        return Meter(name, used, allowed, datetime.fromtimestamp(at, UTC))

    @property
    def life(self) -> float:
        """How long a slice may be used, in seconds."""
        return min(self.seconds / PARTS, LIFE_SECONDS)

    @property
    def grain(self) -> float:
        """The precision with which past calls are remembered, in seconds."""
        return self.seconds / GRAIN

    @property
    def _own(self) -> int:
        return sum(one.calls for one in self.slices)

    @property
    def _runs_short(self) -> bool:
        """Whether a long quota is nearly used up, so that each call should hear the vendor first."""
        return self.seconds >= LONG and self.told is not None and self.told[0] >= self.told[1] * SHORT

    def _end(self, last: float) -> float:
        """When a call of ``last`` stops counting."""
        if self.rolling or not self.slices:
            return last + self.seconds
        return min(one.frees_at for one in self.slices)

    def _free(self, allowance: Allowance, lane: Lane, own: int, foreign: int) -> int:
        """Calls free of Inlay's share and of the whole; the vendor's count of the whole wins over ours."""
        share, whole = _cap(self, allowance), _whole(self, allowance)
        kept = RESERVE if lane == "bulk" else 0.0
        return min(int(share) - int(share * kept) - own, whole - int(whole * kept) - own - foreign)

    def _endings(self) -> Iterator[tuple[float, int, int]]:
        """When calls stop counting, in order: instant, calls of ours, calls of others."""
        mine = [(one.frees_at, one.calls, 0) for one in self.slices]
        yield from sorted([*mine, (self.foreign[1], 0, self.foreign[0])])


def _whole(quota: Quota, allowance: Allowance) -> int:
    """All calls of the window: a pace as the connector says it, if the vendor allows that; a day as the vendor says."""
    if quota.told is None:
        return allowance.calls
    return quota.told[1] if allowance.seconds >= LONG else min(allowance.calls, quota.told[1])


def _cap(quota: Quota, allowance: Allowance) -> float:
    return _whole(quota, allowance) * allowance.share

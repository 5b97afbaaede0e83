"""Many runs, counted: how many, how fast, how often the process died, and which promises were broken."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.simulation.storm import Ended, run_seed


@dataclass(frozen=True)
class Tally:
    """Runs of one world, or of all; ``spent`` in CPU seconds, ``passed`` in seconds on the wall."""

    name: str
    runs: int
    crashes: int
    calls: int
    spent: float
    passed: float
    broken: tuple[Ended, ...] = ()

    def __str__(self) -> str:
        """One line for people."""
        rate = f"{self.runs / max(self.spent, 1e-9):.1f} runs per CPU second, {self.runs / self.passed:.1f} per second"
        told = f"{self.runs} runs, {rate}, {self.crashes} kills, {self.calls} calls"
        return f"{self.name:15} {told}, {len(self.broken)} with broken promises"


def run_many(world: str, seeds: Iterable[int]) -> Tally:
    """Run seed after seed of one world."""
    gc.freeze()  # what has been imported by now lives as long as the process
    spent, passed = time.process_time(), time.monotonic()
    runs = crashes = calls = 0
    broken: list[Ended] = []
    for seed in seeds:
        ended = run_seed(world, seed)
        runs, crashes, calls = runs + 1, crashes + ended.crashes, calls + ended.calls
        if ended.broken:
            broken.append(ended)
    return Tally(world, runs, crashes, calls, time.process_time() - spent, time.monotonic() - passed, tuple(broken))


def total(tallies: Sequence[Tally]) -> Tally:
    """All of them together."""
    return Tally(
        "all together",
        sum(one.runs for one in tallies),
        sum(one.crashes for one in tallies),
        sum(one.calls for one in tallies),
        sum(one.spent for one in tallies),
        sum(one.passed for one in tallies),
        tuple(ended for one in tallies for ended in one.broken),
    )

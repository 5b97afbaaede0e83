"""A measured figure beside its target and its peers, and the table of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Bound = Literal["at least", "at most", ""]
HEAD = ("measured", "figure", "target", "verdict", "beside the peers")


@dataclass(frozen=True)
class Figure:
    """One row of the table; a bound of ``""`` is a figure that has no target. Peers are in the figure's own unit."""

    name: str
    value: float
    unit: str
    bound: Bound = ""
    target: float = 0
    peers: Mapping[str, float] = field(default_factory=dict)
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether the target is reached, and by how much it is not."""
        if not self.bound:
            return ""
        reached = self.value >= self.target if self.bound == "at least" else self.value <= self.target
        return "reached" if reached else f"missed: {self.value / self.target:.0%} of it"

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        target = f"{self.bound} {_number(self.target)}" if self.bound else ""
        ratios = [f"{self.value / rate:.1f} x {name} ({_number(rate)})" for name, rate in self.peers.items()]
        beside = ", ".join([*ratios, *([self.note] if self.note else [])])
        return self.name, f"{_number(self.value)} {self.unit}", target, self.verdict, beside


def table(figures: Sequence[Figure]) -> str:
    """All rows under one head, in columns."""
    rows = [HEAD, *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.1f}"

"""What a plan needs of each system's calls, against what the system has left for today, as it last told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from core.budgets import Meter
from core.ledger import Plan
from core.sync import ConnectionSetup

DAY = "day"


@dataclass(frozen=True)
class Need:
    """Calls of one connection: ``now`` for what goes, ``approved`` more for what somebody has to approve first.

    ``used`` of ``allowed`` calls are gone today, whoever made them; both are None where the system never told.
    """

    connection: str
    now: int
    approved: int
    used: int | None = None
    allowed: int | None = None

    @property
    def calls(self) -> int:
        """All of them."""
        return self.now + self.approved

    @property
    def left(self) -> int | None:
        """What may still be called today; None where the system never told."""
        return None if self.used is None or self.allowed is None else max(self.allowed - self.used, 0)

    @property
    def is_short(self) -> bool:
        """Whether the day's rest does not do for the whole plan."""
        return self.left is not None and self.calls > self.left

    @property
    def sentence(self) -> str:
        """The same for people."""
        if self.left is None:
            return f"{self.connection} has not told yet how many calls it allows a day"
        rest = f"{self.left:,} of {self.allowed:,} calls are left today"
        if self.is_short:
            return f"{self.connection}: {rest}: too few for this plan; what is left over goes tomorrow"
        return f"{self.connection}: {rest}"

    def facts(self) -> dict[str, Any]:
        """The same for scripts."""
        return {**asdict(self), "left": self.left, "is_short": self.is_short}


def needs(plan: Plan, setups: Iterable[ConnectionSetup]) -> list[Need]:
    """What the plan needs of each connection it writes to; asks no system anything."""
    return [
        _need(setup.name, plan.calls[setup.name]["apply"], plan.calls[setup.name]["needs approval"], setup)
        for setup in setups
        if setup.name in plan.calls
    ]


def _need(name: str, now: int, approved: int, setup: ConnectionSetup) -> Need:
    tightest = min(_days(setup.connector.quota()), key=lambda meter: meter.allowed - meter.used, default=None)
    if tightest is None:
        return Need(name, now, approved)
    return Need(name, now, approved, tightest.used, tightest.allowed)


def _days(meters: Iterable[Meter]) -> Iterator[Meter]:
    """The budgets of a whole day; one may be the account's and another the app's own."""
    return (meter for meter in meters if meter.name.startswith(DAY) and meter.allowed)

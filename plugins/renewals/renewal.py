"""One contract at the stage that it has reached: what its tasks, messages and deal are told from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.sdk import Context, Contracts, Portfolio, counted
from plugins.renewals.naming import client_name, title_beside
from plugins.renewals.progress import SETTLED


@dataclass(frozen=True)
class Renewal:
    """One contract at one stage."""

    portfolio: Portfolio
    context: Context
    row: int
    stage: int

    @property
    def contracts(self) -> Contracts:
        """The table its row points into."""
        return self.portfolio.table(Contracts)

    @property
    def id(self) -> str:
        """The golden id of the contract."""
        return self.contracts.ids[self.row]

    @property
    def client(self) -> int:
        """The row of its client."""
        return int(self.contracts.client[self.row])

    @property
    def client_id(self) -> str:
        """The golden id of its client."""
        return self.portfolio.clients.ids[self.client]

    @property
    def client_name(self) -> str:
        """The client as people call it."""
        return client_name(self.portfolio.clients, self.client)

    @property
    def title(self) -> str:
        """The contract as people call it, without the client's name, which is said beside it."""
        return title_beside(self.client_name, self.contracts, self.row)

    @property
    def term(self) -> str:
        """The month in which the present term ends, such as 2026-09."""
        return str(self.day("term.end"))[:7]

    @property
    def is_escalated(self) -> bool:
        """Whether time is short and an earlier task was left open."""
        return self.stage <= self.context.settings.escalate_from and not np.isnat(self.day("term.unanswered_since"))

    @property
    def days_left(self) -> float:
        """Days until the earlier of end and notice deadline."""
        return float(self.portfolio.signal("term.days_left").values[self.row])

    @property
    def left(self) -> str:
        """The same in words."""
        return counted(self.days_left, "day")

    def day(self, signal: str) -> np.datetime64:
        """One of its dates; NaT when unknown."""
        found: np.datetime64 = self.portfolio.signal(signal).values[self.row]
        return found

    def said(self, signal: str) -> str | None:
        """One of its words; None when unknown."""
        found: str | None = self.portfolio.signal(signal).values[self.row]
        return found


def renewals_at_a_stage(portfolio: Portfolio, context: Context) -> list[Renewal]:
    """Every contract that stands at a stage today, settled or not."""
    contracts = portfolio.table(Contracts)
    stages = portfolio.signal("term.stage").values
    linked = np.flatnonzero(contracts.linked).tolist()
    return [Renewal(portfolio, context, row, int(stages[row])) for row in linked if stages[row] is not None]


def is_settled(renewal: Renewal) -> bool:
    """Whether nobody needs to be asked for a decision."""
    return renewal.said("term.progress") in SETTLED

"""What the benches of all simulators have in common: one clock, one log, one plan of faults."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from connectors.sandbox.clock import ClientClock
from connectors.sandbox.faults import Fault
from connectors.sandbox.server import RunningSandbox
from connectors.sandbox.web import SandboxApp
from core.budgets import LocalBudgets
from core.http import HttpLimits, Transport
from core.sdk import Budgets, ConnectorContext, Grants, LocalGrants
from core.testing import Bench, Call

LIMITS = HttpLimits(total=10.0, connect=2.0, first_wait=0.1)


class SimulatedBench(Bench):
    """A bench on one of this house's simulators; the connector lives in the simulator's time."""

    write_path: ClassVar[str] = ""

    def __init__(self, app: SandboxApp, running: RunningSandbox) -> None:
        self.app = app
        self._running = running
        self.url = running.base_url
        self.budgets: Budgets | None = None
        self.grants: Grants = LocalGrants()

    @abstractmethod
    def begin_anew(self) -> None:
        """Become an empty system at the same address: starting a server takes longer than a life."""

    @abstractmethod
    def trim(self) -> None:
        """Keep of the object no more fields than a life touches: the others are described anew in every run of it."""

    def forget(self) -> None:
        """Know no grant and no connection any more, and no budget but those that all connectors share from now on."""
        self._running.hang_up()
        self.grants, self.budgets = LocalGrants(), LocalBudgets(ClientClock(self.app.clock), "crm")

    def context(self, redirect: str | None = None) -> ConnectorContext:
        """What core hands a connector, with the grants that all of them share."""
        clock = ClientClock(self.app.clock)
        transport = Transport(clock=clock, limits=LIMITS, redirect=redirect)
        return ConnectorContext("crm", clock, transport, grants=self.grants, shared_budgets=self.budgets)

    def calls(self) -> Sequence[Call]:
        """The request log."""
        return [Call(one.at, one.status, one.wait, one.applied) for one in self.app.log.entries()]

    def wait(self, seconds: float) -> None:
        """Move the simulator's clock."""
        self.app.clock.advance(timedelta(seconds=seconds))

    def stand_still(self, still: bool) -> None:
        """Let writes move the clock no more, or again."""
        self.app.clock._step = timedelta(seconds=0 if still else 1)

    def refuse(self, status: int, *, times: int = 1, wait: float | None = None) -> None:
        """Plan a status."""
        headers = {} if wait is None else {"Retry-After": f"{wait:g}"}
        self.app.faults.add(Fault("status", status=status, headers=headers, times=times))

    def lose_answer(self) -> None:
        """Plan a cut after the next write."""
        self.app.faults.add(Fault("apply_then_cut", path=self.write_path))

    def answer_with_page(self) -> None:
        """Plan a page of HTML."""
        self.app.faults.add(Fault("html"))

    def answer_otherwise(self, nth: int = 1) -> None:
        """Plan JSON that tells nothing."""
        self.app.faults.add(Fault("wrong_json", nth=nth))

    def end_sessions(self) -> None:
        """As the vendor's administrator does."""
        self.app.end_sessions()

"""Stripe's bench: customers of an account without bills. Only metadata may be written, so writes are not tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF, empty_firm
from connectors.sandbox.server import serve
from connectors.stripe.connector import StripeConnector
from connectors.stripe.sandbox import TOKEN, sandbox
from connectors.stripe.settings import StripeSettings
from core.connector import Connector
from core.testing import Bench, Skill
from tests.contract.simulated import SimulatedBench


class StripeBench(SimulatedBench):
    """One account."""

    skills: ClassVar[frozenset[Skill]] = frozenset({"incremental", "deletes", "trouble"})
    stream, text, page_size = "customers", "name", 100

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[Bench]:
        """Serve an empty account."""
        app = sandbox(empty_firm(), SandboxClock(AS_OF))
        with serve(app) as running:
            yield cls(app, running)

    def trim(self) -> None:
        """Stripe describes no fields."""

    def begin_anew(self) -> None:
        """Stripe's simulator holds one account for as long as it is served."""
        raise NotImplementedError

    def connector(self) -> Connector:
        """Let in by a key."""
        settings = StripeSettings.model_validate({"base_url": self.url, "key": TOKEN})
        return StripeConnector(settings, self.context())

    def add(self, texts: Sequence[str], *, at_once: bool = False) -> list[str]:
        """Create customers in the dashboard."""
        self.stand_still(at_once)
        made: list[Any] = [self.app.edit({"path": "customers", "values": {"name": text}}) for text in texts]
        self.stand_still(False)
        return [str(one["id"]) for one in made]

    def edit(self, record_id: str, text: str) -> None:
        """Rename a customer."""
        self.app.edit({"path": f"customers/{record_id}", "values": {"name": text}})

    def delete(self, record_id: str) -> None:
        """Delete a customer."""
        self.app.edit({"path": f"customers/{record_id}", "method": "DELETE"})

    def truth(self) -> dict[str, str | None]:
        """The customers that are not deleted."""
        rows: Any = self.app.state()["customer"]
        return {row["id"]: row["name"] for row in rows if not row.get("deleted")}

    def secrets(self) -> Sequence[str]:
        """The key."""
        return (TOKEN,)

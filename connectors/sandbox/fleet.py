"""All vendors' simulators at once, each on its own port, holding one and the same firm.

Vendors are found by entry point (group ``inlay.sandbox``: a module with ``sandbox(firm, clock)`` and ``TOKEN``), so
that a third-party connector's simulator joins in by being installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from types import MappingProxyType, ModuleType, TracebackType

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import demo_firm, empty_firm
from connectors.sandbox.faults import storm
from connectors.sandbox.firm import Firm
from connectors.sandbox.server import RunningSandbox, serve

GROUP = "inlay.sandbox"
ANY_PORT: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class Fleet:
    """The running simulators by vendor, the firm they hold, and the one clock they share."""

    firm: Firm
    clock: SandboxClock
    running: Mapping[str, RunningSandbox]
    tokens: Mapping[str, str]

    def endpoints(self) -> dict[str, dict[str, str]]:
        """Where each vendor answers and the token it accepts: all that a standard client needs."""
        return {
            name: {"base_url": sandbox.base_url, "token": self.tokens[name]} for name, sandbox in self.running.items()
        }

    def stop(self) -> None:
        """Stop all of them."""
        for sandbox in self.running.values():
            sandbox.stop()

    def __enter__(self) -> Fleet:
        """Answer within a ``with`` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop at the end of the block."""
        self.stop()


def vendors() -> dict[str, ModuleType]:
    """The simulators that are installed, by vendor, in alphabetical order."""
    return {point.name: point.load() for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)}


def start_fleet(
    *, empty: bool = False, seed: int = 7, ports: Mapping[str, int] = ANY_PORT, faults: int | None = None
) -> Fleet:
    """Start every installed simulator, with the demo firm or an empty one; a vendor without a port takes a free one.

    With ``faults`` all of them are in bad weather made from that number, each vendor in its own.
    """
    firm = empty_firm() if empty else demo_firm(seed)
    clock = SandboxClock(firm.as_of)
    modules = vendors()
    apps = {name: module.sandbox(firm, clock) for name, module in modules.items()}
    if faults is not None:
        for name, app in apps.items():
            app.faults.add(*storm(faults, name))
    running = {name: serve(app, port=ports.get(name, 0)) for name, app in apps.items()}
    return Fleet(firm, clock, running, {name: module.TOKEN for name, module in modules.items()})

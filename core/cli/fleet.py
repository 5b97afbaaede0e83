"""The simulators as the command line sees them: found by entry point, since core imports no connector."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any, Protocol, cast

from core.errors import ConfigError

GROUP = "inlay.fleet"


class Fleet(Protocol):
    """All running simulators and the firm they hold."""

    firm: Any

    def endpoints(self) -> dict[str, dict[str, str]]:
        """Where each vendor answers and the token it accepts."""
        ...

    def stop(self) -> None:
        """Stop all of them."""
        ...


def start_fleet(**options: Any) -> Fleet:
    """Start the simulators; options are those of the fleet itself (empty, seed, ports)."""
    for point in entry_points(group=GROUP):
        return cast("Callable[..., Fleet]", point.load())(**options)
    raise ConfigError("the simulators are not installed", where=GROUP, remedy="run `make install` in the checkout")

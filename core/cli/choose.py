"""Which connections a command means."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import ConfigError
from core.hub import Hub
from core.sync import ConnectionSetup


def one_setup(hub: Hub, name: str) -> ConnectionSetup:
    """The connection of that name; raises ``ConfigError`` that lists the others."""
    for setup in hub.setups:
        if setup.name == name:
            return setup
    names = ", ".join(setup.name for setup in hub.setups)
    raise ConfigError(f"no connection `{name}`", where="connections", remedy=f"use one of: {names}")


def chosen_setups(hub: Hub, only: str | None) -> Sequence[ConnectionSetup]:
    """That connection alone, or all."""
    return hub.setups if only is None else [one_setup(hub, only)]

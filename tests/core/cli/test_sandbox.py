"""`inlay sandbox --faults`: an admin rehearses bad weather, and gets it again by its seed."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox.fleet import Fleet
from core.cli import fleet, serve
from tests.core.cli.conftest import Inlay


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What each started fleet has planned to go wrong; nobody waits for a signal."""
    seen: list[dict[str, Any]] = []

    def start(**options: Any) -> Fleet:
        started: Any = fleet.start_fleet(**{**options, "empty": True})
        seen.append({name: running.app.faults.dump() for name, running in started.running.items()})
        return started  # type: ignore[no-any-return]  # the fleet of the entry point

    monkeypatch.setattr(serve, "start_fleet", start)
    monkeypatch.setattr(serve, "wait_for_signal", lambda: None)
    return seen


def test_seed_makes_the_same_weather_again_and_none_makes_none(inlay: Inlay, plans: list[dict[str, Any]]) -> None:
    for arguments in ((), ("--faults", "7"), ("--faults", "7"), ("--faults", "8")):
        assert inlay("sandbox", *arguments).code == 0
    calm, first, again, other = plans
    assert not any(calm.values())
    assert all(first.values())
    assert first == again != other


def test_seed_has_to_be_a_number(inlay: Inlay) -> None:
    assert inlay("sandbox", "--faults", "stormy").code == 2

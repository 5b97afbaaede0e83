"""Connectors that have a mistake: storms show each of them, so that storms which show none mean something."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from core.connector import Connector
from core.errors import InlayError
from core.store import Store
from tests.contract.hubspot import HubSpotBench
from tests.contract.planted import BUGS, Plant
from tests.contract.salesforce import SalesforceBench
from tests.contract.simulated import SimulatedBench
from tests.contract.storms import live

PATIENCE = 8
CRMS: dict[str, type[SimulatedBench]] = {"hubspot": HubSpotBench, "salesforce": SalesforceBench}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('storms') / 'inlay.db'}") as opened:
        opened.migrate()
        yield opened


@pytest.fixture(scope="module")
def benches() -> Iterator[dict[str, SimulatedBench]]:
    """One server per CRM for all lives."""
    with ExitStack() as servers:
        opened = {crm: servers.enter_context(bench.open()) for crm, bench in CRMS.items()}
        found = {crm: bench for crm, bench in opened.items() if isinstance(bench, SimulatedBench)}
        for bench in found.values():
            bench.trim()
        yield found


def afflicted(sound: Callable[[], Connector], plant: Plant, patch: pytest.MonkeyPatch) -> Callable[[], Connector]:
    """Makes connectors that have the mistake."""

    def connector() -> Connector:
        made = sound()
        plant(made, patch)
        return made

    return connector


@pytest.mark.parametrize("crm", CRMS)
@pytest.mark.parametrize("bug", BUGS)
def test_planted_bug_is_noticed(
    crm: str, bug: str, store: Store, benches: dict[str, SimulatedBench], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = benches[crm]
    monkeypatch.setattr(bench, "connector", afflicted(bench.connector, BUGS[bug], monkeypatch))
    for seed in range(PATIENCE):
        try:
            live(bench, store, seed)
        except (AssertionError, InlayError):
            return
    pytest.fail(f"{PATIENCE} storms did not show that the connector {bug}")

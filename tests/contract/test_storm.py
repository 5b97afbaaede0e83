"""Seeded lives in bad weather: after it the store is the vendor's truth, and nobody was asked too early or twice."""

from __future__ import annotations

import os
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

FEW = int(os.environ.get("INLAY_STORM_SEEDS", "8"))
MANY, PATIENCE = 2000, 8
PORTION = 100
OPEN: dict[tuple[str, int], str] = {}
"""Seeds that show a fault of a connector that is known and not yet mended."""
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
        yield {crm: bench for crm, bench in opened.items() if isinstance(bench, SimulatedBench)}


def seeds() -> Iterator[object]:
    """The first seeds of each vendor."""
    for crm in CRMS:
        for seed in range(FEW):
            known = (pytest.mark.xfail(reason=OPEN[crm, seed], strict=False),) if (crm, seed) in OPEN else ()
            yield pytest.param(crm, seed, marks=known)


@pytest.mark.parametrize(("crm", "seed"), list(seeds()))
def test_after_a_storm_the_store_is_the_vendors_truth(
    crm: str, seed: int, store: Store, benches: dict[str, SimulatedBench]
) -> None:
    live(benches[crm], store, seed, f"{crm}{seed}")


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("crm", CRMS)
@pytest.mark.parametrize("first", range(FEW, MANY, PORTION))
def test_after_two_thousand_storms_it_still_is(
    crm: str, first: int, store: Store, benches: dict[str, SimulatedBench]
) -> None:
    for seed in range(first, min(first + PORTION, MANY)):
        live(benches[crm], store, seed, f"{crm}{seed}")


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
    for seed in (seed for seed in range(PATIENCE) if (crm, seed) not in OPEN):
        try:
            live(bench, store, seed, f"{'-'.join(bug.split())}{crm}{seed}")
        except (AssertionError, InlayError):
            return
    pytest.fail(f"{PATIENCE} storms did not show that the connector {bug}")

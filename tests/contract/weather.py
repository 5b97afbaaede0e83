"""The seeds of a vendor, a few at a time: what its test modules inherit, one module per vendor so that they spread."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import ClassVar

import pytest

from core.store import Store
from tests.contract.simulated import SimulatedBench
from tests.contract.storms import SHORT, live

MANY = 2000
"""Lives of the soak; a tenth as many, shorter ones, are lived in every run of the tests."""
FEW = int(os.environ.get("INLAY_STORM_SEEDS", str(MANY // 10)))
PORTION, LONG_PORTION = 20, 100


class Storms:
    """One vendor's seeds, on one server and one store for all lives."""

    vendor: ClassVar[type[SimulatedBench]]

    @pytest.fixture(scope="class")
    @classmethod
    def store(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
        """A store, which each life empties."""
        with Store.open(f"sqlite:///{tmp_path_factory.mktemp('storms') / 'inlay.db'}") as opened:
            opened.migrate()
            yield opened

    @pytest.fixture(scope="class")
    @classmethod
    def bench(cls) -> Iterator[SimulatedBench]:
        """The vendor, with no more fields than a life touches."""
        with cls.vendor.open() as opened:
            assert isinstance(opened, SimulatedBench)
            opened.trim()
            yield opened

    @pytest.mark.parametrize("first", range(0, FEW, PORTION))
    def test_after_each_storm_the_store_is_the_vendors_truth(
        self, first: int, store: Store, bench: SimulatedBench
    ) -> None:
        for seed in range(first, min(first + PORTION, FEW)):
            live(bench, store, seed, SHORT)

    @pytest.mark.soak
    @pytest.mark.timeout(3600)
    @pytest.mark.parametrize("first", range(0, MANY, LONG_PORTION))
    def test_after_two_thousand_storms_it_still_is(self, first: int, store: Store, bench: SimulatedBench) -> None:
        for seed in range(first, min(first + LONG_PORTION, MANY)):
            live(bench, store, seed)

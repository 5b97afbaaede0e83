"""A small firm that was read, joined and scored once, for all who look at its pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.clock import FixedClock
from core.hub import Hub
from core.onboard import propose, write_proposal
from tests.core.cli.conftest import CUSTOMERS, INVOICES
from tests.core.conftest import START


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub on two exports, synced and scored; no plan was made yet."""
    folder = tmp_path_factory.mktemp("office")
    exports = folder / "exports"
    exports.mkdir()
    (exports / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    (exports / "invoices.csv").write_text(INVOICES, encoding="utf-8")
    write_proposal(propose(exports), folder, force=True)
    opened = Hub.open(folder / "inlay.yaml", {}, FixedClock(START))
    opened.sync()
    opened.join()
    opened.evaluate()
    yield opened
    opened.close()

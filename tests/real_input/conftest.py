"""The public exports that lie beside the checkout on the builders' machines."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def exports(shared_dir: Path) -> Path:
    """The folder with one set of exports per folder; without it these tests are skipped."""
    return shared_dir / "data" / "crm"

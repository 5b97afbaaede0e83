"""The arrows of the house hold, and each contract would notice if they did not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOMS = ("core", "connectors", "plugins", "webhooks", "mappings")

# A house as small as can be, and a brick that must not be laid: place, line, contract that has to speak.
BY_ENTRY_POINT = "Core finds connectors and plugins by entry point, never by import"
FORBIDDEN = [
    ("connectors/salesforce/client.py", "import core.store", "Connectors see core through core.sdk alone"),
    ("connectors/salesforce/client.py", "import plugins.health", "Connectors see core through core.sdk alone"),
    ("connectors/salesforce/client.py", "import connectors.hubspot", "Vendors do not know each other"),
    ("connectors/sandbox/web.py", "import connectors.hubspot", "Vendors do not know each other"),
    ("plugins/health/score.py", "from core.model import clients", "Plugins see core through core.sdk alone"),
    ("plugins/health/score.py", "import connectors.hubspot", "Plugins see core through core.sdk alone"),
    ("plugins/health/score.py", "import plugins.renewals", "Plugins do not know each other"),
    ("core/ledger/plan.py", "import plugins.health", BY_ENTRY_POINT),
    ("core/ledger/plan.py", "import webhooks", BY_ENTRY_POINT),
    ("webhooks/receive.py", "import connectors.hubspot", "Webhooks stand on core alone"),
    ("mappings/code.py", "import core.sdk", "Mappings are data"),
    ("core/model/clients.py", "import core.errors", "Core stands in layers"),
    ("core/store/tables.py", "import core.sync", "Core stands in layers"),
    ("core/store/tables.py", "import core.ledger.plan", "Core stands in layers"),
    ("core/signals/dag.py", "import core.engine.jobs", "Core stands in layers"),
]
ALLOWED = [
    ("connectors/salesforce/client.py", "from core.sdk import Connector"),
    ("connectors/salesforce/client.py", "import connectors.sandbox.web"),
    ("plugins/health/score.py", "import core.sdk"),
    ("core/cli/serve.py", "import webhooks.receive"),
    ("core/ledger/plan.py", "import core.store.tables"),
    ("webhooks/receive.py", "import core.store.tables"),
]
MODULES = [
    *(f"core/{name}.py" for name in ("sdk", "errors", "sync")),
    *("core/model/clients.py", "core/store/tables.py", "core/signals/dag.py", "core/ledger/plan.py"),
    *("core/engine/jobs.py", "core/cli/serve.py", "webhooks/receive.py", "mappings/code.py"),
    *("connectors/salesforce/client.py", "connectors/hubspot/client.py", "connectors/sandbox/web.py"),
    *("plugins/health/score.py", "plugins/renewals/dates.py"),
]


@pytest.fixture
def small_house(tmp_path: Path, project_root: Path) -> Path:
    """Packages of the same names under the contracts of this project, each module empty."""
    for module in MODULES:
        path = tmp_path / module
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Connector = None\n")
        for folder in path.relative_to(tmp_path).parents[:-1]:
            (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "pyproject.toml").write_text((project_root / "pyproject.toml").read_text())
    return tmp_path


def lint(folder: Path) -> tuple[int, str]:
    """Run import-linter over the packages of `folder`; its own process, since a graph of modules is cached by name."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200", "PYTHONSAFEPATH": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_arrows_of_the_house_hold(project_root: Path) -> None:
    status, said = lint(project_root)
    assert status == 0, said


@pytest.mark.parametrize(("place", "line", "contract"), FORBIDDEN)
def test_contract_notices(small_house: Path, place: str, line: str, contract: str) -> None:
    (small_house / place).write_text(f"{line}\n")
    status, said = lint(small_house)
    assert status == 1, said
    assert f"{contract} BROKEN" in said


def test_ring_is_noticed(small_house: Path) -> None:
    (small_house / "core/store/rows.py").write_text("import core.store.tables\n")
    (small_house / "core/store/tables.py").write_text("import core.store.rows\n")
    status, said = lint(small_house)
    assert status == 1, said
    assert "No rings among siblings BROKEN" in said


def test_good_arrows_are_let_through(small_house: Path) -> None:
    for place, line in ALLOWED:
        with (small_house / place).open("a") as module:
            module.write(f"{line}\n")
    status, said = lint(small_house)
    assert status == 0, said


@pytest.mark.parametrize("room", ROOMS)
def test_room_names_no_test_code(room: str, project_root: Path) -> None:
    sources = [path for path in (project_root / room).rglob("*.py") if "__pycache__" not in path.parts]
    guilty = [str(path) for path in sources if "from tests" in path.read_text() or "import tests" in path.read_text()]
    assert guilty == []

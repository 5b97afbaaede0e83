"""The command `inlay detach`: shows first, removes when told, and says what it kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.hubspot.sandbox import TOKEN, sandbox
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF, empty_firm
from connectors.sandbox.server import RunningSandbox, serve
from tests.core.cli.conftest import Inlay


@pytest.fixture(scope="module")
def vendor() -> Iterator[RunningSandbox]:
    with serve(sandbox(empty_firm(), SandboxClock(AS_OF))) as running:
        yield running


@pytest.fixture(autouse=True)
def _config(tmp_path: Path, vendor: RunningSandbox) -> None:
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "inlay.yaml").write_text(
        f"connections:\n  crm: {{connector: hubspot, token: {TOKEN}, base_url: '{vendor.base_url}'}}\n",
        encoding="utf-8",
    )


def test_plan_is_shown_removal_waits_for_yes_and_then_nothing_is_left(inlay: Inlay) -> None:
    assert "nothing of Inlay's is there" in inlay("detach").out
    inlay("provision", "--yes")
    shown = inlay("detach")
    assert "inlay_health_score" in shown.out
    assert "inlay detach --yes" in shown.err
    done = inlay("detach", "--yes", "--connection", "crm")
    assert "steps carried out" in done.out
    assert "nothing of Inlay's is there" in inlay("detach").out


def test_unknown_connection_is_refused(inlay: Inlay) -> None:
    said = inlay("detach", "--yes", "--connection", "billing")
    assert said.code == 2
    assert "use one of: crm" in said.err


def test_a_system_without_packages_says_so_and_nothing_is_made(inlay: Inlay, tmp_path: Path) -> None:
    said = inlay("provision", "--bundle", str(tmp_path / "bundle"))
    assert said.out.strip() == "crm: takes no packages"
    assert not (tmp_path / "bundle").exists()
    assert "nothing of Inlay's is there" in inlay("detach").out

"""A plugin nobody here wrote into the tree: installed as a package, found by entry point, enabled by one line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parent / "example_plugin"
CUSTOMERS = "customer_id,company_name\nALFA,Alfa Joinery Ltd\nBETA,Beta Brewing Ltd\n"
INVOICES = """\
invoice_id,customer_id,invoice_date,due_date,total,status,paid_date
1,ALFA,2026-01-05,2026-02-04,100.10,paid,2026-03-30
2,BETA,2026-01-05,2026-02-04,300.30,paid,2026-02-01
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder the example plugin was installed into, as pip does it for anybody."""
    source = tmp_path_factory.mktemp("source") / "plugin"
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns("__pycache__", "__init__.py"))
    target = tmp_path_factory.mktemp("installed")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--target", str(target)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(source)], check=True)
    return target


@pytest.fixture
def books(tmp_path: Path, installed: Path) -> Path:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    (tmp_path / "exports" / "invoices.csv").write_text(INVOICES, encoding="utf-8")
    assert (
        inlay(installed, tmp_path, "init", "--from", str(tmp_path / "exports"), "--into", str(tmp_path)).returncode == 0
    )
    config = tmp_path / "inlay.yaml"
    config.write_text(config.read_text(encoding="utf-8") + "  tier: {mode: propose}\n", encoding="utf-8")
    return tmp_path


def inlay(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-c", "from core.cli import main; main()", "--config", str(folder / "inlay.yaml")]
    return subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_the_example_is_as_short_as_the_readme_says() -> None:
    lines = (EXAMPLE / "inlay_tier.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 30


def test_the_readme_shows_the_very_plugin() -> None:
    readme = (EXAMPLE.parent.parent / "README.md").read_text(encoding="utf-8")
    code = (EXAMPLE / "inlay_tier.py").read_text(encoding="utf-8")
    body = [line for line in code.splitlines() if line.strip() and not line.strip().startswith('"""')]
    assert [line for line in body if line not in readme.splitlines()] == []


def test_an_installed_plugin_computes_its_signal(books: Path, installed: Path) -> None:
    assert "tier" in inlay(installed, books, "config", "check").stdout
    synced = inlay(installed, books, "sync")
    assert synced.returncode == 0, synced.stderr
    said = inlay(installed, books, "explain", "Alfa", "tier.letter").stdout
    assert "tier.letter = B" in said
    assert "54 days late" in said
    assert "tier.letter = A" in inlay(installed, books, "explain", "Beta", "tier.letter").stdout


def test_without_the_package_the_configuration_says_what_is_missing(books: Path) -> None:
    said = inlay(books, books, "sync")
    assert said.returncode == 2
    assert "no plugin `tier`" in said.stderr

"""A tiny firm on CSV files, so that every command can be tried in milliseconds."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

import core.cli  # noqa: F401  registers the commands
from core.cli.app import App, run_command


@dataclass(frozen=True)
class Said:
    """What one command answered."""

    code: int
    out: str
    err: str


Inlay = Callable[..., Said]

CUSTOMERS = """\
customer_id,company_name,contact_name,city,country,phone
ALFA,Alfa Joinery Ltd,Ann Alder,Leeds,United Kingdom,01632 960001
BETA,Beta Brewing Ltd,Ben Birch,York,United Kingdom,01632 960002
GAMA,Gamma Groundworks LLP,Gil Gorse,Hull,United Kingdom,01632 960003
"""
INVOICES = """\
invoice_id,customer_id,invoice_date,due_date,total,status
1,ALFA,2026-01-05,2026-02-04,100.10,paid
2,ALFA,2026-04-05,2026-05-05,200.20,open
3,BETA,2026-05-05,2026-06-04,300.30,paid
"""


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """A folder of exports nobody has described."""
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    (folder / "invoices.csv").write_text(INVOICES, encoding="utf-8")
    return folder


@pytest.fixture
def inlay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Inlay:
    """Runs one command against ``books/inlay.yaml``."""
    config = tmp_path / "books" / "inlay.yaml"

    def run(*arguments: str) -> Said:
        out, err = io.StringIO(), io.StringIO()
        app = App(config, out=Console(file=out, width=300, highlight=False), err=Console(file=err, width=300))
        capsys.readouterr()
        code = run_command(["--config", str(config), *arguments], app)
        written = capsys.readouterr()
        return Said(code, out.getvalue() + written.out, err.getvalue() + written.err)

    return run


@pytest.fixture
def books(tmp_path: Path, exports: Path, inlay: Inlay) -> Path:
    """The folder in which ``inlay init --from`` has written its proposal."""
    folder = tmp_path / "books"
    assert inlay("init", "--from", str(exports), "--into", str(folder)).code == 0
    return folder

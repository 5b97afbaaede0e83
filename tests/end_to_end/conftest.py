"""The product as its users meet it: the ``inlay`` command against real HTTP simulators."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

import core.cli  # noqa: F401  registers the commands
from connectors.sandbox.fleet import Fleet, start_fleet
from core.cli.app import App, run_command
from core.cli.samples import DEMO, write_sample


@dataclass(frozen=True)
class Said:
    """What one command answered."""

    code: int
    out: str
    err: str


Inlay = Callable[..., Said]


def environment(fleet: Fleet) -> dict[str, str]:
    """The variables that the demo's configuration names."""
    found = {}
    for name, endpoint in fleet.endpoints().items():
        found[f"DEMO_{name.upper()}_URL"] = endpoint["base_url"]
        found[f"DEMO_{name.upper()}_TOKEN"] = endpoint["token"]
    return found


def runner(config: Path, capsys: pytest.CaptureFixture[str] | None = None) -> Inlay:
    """A function that runs one command in this process and returns what it said."""

    def run(*arguments: str) -> Said:
        out, err = io.StringIO(), io.StringIO()
        app = App(config, out=Console(file=out, width=400, highlight=False), err=Console(file=err, width=400))
        if capsys:
            capsys.readouterr()
        code = run_command(["--config", str(config), *arguments], app)
        written = capsys.readouterr().out if capsys else ""
        return Said(code, out.getvalue() + written, err.getvalue())

    return run


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    """Fresh simulators with the demo firm, and the environment that names them."""
    with start_fleet() as running:
        for name, value in environment(running).items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the demo's configuration."""
    write_sample(tmp_path, force=True, text=DEMO)
    return tmp_path


@pytest.fixture
def inlay(folder: Path, capsys: pytest.CaptureFixture[str]) -> Inlay:
    """The command line, configured for the simulators."""
    return runner(folder / "inlay.yaml", capsys)


@pytest.fixture(scope="module")
def shared_fleet() -> Iterator[Fleet]:
    """Simulators shared by the tests of one module, for those that only read."""
    saved = dict(os.environ)
    with start_fleet() as running:
        os.environ.update(environment(running))
        yield running
    os.environ.clear()
    os.environ.update(saved)

"""The product as its users meet it: the ``inlay`` command against real HTTP simulators."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

import core.cli  # noqa: F401  registers the commands
from connectors.sandbox.fleet import Fleet
from core.cli.app import App, run_command


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


def runner(config: Path) -> Inlay:
    """A function that runs one command in this process and returns what it said."""

    def run(*arguments: str) -> Said:
        out, err, written = io.StringIO(), io.StringIO(), io.StringIO()
        app = App(config, out=Console(file=out, width=400, highlight=False), err=Console(file=err, width=400))
        with redirect_stdout(written):
            code = run_command(["--config", str(config), *arguments], app)
        return Said(code, out.getvalue() + written.getvalue(), err.getvalue())

    return run

"""``python -m core.testing.quality tests/contract``: run the contract of every connector there and print its tier."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import click
import pytest

from core.testing.bench import Bench
from core.testing.contract import ConnectorContract
from core.testing.quality.dossier import Dossier, dossier_of
from core.testing.quality.tiers import judge


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), default="tests/contract")
def main(folder: Path) -> None:
    """Judge every connector whose contract stands in FOLDER (subclasses of ConnectorContract)."""
    sys.path.insert(0, str(Path.cwd()))
    for path in sorted(folder.glob("test_*.py")):
        for bench in filter(_is_of_a_folder, _benches(path)):
            verdict = judge(_dossier(bench, green_tests(path)))
            click.echo(f"{verdict.kind:12} {verdict.tier or 'none'}")
            for tier, name, why in verdict.broken:
                click.echo(f"  {tier:9} {name}: {why}")


def _benches(path: Path) -> Iterator[type[Bench]]:
    module = importlib.import_module(".".join(path.with_suffix("").parts))
    for found in vars(module).values():
        if isinstance(found, type) and issubclass(found, ConnectorContract) and found is not ConnectorContract:
            yield found.bench_type


def _is_of_a_folder(bench: type[Bench]) -> bool:
    """Whether a bench is for a connector with settings of its own: one joined of two others at run time is none."""
    with bench.open() as running:
        return hasattr(type(running.connector()), "settings_model")


class Recorder:
    """Notes which tests were green while pytest runs."""

    def __init__(self) -> None:
        self.green: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Hear of one phase of one test."""
        if report.when == "call" and report.passed:
            self.green.add(report.nodeid.rpartition("::")[2])


def green_tests(path: Path) -> frozenset[str]:
    """Run the tests of one module in silence; the names of those that were green."""
    recorder = Recorder()
    with redirect_stdout(StringIO()):
        pytest.main(["-q", "-p", "no:cacheprovider", str(path)], plugins=[recorder])
    return frozenset(recorder.green)


def _dossier(bench: type[Bench], passed: frozenset[str]) -> Dossier:
    with bench.open() as running:
        kind = type(running.connector())
    folder = Path(str(importlib.import_module(kind.__module__).__file__)).parent
    return dossier_of(kind, bench, folder, passed)


if __name__ == "__main__":
    main()

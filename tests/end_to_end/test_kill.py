"""Real ``kill -9`` of the real command, again and again, until it gets through: nothing lost, nothing twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.fleet import Fleet, start_fleet
from core.cli.samples import DEMO, write_sample
from tests.end_to_end import crms
from tests.end_to_end.conftest import environment, runner
from tests.end_to_end.snapshots import crm_content, store_content

COMMAND = [sys.executable, "-P", "-c", "from core.cli import main; main()"]
STARTING = 1.2  # seconds of imports before the command does anything: kills before it test nothing
KILLS = 4


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, "--config", str(folder / "inlay.yaml"), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def killed_until_done(folder: Path, seed: int, *arguments: str) -> int:
    """Start the command, kill it after a random moment, and start it again; the last time it may finish."""
    dice = random.Random(seed)
    kills = 0
    for _ in range(KILLS):
        process = start(folder, *arguments)
        try:
            process.wait(STARTING + dice.random() * 3)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.communicate()
    process = start(folder, *arguments)
    _, err = process.communicate(timeout=110)
    assert process.returncode == 0, err.decode()
    return kills


@pytest.fixture
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Fleet, Path]]:
    folder = tmp_path_factory.mktemp("undisturbed")
    write_sample(folder, force=True, text=DEMO)
    with start_fleet() as fleet:
        for name, value in environment(fleet).items():
            monkeypatch.setenv(name, value)
        inlay = runner(folder / "inlay.yaml")
        inlay("provision", "--yes")
        assert inlay("sync").code == 0
        yield fleet, folder


@pytest.mark.timeout(400)
def test_a_killed_sync_ends_in_the_same_store(undisturbed: tuple[Fleet, Path], folder: Path) -> None:
    assert killed_until_done(folder, 1, "sync") >= 2
    assert store_content(folder) == store_content(undisturbed[1])


@pytest.mark.timeout(400)
def test_a_killed_apply_writes_everything_once(
    undisturbed: tuple[Fleet, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet, folder = undisturbed
    inlay = runner(folder / "inlay.yaml")
    assert inlay("plan").code == 0
    assert inlay("apply", "--approve", "all").code == 0
    expected = crm_content(fleet)
    assert min(len(records) for records in expected.values()) > 50
    with start_fleet() as other:
        for name, value in environment(other).items():
            monkeypatch.setenv(name, value)
        write_sample(tmp_path, force=True, text=DEMO)
        again = runner(tmp_path / "inlay.yaml")
        again("provision", "--yes")
        assert again("sync").code == 0
        assert again("plan").code == 0
        killed_until_done(tmp_path, 2, "apply", "--approve", "all")
        assert crm_content(other) == expected
        keys = [task["Inlay_Key__c"] for task in crms.inlay_tasks(crms.salesforce(other.endpoints()["salesforce"]))]
        assert len(keys) == len(set(keys)) > 5
        assert again("sync").code == 0
        assert again("plan", "--check").code == 0

"""Plugins that mean harm, installed as anybody's are, and ``inlay plan``: each is named, and the honest one goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.hubspot.sandbox import TOKEN, sandbox
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF, empty_firm
from connectors.sandbox.server import RunningSandbox, serve
from core.host import MOST_ANSWERS
from tests.end_to_end.conftest import Said, runner
from tests.end_to_end.thrift import mappings_parsed_once

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 600_000 * 1024  # a quiet plan of the same firm takes a quarter of it
MOST_SECONDS = 30.0
PLAN = """
import atexit, pathlib, sys
from benchmarks.process import peak_bytes
from core.cli import main

peak = pathlib.Path(sys.argv.pop(1))
atexit.register(lambda: peak.write_text(str(peak_bytes())))
main()
"""
"""`inlay`, which says in the end how much memory it held: what its parent sees counts the parent's own too."""
HEAD = """\
from datetime import date
import numpy as np
from core.sdk import *

def task(client, key="k", **other):
    return CreateTask(client, "Call them", "body", date(2026, 7, 3), "high", key, "late", **other)

"""
PROPOSING = """
@hookimpl
def propose(portfolio, context):
    clients = sorted(portfolio.clients.ids)
    """
PUBLISHING = """
@hookimpl
def register_signals():
    return """
SCORE = """
@signal("health.score")
def score(clients: Clients):
    "Everybody is fine."
    return Column(np.full(len(clients.ids), 99.0), lambda row: "because I say so")
"""
PLUGINS = {
    "honest": f"{PROPOSING}return [task(clients[0])]",
    "number": f"{PROPOSING}return 7",
    "soup": f"{PROPOSING}return [42, None, 'a task, please', task(clients[0], 3), task(7)]",
    "subjectless": f"{PROPOSING}return [task(clients[0], inputs=['a'])]",
    "undated": f"{PROPOSING}return [CreateTask(clients[0], 'Call', 'b', 'soon', 'high', 'k', 'late')]",
    "bomb": f"{PROPOSING}raise RuntimeError('boom')",
    "ghost": f"{PROPOSING}return [task('crm/companies/404')]",
    "nosy": f"{PROPOSING}return [task(clients[0], inputs=(clients[1] + '#health.score',))]",
    "owner": f"{SCORE}{PUBLISHING}[score]",
    "thief": f"{SCORE}{PUBLISHING}[score]",
    "junk": f"{PUBLISHING}[42, 'health.score', None]",
    "flood": f"{PROPOSING}return (task(clients[0], str(n)) for n in range(10_000_000))",
    "merger": f"{PROPOSING}return [MergeRecords(clients[0], (clients[0],), 'k', 'r'), MergeRecords(1, 2, 3, 4)]",
}


@dataclass(frozen=True)
class Ground:
    """A small firm on one CRM, and the folder the plugins are installed into."""

    folder: Path
    site: Path
    vendor: RunningSandbox

    def configure(self, *plugins: str) -> Path:
        """A configuration with these plugins, the honest one last."""
        lines = "".join(f"  {name}: {{mode: auto}}\n" for name in (*plugins, "honest"))
        path = self.folder / "inlay.yaml"
        path.write_text(
            f"connections:\n  crm: {{connector: hubspot, token: {TOKEN}, base_url: '{self.vendor.base_url}'}}\n"
            f"plugins:\n{lines}",
            encoding="utf-8",
        )
        return path

    def plan(self, *plugins: str) -> tuple[Said, dict[str, Any]]:
        """What ``inlay plan`` says with these plugins."""
        run = runner(self.configure(*plugins))
        said = run("plan", "--json")
        return said, orjson.loads(said.out) if said.code == 0 else {}


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Three companies, read once; every plugin lies there as pip would have put it."""
    folder, site = tmp_path_factory.mktemp("firm"), tmp_path_factory.mktemp("site")
    meta = site / "mischief-1.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: mischief\nVersion: 1\n", encoding="utf-8")
    points = "".join(f"{name} = mischief_{name}\n" for name in PLUGINS)
    (meta / "entry_points.txt").write_text(f"[inlay]\n{points}", encoding="utf-8")
    for name, body in PLUGINS.items():
        (site / f"mischief_{name}.py").write_text(HEAD + body + "\n", encoding="utf-8")
    with (
        pytest.MonkeyPatch.context() as patch,
        mappings_parsed_once(),
        serve(sandbox(empty_firm(), SandboxClock(AS_OF))) as vendor,
    ):
        patch.syspath_prepend(str(site))
        for name in ("Alfa", "Beta", "Gamma"):
            vendor.app.edit({"type": "companies", "properties": {"name": name, "domain": f"{name.lower()}.example"}})
        made = Ground(folder, site, vendor)
        run = runner(made.configure("owner"))
        assert run("provision", "--yes").code == 0
        assert run("sync").code == 0
        yield made


def honest_tasks(plan: dict[str, Any]) -> int:
    """How many tasks of the honest plugin go."""
    return sum(one["plugin"] == "honest" and one["verdict"] == "apply" for one in plan["operations"])


REFUSED = {
    "soup": [
        "int is nothing the ledger can write", "NoneType is nothing the ledger can write",
        "str is nothing the ledger can write", "key is int, a text is due", "client_id is int, a text is due",
    ],
    "subjectless": ["inputs must be a tuple of texts"],
    "undated": ["due is str, a date is due"],
    "ghost": ["no CRM that can hold it knows the client crm/companies/404"],
    "merger": ["the same record is named twice", "loser_ids must be a tuple of ids, and not empty"],
}  # fmt: skip


@pytest.mark.parametrize("plugin", REFUSED)
def test_a_proposal_that_is_none_or_of_nobody_is_refused_with_the_plugin_named(ground: Ground, plugin: str) -> None:
    said, plan = ground.plan(plugin)
    assert said.code == 0, said.err
    refused = [(one["plugin"], one["why"]) for one in plan["refused"]]
    assert sorted(refused) == sorted((plugin, why) for why in REFUSED[plugin])
    assert honest_tasks(plan) == 1


def test_another_clients_data_is_refused_with_the_plugin_and_the_record_named(ground: Ground) -> None:
    said, plan = ground.plan("nosy")
    assert said.code == 0, said.err
    (refused,) = plan["refused"]
    assert refused["plugin"] == "nosy"
    assert "which is another client's" in refused["why"]
    assert honest_tasks(plan) == 1


FAULTS = {
    "number": "propose returned int instead of a list",
    "bomb": "propose raised RuntimeError: boom",
    "junk": "register_signals returned int, NoneType, str among its signals",
}


@pytest.mark.parametrize("plugin", FAULTS)
def test_an_answer_of_the_wrong_kind_is_told_with_the_plugin_named(ground: Ground, plugin: str) -> None:
    said, plan = ground.plan(plugin)
    assert said.code == 0, said.err
    assert f"{FAULTS[plugin]} [{plugin}." in said.err
    assert honest_tasks(plan) == 1


def test_a_field_of_another_plugin_is_not_written_and_the_thief_is_named(ground: Ground) -> None:
    run = runner(ground.configure("owner"))
    assert run("sync").code == 0
    _, alone = ground.plan("owner")
    said, plan = ground.plan("owner", "thief")
    assert said.code == 0, said.err
    assert "signal `health.score` of plugin `thief` is already published by `owner`" in said.err
    fields = {one["plugin"] for one in plan["operations"] if one["kind"] == "set_field"}
    assert fields == {"owner"}
    assert plan["operations"] == alone["operations"]


def test_ten_million_tasks_are_refused_in_bounded_memory_and_time(ground: Ground) -> None:
    used, said = measured(ground, "flood")
    assert f"propose went on for more than {MOST_ANSWERS} results; none of them counts [flood.propose]" in said
    assert "1 to apply" in said
    assert used.peak_bytes < MOST_BYTES
    assert used.seconds < MOST_SECONDS


@dataclass(frozen=True)
class Used:
    """The most memory that a process held, and its CPU seconds."""

    peak_bytes: int
    seconds: float


def measured(ground: Ground, *plugins: str) -> tuple[Used, str]:
    """What a process of its own needs for ``inlay plan``, and what it says."""
    folder = ground.folder
    line = [sys.executable, "-c", PLAN, str(folder / "peak.txt"), "--config", str(ground.configure(*plugins)), "plan"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ground.site), str(ROOT)])}
    told = folder / "told.txt"
    with told.open("wb") as file:
        process = subprocess.Popen(line, env=environment, stdout=file, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    text = told.read_text(encoding="utf-8")
    assert process.returncode == 0, text
    return Used(int((folder / "peak.txt").read_text()), used.ru_utime), text

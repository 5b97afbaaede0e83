"""Exports read, changes sent to an automation: from a plan to the CRM's next export, as an admin sets it up."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from core.clock import FixedClock, SystemClock
from core.errors import ConfigError
from core.hub import Hub
from core.ledger import Approval
from core.store.sources import read_sources
from core.store.tables import operation
from tests.webhooks.outgoing.receiver import SECRET, receiving

ROOT = Path(__file__).resolve().parents[2]
PLUGIN, CONNECTOR = "relay = tests.end_to_end.relay", "webhook = connectors.webhook"
EXPORT = "Record ID,Company name,Phone Number,Inlay Health score\nR1,Alfa Joinery,01632 7,\nR2,Beta Law,01632 8,\n"
FIRM = """\
connections:
  crm:        {{connector: csv, folder: exports, mapping: crm.yaml, through: {through}}}
  automation: {{connector: webhook, url: "{url}", secrets: ["{secret}"], private: true}}
plugins:
  relay: {{mode: auto, tasks: false}}
"""


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin and the connector, as packages that are installed."""
    site = tmp_path / "site" / "inlay_through-1.dist-info"
    site.mkdir(parents=True)
    known = {point.name for point in entry_points(group="inlay")}  # an installation from before lacks the connector
    points = [PLUGIN, *([] if "webhook" in known else [CONNECTOR])]
    (site / "entry_points.txt").write_text("\n".join(["[inlay]", *points, ""]))
    (site / "METADATA").write_text("Metadata-Version: 2.1\nName: inlay-through\nVersion: 1\n")
    monkeypatch.syspath_prepend(str(site.parent))


@contextmanager
def firm(folder: Path, url: str, through: str = "automation") -> Iterator[Hub]:
    (folder / "exports").mkdir(exist_ok=True)
    export = folder / "exports" / "companies.csv"
    if not export.exists():
        export.write_text(EXPORT)
    (folder / "crm.yaml").write_text("extends: csv-hubspot-export\nclient: {fields: {tier: Phone Number}}\n")
    (folder / "inlay.yaml").write_text(FIRM.format(url=url, secret=SECRET, through=through))
    hub = Hub.open(folder / "inlay.yaml", {}, FixedClock(SystemClock().now()))
    try:
        yield hub
    finally:
        hub.close()


@contextmanager
def automation(export: Path) -> Iterator[str]:
    """The CRM's automation as a process of its own."""
    line = [sys.executable, "-m", "tests.connectors.webhook.automation", str(export), SECRET]
    pipes = subprocess.PIPE
    with subprocess.Popen(line, cwd=ROOT, text=True, stdin=pipes, stdout=pipes) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def think(hub: Hub) -> list[str]:
    """Read, compute, plan and deliver; how the operations stand."""
    hub.sync()
    hub.join()
    hub.evaluate()
    hub.plan()
    hub.apply(Approval(by="test"))
    return states(hub)


def states(hub: Hub) -> list[str]:
    with hub.store.read() as conn:
        return sorted(row.state for row in conn.execute(operation.select()))


def scores(hub: Hub) -> dict[str, str | None]:
    with hub.store.read() as conn:
        rows = read_sources(conn, [f"crm/companies.csv/{one}" for one in ("R1", "R2")])
        return {row.id.rpartition("/")[2]: row.raw.get("Inlay Health score") for row in rows}


def test_a_plan_goes_out_by_the_automation_and_comes_back_with_the_next_export(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    export = tmp_path / "exports" / "companies.csv"
    export.write_text(EXPORT)
    with automation(export) as url, firm(tmp_path, url) as hub:
        assert think(hub) == ["applied", "applied"]
        assert scores(hub) == {"R1": "", "R2": ""}  # the export of before
        assert think(hub) == ["applied", "applied"]
        assert scores(hub) == {"R1": "7", "R2": "8"}  # what the automation has written
        text = export.read_text().replace("01632 7", "01632 9")
        export.write_text(text)
        think(hub)
        assert states(hub) == ["applied"] * 3


def test_until_the_next_export_nothing_is_sent_twice(tmp_path: Path) -> None:
    with receiving() as receiver, firm(tmp_path, receiver.url) as hub:
        for _ in range(3):
            assert think(hub) == ["applied", "applied"]
        assert len(receiver.got) == 2
        assert all(got.is_genuine for got in receiver.got)


def test_a_lost_answer_is_settled_by_the_export_and_sent_again_under_the_same_id(tmp_path: Path) -> None:
    with receiving() as receiver, firm(tmp_path, receiver.url) as hub:
        receiver.script.append((500, {}, b"after half of the work"))
        think(hub)
        for _ in range(2):
            hub.carry()
        assert states(hub) == ["applied", "applied"]
        ids = [got.id for got in receiver.got]
        assert len(set(ids)) == 2
        assert len(ids) == 3


def test_what_the_automation_refuses_is_told_with_its_words(tmp_path: Path) -> None:
    with receiving() as receiver, firm(tmp_path, receiver.url) as hub:
        receiver.script.append((422, {}, b"no property of that name"))
        assert think(hub) == ["applied", "rejected"]
        with hub.store.read() as conn:
            errors = {row.error for row in conn.execute(operation.select()) if row.state == "rejected"}
        assert any("no property of that name" in str(error) for error in errors)


def test_a_persons_edit_in_the_export_still_wins(tmp_path: Path) -> None:
    with receiving() as receiver, firm(tmp_path, receiver.url) as hub:
        think(hub)
        export = tmp_path / "exports" / "companies.csv"
        export.write_text(EXPORT.replace("01632 7,", "01632 9,55").replace("01632 8,", "01632 8,8"))
        think(hub)
        assert len(receiver.got) == 2
        assert scores(hub) == {"R1": "55", "R2": "8"}


@pytest.mark.parametrize("through", ["nobody", "crm"])
def test_a_way_that_leads_nowhere_is_told_with_its_line(tmp_path: Path, through: str) -> None:
    with (
        pytest.raises(ConfigError, match="no connection that can carry changes") as told,
        firm(tmp_path, "http://127.0.0.1:1025/", through),
    ):
        pass
    assert "inlay.yaml:2" in told.value.where

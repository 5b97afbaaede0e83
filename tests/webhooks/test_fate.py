"""What became of events, as an admin is told: `inlay webhooks received`."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from rich.console import Console

import core.cli  # noqa: F401  registers the commands
from core.cli.app import App, run_command
from core.clock import FixedClock
from core.engine.inbox import take_in_events
from core.hub import Hub
from core.store.arrivals import Tally
from core.store.inbox import EventState, read_events, settle_events
from core.store.touches import Touch, touches_text
from tests.webhooks.senders import NOW, SECRETS, SENDERS
from webhooks.endpoints import endpoints_of
from webhooks.fate import OF_NO_RECORD, Reading, remedy_of
from webhooks.receive import receiver

WITHOUT_CONNECTOR = {
    "docusign": "envelopes", "zendesk": "tickets", "xero": "Invoices", "quickbooks": "Invoice", "typeform": "responses",
    "surveymonkey": "responses", "pipedrive": "deals", "zoho": "Contacts",
}  # fmt: skip
FILE = """
firm: {{name: Hartwell & Co, time_zone: Europe/London, currency: GBP}}
store: sqlite:///inlay.db
connections:
{connections}
plugins: {{}}
"""
HOOK = '  {name}: {{connector: csv, folder: crm, mapping: ours.yaml, webhook: {{scheme: {name}, secrets: ["{key}"]}}}}'
MAPPING = "connector: csv\nid: Id\nclient: {stream: Account, fields: {name: Name}}\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A firm that takes webhooks of every vendor of which no connector reads anything."""
    (tmp_path / "crm").mkdir()
    (tmp_path / "ours.yaml").write_text(MAPPING)
    hooks = [HOOK.format(name=name, key=SECRETS[name]) for name in WITHOUT_CONNECTOR]
    path = tmp_path / "inlay.yaml"
    path.write_text(FILE.format(connections="\n".join(hooks)))
    return path


@pytest.fixture
def hub(config: Path) -> Iterator[Hub]:
    opened = Hub.open(config, {}, FixedClock(NOW))
    opened.store.migrate()
    yield opened
    opened.close()


def knock(hub: Hub, *names: str) -> None:
    """Let each vendor send its event, and do what a worker does."""
    app = Flask("inlay")
    app.register_blueprint(receiver(hub.store, hub.clock, endpoints_of(hub.config)))
    for name in names:
        signed = SENDERS[name]()
        answer = app.test_client().post(f"/webhooks/{name}", data=signed.body, headers=dict(signed.headers))
        assert answer.status_code // 100 == 2, answer.text
        take_in_events(hub.store, next(one for one in hub.setups if one.name == name), hub.clock)


def said(config: Path, *arguments: str) -> str:
    out = io.StringIO()
    console = Console(file=out, width=500, highlight=False)
    assert run_command(["webhooks", "received", *arguments], App(config, out=console, err=console)) == 0
    return out.getvalue()


def rows(config: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert run_command(["webhooks", "received", "--json"], App(config)) == 0
    found: list[dict[str, Any]] = orjson.loads(capsys.readouterr().out)
    return found


def test_events_that_no_connector_can_follow_up_are_shown_with_what_to_do(
    hub: Hub, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    knock(hub, *WITHOUT_CONNECTOR)
    told = {row["connection"]: row for row in rows(config, capsys)}
    assert told.keys() == WITHOUT_CONNECTOR.keys()
    for name, stream in WITHOUT_CONNECTOR.items():
        assert told[name]["fate"] == "kept, change nothing"
        assert told[name]["remedy"].startswith(
            f"no connector for {name} is installed that could be asked for `{stream}`"
        )
        assert "`scheme: generic`" in told[name]["remedy"]
    assert told["docusign"]["type"] == "envelope-completed"


def test_the_same_is_said_in_plain_lines(hub: Hub, config: Path) -> None:
    knock(hub, "docusign")
    first, second = said(config).splitlines()
    assert first.split() == [
        "docusign", "envelope-completed", "1", "kept,", "change", "nothing", "last", "2026-06-30T09:00:00Z",
    ]  # fmt: skip
    assert second.startswith("        -> no connector for docusign")


def test_nothing_received_says_where_to_ask_for_events(hub: Hub, config: Path) -> None:
    del hub
    assert said(config).startswith("no events have come")


def test_events_are_counted_by_kind_and_fate(hub: Hub, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    knock(hub, "docusign", "xero")
    with hub.store.begin() as conn:
        events = list(read_events(conn, "ignored"))
        settle_events(conn, [events[0].id], "dead")
    told = {row["connection"]: (row["fate"], row["count"]) for row in rows(config, capsys)}
    assert told == {"docusign": ("could not be read", 1), "xero": ("kept, change nothing", 1)}


READING = Reading({"Account", "Lead"}, {"Account"})


@pytest.mark.parametrize(
    ("state", "touches", "reading", "remedy"),
    [
        ("done", [Touch("Account", "1")], READING, ""),
        ("new", None, READING, ""),
        ("ignored", [], READING, OF_NO_RECORD),
        ("ignored", [Touch("Lead", "1")], READING, "the mapping does not read `Lead`: name it there"),
        ("ignored", [Touch("Account", "1"), Touch("Lead", "1")], READING, "the mapping does not read `Lead`"),
        ("ignored", [Touch("envelopes", "1")], READING, "no connector for docusign"),
        ("ignored", [Touch("Account", "1")], None, "about `Account` of a connection that is no more in inlay.yaml"),
        ("dead", [Touch("Account", "1")], READING, "`inlay doctor` tells why"),
        ("conflict", [Touch("Account", "1")], READING, "what they are about is read by the next sync"),
    ],
)
def test_what_to_do_depends_on_why_nothing_changed(
    state: EventState, touches: list[Touch] | None, reading: Reading | None, remedy: str
) -> None:
    tally = Tally("crm", "Lead.CREATE", state, 3, "2026-06-30T09:00:00Z", touches_text(touches))
    found = remedy_of(tally, reading, "docusign")
    assert found.startswith(remedy)
    assert bool(found) == bool(remedy)

"""A whole firm that sends messages: from inlay.yaml to a mail server on loopback, and back by the link."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

import core.cli  # noqa: F401  registers the commands
from core.cli.app import App, run_command
from core.cli.web import web_app
from core.clock import FixedClock, iso
from core.connector import Finding
from core.hub import Hub
from core.ledger import Approval
from core.ledger.render import render_plan
from core.messages.acknowledge import acknowledged
from core.proposals import SendMessage
from core.store import findings
from tests.connectors.messages.conftest import NOON
from tests.connectors.messages.servers import MailServer, mail_server
from tests.core.engine.firm import ACCOUNTS, _empty_store

FILE = """
firm: {{name: Hartwell & Co, time_zone: Europe/London, currency: GBP}}
connections:
  crm: {{connector: csv, folder: crm, mapping: export.yaml}}
  post:
    connector: messages
    mail: {{host: 127.0.0.1, port: {port}, security: none, sender: "Inlay <inlay@firm.example>"}}
messages:
  admins: [admin@firm.example]
  acknowledge: {{url: https://inlay.firm.example, secrets: ["${{LINKS}}"]}}
  templates:
    failing:
      fields: [place]
      subject: "{{{{ place }}}} needs you"
      text: "{{{{ recipient.name }}}}: {{{{ link }}}}"
"""


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def path(tmp_path: Path, mail: MailServer) -> Path:
    (tmp_path / "crm").mkdir()
    (tmp_path / "crm" / "Account.csv").write_text(ACCOUNTS)
    (tmp_path / "export.yaml").write_text("extends: csv-salesforce-export\n")
    (tmp_path / "inlay.yaml").write_text(FILE.format(port=mail.port))
    (tmp_path / "inlay.db").write_bytes(_empty_store())
    return tmp_path / "inlay.yaml"


@pytest.fixture
def hub(path: Path) -> Iterator[Hub]:
    opened = Hub.open(path, {"LINKS": "s3cret"}, FixedClock(NOON))
    yield opened
    opened.close()


def round_of(hub: Hub) -> None:
    hub.sync()
    hub.plan()
    hub.apply(Approval("inlay"))


def test_an_admin_hears_by_mail_of_a_failing_connection_and_of_its_end(hub: Hub, mail: MailServer) -> None:
    broken = Finding("job_failed", "error", "no disk space is left", "think", "make room")
    with hub.store.begin() as conn:
        findings.report(conn, [broken], iso(hub.clock.now()))
    round_of(hub)
    round_of(hub)
    with hub.store.begin() as conn:
        findings.settle(conn, "job_failed", "think")
    round_of(hub)
    round_of(hub)
    assert [(one["To"], one["Subject"]) for one in mail.mails] == [
        ("admin@firm.example", "Inlay: think a job fails"),
        ("admin@firm.example", "Inlay: think works again"),
    ]
    assert "What to do: make room" in mail.mails[0].get_content()


def test_the_plan_shows_a_message_like_any_other_write(hub: Hub, tmp_path: Path) -> None:
    broken = Finding("stream_failed", "error", "503", "crm/Account", "wait")
    with hub.store.begin() as conn:
        findings.report(conn, [broken], iso(hub.clock.now()))
    made = hub.plan()
    console = Console(file=io.StringIO(), width=200)
    with console.capture() as shown:
        console.print(render_plan(made))
    assert "post/mail" in shown.get()
    assert "crm/Account: cannot be read" in shown.get()
    assert "cannot be read" in hub.write_report(tmp_path / "report.html", made).read_text()


def test_the_link_of_a_mail_leads_to_a_tap_that_is_kept(
    hub: Hub, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = SendMessage(to="admin", key="k", reason="r", template="failing", values={"place": "crm"})
    monkeypatch.setattr(Hub, "_proposals", lambda *_: {"alerts": [wish]})
    round_of(hub)
    [got] = mail.mails
    assert got["Subject"] == "crm needs you"
    [link] = re.findall(r"https://inlay.firm.example(/acknowledge/\S+)", got.get_content())
    with web_app(hub) as web:
        browser = web.test_client()
        assert "I have seen it" in browser.get(link).text
        assert browser.post(link).status_code == 200
    key = got["Message-ID"].partition("@")[0].strip("<")
    with hub.store.read() as conn:
        assert acknowledged(conn, {key}) == {key: iso(NOON)}


def test_without_acknowledgements_there_is_no_such_address(path: Path) -> None:
    text = re.sub(r"  acknowledge:.*\n", "", path.read_text()).replace("{{ link }}", "look")
    path.write_text(text)
    opened = Hub.open(path, {}, FixedClock(NOON))
    with web_app(opened) as web:
        assert web.test_client().get("/acknowledge/x").status_code == 404
    opened.close()


def test_config_check_tells_a_wrong_merge_field_with_its_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINKS", "s3cret")
    assert check(path) == (0, "")
    path.write_text(path.read_text().replace("recipient.name", "recipient.nmae"))
    code, said = check(path)
    assert code == 2
    assert "there is no field `recipient.nmae`; did you mean `recipient.name`?" in said
    assert "inlay.yaml:15" in said
    assert len(said.splitlines()) == 1


def check(path: Path) -> tuple[int, str]:
    """Exit code of `inlay config check`, and what it complains of."""
    out, err = io.StringIO(), io.StringIO()
    app = App(path, out=Console(file=out, width=300), err=Console(file=err, width=300))
    return run_command(["--config", str(path), "config", "check"], app), err.getvalue()

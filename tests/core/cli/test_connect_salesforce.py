"""`inlay connect` against Salesforce, whose app knows one redirect address: the browser comes back to that port."""

from __future__ import annotations

import socket
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
import requests

from connectors.salesforce.sandbox import CONSUMER_KEY, CONSUMER_SECRET, SalesforceSandbox
from connectors.sandbox.server import RunningSandbox, serve
from tests.connectors.salesforce.orgs import open_org
from tests.core.cli.conftest import Inlay

pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture(scope="module")
def port() -> int:
    """A port nobody listens on now: the one that the admin wrote into the app's callback URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def org(port: int) -> Iterator[RunningSandbox]:
    """An org whose app takes people back to that port."""
    app = open_org()
    app.site.logins.apps[CONSUMER_KEY].callbacks.append(f"http://localhost:{port}/callback")
    with serve(app) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, org: RunningSandbox) -> Path:
    """A firm whose Salesforce lets people in by an app; nobody has been there yet."""
    folder = tmp_path / "books"
    folder.mkdir()
    auth = f"{{flow: refresh_token, client_id: {CONSUMER_KEY}, client_secret: {CONSUMER_SECRET}, domain: hartwell.my}}"
    (folder / "inlay.yaml").write_text(
        f"connections:\n  crm: {{connector: salesforce, base_url: '{org.base_url}', auth: {auth}}}\n", encoding="utf-8"
    )
    return folder


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Somebody in front of a browser, who lets Inlay in at once; the pages that were shown."""
    pages: list[str] = []

    def visit(address: str) -> bool:
        pages.append(address)
        pages.append(requests.get(address, timeout=10).text)
        return True

    monkeypatch.setattr(webbrowser, "open", visit)
    return pages


def errors_of(inlay: Inlay) -> list[dict[str, Any]]:
    rows = orjson.loads(inlay("doctor", "--json").out)
    return [row for row in rows if row["where"].startswith("crm") and row["code"] in ("reconnect", "no_access")]


def test_person_lets_inlay_in_and_the_connection_reads(inlay: Inlay, port: int, org: RunningSandbox) -> None:
    said = inlay("connect", "crm", "--port", str(port))
    assert (said.code, said.out.splitlines()[-1]) == (0, "crm is connected"), said.err
    assert errors_of(inlay) == []
    before = len(org.app.log.entries())
    assert inlay("sync").code == 0
    asked = [one for one in org.app.log.entries()[before:] if "/query" in one.path]
    assert asked
    assert {one.status for one in asked} == {200}


def test_address_carries_a_challenge_and_the_apps_own_redirect(inlay: Inlay, port: int, opened: list[str]) -> None:
    inlay("connect", "crm", "--port", str(port))
    asked = parse_qs(urlsplit(opened[0]).query)
    assert asked["redirect_uri"] == [f"http://localhost:{port}/callback"]
    assert (asked["code_challenge_method"], asked["response_type"]) == (["S256"], ["code"])
    assert "code_verifier" not in asked


def test_port_that_the_app_does_not_know_is_refused_by_the_vendors_page(inlay: Inlay, opened: list[str]) -> None:
    said = inlay("connect", "crm", "--timeout", "0")
    assert said.code == 3
    assert "redirect_uri_mismatch" in opened[1]


def test_revoked_access_is_a_clear_state_until_connected_again(inlay: Inlay, port: int, org: RunningSandbox) -> None:
    assert inlay("connect", "crm", "--port", str(port)).code == 0
    app = org.app
    assert isinstance(app, SalesforceSandbox)
    app.site.logins.refresh_tokens.clear()
    app.end_sessions()
    assert inlay("sync").code == 3
    [broken] = orjson.loads(inlay("status", "--json").out)["to be connected again"]
    assert broken["connection"] == "crm"
    before = len(app.log.entries())
    assert inlay("sync").code == 3
    assert [one.path for one in app.log.entries()[before:]] == [], "it does not ask again"
    assert inlay("connect", "crm", "--port", str(port)).code == 0
    assert orjson.loads(inlay("status", "--json").out)["to be connected again"] == []
    assert inlay("sync").code == 0

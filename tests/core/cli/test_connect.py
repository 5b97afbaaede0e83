"""`inlay connect`: a person with a browser lets Inlay in, and everything that can go wrong on the way."""

from __future__ import annotations

import socket
import stat
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
import requests

from connectors.hubspot.sandbox import sandbox
from connectors.hubspot.sandbox.access import CLIENT_ID, CLIENT_SECRET
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF, empty_firm
from connectors.sandbox.server import RunningSandbox, serve
from core.store import Store
from core.store.tables import vendor_grant
from tests.core.cli.conftest import Inlay

Browser = Callable[[str], Any]


pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture(scope="module")
def vendor() -> Iterator[RunningSandbox]:
    with serve(sandbox(empty_firm(), SandboxClock(AS_OF))) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, vendor: RunningSandbox) -> Path:
    """A firm whose HubSpot lets people in by an app, and a second connection with a fixed token."""
    folder = tmp_path / "books"
    folder.mkdir()
    oauth = f"{{client_id: {CLIENT_ID}, client_secret: {CLIENT_SECRET}}}"
    (folder / "inlay.yaml").write_text(
        "connections:\n"
        f"  marketing: {{connector: hubspot, base_url: '{vendor.base_url}', oauth: {oauth}}}\n"
        f"  fixed: {{connector: hubspot, base_url: '{vendor.base_url}', token: pat-eu1-wrong}}\n",
        encoding="utf-8",
    )
    return folder


@pytest.fixture
def browse(monkeypatch: pytest.MonkeyPatch) -> Callable[[Browser], list[str]]:
    """Puts somebody in front of the browser; returns the addresses that were opened."""

    def sit_down(person: Browser) -> list[str]:
        opened: list[str] = []

        def open_address(address: str) -> bool:
            opened.append(address)
            person(address)
            return True

        monkeypatch.setattr(webbrowser, "open", open_address)
        return opened

    return sit_down


def consents(address: str) -> requests.Response:
    """A person who lets Inlay in at once."""
    return requests.get(address, timeout=10)


def come_back_with(**changes: str) -> Browser:
    """A browser that returns to the landing with other words than the vendor's."""

    def visit(address: str) -> requests.Response:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        answer = {"state": asked["state"], **changes}
        return requests.get(asked["redirect_uri"], params=answer, timeout=10)

    return visit


def findings_of(inlay: Inlay, connection: str) -> list[dict[str, Any]]:
    return [row for row in orjson.loads(inlay("doctor", "--json").out) if row["where"].startswith(connection)]


def test_person_lets_inlay_in_and_the_connection_works(inlay: Inlay, browse: Callable[[Browser], list[str]]) -> None:
    browse(consents)
    said = inlay("connect", "marketing")
    assert (said.code, said.out.splitlines()[-1]) == (0, "marketing is connected")
    assert not [row for row in findings_of(inlay, "marketing") if row["severity"] == "error"]


def test_address_carries_a_challenge_and_never_the_verifier(
    inlay: Inlay, browse: Callable[[Browser], list[str]]
) -> None:
    opened = browse(consents)
    inlay("connect", "marketing")
    inlay("connect", "marketing")
    asked = [parse_qs(urlsplit(address).query) for address in opened]
    assert [one["code_challenge_method"] for one in asked] == [["S256"]] * 2
    assert all(len(one["code_challenge"][0]) == 43 and "code_verifier" not in one for one in asked)
    assert asked[0]["state"] != asked[1]["state"]
    assert asked[0]["code_challenge"] != asked[1]["code_challenge"]
    assert all(len(one["state"][0]) >= 32 for one in asked)


def test_grant_is_kept_sealed_and_its_key_is_the_owners_alone(
    inlay: Inlay, folder: Path, browse: Callable[[Browser], list[str]]
) -> None:
    browse(consents)
    said = inlay("connect", "marketing")
    key = folder / "inlay.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with Store.open(f"sqlite:///{folder / 'inlay.db'}") as store, store.read() as conn:
        [row] = conn.execute(vendor_grant.select()).all()
    assert row.state == "good"
    assert b"sandbox-access-token" not in row.sealed
    assert "sandbox-access-token" not in said.out + said.err


def test_no_browser_is_opened_when_told_so(inlay: Inlay, browse: Callable[[Browser], list[str]]) -> None:
    opened = browse(consents)
    said = inlay("connect", "marketing", "--no-browser", "--timeout", "0")
    assert opened == []
    assert "/oauth/authorize?" in said.out
    assert said.code == 3
    assert "nobody let Inlay in" in said.err


def test_strangers_answer_is_turned_away_and_the_right_one_still_counts(
    inlay: Inlay, browse: Callable[[Browser], list[str]]
) -> None:
    seen: list[int] = []

    def person(address: str) -> None:
        seen.append(come_back_with(state="forged", code="stolen")(address).status_code)
        seen.append(consents(address).status_code)

    browse(person)
    assert inlay("connect", "marketing").code == 0
    assert seen == [400, 200]


def test_other_pages_of_the_landing_do_not_end_the_wait(inlay: Inlay, browse: Callable[[Browser], list[str]]) -> None:
    def person(address: str) -> None:
        landing = parse_qs(urlsplit(address).query)["redirect_uri"][0]
        icon = requests.get(landing.replace("/callback", "/favicon.ico"), timeout=10)
        assert icon.status_code == 404
        consents(address)

    browse(person)
    assert inlay("connect", "marketing").code == 0


@pytest.mark.parametrize(
    ("answer", "word"),
    [({"error": "access_denied"}, "access_denied"), ({}, "no code"), ({"code": "made-up"}, "HubSpot")],
)
def test_refusal_is_told_and_stores_nothing(
    inlay: Inlay, folder: Path, browse: Callable[[Browser], list[str]], answer: dict[str, str], word: str
) -> None:
    browse(come_back_with(**answer))
    said = inlay("connect", "marketing")
    assert said.code == 3
    assert word in said.err
    assert not (folder / "inlay.key").exists()


def test_revoked_access_is_a_clear_state_until_connected_again(
    inlay: Inlay, browse: Callable[[Browser], list[str]], vendor: RunningSandbox
) -> None:
    browse(consents)
    inlay("connect", "marketing")
    app: Any = vendor.app
    app.access.uninstall()
    inlay("sync")
    [broken] = orjson.loads(inlay("status", "--json").out)["to be connected again"]
    assert broken["connection"] == "marketing"
    told = next(row for row in findings_of(inlay, "marketing") if row["code"] == "reconnect")
    assert (told["severity"], told["remedy"]) == ("error", "run `inlay connect marketing`")
    before = len(app.log.entries())
    assert inlay("sync").code == 3
    assert len([one for one in app.log.entries()[before:] if "oauth" in one.path]) == 0, "it does not ask again"
    assert inlay("connect", "marketing").code == 0
    assert orjson.loads(inlay("status", "--json").out)["to be connected again"] == []


def test_connection_with_a_fixed_token_is_tried_without_a_browser(
    inlay: Inlay, browse: Callable[[Browser], list[str]]
) -> None:
    opened = browse(consents)
    said = inlay("connect", "fixed")
    assert opened == []
    assert "fixed token" in said.out
    assert said.code == 3, "its token is wrong, and that is what we hear"


def test_unknown_connection_names_the_known_ones(inlay: Inlay) -> None:
    said = inlay("connect", "crm")
    assert said.code == 2
    assert "marketing, fixed" in said.err


def test_taken_port_is_named(inlay: Inlay, vendor: RunningSandbox) -> None:
    port = str(urlsplit(vendor.base_url).port)
    said = inlay("connect", "marketing", "--port", port, "--no-browser")
    assert said.code == 2
    assert f"port {port} is taken" in said.err


def test_port_that_the_vendor_knows_is_used(
    inlay: Inlay, browse: Callable[[Browser], list[str]], unused_port: int
) -> None:
    opened = browse(consents)
    assert inlay("connect", "marketing", "--port", str(unused_port)).code == 0
    assert parse_qs(urlsplit(opened[0]).query)["redirect_uri"] == [f"http://localhost:{unused_port}/callback"]


@pytest.fixture
def unused_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_connecting_is_in_the_audit_log(inlay: Inlay, folder: Path, browse: Callable[[Browser], list[str]]) -> None:
    browse(consents)
    inlay("connect", "marketing")
    with Store.open(f"sqlite:///{folder / 'inlay.db'}") as store, store.read() as conn:
        rows = conn.exec_driver_sql("SELECT action, subject, facts FROM audit WHERE action = 'connect'").all()
    assert [tuple(row) for row in rows] == [("connect", "marketing", '{"browser":true}')]

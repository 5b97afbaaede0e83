"""Every way of logging in, expiry while working, and what an admin is told when it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from connectors.salesforce.sandbox import (
    CONSUMER_KEY,
    CONSUMER_SECRET,
    INTEGRATION_USERNAME,
    PASSWORD,
    REFRESH_TOKEN,
    SECURITY_TOKEN,
)
from connectors.sandbox.server import RunningSandbox
from core.sdk import AuthError, ConfigError
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import Api

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
APP = {"client_id": CONSUMER_KEY, "client_secret": CONSUMER_SECRET}
FLOWS: dict[str, dict[str, Any]] = {
    "client_credentials": {"flow": "client_credentials", **APP, "domain": "hartwell.my"},
    "refresh_token": {"flow": "refresh_token", **APP, "refresh_token": REFRESH_TOKEN},
    "password": {
        "flow": "password",
        "username": INTEGRATION_USERNAME,
        "password": PASSWORD,
        "security_token": SECURITY_TOKEN,
    },
    "jwt": {"flow": "jwt", "client_id": CONSUMER_KEY, "username": INTEGRATION_USERNAME, "key_file": "sf.key"},
}


@pytest.fixture
def folder(tmp_path: Path, api: Api) -> Path:
    """A configuration folder with a private key whose public half the app knows."""
    (tmp_path / "sf.key").write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    api.app.site.logins.apps[CONSUMER_KEY].public_keys.append(public)
    return tmp_path


@pytest.mark.parametrize("flow", FLOWS)
def test_every_flow_opens_the_org(api: Api, served: RunningSandbox, folder: Path, flow: str) -> None:
    api.create("Account", Name="Acme")
    link = Link(served.base_url, folder, FLOWS[flow])
    assert [record["Name"] for record in link.records("Account", "Name")] == ["Acme"]


@pytest.mark.parametrize("flow", FLOWS)
def test_one_login_serves_all_calls(served: RunningSandbox, folder: Path, flow: str) -> None:
    link = Link(served.base_url, folder, FLOWS[flow])
    for stream in ("Account", "Contact"):
        link.records(stream, "Name")
    logins = [path for _, path in link.calls() if "oauth2/token" in path or "Soap" in path]
    assert len(logins) == 1


def test_nothing_is_asked_before_it_is_needed(served: RunningSandbox, folder: Path) -> None:
    link = Link(served.base_url, folder, FLOWS["client_credentials"])
    link.connector.streams()
    link.connector.record_url("Account", "x")
    assert link.calls() == []


@pytest.mark.parametrize("flow", FLOWS)
def test_an_ended_session_is_renewed_while_working(api: Api, served: RunningSandbox, folder: Path, flow: str) -> None:
    link = Link(served.base_url, folder, FLOWS[flow])
    link.records("Account", "Name")
    api.app.site.sessions.expire_all()
    assert link.records("Contact", "LastName") == []
    api.app.site.sessions.expire_all()
    assert link.connector.check() == []


@pytest.mark.parametrize("flow", FLOWS)
def test_a_session_that_ends_between_two_pages_is_renewed(
    api: Api, served: RunningSandbox, folder: Path, flow: str
) -> None:
    for number in range(5):
        api.create("Account", Name=f"n{number}")
    api.options(page_size=2)
    link = Link(served.base_url, folder, FLOWS[flow])
    names = []
    for page in link.connector.read("Account", ["Name"], None):
        names += [record["Name"] for record in page.records]
        api.app.site.sessions.expire_all()
    assert names == [f"n{number}" for number in range(5)]


def test_a_given_token_that_has_ended_needs_somebody(api: Api, link: Link) -> None:
    link.records("Account", "Name")
    api.options(expire_sessions=True)
    with pytest.raises(AuthError) as caught:
        link.records("Contact", "LastName")
    assert "`inlay connect crm`" in caught.value.remedy
    assert caught.value.where.startswith("crm")


def test_a_dead_session_is_asked_a_few_times_and_then_left_alone(
    api: Api, served: RunningSandbox, folder: Path
) -> None:
    """The library's object handles would log in again for ever; the connector must not."""
    link = Link(served.base_url, folder, FLOWS["client_credentials"])
    link.records("Account", "Name")
    api.control(
        "POST",
        "faults",
        [
            {
                "do": "status",
                "path": "/services/data/",
                "times": None,
                "status": 401,
                "headers": {"Content-Type": "application/json"},
                "body": '[{"errorCode": "INVALID_SESSION_ID", "message": "x"}]',
            }
        ],
    )
    link.calls()
    with pytest.raises(AuthError):
        link.records("Contact", "LastName")
    assert len(link.calls()) < 12


@pytest.mark.parametrize(
    ("flow", "change"),
    [
        ("client_credentials", {"client_secret": "wr0ng"}),
        ("client_credentials", {"client_id": "wr0ng"}),
        ("refresh_token", {"refresh_token": "wr0ng"}),
        ("refresh_token", {"client_secret": "wr0ng"}),
        ("password", {"password": "wr0ng"}),
        ("password", {"security_token": "wr0ng"}),
        ("jwt", {"client_id": "wr0ng"}),
        ("jwt", {"username": "wr0ng@firm.example"}),
    ],
)
def test_wrong_credentials_are_an_auth_error_that_shows_none_of_them(
    served: RunningSandbox, folder: Path, flow: str, change: dict[str, str]
) -> None:
    link = Link(served.base_url, folder, {**FLOWS[flow], **change})
    with pytest.raises(AuthError) as caught:
        link.records("Account", "Name")
    assert "wr0ng" not in str(caught.value)
    assert PASSWORD not in str(caught.value)
    assert caught.value.remedy


def test_a_key_of_somebody_else_is_refused(api: Api, served: RunningSandbox, folder: Path) -> None:
    api.app.site.logins.apps[CONSUMER_KEY].public_keys.clear()
    with pytest.raises(AuthError, match="invalid_grant"):
        Link(served.base_url, folder, FLOWS["jwt"]).records("Account", "Name")


def test_a_missing_key_file_is_a_mistake_of_the_configuration(served: RunningSandbox, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        Link(served.base_url, tmp_path, FLOWS["jwt"]).records("Account", "Name")
    assert "sf.key" in caught.value.where


@pytest.mark.parametrize(
    ("flow", "host"), [("client_credentials", "hartwell.my.salesforce.com"), ("jwt", "hartwell.my.salesforce.com")]
)
def test_the_page_of_a_record_is_on_the_orgs_own_host(
    served: RunningSandbox, folder: Path, flow: str, host: str
) -> None:
    link = Link(served.base_url, folder, FLOWS[flow])
    if flow == "jwt":
        assert link.connector.record_url("Account", "001") is None
        link.records("Account", "Name")
    assert link.connector.record_url("Account", "001") == f"https://{host}/lightning/r/Account/001/view"


def test_check_finds_wrong_credentials_without_raising(served: RunningSandbox, folder: Path) -> None:
    link = Link(served.base_url, folder, {**FLOWS["client_credentials"], "client_secret": "wr0ng"})
    findings = link.connector.check()
    assert [(finding.code, finding.severity) for finding in findings] == [("no_access", "error")]


def test_every_call_says_that_it_is_inlays(link: Link) -> None:
    """Salesforce repeats this name in its change events, by which our own changes are told from other people's."""
    session = link.connector._client._wire._session
    assert session.headers["Sforce-Call-Options"] == "client=inlay"

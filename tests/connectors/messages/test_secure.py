"""Mail over TLS with a login, against a server that really speaks it: only the greeting is said in the clear."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.messages.mail import greet, send_mail, written
from connectors.messages.settings import MailSettings
from core.errors import AuthError, RetryLater
from tests.connectors.messages.secure import PASSWORD, USER, make_certificate, secure_server

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
TO = "ann@client.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This machine knows who signed it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate


def settings(port: int, security: str, **changes: Any) -> MailSettings:
    known = {"host": "127.0.0.1", "port": port, "security": security, "sender": "Hartwell <inlay@firm.example>",
             "user": USER, "password": PASSWORD, "seconds": 5}  # fmt: skip
    return MailSettings.model_validate(known | changes)


def send(chosen: MailSettings) -> str:
    return send_mail(chosen, written(chosen, TO, "Renewal", "Due in 30 days.", "k", NOW), TO).state


WAYS = [("starttls", False), ("tls", True)]


@pytest.mark.parametrize(("security", "implicit"), WAYS)
def test_a_mail_goes_encrypted_after_a_login(trusted: Path, security: str, implicit: bool) -> None:
    with secure_server(trusted, implicit=implicit) as server:
        assert send(settings(server.port, security)) == "applied"
    [mail] = server.mails
    assert b"Subject: Renewal" in mail
    assert server.logins == [USER]
    in_the_clear = [verb for verb, encrypted in server.heard if not encrypted]
    assert in_the_clear == ([] if implicit else ["EHLO", "STARTTLS"])
    assert [verb for verb, encrypted in server.heard if encrypted][:3] == ["EHLO", "AUTH", "MAIL"]


@pytest.mark.parametrize(("security", "implicit"), WAYS)
def test_a_wrong_password_is_for_a_person_to_correct(trusted: Path, security: str, implicit: bool) -> None:
    with secure_server(trusted, implicit=implicit) as server:
        chosen = settings(server.port, security, password="wrong")
        with pytest.raises(AuthError, match="refuses our login") as told:
            send(chosen)
        with pytest.raises(AuthError):
            greet(chosen)
    assert "wrong" not in str(told.value)
    assert server.mails == []


@pytest.mark.parametrize(("security", "implicit"), WAYS)
def test_a_server_that_nobody_vouches_for_hears_no_password(certificate: Path, security: str, implicit: bool) -> None:
    unknown = pytest.raises(RetryLater, match=r"cannot be reached \(SSLCertVerificationError\)")
    with secure_server(certificate, implicit=implicit) as server, unknown:
        send(settings(server.port, security))
    assert {verb for verb, _ in server.heard} <= {"EHLO", "STARTTLS"}
    assert server.logins == []


def test_a_certificate_of_another_host_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make_certificate(tmp_path, host="10.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    with secure_server(other, implicit=True) as server, pytest.raises(RetryLater, match="SSLCertVerificationError"):
        send(settings(server.port, "tls"))
    assert server.heard == []


def test_a_server_that_offers_no_encryption_gets_no_password(trusted: Path) -> None:
    """An attacker in between may leave STARTTLS out of the greeting; here TLS is expected from the first byte."""
    with secure_server(trusted, implicit=True) as server, pytest.raises(RetryLater):
        send(settings(server.port, "starttls", seconds=0.5))
    assert server.logins == []


def test_without_a_login_such_a_server_takes_nothing(trusted: Path) -> None:
    with secure_server(trusted, implicit=True) as server:
        assert send(settings(server.port, "tls", user=None, password=None)) == "rejected"
    assert server.mails == []

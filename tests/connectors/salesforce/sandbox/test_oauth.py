"""Logging in, with simple-salesforce over loopback and with raw forms."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from werkzeug.test import Client

from connectors.salesforce.sandbox import (
    CONSUMER_KEY,
    CONSUMER_SECRET,
    INTEGRATION_USERNAME,
    PASSWORD,
    REFRESH_TOKEN,
    SECURITY_TOKEN,
)
from connectors.sandbox.server import RunningSandbox
from tests.connectors.salesforce.orgs import Api, loopback_session

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey) -> str:
    """Return a private key as PEM text."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def register(api: Api, key: rsa.RSAPrivateKey = KEY) -> None:
    """Let the connected app sign with a key."""
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    api.app.site.logins.apps[CONSUMER_KEY].public_keys.append(public)


def ask(api: Api, form: dict[str, str], host: str = "login.salesforce.com") -> tuple[int, Any]:
    """Ask a host for a token with a form."""
    answer = Client(api.app).post("/services/oauth2/token", data=form, base_url=f"http://{host}")
    return answer.status_code, answer.get_json()


def with_secret(**form: str) -> dict[str, str]:
    """Return a form with the app's credentials."""
    return {"client_id": CONSUMER_KEY, "client_secret": CONSUMER_SECRET, **form}


def assertion(key: Any = KEY, algorithm: str = "RS256", **claims: Any) -> dict[str, str]:
    """Return the form of a signed assertion."""
    facts = {
        "iss": CONSUMER_KEY,
        "sub": INTEGRATION_USERNAME,
        "aud": "https://login.salesforce.com",
        "exp": "4000000000",
    }
    facts.update(claims)
    return {"grant_type": JWT_GRANT, "assertion": jwt.encode(facts, key, algorithm)}


@pytest.mark.parametrize(
    "form",
    [
        with_secret(grant_type="client_credentials"),
        with_secret(grant_type="refresh_token", refresh_token=REFRESH_TOKEN),
        with_secret(grant_type="password", username=INTEGRATION_USERNAME, password=PASSWORD + SECURITY_TOKEN),
        assertion(),
        assertion(aud="https://hartwell.my.salesforce.com/"),
        assertion(exp=4000000000),
    ],
)
def test_every_flow_gives_a_token_that_opens_the_api(api: Api, form: dict[str, str]) -> None:
    register(api)
    status, body = ask(api, form)
    assert status == 200, body
    assert body.keys() >= {"access_token", "instance_url", "id", "token_type", "scope"}
    assert body["token_type"] == "Bearer"
    assert "refresh_token" not in body
    guest = Api(api.app, body["access_token"])
    assert guest.me() == api.me()
    assert body["id"].endswith(api.me())


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "unsupported_grant_type"),
        ({"grant_type": "magic"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "invalid_client_id"),
        ({"grant_type": "client_credentials", "client_id": "x", "client_secret": CONSUMER_SECRET}, "invalid_client_id"),
        ({"grant_type": "client_credentials", "client_id": CONSUMER_KEY, "client_secret": "x"}, "invalid_client"),
        (with_secret(grant_type="refresh_token", refresh_token="x"), "invalid_grant"),
        (with_secret(grant_type="refresh_token"), "invalid_grant"),
        (with_secret(grant_type="password", username=INTEGRATION_USERNAME, password=PASSWORD), "invalid_grant"),
        (with_secret(grant_type="password", username="nobody", password=PASSWORD + SECURITY_TOKEN), "invalid_grant"),
        (with_secret(grant_type="password"), "invalid_grant"),
        ({"grant_type": JWT_GRANT}, "invalid_grant"),
        ({"grant_type": JWT_GRANT, "assertion": "a.b.c"}, "invalid_grant"),
        ({"grant_type": JWT_GRANT, "assertion": "nonsense"}, "invalid_grant"),
        (assertion(STRANGER), "invalid_grant"),
        (assertion("secret" * 8, "HS256"), "invalid_grant"),
        (assertion(ec.generate_private_key(ec.SECP256R1()), "ES256"), "invalid_grant"),
        (assertion(iss="unknown"), "invalid_client_id"),
        (assertion(sub="nobody@firm.example"), "invalid_grant"),
        (assertion(aud="http://login.salesforce.com"), "invalid_grant"),
        (assertion(aud="https://example.com"), "invalid_grant"),
    ],
)
def test_a_login_is_refused_with_error_and_description(api: Api, form: dict[str, str], error: str) -> None:
    register(api)
    status, body = ask(api, form)
    assert status == 400
    assert body["error"] == error
    assert body["error_description"]


def test_an_assertion_without_an_end_is_refused(api: Api) -> None:
    register(api)
    claims = {"iss": CONSUMER_KEY, "sub": INTEGRATION_USERNAME, "aud": "https://login.salesforce.com"}
    form = {"grant_type": JWT_GRANT, "assertion": jwt.encode(claims, KEY, "RS256")}
    assert ask(api, form)[1]["error"] == "invalid_grant"


def test_a_changed_assertion_is_refused(api: Api) -> None:
    register(api)
    head, claims, signature = assertion()["assertion"].split(".")
    other = assertion(sub="anna@firm.example")["assertion"].split(".")[1]
    forged = {"grant_type": JWT_GRANT, "assertion": f"{head}.{other}.{signature}"}
    assert claims != other
    assert ask(api, forged)[1]["error_description"] == "invalid assertion"


def test_a_user_who_has_not_approved_the_app_is_told_so(api: Api) -> None:
    register(api)
    assert ask(api, assertion(sub="anna@firm.example"))[1]["error_description"] == "user hasn't approved this consumer"


def test_the_login_host_sends_the_client_to_the_orgs_own(api: Api) -> None:
    form = with_secret(grant_type="client_credentials")
    assert ask(api, form, "login.salesforce.com")[1]["instance_url"] == "https://hartwell.my.salesforce.com"
    assert ask(api, form, "acme.my.salesforce.com")[1]["instance_url"] == "https://acme.my.salesforce.com"
    assert ask(api, form, "127.0.0.1:8080")[1]["instance_url"] == "http://127.0.0.1:8080"


def test_logging_in_costs_no_api_call(api: Api) -> None:
    ask(api, with_secret(grant_type="client_credentials"))
    assert api.app.site.quota.used == 0


# the same with the real client


def test_simple_salesforce_logs_in_with_client_credentials(served: RunningSandbox) -> None:
    session = loopback_session(served.base_url)
    sf = Salesforce(session=session, consumer_key=CONSUMER_KEY, consumer_secret=CONSUMER_SECRET, domain="acme.my")
    assert sf.sf_instance == "acme.my.salesforce.com"
    assert sf.query("SELECT COUNT() FROM Account")["totalSize"] == 0


def test_simple_salesforce_logs_in_with_a_signed_assertion(api: Api, served: RunningSandbox) -> None:
    register(api)
    session = loopback_session(served.base_url)
    sf = Salesforce(session=session, username=INTEGRATION_USERNAME, consumer_key=CONSUMER_KEY, privatekey=pem(KEY))
    assert sf.sf_instance == "hartwell.my.salesforce.com"
    assert sf.limits()["DailyApiRequests"]["Max"] == 100_000


def test_simple_salesforce_logs_in_with_password_and_app(served: RunningSandbox) -> None:
    sf = Salesforce(
        session=loopback_session(served.base_url),
        username=INTEGRATION_USERNAME,
        password=PASSWORD + SECURITY_TOKEN,
        consumer_key=CONSUMER_KEY,
        consumer_secret=CONSUMER_SECRET,
    )
    assert sf.is_sandbox() is False


@pytest.mark.parametrize("version", ["59.0", "64.0"])
def test_simple_salesforce_logs_in_over_soap(served: RunningSandbox, version: str) -> None:
    sf = Salesforce(
        session=loopback_session(served.base_url),
        username=INTEGRATION_USERNAME,
        password=PASSWORD,
        security_token=SECURITY_TOKEN,
        version=version,
    )
    assert sf.query("SELECT Id FROM User")["totalSize"] == 4


@pytest.mark.parametrize(
    ("version", "password", "code"),
    [
        ("64.0", "wrong", "INVALID_LOGIN"),
        ("65.0", PASSWORD, "UNSUPPORTED_API_VERSION"),
        ("68.0", PASSWORD, "UNSUPPORTED_API_VERSION"),
    ],
)
def test_soap_login_is_refused(served: RunningSandbox, version: str, password: str, code: str) -> None:
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        Salesforce(
            session=loopback_session(served.base_url),
            username=INTEGRATION_USERNAME,
            password=password,
            security_token=SECURITY_TOKEN,
            version=version,
        )
    assert str(caught.value.code) == code


def test_a_soap_body_that_is_no_xml_is_answered_with_a_fault(api: Api) -> None:
    answer = Client(api.app).post("/services/Soap/u/59.0", data="not xml")
    assert answer.status_code == 500
    assert "UNKNOWN_EXCEPTION" in answer.get_data(as_text=True)
    assert ElementTree.fromstring(answer.get_data(as_text=True)).tag.endswith("Envelope")


def test_simple_salesforce_reports_a_refused_login(served: RunningSandbox) -> None:
    session = loopback_session(served.base_url)
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        Salesforce(session=session, consumer_key=CONSUMER_KEY, consumer_secret="wrong", domain="acme.my")
    assert caught.value.code == "invalid_client"


@pytest.mark.filterwarnings("ignore:(?s).*self-authorize:UserWarning")
def test_simple_salesforce_reports_a_user_who_has_not_approved_the_app(api: Api, served: RunningSandbox) -> None:
    register(api)
    session = loopback_session(served.base_url)
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        Salesforce(session=session, username="anna@firm.example", consumer_key=CONSUMER_KEY, privatekey=pem(KEY))
    assert caught.value.code == "invalid_grant"


def test_simple_salesforce_logs_in_again_when_the_session_has_ended(api: Api, served: RunningSandbox) -> None:
    session = loopback_session(served.base_url)
    sf = Salesforce(session=session, consumer_key=CONSUMER_KEY, consumer_secret=CONSUMER_SECRET, domain="acme.my")
    first = sf.session_id
    api.app.site.sessions.expire_all()
    assert sf.query("SELECT COUNT() FROM Account")["totalSize"] == 0
    assert sf.session_id != first

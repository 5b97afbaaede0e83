"""What an admin may write about a Salesforce connection."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.salesforce.settings import (
    ClientCredentialsLogin,
    JwtLogin,
    PasswordLogin,
    RefreshTokenLogin,
    SalesforceSettings,
    TokenLogin,
)

LOGINS: dict[str, dict[str, Any]] = {
    "jwt": {"flow": "jwt", "client_id": "key", "username": "u@firm.example", "key_file": "sf.key"},
    "client_credentials": {
        "flow": "client_credentials",
        "client_id": "key",
        "client_secret": "s3cret",
        "domain": "acme.my",
    },
    "refresh_token": {"flow": "refresh_token", "client_id": "key", "refresh_token": "s3cret"},
    "password": {"flow": "password", "username": "u@firm.example", "password": "s3cret", "security_token": "t0ken"},
    "token": {"flow": "token", "token": "s3cret", "domain": "acme.my"},
}


OPTIONAL = {"refresh_token"}  # `inlay connect` gets one


@pytest.mark.parametrize(
    ("flow", "model"),
    [
        ("jwt", JwtLogin),
        ("client_credentials", ClientCredentialsLogin),
        ("refresh_token", RefreshTokenLogin),
        ("password", PasswordLogin),
        ("token", TokenLogin),
    ],
)
def test_each_flow_has_its_own_keys(flow: str, model: type) -> None:
    assert isinstance(SalesforceSettings.model_validate({"auth": LOGINS[flow]}).auth, model)


@pytest.mark.parametrize("flow", LOGINS)
def test_every_key_of_a_flow_is_needed(flow: str) -> None:
    for key in LOGINS[flow].keys() - OPTIONAL:
        lacking = {name: value for name, value in LOGINS[flow].items() if name != key}
        with pytest.raises(ValidationError):
            SalesforceSettings.model_validate({"auth": lacking})


@pytest.mark.parametrize("flow", LOGINS)
def test_an_unknown_key_is_refused(flow: str) -> None:
    with pytest.raises(ValidationError, match="extra"):
        SalesforceSettings.model_validate({"auth": {**LOGINS[flow], "clientid": "x"}})


def test_an_unknown_flow_is_refused() -> None:
    with pytest.raises(ValidationError, match="flow"):
        SalesforceSettings.model_validate({"auth": {"flow": "magic"}})


@pytest.mark.parametrize("flow", ["client_credentials", "refresh_token", "password", "token"])
def test_secrets_are_never_shown(flow: str) -> None:
    settings = SalesforceSettings.model_validate({"auth": LOGINS[flow]})
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in settings.model_dump_json()
    assert "t0ken" not in repr(settings)


@pytest.mark.parametrize("flow", ["jwt", "refresh_token", "password"])
def test_the_common_login_host_is_the_default_where_it_may_be(flow: str) -> None:
    assert SalesforceSettings.model_validate({"auth": LOGINS[flow]}).auth.domain == "login"


@pytest.mark.parametrize(
    ("flow", "version", "fine"),
    [
        ("jwt", "68.0", True),
        ("jwt", "46.0", True),
        ("jwt", "45.0", False),
        ("jwt", "64", False),
        ("jwt", "v64.0", False),
        ("password", "64.0", True),
        ("password", "65.0", False),
        ("token", "65.0", True),
    ],
)
def test_the_version_must_suit_the_flow(flow: str, version: str, fine: bool) -> None:
    data = {"auth": LOGINS[flow], "api_version": version}
    if fine:
        assert SalesforceSettings.model_validate(data).api_version == version
    else:
        with pytest.raises(ValidationError):
            SalesforceSettings.model_validate(data)


@pytest.mark.parametrize(
    "option",
    [
        {"quota_share": "0%"},
        {"quota_share": "101%"},
        {"quota_share": "0.5"},
        {"overlap_seconds": -1},
        {"write_batch": 10_001},
        {"sweep_days": -1},
        {"token": "x"},
    ],
)
def test_options_have_bounds(option: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SalesforceSettings.model_validate({"auth": LOGINS["token"], **option})


@pytest.mark.parametrize(("text", "share"), [("30%", 0.3), ("100%", 1.0), ("1%", 0.01)])
def test_the_share_of_the_day_is_written_as_people_say_it(text: str, share: float) -> None:
    assert SalesforceSettings.model_validate({"auth": LOGINS["token"], "quota_share": text}).share == share


def test_every_option_is_explained() -> None:
    schema = SalesforceSettings.model_json_schema()
    explained = {name for name, facts in schema["properties"].items() if "description" in facts}
    assert explained >= {"api_version", "base_url", "overlap_seconds", "quota_share", "sweep_days"}

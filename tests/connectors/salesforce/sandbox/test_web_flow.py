"""The web flow: approval in a browser, exchange of the code, refreshing, revoking."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from werkzeug.test import Client

from connectors.salesforce.sandbox import CALLBACK_URL, CONSUMER_KEY, CONSUMER_SECRET, REFRESH_TOKEN
from connectors.sandbox.server import RunningSandbox
from tests.connectors.salesforce.orgs import Api, loopback_session

# The pair given in RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
LOGIN = "http://login.salesforce.com"


def approve(api: Api, **asked: str) -> dict[str, str]:
    """Send the browser for approval and return what it brings back."""
    wanted = {"response_type": "code", "client_id": CONSUMER_KEY, "redirect_uri": CALLBACK_URL, "state": "s&1", **asked}
    answer = Client(api.app).get("/services/oauth2/authorize", query_string=wanted, base_url=LOGIN)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    assert answer.headers["Location"].startswith(wanted["redirect_uri"])
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def exchange(api: Api, code: str, **changes: str) -> tuple[int, Any]:
    """Exchange a code for tokens."""
    form = {"client_id": CONSUMER_KEY, "client_secret": CONSUMER_SECRET, "redirect_uri": CALLBACK_URL}
    return ask(api, **{"grant_type": "authorization_code", **form, "code": code, **changes})


def ask(api: Api, **form: str) -> tuple[int, Any]:
    """Send a form to the token address."""
    answer = Client(api.app).post("/services/oauth2/token", data=form, base_url=LOGIN)
    return answer.status_code, answer.get_json()


def refresh(api: Api, token: str) -> tuple[int, Any]:
    """Ask for a new access token."""
    secrets = {"client_id": CONSUMER_KEY, "client_secret": CONSUMER_SECRET}
    return ask(api, grant_type="refresh_token", refresh_token=token, **secrets)


def revoke(api: Api, token: str) -> int:
    """Revoke a token and return the status."""
    return Client(api.app).post("/services/oauth2/revoke", data={"token": token}, base_url=LOGIN).status_code


def challenged(api: Api) -> str:
    """Return a code that was asked for with a challenge."""
    return approve(api, code_challenge=CHALLENGE, code_challenge_method="S256")["code"]


def test_an_approved_code_becomes_a_session_and_a_refresh_token(api: Api) -> None:
    back = approve(api)
    assert back["state"] == "s&1"
    status, body = exchange(api, back["code"])
    assert status == 200
    assert Api(api.app, body["access_token"]).me() == api.me()
    status, again = refresh(api, body["refresh_token"])
    assert status == 200
    assert "refresh_token" not in again
    assert Api(api.app, again["access_token"]).me() == api.me()


def test_a_session_without_the_refresh_scope_cannot_be_renewed(api: Api) -> None:
    body = exchange(api, approve(api, scope="api")["code"])[1]
    assert body["scope"] == "api"
    assert "refresh_token" not in body


def test_somebody_else_may_sit_at_the_browser(api: Api) -> None:
    api.options(approver="anna@firm.example")
    body = exchange(api, approve(api)["code"])[1]
    assert Api(api.app, body["access_token"]).get("/services/oauth2/userinfo")["email"] == "anna@firm.example"


def test_a_code_is_good_once(api: Api) -> None:
    code = approve(api)["code"]
    assert exchange(api, code)[0] == 200
    assert exchange(api, code) == (
        400,
        {"error": "invalid_grant", "error_description": "expired authorization code"},
    )


@pytest.mark.parametrize(("seconds", "status"), [(899, 200), (901, 400)])
def test_a_code_lives_for_minutes(api: Api, seconds: int, status: int) -> None:
    code = approve(api)["code"]
    api.wait(seconds)
    assert exchange(api, code)[0] == status


def test_a_challenge_must_be_met(api: Api) -> None:
    assert exchange(api, challenged(api), code_verifier=VERIFIER)[0] == 200
    for wrong in ({"code_verifier": "w" * 64}, {}):
        status, body = exchange(api, challenged(api), **wrong)
        assert (status, body["error"]) == (400, "invalid_grant")
        assert "verifier" in body["error_description"]


def test_an_app_may_insist_on_a_challenge(api: Api) -> None:
    api.options(app={"requires_pkce": True})
    assert approve(api)["error"] == "invalid_request"
    assert exchange(api, challenged(api), code_verifier=VERIFIER)[0] == 200


def test_only_s256_challenges_are_known(api: Api) -> None:
    assert approve(api, code_challenge="x", code_challenge_method="plain")["error"] == "invalid_request"


def test_a_native_app_needs_no_secret_where_the_admin_says_so(api: Api) -> None:
    assert exchange(api, challenged(api), client_secret="", code_verifier=VERIFIER)[1]["error"] == "invalid_client"
    api.options(app={"requires_secret": False})
    assert exchange(api, challenged(api), client_secret="", code_verifier=VERIFIER)[0] == 200
    assert exchange(api, challenged(api), client_secret="x", code_verifier=VERIFIER)[1]["error"] == "invalid_client"


def test_somebody_who_declines_sends_an_error_back(api: Api) -> None:
    api.options(approver=None)
    back = approve(api)
    assert (back["error"], back["state"]) == ("access_denied", "s&1")
    assert "code" not in back


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"client_id": "unknown"}, "invalid_client_id"),
        ({"redirect_uri": "http://localhost:9999/elsewhere"}, "redirect_uri_mismatch"),
        ({"redirect_uri": CALLBACK_URL + "/"}, "redirect_uri_mismatch"),
    ],
)
def test_the_browser_is_never_sent_to_an_unknown_place(api: Api, asked: dict[str, str], error: str) -> None:
    wanted = {"response_type": "code", "client_id": CONSUMER_KEY, "redirect_uri": CALLBACK_URL, **asked}
    answer = Client(api.app).get("/services/oauth2/authorize", query_string=wanted, base_url=LOGIN)
    assert answer.status_code == 400
    assert error in answer.get_data(as_text=True)
    assert "Location" not in answer.headers


def test_another_kind_of_response_is_refused(api: Api) -> None:
    assert approve(api, response_type="token")["error"] == "unsupported_response_type"


def test_a_registered_address_is_accepted(api: Api) -> None:
    api.options(app={"callbacks": ["http://127.0.0.1:5123/back?x=1"]})
    assert approve(api, redirect_uri="http://127.0.0.1:5123/back?x=1")["x"] == "1"


def test_the_exchange_names_the_same_address(api: Api) -> None:
    body = exchange(api, approve(api)["code"], redirect_uri="http://localhost/other")[1]
    assert body["error"] == "redirect_uri_mismatch"


def test_a_rotated_refresh_token_is_good_once(api: Api) -> None:
    api.options(app={"rotates_refresh_tokens": True})
    first = exchange(api, approve(api)["code"])[1]["refresh_token"]
    second = refresh(api, first)[1]["refresh_token"]
    assert second != first
    assert refresh(api, first)[1]["error"] == "invalid_grant"
    assert refresh(api, second)[0] == 200


def test_revoking_a_refresh_token_ends_its_sessions_too(api: Api) -> None:
    body = exchange(api, approve(api)["code"])[1]
    renewed = refresh(api, body["refresh_token"])[1]["access_token"]
    assert revoke(api, body["refresh_token"]) == 200
    for token in (body["access_token"], renewed):
        assert Api(api.app, token).refusal("GET", "limits") == (401, "INVALID_SESSION_ID")
    assert refresh(api, body["refresh_token"])[1]["error"] == "invalid_grant"
    assert refresh(api, REFRESH_TOKEN)[0] == 200


def test_revoking_an_access_token_leaves_the_refresh_token(api: Api) -> None:
    body = exchange(api, approve(api)["code"])[1]
    assert revoke(api, body["access_token"]) == 200
    assert Api(api.app, body["access_token"]).refusal("GET", "limits") == (401, "INVALID_SESSION_ID")
    assert refresh(api, body["refresh_token"])[0] == 200
    assert revoke(api, "unknown") == 400


def test_a_session_ends_by_the_orgs_clock(api: Api) -> None:
    token = exchange(api, approve(api)["code"])[1]["access_token"]
    api.wait(2 * 3600 - 60)
    assert Api(api.app, token).get("limits")
    api.wait(120)
    assert Api(api.app, token).refusal("GET", "limits") == (401, "INVALID_SESSION_ID")


def test_a_session_may_end_between_two_pages(api: Api) -> None:
    for name in "abc":
        api.create("Account", Name=name)
    api.options(page_size=2, expire_sessions_after=1)
    first = api.get("query", q="SELECT Id FROM Account")
    assert first["done"] is False
    assert api.refusal("GET", first["nextRecordsUrl"]) == (401, "INVALID_SESSION_ID")
    token = refresh(api, REFRESH_TOKEN)[1]["access_token"]
    assert Api(api.app, token).get(first["nextRecordsUrl"])["done"] is True


def test_a_deactivated_user_can_neither_call_nor_log_in(api: Api) -> None:
    refreshed = exchange(api, approve(api)["code"])[1]["refresh_token"]
    api.person_edits("User", api.me(), IsActive=False)
    assert api.refusal("GET", "limits") == (401, "INVALID_SESSION_ID")
    assert refresh(api, refreshed)[1]["error"] == "inactive_user"
    secrets = {"client_id": CONSUMER_KEY, "client_secret": CONSUMER_SECRET}
    assert ask(api, grant_type="client_credentials", **secrets)[1]["error"] == "inactive_user"


def test_a_browser_over_http_ends_at_the_callback(served: RunningSandbox) -> None:
    with loopback_session(served.base_url) as session:
        wanted = {"response_type": "code", "client_id": CONSUMER_KEY, "redirect_uri": CALLBACK_URL}
        url = "https://login.salesforce.com/services/oauth2/authorize"
        answer = session.get(url, params=wanted, allow_redirects=False)
    assert answer.status_code == requests.codes.found
    assert answer.headers["Location"].startswith(CALLBACK_URL + "?code=")


@pytest.mark.parametrize("setting", [{"app": {"colour": 1}}, {"approver": "nobody@firm.example"}])
def test_a_mistyped_switch_is_refused(api: Api, setting: Any) -> None:
    assert api.control("POST", "options", setting)[0] == 400

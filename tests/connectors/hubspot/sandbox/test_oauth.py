"""Installing an app: consent, code, tokens, their end, and what an installed app is told and refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from hubspot.oauth import ApiException

from connectors.hubspot.sandbox import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, TOKEN
from tests.connectors.hubspot.hub import Hub

COMPANIES = "/crm/v3/objects/companies"
BACK = "http://127.0.0.1:8765/back"


def consent(hub: Hub, scope: str = "oauth crm.objects.companies.read", **more: str) -> requests.Response:
    asked = {"client_id": CLIENT_ID, "redirect_uri": BACK, "scope": scope, **more}
    return requests.get(f"{hub.url}/oauth/authorize", params=asked, timeout=10, allow_redirects=False)


def code_of(answer: requests.Response) -> str:
    assert answer.status_code == 302, answer.text
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


def form(**more: str) -> dict[str, str]:
    return {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **more}


def install(hub: Hub, scope: str = "oauth crm.objects.companies.read") -> Any:
    """The tokens of an app that a person just installed, fetched by the vendor's client."""
    grant = form(grant_type="authorization_code", code=code_of(consent(hub, scope)), redirect_uri=BACK)
    return hub.client.oauth.tokens_api.create(**grant)


def ask(hub: Hub, token: str, path: str = COMPANIES, method: str = "GET") -> requests.Response:
    return requests.request(method, hub.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=10)


def refused(hub: Hub, **fields: str) -> dict[str, Any]:
    answer = requests.post(f"{hub.url}/oauth/v1/token", data=form(**fields), timeout=10)
    assert answer.status_code == 400
    found: dict[str, Any] = answer.json()
    return found


def test_consent_sends_the_browser_back_with_code_and_state(hub: Hub) -> None:
    answer = consent(hub, state="abc 1")
    assert answer.headers["Location"].startswith(f"{BACK}?code=")
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["state"] == ["abc 1"]


def test_an_address_with_a_query_keeps_it(hub: Hub) -> None:
    answer = consent(hub, redirect_uri=f"{BACK}?firm=7")
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["firm"] == ["7"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"client_id": "other"}, "client id"),
        ({"redirect_uri": "http://example.org/back"}, "redirect URI"),
        ({"redirect_uri": ""}, "redirect URI"),
        ({"scope": "oauth crm.objects.moons.read"}, "crm.objects.moons.read"),
    ],
)
def test_consent_is_refused_where_the_app_asks_wrongly(hub: Hub, more: dict[str, str], words: str) -> None:
    answer = consent(hub, **more)
    assert (answer.status_code, words in answer.json()["message"]) == (400, True)


def test_the_token_may_do_what_was_consented_to_and_no_more(hub: Hub) -> None:
    tokens = install(hub)
    assert ask(hub, tokens.access_token).status_code == 200
    denied = ask(hub, tokens.access_token, "/crm/v3/objects/deals")
    assert (denied.status_code, denied.json()["category"]) == (403, "MISSING_SCOPES")
    assert denied.json()["errors"][0]["context"]["requiredGranularScopes"] == ["crm.objects.deals.read"]


def test_optional_scopes_are_granted_too(hub: Hub) -> None:
    code = code_of(consent(hub, "oauth", optional_scope="crm.objects.deals.read"))
    tokens = hub.client.oauth.tokens_api.create(**form(grant_type="authorization_code", code=code, redirect_uri=BACK))
    assert ask(hub, tokens.access_token, "/crm/v3/objects/deals").status_code == 200


def test_a_code_is_good_once(hub: Hub) -> None:
    code = code_of(consent(hub))
    grant = form(grant_type="authorization_code", code=code, redirect_uri=BACK)
    hub.client.oauth.tokens_api.create(**grant)
    assert refused(hub, grant_type="authorization_code", code=code, redirect_uri=BACK)["status"] == "BAD_AUTH_CODE"


def test_a_code_belongs_to_its_address(hub: Hub) -> None:
    code = code_of(consent(hub))
    found = refused(hub, grant_type="authorization_code", code=code, redirect_uri=f"{BACK}/other")
    assert found["status"] == "MISMATCH_REDIRECT_URI_AUTH_CODE"


def test_a_refreshed_token_has_the_scopes_of_the_installation(hub: Hub) -> None:
    tokens = install(hub)
    fresh = hub.client.oauth.tokens_api.create(**form(grant_type="refresh_token", refresh_token=tokens.refresh_token))
    assert fresh.access_token != tokens.access_token
    assert fresh.refresh_token == tokens.refresh_token
    facts = hub.client.oauth.access_tokens_api.get(fresh.access_token)
    assert facts.scopes == ["crm.objects.companies.read", "oauth"]
    assert facts.hub_id == hub.get("/account-info/v3/details")["portalId"]


def test_a_token_ends_after_half_an_hour_of_the_sandboxs_clock(hub: Hub) -> None:
    tokens = install(hub)
    hub.app.clock.advance(timedelta(seconds=1_799))
    assert ask(hub, tokens.access_token).status_code == 200
    hub.app.clock.advance(timedelta(seconds=1))
    over = ask(hub, tokens.access_token)
    assert (over.status_code, over.json()["category"]) == (401, "EXPIRED_AUTHENTICATION")


def test_a_fault_may_end_a_token_between_two_pages(hub: Hub) -> None:
    tokens = install(hub)
    hub.make_many("companies", [{"name": str(number)} for number in range(3)])
    hub.ask("POST", "/__sandbox__/faults", [{"do": "expire", "method": "GET", "path": "companies$", "nth": 2}])
    assert ask(hub, tokens.access_token, f"{COMPANIES}?limit=1").status_code == 200
    assert ask(hub, tokens.access_token, f"{COMPANIES}?limit=1&after=2").status_code == 401
    fresh = hub.client.oauth.tokens_api.create(**form(grant_type="refresh_token", refresh_token=tokens.refresh_token))
    assert ask(hub, fresh.access_token, f"{COMPANIES}?limit=1&after=2").status_code == 200
    assert hub.ask("GET", COMPANIES).status_code == 200, "a private app's token never ends by itself"


def test_a_deleted_refresh_token_fetches_nothing_but_access_lives_on(hub: Hub) -> None:
    tokens = install(hub)
    assert hub.client.oauth.refresh_tokens_api.get(tokens.refresh_token).token == tokens.refresh_token
    hub.client.oauth.refresh_tokens_api.archive(tokens.refresh_token)
    found = refused(hub, grant_type="refresh_token", refresh_token=tokens.refresh_token)
    assert (found["status"], found["error"]) == ("BAD_REFRESH_TOKEN", "invalid_grant")
    assert ask(hub, tokens.access_token).status_code == 200
    with pytest.raises(ApiException) as caught:
        hub.client.oauth.refresh_tokens_api.get(tokens.refresh_token)
    assert caught.value.status == 404


@pytest.mark.parametrize("by", ["the account", "the app"])
def test_an_uninstalled_app_is_out_for_good(hub: Hub, by: str) -> None:
    tokens = install(hub)
    if by == "the app":
        assert ask(hub, tokens.access_token, "/appinstalls/v3/external-install", "DELETE").status_code == 204
    else:
        hub.configure(uninstall=True)
    over = ask(hub, tokens.access_token)
    assert (over.status_code, over.json()["category"]) == (401, "INVALID_AUTHENTICATION")
    for token in (tokens.refresh_token, REFRESH_TOKEN):
        assert refused(hub, grant_type="refresh_token", refresh_token=token)["status"] == "BAD_REFRESH_TOKEN"
    assert hub.ask("GET", COMPANIES).status_code == 200, "the private app is another one"


def test_a_private_app_cannot_uninstall_itself(hub: Hub) -> None:
    assert hub.refused("DELETE", "/appinstalls/v3/external-install")[0] == 403


@pytest.mark.parametrize("version", ["v3", "2026-03"])
class TestNewerVersions:
    def ask(self, hub: Hub, version: str, end: str, **fields: str) -> requests.Response:
        return requests.post(f"{hub.url}/oauth/{version}/token{end}", data=form(**fields), timeout=10)

    def test_the_token_tells_what_it_may_do(self, hub: Hub, version: str) -> None:
        issued = self.ask(hub, version, "", grant_type="refresh_token", refresh_token=REFRESH_TOKEN).json()
        assert "crm.objects.deals.read" in issued["scopes"]
        assert ask(hub, issued["access_token"]).status_code == 200

    def test_both_kinds_of_token_can_be_looked_into(self, hub: Hub, version: str) -> None:
        issued = self.ask(hub, version, "", grant_type="refresh_token", refresh_token=REFRESH_TOKEN).json()
        uses = [
            self.ask(hub, version, "/introspect", token=issued[key]).json()["token_use"]
            for key in issued
            if "_to" in key and key != "token_type"
        ]
        assert sorted(uses) == ["access_token", "refresh_token"]
        assert self.ask(hub, version, "/introspect", token="none").json() == {"active": False}

    def test_a_revoked_token_is_over(self, hub: Hub, version: str) -> None:
        assert self.ask(hub, version, "/revoke", token=REFRESH_TOKEN).status_code == 204
        again = self.ask(hub, version, "", grant_type="refresh_token", refresh_token=REFRESH_TOKEN)
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")

    @pytest.mark.parametrize("end", ["/introspect", "/revoke"])
    def test_nobody_else_may_ask(self, hub: Hub, version: str, end: str) -> None:
        answer = self.ask(hub, version, end, token=TOKEN, client_secret="guess")
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")

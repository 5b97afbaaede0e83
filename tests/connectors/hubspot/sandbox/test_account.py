"""The account: details, owners, pipelines, tokens, scopes and quotas."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from connectors.hubspot.sandbox import AUTHORIZATION_CODE, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, TOKEN
from tests.connectors.hubspot.hub import Hub, Json

COMPANIES = "/crm/v3/objects/companies"


def bearer(hub: Hub, token: str | None, path: str = COMPANIES) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(hub.url + path, headers=headers, timeout=10)


def oauth(hub: Hub, **form: str) -> requests.Response:
    base = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    return requests.post(f"{hub.url}/oauth/v1/token", data={**base, **form}, timeout=10)


def test_details_tell_portal_currency_and_time_zone(hub: Hub) -> None:
    details = hub.get("/account-info/v3/details")
    assert details["companyCurrency"] == "GBP"
    assert (details["timeZone"], details["utcOffset"]) == ("Europe/London", "+01:00")
    assert details["utcOffsetMilliseconds"] == 3_600_000
    assert hub.get("/account-info/2026-03/details")["portalId"] == details["portalId"]


def test_owners_are_paged_and_the_inactive_are_apart(demo: Hub) -> None:
    first = demo.get("/crm/v3/owners", limit=3)
    rest = demo.get("/crm/v3/owners", limit=100, after=first["paging"]["next"]["after"])
    active = first["results"] + rest["results"]
    (inactive,) = demo.get("/crm/v3/owners/", archived="true")["results"]
    assert len(active) == 7
    assert inactive["archived"] is True
    assert inactive["userId"] is None
    assert all(owner["id"] != str(owner["userId"]) for owner in active)


def test_an_owner_is_found_by_id_user_id_or_email(demo: Hub) -> None:
    owner = demo.get("/crm/v3/owners")["results"][2]
    assert demo.get(f"/crm/v3/owners/{owner['id']}") == owner
    assert demo.get(f"/crm/v3/owners/{owner['userId']}", idProperty="userId") == owner
    assert demo.get("/crm/v3/owners", email=owner["email"])["results"] == [owner]
    assert demo.refused("GET", "/crm/v3/owners/1")[0] == 404


def test_a_new_account_has_two_pipelines(hub: Hub) -> None:
    (deals,) = hub.get("/crm/v3/pipelines/deals")["results"]
    (tickets,) = hub.get("/crm/v3/pipelines/tickets")["results"]
    assert deals["stages"][-2]["metadata"] == {"isClosed": "true", "probability": "1.0"}
    assert tickets["stages"][-1]["metadata"]["ticketState"] == "CLOSED"
    assert hub.get(f"/crm/v3/pipelines/deals/{deals['id']}/stages")["results"] == deals["stages"]
    assert hub.refused("GET", "/crm/v3/pipelines/companies")[0] == 400
    assert hub.refused("GET", "/crm/v3/pipelines/deals/none")[0] == 404


def test_pipelines_can_be_made_used_and_deleted(hub: Hub) -> None:
    stages = [{"label": "Won", "displayOrder": 0, "metadata": {"probability": "1.0"}}]
    made = hub.post("/crm/v3/pipelines/deals", {"label": "Renewals", "displayOrder": 1, "stages": stages}, 201)
    stage = hub.post(
        f"/crm/v3/pipelines/deals/{made['id']}/stages",
        {"label": "Lost", "displayOrder": 1, "metadata": {"probability": "0.0"}},
        201,
    )
    deal = hub.make("deals", dealname="d", pipeline=made["id"], dealstage=stage["id"])
    assert hub.values("deals", deal, "hs_is_closed", "hs_is_closed_won") == {
        "hs_is_closed": "true",
        "hs_is_closed_won": "false",
    }
    path = f"/crm/v3/pipelines/deals/{made['id']}"
    assert hub.refused("DELETE", path, validateReferencesBeforeDelete="true")[0] == 400
    assert hub.ask("DELETE", path).status_code == 204
    assert hub.refused("GET", path)[0] == 404


def test_deal_stages_need_a_probability(hub: Hub) -> None:
    body = {"label": "x", "displayOrder": 1, "stages": [{"label": "Won", "displayOrder": 0, "metadata": {}}]}
    assert hub.refused("POST", "/crm/v3/pipelines/deals", body)[0] == 400


@pytest.mark.parametrize("token", [None, "wrong", ""])
def test_an_unknown_token_is_refused(hub: Hub, token: str | None) -> None:
    answer = bearer(hub, token)
    assert (answer.status_code, answer.json()["category"]) == (401, "INVALID_AUTHENTICATION")


def test_a_revoked_token_is_refused(hub: Hub) -> None:
    hub.configure(revoke=[TOKEN, REFRESH_TOKEN])
    assert bearer(hub, TOKEN).status_code == 401
    answer = oauth(hub, grant_type="refresh_token", refresh_token=REFRESH_TOKEN)
    assert (answer.status_code, answer.json()["status"]) == (400, "BAD_REFRESH_TOKEN")


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN},
        {"grant_type": "authorization_code", "code": AUTHORIZATION_CODE},
    ],
)
def test_an_access_token_lives_half_an_hour(hub: Hub, form: dict[str, str]) -> None:
    issued = oauth(hub, **form).json()
    assert (issued["expires_in"], issued["refresh_token"]) == (1_800, REFRESH_TOKEN)
    assert bearer(hub, issued["access_token"]).status_code == 200
    facts = hub.get(f"/oauth/v1/access-tokens/{issued['access_token']}")
    assert (facts["token_type"], "crm.objects.companies.read" in facts["scopes"]) == ("access", True)
    hub.app.clock.advance(timedelta(seconds=1_800))
    expired = bearer(hub, issued["access_token"])
    assert (expired.status_code, expired.json()["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert hub.refused("GET", f"/oauth/v1/access-tokens/{issued['access_token']}")[0] == 404


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"grant_type": "refresh_token", "refresh_token": "other"}, "BAD_REFRESH_TOKEN"),
        ({"grant_type": "authorization_code", "code": "other"}, "BAD_AUTH_CODE"),
        ({"grant_type": "password"}, "BAD_GRANT_TYPE"),
        ({"grant_type": "refresh_token", "client_secret": "other"}, "BAD_CLIENT_ID"),
    ],
)
def test_bad_grants_are_refused(hub: Hub, form: dict[str, str], status: str) -> None:
    answer = oauth(hub, **form)
    assert (answer.status_code, answer.json()["status"]) == (400, status)


@pytest.mark.parametrize(
    ("scopes", "method", "path", "needed"),
    [
        ([], "GET", COMPANIES, "crm.objects.companies.read"),
        (["crm.objects.companies.read"], "POST", COMPANIES, "crm.objects.companies.write"),
        ([], "GET", "/crm/v3/objects/tasks", "crm.objects.contacts.read"),
        ([], "GET", "/crm/v3/objects/tickets", "tickets"),
        ([], "GET", "/crm/v3/owners", "crm.objects.owners.read"),
        ([], "POST", "/crm/v3/properties/deals", "crm.schemas.deals.write"),
        (
            ["crm.objects.companies.read"],
            "GET",
            "/crm/v4/associations/companies/deals/labels",
            "crm.objects.deals.read",
        ),
    ],
)
def test_a_missing_scope_is_named(hub: Hub, scopes: list[str], method: str, path: str, needed: str) -> None:
    hub.configure(scopes={TOKEN: scopes})
    status, body = hub.refused(method, path, {"properties": {"name": "x"}} if method == "POST" else None)
    assert (status, body["category"]) == (403, "MISSING_SCOPES")
    assert body["errors"][0]["context"]["requiredGranularScopes"] == [needed]


class TestQuotas:
    def test_headers_tell_them_but_searches_do_not(self, hub: Hub) -> None:
        first, second = hub.ask("GET", COMPANIES), hub.ask("GET", COMPANIES)
        remaining = [int(each.headers["X-HubSpot-RateLimit-Remaining"]) for each in (first, second)]
        assert remaining == [189, 188]
        assert first.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
        assert first.headers["X-HubSpot-RateLimit-Daily-Remaining"] == "624999"
        search = hub.ask("POST", f"{COMPANIES}/search", {})
        assert not [name for name in search.headers if name.startswith("X-HubSpot")]

    def test_nothing_is_refused_unless_switched_on(self, hub: Hub) -> None:
        hub.configure(ten_second_limit=1, search_per_second=1)
        assert [hub.ask("GET", COMPANIES).status_code for _ in range(3)] == [200] * 3

    @pytest.mark.parametrize(
        ("limits", "path", "policy"),
        [
            ({"ten_second_limit": 3}, COMPANIES, "TEN_SECONDLY_ROLLING"),
            ({"daily_limit": 3}, COMPANIES, "DAILY"),
            ({"search_per_second": 3}, f"{COMPANIES}/search", "SECONDLY"),
        ],
    )
    def test_the_call_beyond_is_refused(self, hub: Hub, limits: Json, path: str, policy: str) -> None:
        hub.configure(rate_limits=True, **limits)
        method = "POST" if path.endswith("search") else "GET"
        answers = [hub.ask(method, path, {}) for _ in range(4)]
        assert [each.status_code for each in answers] == [200, 200, 200, 429]
        refusal = answers[-1].json()
        assert (refusal["errorType"], refusal["policyName"]) == ("RATE_LIMIT", policy)
        assert refusal["message"] == f"You have reached your {policy.lower()} limit."
        assert "Retry-After" not in answers[-1].headers

    def test_searches_do_not_eat_the_ten_seconds(self, hub: Hub) -> None:
        hub.configure(rate_limits=True, ten_second_limit=1)
        assert hub.ask("POST", f"{COMPANIES}/search", {}).status_code == 200
        assert hub.ask("GET", COMPANIES).status_code == 200

    def test_the_day_starts_anew_at_midnight_of_the_account(self, hub: Hub) -> None:
        hub.configure(rate_limits=True, daily_limit=2)
        statuses = [hub.ask("GET", COMPANIES).status_code for _ in range(3)]
        hub.app.clock.advance(timedelta(hours=14, minutes=1))  # 23:01 in UTC, past midnight in London's summer
        assert [*statuses, hub.ask("GET", COMPANIES).status_code] == [200, 200, 429, 200]
        usage = hub.get("/account-info/v3/api-usage/daily/private-apps")["results"][0]
        assert (usage["currentUsage"], usage["usageLimit"]) == (2, 2)
        assert usage["resetsAt"] == "2026-07-01T23:00:00Z"

"""How much of the allowed rate a client can use that lives in the sandbox's time, and what each kind of app is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from connectors.hubspot.sandbox import REFRESH_TOKEN, account_of
from connectors.sandbox.clock import ClientClock, SandboxClock
from connectors.sandbox.demo import AS_OF, empty_firm
from tests.connectors.hubspot.hub import Hub, Json
from tests.connectors.hubspot.sandbox.test_oauth import form

COMPANIES = "/crm/v3/objects/companies"


@pytest.fixture
def clock(hub: Hub) -> ClientClock:
    """The account in a time that only moves when its client pauses; quotas run in that time."""
    shared = SandboxClock(AS_OF, step=timedelta(0))
    hub.app.start_anew(account_of(empty_firm(), shared))
    hub.configure(rate_limits=True, quota_on_sandbox_clock=True, tier="starter")
    return ClientClock(shared)


def oauth_token(hub: Hub) -> str:
    fields = form(grant_type="refresh_token", refresh_token=REFRESH_TOKEN)
    return str(requests.post(f"{hub.url}/oauth/v1/token", data=fields, timeout=10).json()["access_token"])


def run_for(hub: Hub, clock: ClientClock, seconds: float) -> list[int]:
    """Statuses of a client that reads the headers and waits only when nothing remains."""
    statuses = []
    while clock.monotonic() < seconds:
        answer = hub.ask("GET", COMPANIES)
        statuses.append(answer.status_code)
        if int(answer.headers["X-HubSpot-RateLimit-Remaining"]) == 0:
            clock.sleep(int(answer.headers["X-HubSpot-RateLimit-Interval-Milliseconds"]) / 1000)
    return statuses


def test_a_client_that_reads_the_headers_uses_the_whole_rate_and_is_never_refused(hub: Hub, clock: ClientClock) -> None:
    statuses = run_for(hub, clock, 30)
    assert statuses == [200] * 300, "a hundred calls in each ten seconds"
    assert clock.slept == 30


def test_one_call_more_is_refused_until_the_window_has_rolled(hub: Hub, clock: ClientClock) -> None:
    for second in range(10):
        assert [hub.ask("GET", COMPANIES).status_code for _ in range(10)] == [200] * 10, second
        clock.sleep(1)
    assert [hub.ask("GET", COMPANIES).status_code for _ in range(12)] == [200] * 10 + [429] * 2
    clock.sleep(1)
    assert hub.ask("GET", COMPANIES).status_code == 200


def test_searches_take_five_a_second_exactly(hub: Hub, clock: ClientClock) -> None:
    admitted = 0
    for _ in range(20):
        admitted += sum(hub.ask("POST", f"{COMPANIES}/search", {}).status_code == 200 for _ in range(2))
        clock.sleep(0.25)
    assert admitted == 25, "five seconds of forty tries"


def test_the_days_quota_returns_at_midnight_in_the_accounts_zone(hub: Hub, clock: ClientClock) -> None:
    hub.configure(daily_limit=3)
    assert [hub.ask("GET", COMPANIES).status_code for _ in range(4)] == [200, 200, 200, 429]
    refusal = hub.ask("GET", COMPANIES).json()
    assert (refusal["policyName"], refusal["errorType"]) == ("DAILY", "RATE_LIMIT")
    clock.sleep(timedelta(hours=14).total_seconds() - 1)  # 9:00 UTC is 10:00 in London's summer
    assert hub.ask("GET", COMPANIES).status_code == 429
    clock.sleep(1)
    assert hub.ask("GET", COMPANIES).status_code == 200


@pytest.mark.parametrize(
    ("tier", "burst", "daily"),
    [
        ("starter", "100", "250000"),
        ("professional", "190", "625000"),
        ("enterprise", "190", "1000000"),
        ("enterprise+", "250", "2000000"),
    ],
)
def test_the_subscription_decides(hub: Hub, tier: str, burst: str, daily: str) -> None:
    hub.configure(tier=tier)
    told = hub.ask("GET", COMPANIES).headers
    assert (told["X-HubSpot-RateLimit-Max"], told["X-HubSpot-RateLimit-Daily"]) == (burst, daily)


def test_an_unknown_subscription_is_named(hub: Hub) -> None:
    assert "silver" in hub.refused("POST", "/__sandbox__/options", {"tier": "silver"})[1]["error"]


class TestInstalledApps:
    def get(self, hub: Hub, token: str) -> requests.Response:
        return requests.get(hub.url + COMPANIES, headers={"Authorization": f"Bearer {token}"}, timeout=10)

    def test_they_are_told_nothing_of_the_day(self, hub: Hub) -> None:
        told = self.get(hub, oauth_token(hub)).headers
        assert told["X-HubSpot-RateLimit-Max"] == "110"
        assert not [name for name in told if "Daily" in name]

    def test_their_window_is_their_own(self, hub: Hub) -> None:
        hub.configure(rate_limits=True, ten_second_limit=2, oauth_ten_second_limit=3)
        token = oauth_token(hub)
        assert [self.get(hub, token).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert [hub.ask("GET", COMPANIES).status_code for _ in range(3)] == [200, 200, 429]

    def test_they_do_not_use_up_the_private_apps_day(self, hub: Hub) -> None:
        token = oauth_token(hub)
        for _ in range(3):
            self.get(hub, token)
        left = hub.ask("GET", COMPANIES).headers["X-HubSpot-RateLimit-Daily-Remaining"]
        assert left == "624999"


@pytest.mark.parametrize(
    ("limits", "policy"),
    [({"association_ten_second_limit": 2}, "TEN_SECONDLY_ROLLING"), ({"association_daily_limit": 2}, "DAILY")],
)
def test_associations_have_limits_of_their_own(hub: Hub, limits: Json, policy: str) -> None:
    hub.configure(rate_limits=True, **limits)
    labels = "/crm/v4/associations/contacts/companies/labels"
    answers = [hub.ask("GET", labels) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[-1].json()["policyName"] == policy
    assert hub.ask("GET", COMPANIES).status_code == 200


@pytest.mark.parametrize(
    ("status", "category"),
    [(423, "LOCKED"), (477, "MIGRATION_IN_PROGRESS"), (429, "RATE_LIMITS"), (503, None), (414, None)],
)
def test_a_fault_speaks_as_the_vendors_machinery_does(hub: Hub, status: int, category: str | None) -> None:
    hub.ask("POST", "/__sandbox__/faults", [{"do": "status", "status": status, "headers": {"Retry-After": "7"}}])
    answer = hub.ask("GET", COMPANIES)
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "7")
    assert answer.json().get("category") == category
    assert answer.json()["status"] == "error"

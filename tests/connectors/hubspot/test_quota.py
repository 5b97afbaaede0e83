"""Quotas: as fast as HubSpot allows and no faster, a share of the day, and no call before the time told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.refusals import OutOfQuota
from connectors.hubspot.sandbox import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from connectors.sandbox.audit import too_early
from connectors.sandbox.clock import ClientClock
from core.sdk import Budgets, LocalBudgets, Page, RetryLater, WriteRow
from core.store import Store
from core.store.budgets import StoreBudgets
from tests.connectors.hubspot.connected import NAME, calls, connect, pages
from tests.connectors.hubspot.hub import Hub


@pytest.fixture
def strict(hub: Hub) -> Hub:
    """An account that enforces its quotas, in the sandbox's time."""
    hub.configure(rate_limits=True, quota_on_sandbox_clock=True)
    return hub


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    opened = Store.open(sqlite_url)
    opened.migrate()
    yield opened
    opened.close()


def slow_wire(hub: Hub, monkeypatch: pytest.MonkeyPatch, longest: float) -> None:
    """Let every call take up to ``longest`` seconds to arrive, by seed: what was sent evenly does not arrive so."""
    dice, admit = Random(7), hub.app.crm.limits.admit

    def arrive(**what: bool) -> Any:
        hub.app.clock.advance(timedelta(seconds=dice.uniform(0, longest)))
        return admit(**what)

    monkeypatch.setattr(hub.app.crm.limits, "admit", arrive)


def drive(connectors: list[HubSpotConnector], call: Callable[[HubSpotConnector], Any], count: int) -> None:
    for number in range(count):
        call(connectors[number % len(connectors)])


def steady_rate(hub: Hub, after: float) -> tuple[float, Counter[int]]:
    """Calls per second that were answered well once the first window was over, and how often which status came."""
    entries = hub.app.log.entries()
    good = [entry.at for entry in entries if entry.status == 200 and entry.at > entries[0].at + after]
    return len(good) / (good[-1] - good[0]), Counter(entry.status for entry in entries)


@pytest.mark.parametrize("shared", [False, True], ids=["alone", "two workers over a store"])
def test_the_ten_second_window_is_used_to_95_percent_and_hardly_ever_overrun(
    strict: Hub, store: Store, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    clock = ClientClock(strict.app.clock)
    budgets: list[Budgets | None] = [StoreBudgets(store, clock, NAME) for _ in range(2)] if shared else [None]
    connectors = [connect(strict, budgets=each, quota_share=100) for each in budgets]
    slow_wire(strict, monkeypatch, 0.02)
    drive(connectors, lambda one: one._client.get("/crm/v3/owners"), 190 * 3)
    rate, answers = steady_rate(strict, 10.0)
    assert rate >= 0.95 * 19.0
    assert answers[429] < 0.001 * answers.total()


def test_searches_are_made_at_95_percent_of_five_a_second(strict: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    slow_wire(strict, monkeypatch, 0.02)
    body = {"filterGroups": [], "limit": 1}
    drive([connect(strict)], lambda one: one._client.post("/crm/v3/objects/deals/search", body), 150)
    rate, answers = steady_rate(strict, 1.0)
    assert rate >= 0.95 * 5
    assert answers[429] == 0


@pytest.mark.parametrize(("tier", "most"), [("starter", 100), ("professional", 150), ("enterprise+", 200)])
def test_associations_have_a_window_of_their_own(strict: Hub, tier: str, most: int) -> None:
    strict.configure(tier=tier)
    contact = strict.make("contacts", email="a@x.example")
    strict.app.clock.advance(timedelta(seconds=11))
    connector = connect(strict)
    connector._client.get("/crm/v3/owners")
    path, body = "/crm/v4/associations/contacts/companies/batch/read", {"inputs": [{"id": contact}]}
    begun = strict.app.clock.elapsed()
    drive([connector], lambda one: one._client.post(path, body), most - 2)
    assert strict.app.clock.elapsed() - begun < 1
    drive([connector], lambda one: one._client.post(path, body), 3)
    assert strict.app.clock.elapsed() - begun >= 10
    assert not [entry for entry in strict.app.log.entries() if entry.status == 429]


def test_an_apps_window_is_smaller_and_it_has_no_day(strict: Hub, store: Store) -> None:
    oauth = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
    strict.configure(daily_limit=1)
    budgets = StoreBudgets(store, ClientClock(strict.app.clock), NAME)
    connector = connect(strict, oauth=oauth, budgets=budgets)
    drive([connector], lambda one: one._client.get("/crm/v3/owners"), 250)
    rate, answers = steady_rate(strict, 10.0)
    assert rate >= 0.9 * 11
    assert answers[429] == 0
    assert [meter.name for meter in connector.quota()] == ["ten seconds"]


def test_other_calls_do_not_wait_for_searches(strict: Hub) -> None:
    connector = connect(strict)
    for path in ("deals/search", "companies/search", "tickets/search", "tasks/search", "notes/search"):
        connector._client.post(f"/crm/v3/objects/{path}", {"limit": 1})
    before = strict.app.clock.elapsed()
    connector._client.get("/crm/v3/owners")
    assert strict.app.clock.elapsed() - before < 0.01


class TestRefusals:
    def refuse(self, hub: Hub, policy: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        body = f'{{"status":"error","message":"no","errorType":"RATE_LIMIT","policyName":"{policy}"}}'
        what = {"do": "status", "status": 429, "path": "^/crm", "headers": headers or {}, "body": body}
        hub.ask("POST", "/__sandbox__/faults", [{**what, **more}])

    @pytest.mark.parametrize(
        ("policy", "headers", "seconds"),
        [
            ("TEN_SECONDLY_ROLLING", {}, 10),
            ("TEN_SECONDLY_ROLLING", {"X-HubSpot-RateLimit-Interval-Milliseconds": "4000"}, 4),
            ("SECONDLY", {}, 1),
            ("SECONDLY", {"Retry-After": "7"}, 7),
            ("SOMETHING_NEW", {}, 10),
            ("TEN_SECONDLY_ROLLING", {"Retry-After": "nonsense"}, 10),
        ],
    )
    def test_the_policy_or_the_header_says_when(
        self, hub: Hub, policy: str, headers: dict[str, str], seconds: float
    ) -> None:
        self.refuse(hub, policy, headers)
        assert connect(hub)._client.get("/crm/v3/owners").body["results"]
        first, second = [entry.at for entry in hub.app.log.entries() if entry.path.endswith("owners")]
        assert second - first == pytest.approx(seconds, abs=0.01)

    def test_the_message_alone_will_do(self, hub: Hub) -> None:
        self.refuse(hub, "", body='{"message":"You have reached your secondly limit.","category":"RATE_LIMITS"}')
        connect(hub)._client.get("/crm/v3/owners")
        first, second = [entry.at for entry in hub.app.log.entries()]
        assert second - first == pytest.approx(1, abs=0.01)

    def test_a_write_refused_as_too_many_is_sent_again_once_it_may(self, hub: Hub) -> None:
        company = hub.make("companies", name="A")
        self.refuse(hub, "TEN_SECONDLY_ROLLING", path="batch/update$")
        (outcome,) = connect(hub).write("companies", "update", [WriteRow({"city": "Leeds"}, external_id=company)])
        assert outcome.state == "applied"

    def test_the_wait_is_everybodys(self, hub: Hub) -> None:
        budgets = LocalBudgets(ClientClock(hub.app.clock), NAME)
        self.refuse(hub, "TEN_SECONDLY_ROLLING")
        refused, other = connect(hub, budgets=budgets), connect(hub, budgets=budgets)
        refused._client.pace.refused({}, {"policyName": "TEN_SECONDLY_ROLLING"}, None)
        hub.ask("DELETE", "/__sandbox__/faults")
        before = hub.app.clock.elapsed()
        other._client.get("/crm/v3/owners")
        assert hub.app.clock.elapsed() - before >= 10

    def test_refusals_without_end_are_for_later(self, hub: Hub) -> None:
        self.refuse(hub, "SECONDLY", times=None)
        with pytest.raises(OutOfQuota) as caught:
            connect(hub)._client.get("/crm/v3/owners")
        assert caught.value.retry_at is not None
        assert len(calls(hub)) == 4


class TestTheDay:
    def use_up(self, hub: Hub, count: int) -> None:
        """Somebody else's calls."""
        for _ in range(count):
            hub.ask("GET", "/crm/v3/owners")

    def test_when_it_is_used_up_no_call_is_made_before_midnight_of_the_account(self, strict: Hub) -> None:
        strict.configure(daily_limit=20)
        self.use_up(strict, 12)
        connector = connect(strict, quota_share=100)
        pages(connector, "owners")
        self.use_up(strict, 20)
        calls(strict)
        with pytest.raises(OutOfQuota) as caught:
            pages(connector, "owners")
        midnight = strict.app.crm.limits.next_midnight()
        assert caught.value.retry_at == midnight
        assert midnight.astimezone(ZoneInfo(strict.app.crm.account.time_zone)).hour == 0
        assert calls(strict) == ["GET v3/owners"]
        strict.app.clock.advance(midnight - strict.app.clock.now() - timedelta(seconds=90))
        with pytest.raises(OutOfQuota):
            pages(connector, "owners")
        assert calls(strict) == [], "not a second too early"
        strict.app.clock.advance(timedelta(seconds=91))
        assert len(pages(connector, "owners")) == 2

    def test_without_knowing_the_zone_it_asks_every_hour(self, strict: Hub) -> None:
        strict.configure(daily_limit=5)
        self.use_up(strict, 5)
        connector = connect(strict)
        with pytest.raises(OutOfQuota) as caught:
            pages(connector, "owners")
        assert caught.value.retry_at == strict.app.clock.now() + timedelta(hours=1)

    def test_inlay_stops_at_its_share(self, strict: Hub, store: Store) -> None:
        strict.configure(daily_limit=200)
        connector = connect(strict, quota_share=25, budgets=StoreBudgets(store, ClientClock(strict.app.clock), NAME))
        with pytest.raises(OutOfQuota, match="quota_share"):
            drive([connector], lambda one: one._client.get("/crm/v3/owners"), 60)
        made = len(calls(strict))
        assert 45 <= made <= 50
        assert strict.app.crm.limits.used_today() == made

    def test_people_who_wait_find_some_calls_left(self, strict: Hub, store: Store) -> None:
        strict.configure(daily_limit=400)
        budgets = StoreBudgets(store, ClientClock(strict.app.clock), NAME)
        connector = connect(strict, quota_share=50, budgets=budgets)
        with pytest.raises(OutOfQuota):
            drive([connector], lambda one: one._client.get("/crm/v3/owners"), 250)
        made = len(calls(strict))
        assert [finding.code for finding in connector.check()] in ([], ["quota"])
        assert len(calls(strict)) == 2, "the doctor's two calls"
        assert made < 200

    def test_a_share_used_up_keeps_the_place_reached(self, strict: Hub, store: Store) -> None:
        made = strict.make_many("companies", [{"name": f"C{number}"} for number in range(1_500)])
        strict.configure(daily_limit=strict.app.crm.limits.used_today() + 400)
        budgets = StoreBudgets(store, ClientClock(strict.app.clock), NAME)
        assert pages(connect(strict, budgets=budgets), "owners")
        strict.app.clock.advance(timedelta(seconds=10))
        connector = connect(strict, quota_share=2, budgets=budgets)
        found: list[Page] = []
        reading = connector.read("companies", ["name"], None)
        with pytest.raises(OutOfQuota):
            found.extend(iter(partial(next, reading), None))
        assert 0 < len(found) < 15
        strict.app.clock.advance(timedelta(days=1))
        strict.configure(daily_limit=10_000)
        found += connect(strict, quota_share=100, budgets=budgets).read("companies", ["name"], found[-1].cursor)
        assert [record["id"] for page in found for record in page.records] == made

    def test_the_doctor_warns_in_time(self, hub: Hub) -> None:
        hub.configure(daily_limit=2)
        (finding,) = connect(hub, quota_share=100).check()
        assert (finding.code, finding.severity) == ("quota", "warning")
        assert "100 %" in finding.message

    def test_out_of_quota_stops_a_write_before_it_is_sent(self, strict: Hub) -> None:
        company = strict.make("companies", name="A")
        strict.configure(daily_limit=1)
        connector = connect(strict)
        with pytest.raises(OutOfQuota):
            connector.write("companies", "update", [WriteRow({"city": "x"}, external_id=company)])
        assert [record.properties.get("city") for record in strict.app.crm.shelves["companies"].live()] == [None]

    def test_what_answers_tell_can_be_looked_at(self, hub: Hub) -> None:
        connector = connect(hub)
        assert connector.quota() == []
        pages(connector, "owners")
        told = {meter.name: (meter.used, meter.allowed) for meter in connector.quota()}
        assert told == {"ten seconds": (2, 190), "day": (2, 625_000)}


class TestTimeTold:
    """``Retry-After`` of a failure holds for every later call of the connection, whoever makes it and for whatever."""

    @staticmethod
    def out(hub: Hub, path: str, seconds: int, times: int) -> None:
        fault = {"do": "status", "status": 503, "headers": {"Retry-After": str(seconds)}, "path": path, "times": times}
        hub.ask("POST", "/__sandbox__/faults", [fault])

    def test_looking_up_after_a_failed_write_waits(self, hub: Hub) -> None:
        company = hub.make("companies", name="A")
        connector = connect(hub)
        connector.describe("companies")
        hub.app.log.clear()
        self.out(hub, "/batch/update$", 7, 1)
        assert connector.write("companies", "update", [WriteRow({"city": "Bern"}, company)])[0].state == "unknown"
        connector.fetch("companies", [company], ["city"])
        assert [entry.status for entry in hub.app.log.entries()] == [503, 200]
        assert too_early(hub.app.log.entries()) == []

    def test_next_run_waits_for_what_this_one_was_told(self, hub: Hub) -> None:
        hub.make("companies", name="A")
        budgets = LocalBudgets(ClientClock(hub.app.clock), NAME)
        hub.app.log.clear()
        self.out(hub, "/objects/companies$", 9, 4)
        with pytest.raises(RetryLater):
            pages(connect(hub, budgets=budgets), "companies")
        assert len(pages(connect(hub, budgets=budgets), "companies")[0].records) == 1
        assert too_early(hub.app.log.entries()) == []

    def test_token_is_not_asked_for_before_the_time_told(self, hub: Hub) -> None:
        budgets = LocalBudgets(ClientClock(hub.app.clock), NAME)
        oauth = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
        hub.app.log.clear()
        self.out(hub, "/oauth/", 9, 4)
        with pytest.raises(RetryLater):
            pages(connect(hub, budgets=budgets, oauth=oauth), "companies")
        assert pages(connect(hub, budgets=budgets, oauth=oauth), "companies")
        assert too_early(hub.app.log.entries()) == []

    def test_long_wait_stops_the_work_with_the_time_to_come_back(self, hub: Hub) -> None:
        connector = connect(hub)
        self.out(hub, "/objects/companies$", 600, 1)
        with pytest.raises(RetryLater):
            pages(connector, "companies")
        made = len(hub.app.log.entries())
        with pytest.raises(OutOfQuota) as caught:
            pages(connector, "companies")
        assert caught.value.retry_at is not None
        assert len(hub.app.log.entries()) == made

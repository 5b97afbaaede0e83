"""Getting in, staying in, and being kept out: tokens, scopes, outages, quotas, settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.hubspot import register_connectors
from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.refusals import OutOfQuota, VendorRefusal, to_our_error
from connectors.hubspot.sandbox import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, TOKEN
from connectors.hubspot.settings import HubSpotSettings
from connectors.sandbox.demo import AS_OF
from core.sdk import AuthError, BugError, ConfigError, Cursor, FixedClock, RetryLater, WriteRow
from tests.connectors.hubspot.connected import calls, connect, connect_to, ids, pages
from tests.connectors.hubspot.hub import Hub

OAUTH = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}


def clock_of(connector: HubSpotConnector) -> FixedClock:
    assert isinstance(connector.context.clock, FixedClock)
    return connector.context.clock


def fault(hub: Hub, **what: Any) -> None:
    hub.ask("POST", "/__sandbox__/faults", [what])


def test_the_package_names_its_connector() -> None:
    assert register_connectors() == [HubSpotConnector]


def test_all_is_well_with_a_good_token(hub: Hub) -> None:
    assert connect(hub).check() == []


@pytest.mark.parametrize("token", ["pat-wrong", "x"])
def test_a_wrong_token_is_told_as_such(hub: Hub, token: str) -> None:
    (finding,) = connect(hub, token=token).check()
    assert (finding.code, finding.severity) == ("no_access", "error")
    assert "token" in finding.remedy
    assert token not in str(finding)


def test_an_outage_is_something_else() -> None:
    (finding,) = connect_to("http://127.0.0.1:9").check()
    assert finding.code == "unreachable"


def test_a_revoked_token_ends_the_stream(hub: Hub) -> None:
    connector = connect(hub)
    assert ids(pages(connector, "companies")) == []
    hub.configure(revoke=[TOKEN])
    with pytest.raises(AuthError) as caught:
        pages(connector, "companies")
    assert TOKEN not in str(caught.value)


def test_a_missing_scope_is_named(hub: Hub) -> None:
    hub.configure(scopes={TOKEN: ["crm.objects.companies.read"]})
    connector = connect(hub)
    pages(connector, "companies")
    with pytest.raises(ConfigError, match=r"crm\.objects\.deals\.read"):
        pages(connector, "deals")
    company = hub.app.crm.shelves["companies"].FIRST_ID
    with pytest.raises(ConfigError, match=r"crm\.objects\.companies\.write"):
        connector.write("companies", "update", [WriteRow({"city": "Leeds"}, external_id=str(company))])


class TestOAuth:
    def test_an_access_token_is_fetched_once(self, hub: Hub) -> None:
        connector = connect(hub, oauth=OAUTH)
        pages(connector, "companies")
        pages(connector, "contacts")
        assert [call for call in calls(hub) if "token" in call] == ["POST v1/token"]

    def test_it_is_replaced_before_it_expires(self, hub: Hub) -> None:
        connector = connect(hub, oauth=OAUTH)
        pages(connector, "companies")
        for step in (1_700, 60):
            clock_of(connector).sleep(step)
            hub.app.clock.advance(timedelta(seconds=step))
            pages(connector, "companies")
        made = calls(hub)
        assert made.count("POST v1/token") == 2
        assert hub.app.log.entries() == ()

    def test_one_that_was_refused_is_replaced_once(self, hub: Hub) -> None:
        connector = connect(hub, oauth=OAUTH)
        pages(connector, "companies")
        hub.app.clock.advance(timedelta(hours=1))
        assert ids(pages(connector, "companies")) == []
        assert calls(hub).count("POST v1/token") == 2

    def test_a_refresh_token_that_is_no_more_says_reconnect(self, hub: Hub) -> None:
        hub.configure(revoke=[REFRESH_TOKEN])
        with pytest.raises(AuthError, match="install the app again"):
            pages(connect(hub, oauth=OAUTH), "companies")

    def test_an_app_that_stays_locked_out_does_not_loop(self, hub: Hub) -> None:
        fault(hub, path="^/crm", do="status", status=401, body="{}", times=None)
        with pytest.raises(AuthError):
            pages(connect(hub, oauth=OAUTH), "companies")
        assert len(calls(hub)) == 4

    def test_a_fixed_token_cannot_be_renewed(self, hub: Hub) -> None:
        connector = connect(hub)
        with pytest.raises(BugError):
            connector._client._access.renew()


class TestQuota:
    def test_searches_keep_to_five_a_second(self, hub: Hub) -> None:
        connector = connect(hub)
        for _ in range(11):
            pages(connector, "companies", Cursor("2026-06-30T09:00:00Z"))
        waited = (clock_of(connector).now() - AS_OF).total_seconds()
        assert 2.0 <= waited < 2.5

    def test_an_empty_bucket_is_waited_for(self, hub: Hub) -> None:
        hub.configure(ten_second_limit=3)
        connector = connect(hub)
        for _ in range(4):
            pages(connector, "owners")
        assert (clock_of(connector).now() - AS_OF).total_seconds() >= 10

    def test_it_stops_before_the_days_calls_run_out(self, hub: Hub) -> None:
        hub.configure(daily_limit=8)
        connector = connect(hub, quota_ceiling=50)
        pages(connector, "owners")
        pages(connector, "owners")
        with pytest.raises(OutOfQuota) as caught:
            pages(connector, "owners")
        assert caught.value.retry_at is not None
        assert len(calls(hub)) == 4, "the call that would be too much is not made"
        hub.configure(daily_limit=1_000)
        clock_of(connector).sleep(3_601)
        assert len(pages(connector, "owners")) == 2

    def test_the_doctor_warns_in_time(self, hub: Hub) -> None:
        hub.configure(daily_limit=2)
        connector = connect(hub, quota_ceiling=100)
        (finding,) = connector.check()
        assert (finding.code, finding.severity) == ("quota", "warning")

    def test_out_of_quota_stops_a_write_too(self, hub: Hub) -> None:
        hub.configure(daily_limit=4)
        connector = connect(hub, quota_ceiling=50)
        pages(connector, "owners")
        with pytest.raises(OutOfQuota):
            connector.write("companies", "update", [WriteRow({"city": "x"}, external_id="1")])


class TestOutages:
    @pytest.mark.parametrize("do", ["status", "cut", "html", "truncate"])
    def test_a_read_is_tried_again(self, hub: Hub, do: str) -> None:
        made = hub.make("companies", name="Alder")
        fault(hub, path="^/crm/v3/objects/companies", do=do)
        assert ids(pages(connect(hub), "companies")) == [made]

    def test_searches_are_reads(self, hub: Hub) -> None:
        made = hub.make("companies", name="Alder")
        fault(hub, path="/search$", do="cut")
        fault(hub, path="/batch/read$", do="cut")
        connector = connect(hub)
        assert ids(pages(connector, "companies", Cursor("2026-06-30T09:00:00Z"))) == [made]
        assert [record["id"] for record in connector.fetch("companies", [made], ["name"])] == [made]

    def test_a_long_outage_is_for_later(self, hub: Hub) -> None:
        fault(hub, path="^/crm", do="status", status=503, times=None)
        with pytest.raises(RetryLater):
            pages(connect(hub), "companies")


class TestAddresses:
    def test_a_record_has_a_page(self, hub: Hub) -> None:
        connector = connect(hub)
        assert connector.record_url("deals", "7") == "https://app.hubspot.com/contacts/26180339/record/0-3/7"
        assert connector.record_url("owners", "7") is None
        connector.record_url("companies", "8")
        assert len(calls(hub)) == 1, "the account's number is asked for once"

    def test_no_page_while_the_account_cannot_be_asked(self) -> None:
        assert connect_to("http://127.0.0.1:9").record_url("deals", "7") is None


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"token": "a", "oauth": OAUTH},
        {"token": "a", "overlap_seconds": -1},
        {"token": "a", "quota_ceiling": 0},
        {"token": "a", "tokn": "b"},
        {"oauth": {"client_id": "a"}},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HubSpotSettings(**settings)


def test_secrets_do_not_show() -> None:
    assert TOKEN not in repr(HubSpotSettings(token=TOKEN))
    assert CLIENT_SECRET not in repr(HubSpotSettings(oauth=OAUTH))


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (401, None, AuthError),
        (401, "not json", AuthError),
        (403, "{}", ConfigError),
        (423, "{}", RetryLater),
        (477, "{}", RetryLater),
        (521, "<html>", RetryLater),
        (400, "[]", VendorRefusal),
        (414, '{"message": "too long"}', VendorRefusal),
    ],
)
def test_every_field_of_an_error_may_be_missing(status: int, text: str | None, kind: type[Exception]) -> None:
    error = to_our_error(status, text, "crm: GET /x", AS_OF)
    assert type(error) is kind or isinstance(error, kind)
    assert "crm: GET /x" in str(error)

"""Getting in, staying in, and being kept out: tokens, scopes, outages, settings."""

from __future__ import annotations

import threading
from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from pydantic import ValidationError

from connectors.hubspot import register_connectors
from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.refusals import Refused, VendorRefusal, to_our_error
from connectors.hubspot.sandbox import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, TOKEN
from connectors.hubspot.settings import HubSpotSettings
from connectors.sandbox.demo import AS_OF
from core.sdk import AuthError, BugError, ConfigError, Cursor, Grant, LocalGrants, RetryLater, WriteRow
from core.store import Store
from core.store.grants import StoreGrants
from core.vault import Vault
from tests.connectors.hubspot.connected import NAME, calls, connect, connect_to, ids, pages
from tests.connectors.hubspot.hub import Hub

OAUTH = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
APP = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
RENEWAL = "POST v1/token"
CAME_BACK = "http://127.0.0.1:8765/back"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-in-all"


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
    assert "new token" in caught.value.remedy


def test_a_missing_scope_is_named(hub: Hub) -> None:
    hub.configure(scopes={TOKEN: ["crm.objects.companies.read"]})
    connector = connect(hub)
    pages(connector, "companies")
    with pytest.raises(ConfigError, match=r"crm\.objects\.deals\.read"):
        pages(connector, "deals")
    company = hub.app.crm.shelves["companies"].FIRST_ID
    with pytest.raises(ConfigError, match=r"crm\.objects\.companies\.write"):
        connector.write("companies", "update", [WriteRow({"city": "Leeds"}, external_id=str(company))])


class TestRenewal:
    def test_an_access_token_is_fetched_once(self, hub: Hub) -> None:
        connector = connect(hub, oauth=OAUTH)
        pages(connector, "companies")
        pages(connector, "contacts")
        assert calls(hub).count(RENEWAL) == 1

    def test_it_is_replaced_before_it_expires(self, hub: Hub) -> None:
        connector = connect(hub, oauth=OAUTH)
        for step in (0, 1_700, 60):
            hub.app.clock.advance(timedelta(seconds=step))
            pages(connector, "companies")
        assert calls(hub).count(RENEWAL) == 2
        assert not [entry for entry in hub.app.log.entries() if entry.status == 401]

    def test_one_that_was_refused_is_replaced_once(self, hub: Hub) -> None:
        connector = connect(hub, oauth=OAUTH)
        pages(connector, "companies")
        hub.app.access.expire_all()
        assert ids(pages(connector, "companies")) == []
        assert calls(hub).count(RENEWAL) == 2

    def test_a_read_goes_on_when_the_token_ends_between_two_pages(self, hub: Hub) -> None:
        made = hub.make_many("companies", [{"name": f"C{number}"} for number in range(250)])
        reading = connect(hub, oauth=OAUTH).read("companies", ["name"], None)
        found = [next(reading)]
        hub.app.access.expire_all()
        found += reading
        assert ids(found) == made
        assert calls(hub).count("GET v3/objects/companies") == 4, "three pages, one of them asked for twice"

    def test_a_write_goes_on_too_and_is_done_once(self, hub: Hub) -> None:
        company = hub.make("companies", name="A")
        connector = connect(hub, oauth=OAUTH)
        connector.describe("companies")
        hub.app.access.expire_all()
        (outcome,) = connector.write("companies", "update", [WriteRow({"city": "Leeds"}, external_id=company)])
        assert outcome.state == "applied"
        assert [entry.status for entry in hub.app.log.entries() if entry.path.endswith("update")] == [401, 200]

    def test_a_new_refresh_token_takes_the_place_of_the_old_one(self, hub: Hub) -> None:
        grants = LocalGrants()
        fault(hub, path="/oauth/v1/token$", do="status", status=200, headers={"Content-Type": "application/json"},
              body='{"access_token":"soon-refused","refresh_token":"rotated","expires_in":1800}')  # fmt: skip
        with pytest.raises(AuthError):  # the sandbox knows neither token, so the story ends here
            pages(connect(hub, oauth=APP | {"refresh_token": "first"}, grants=grants), "companies")
        newest = grants.current()
        assert newest is not None
        assert newest.refresh_token == "rotated"

    def test_a_renewal_that_brings_no_refresh_token_keeps_the_old_one(self, hub: Hub) -> None:
        grants = LocalGrants()
        fault(hub, path="/oauth/v1/token$", do="status", status=200, headers={"Content-Type": "application/json"},
              body='{"access_token":"x","expires_in":1800}')  # fmt: skip
        assert pages(connect(hub, oauth=OAUTH, grants=grants), "owners")
        newest = grants.current()
        assert newest is not None
        assert newest.refresh_token == REFRESH_TOKEN

    def test_the_granted_refresh_token_goes_before_the_one_in_the_settings(self, hub: Hub) -> None:
        grants = LocalGrants(Grant("over", REFRESH_TOKEN, None, AS_OF - timedelta(hours=1)))
        pages(connect(hub, oauth=APP | {"refresh_token": "long-dead"}, grants=grants), "companies")
        assert calls(hub).count(RENEWAL) == 1

    def test_one_newly_put_into_the_settings_mends_a_dead_grant(self, hub: Hub) -> None:
        grants = LocalGrants(Grant("over", "dead", None, AS_OF - timedelta(hours=1)))
        assert pages(connect(hub, oauth=OAUTH, grants=grants), "companies")
        assert calls(hub).count(RENEWAL) == 2

    def test_many_workers_renew_once(self, hub: Hub, sqlite_url: str, tmp_path: Path) -> None:
        store = Store.open(sqlite_url)
        store.migrate()
        vault = Vault(tmp_path, {})
        first = connect(hub, oauth=OAUTH)
        workers = [
            connect(hub, oauth=OAUTH, grants=StoreGrants(store, vault, first.context.clock, NAME)) for _ in range(4)
        ]
        failed: list[Exception] = []

        def work(connector: HubSpotConnector) -> None:
            try:
                pages(connector, "owners")
            except Exception as error:  # noqa: BLE001 - told by the main thread
                failed.append(error)

        for _ in range(2):
            threads = [threading.Thread(target=work, args=(worker,)) for worker in workers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            hub.app.access.expire_all()
        store.close()
        assert failed == []
        assert calls(hub).count(RENEWAL) == 2, "one for the first round and one after the tokens had ended"


class TestBeingShutOut:
    @pytest.mark.parametrize("how", [{"revoke": [REFRESH_TOKEN]}, {"uninstall": True}])
    def test_a_refresh_token_that_is_no_more_says_reconnect(self, hub: Hub, how: dict[str, Any]) -> None:
        if "uninstall" in how:
            hub.app.access.uninstall()
        else:
            hub.configure(**how)
        with pytest.raises(AuthError, match="inlay connect crm") as caught:
            pages(connect(hub, oauth=OAUTH), "companies")
        assert REFRESH_TOKEN not in str(caught.value)
        assert calls(hub) == [RENEWAL]

    def test_nobody_has_connected_yet(self, hub: Hub) -> None:
        with pytest.raises(AuthError, match="inlay connect crm"):
            pages(connect(hub, oauth=APP), "companies")
        assert calls(hub) == []

    def test_an_app_that_stays_locked_out_does_not_loop(self, hub: Hub) -> None:
        fault(hub, path="^/crm", do="status", status=401, body="{}", times=None)
        with pytest.raises(AuthError, match="inlay connect crm"):
            pages(connect(hub, oauth=OAUTH), "companies")
        assert len(calls(hub)) == 4, "two renewals, two refused calls"

    def test_the_second_attempt_costs_no_call_until_a_person_reconnects(
        self, hub: Hub, sqlite_url: str, tmp_path: Path
    ) -> None:
        store = Store.open(sqlite_url)
        store.migrate()
        hub.app.access.uninstall()
        first = connect(hub, oauth=OAUTH)
        grants = StoreGrants(store, Vault(tmp_path, {}), first.context.clock, NAME)
        for _ in range(3):
            with pytest.raises(AuthError):
                pages(connect(hub, oauth=OAUTH, grants=grants), "companies")
        assert calls(hub) == [RENEWAL]
        store.close()

    @pytest.mark.parametrize("wrong", [{"client_id": "x"}, {"client_secret": "x"}])
    def test_a_wrong_app_is_the_admins_to_correct(self, hub: Hub, wrong: dict[str, str]) -> None:
        with pytest.raises(ConfigError, match="client id and client secret"):
            pages(connect(hub, oauth=OAUTH | wrong), "companies")

    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_an_outage_of_the_token_endpoint_is_for_later(self, hub: Hub, status: int) -> None:
        fault(hub, path="/oauth/v1/token$", do="status", status=status, body="{}", times=None)
        with pytest.raises(RetryLater) as caught:
            pages(connect(hub, oauth=OAUTH), "companies")
        assert caught.value.retry_at is not None

    def test_a_fixed_token_cannot_be_renewed(self, hub: Hub) -> None:
        with pytest.raises(BugError):
            connect(hub).web_grant("a", "b", "c")


class TestTheBrowser:
    def test_its_address_asks_for_the_least(self, hub: Hub) -> None:
        at = urlsplit(connect(hub, oauth=APP, base_url="https://api.hubapi.com").web_login(CAME_BACK, "st", VERIFIER))
        query = {key: values[0] for key, values in parse_qs(at.query).items()}
        assert f"{at.scheme}://{at.netloc}{at.path}" == "https://app.hubspot.com/oauth/authorize"
        assert (query["client_id"], query["redirect_uri"], query["state"]) == (CLIENT_ID, CAME_BACK, "st")
        assert "crm.objects.companies.read" in query["scope"].split()
        assert "files" in query["optional_scope"].split()
        challenge = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        assert (query["code_challenge"], query["code_challenge_method"]) == (challenge, "S256")
        assert VERIFIER not in at.query

    def test_what_it_brings_back_lets_inlay_in(self, hub: Hub) -> None:
        connector = connect(hub, oauth=APP)
        sent_back = requests.get(connector.web_login(CAME_BACK, "st", VERIFIER), allow_redirects=False, timeout=5)
        brought = parse_qs(urlsplit(sent_back.headers["Location"]).query)
        assert brought["state"] == ["st"]
        grant = connector.web_grant(brought["code"][0], CAME_BACK, VERIFIER)
        assert grant.good_until == hub.app.clock.now() + timedelta(minutes=30)
        assert grant.refresh_token
        hub.app.clock.advance(timedelta(hours=2))
        assert connect(hub, oauth=APP, grants=LocalGrants(grant)).check() == []

    def test_a_code_is_good_once(self, hub: Hub) -> None:
        connector = connect(hub, oauth=APP)
        sent_back = requests.get(connector.web_login(CAME_BACK, "st", VERIFIER), allow_redirects=False, timeout=5)
        (code,) = parse_qs(urlsplit(sent_back.headers["Location"]).query)["code"]
        connector.web_grant(code, CAME_BACK, VERIFIER)
        with pytest.raises(AuthError, match="BAD_AUTH_CODE") as caught:
            connector.web_grant(code, CAME_BACK, VERIFIER)
        assert code not in str(caught.value)

    def test_a_fixed_token_needs_none(self, hub: Hub) -> None:
        with pytest.raises(ConfigError, match="fixed token"):
            connect(hub).web_login(CAME_BACK, "st", VERIFIER)


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
        {"token": "a", "quota_share": 0},
        {"token": "a", "quota_share": "130%"},
        {"token": "a", "sweep_days": -1},
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
        (429, "{}", RetryLater),
        (403, '{"errors": "none"}', ConfigError),
        (403, '{"errors": [{"context": null}, 7]}', ConfigError),
        (400, '{"errors": [{"code": "X", "context": {"propertyName": "name"}}]}', VendorRefusal),
        (400, '{"context": ["?"], "errors": {"a": 1}}', VendorRefusal),
    ],
)
def test_every_field_of_an_error_may_be_missing(status: int, text: str | None, kind: type[Exception]) -> None:
    error = to_our_error(Refused(status, {}, text), "crm: GET /x", AS_OF, "reconnect")
    assert type(error) is kind or isinstance(error, kind)
    assert "crm: GET /x" in str(error)


@pytest.mark.parametrize("status", [423, 477, 503])
def test_no_call_is_made_again_before_the_vendor_wants_it(status: int) -> None:
    error = to_our_error(Refused(status, {"Retry-After": "7200"}, "{}"), "crm: GET /x", AS_OF, "reconnect")
    assert isinstance(error, RetryLater)
    assert error.retry_at == AS_OF + timedelta(hours=2)


def test_the_share_may_be_written_with_its_sign() -> None:
    assert HubSpotSettings(token="a", quota_share="30%").quota_share == 30

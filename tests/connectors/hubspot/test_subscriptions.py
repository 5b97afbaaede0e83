"""What the firm's HubSpot app sends: planned, made, resumed and taken away, beside the vendor's own client library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hubspot import HubSpot
from hubspot.webhooks import (
    BatchInputSubscriptionBatchUpdateRequest,
    SettingsChangeRequest,
    SubscriptionBatchUpdateRequest,
    SubscriptionCreateRequest,
    SubscriptionPatchRequest,
    ThrottlingSettings,
)
from hubspot.webhooks.exceptions import ApiException

from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.sandbox import TOKEN
from connectors.hubspot.sandbox.numbers import APP_ID
from connectors.hubspot.sandbox.webhooks_api import DEVELOPER_KEY, EVENTS
from core.clock import FixedClock
from core.detach import detach, removal_steps
from core.hub import Hub as Inlay
from core.provision import missing_events, missing_fields, provision_field
from core.sdk import AuthError, ProvisionStep, RetryLater
from tests.connectors.hubspot.connected import connect
from tests.connectors.hubspot.hub import Hub

URL = "https://inlay.hartwell.example/webhooks/crm"
APP: dict[str, Any] = {"id": APP_ID, "developer_key": DEVELOPER_KEY}
FIELDS = {"companies": ["id", "name", "domain", "hs_lastmodifieddate", "associations.contacts", "nope"]}
ABOUT_COMPANIES = {
    ("company.creation", None), ("company.deletion", None), ("company.merge", None), ("company.restore", None),
    ("company.associationChange", None), ("company.propertyChange", "name"), ("company.propertyChange", "domain"),
}  # fmt: skip


@pytest.fixture
def vendor(hub: Hub) -> HubSpot:
    """The vendor's library, as a developer would use it."""
    return HubSpot(api_key=DEVELOPER_KEY, host=hub.url)


@pytest.fixture
def crm(hub: Hub) -> HubSpotConnector:
    return connect(hub, events_app=APP)


def held(hub: Hub) -> dict[tuple[str, str | None], bool]:
    """What the app is subscribed to, and whether that is active."""
    return {
        (one["eventType"], one.get("propertyName")): one["active"] for one in hub.app.webhooks.subscriptions.values()
    }


def target(hub: Hub) -> str | None:
    return hub.app.webhooks.settings["targetUrl"] if hub.app.webhooks.settings else None


def provision(
    connector: HubSpotConnector, url: str = URL, fields: Mapping[str, Sequence[str]] | None = None
) -> list[ProvisionStep]:
    steps = connector.plan_events(url, FIELDS if fields is None else fields)
    for step in steps:
        connector.provision(step)
    return steps


# --- making -----------------------------------------------------------------------------------------------------------


def test_a_plan_says_what_would_be_made_and_makes_nothing(crm: HubSpotConnector, hub: Hub) -> None:
    aim, subscribe = crm.plan_events(URL, FIELDS)
    assert aim.summary == f"let the HubSpot app send its events to {URL}"
    assert subscribe.summary == (
        "let HubSpot tell of companies: creation, deletion, merge, restore, associationChange, changes of name, domain"
    )
    assert (aim.calls, subscribe.calls) == (1, 8)
    assert (target(hub), held(hub)) == (None, {})


def test_what_was_planned_is_made_active_and_nothing_is_left_to_plan(crm: HubSpotConnector, hub: Hub) -> None:
    provision(crm)
    assert target(hub) == URL
    assert held(hub) == dict.fromkeys(ABOUT_COMPANIES, True)
    assert crm.plan_events(URL, FIELDS) == []


def test_properties_that_the_account_lacks_or_nobody_can_subscribe_to_are_left_out(
    crm: HubSpotConnector, hub: Hub
) -> None:
    provision(crm)
    names = {name for _, name in held(hub) if name}
    assert names == {"name", "domain"}


def test_every_object_is_told_of_in_all_the_ways_there_are(crm: HubSpotConnector, hub: Hub) -> None:
    streams = ("companies", "contacts", "deals", "tickets", "products", "line_items", "tasks", "owners")
    provision(crm, fields={stream: [] for stream in streams})
    made = {kind for kind, _ in held(hub)}
    objects = {"company", "contact", "deal", "ticket", "product", "line_item"}
    assert made == {one for one in EVENTS if one.partition(".")[0] in objects and not one.endswith("propertyChange")}


def test_a_step_taken_twice_makes_nothing_twice(crm: HubSpotConnector, hub: Hub) -> None:
    for step in provision(crm):
        crm.provision(step)
    assert len(hub.app.webhooks.subscriptions) == len(ABOUT_COMPANIES)


def test_a_step_that_was_cut_off_in_the_middle_is_finished_by_another(
    crm: HubSpotConnector, hub: Hub, vendor: HubSpot
) -> None:
    vendor.webhooks.subscriptions_api.create(
        APP_ID, SubscriptionCreateRequest(event_type="company.creation", active=True)
    )
    provision(crm)
    assert held(hub) == dict.fromkeys(ABOUT_COMPANIES, True)


def test_a_property_that_the_mapping_reads_from_now_on_is_added(crm: HubSpotConnector, hub: Hub) -> None:
    provision(crm)
    (step,) = provision(crm, fields={"companies": ["name", "domain", "city"]})
    assert step.summary == "let HubSpot tell of companies: changes of city"
    assert ("company.propertyChange", "city") in held(hub)


def test_another_address_is_said_to_replace_the_one_that_is_there(crm: HubSpotConnector, hub: Hub) -> None:
    provision(crm, "https://old.example/hook")
    (step,) = provision(crm)
    assert step.summary.endswith(f"send its events to {URL} instead of to https://old.example/hook")
    assert target(hub) == URL


def test_what_was_paused_is_resumed_together(crm: HubSpotConnector, hub: Hub, vendor: HubSpot) -> None:
    provision(crm)
    paused = list(hub.app.webhooks.subscriptions)[:3]
    for one in paused:
        vendor.webhooks.subscriptions_api.update(int(one), APP_ID, SubscriptionPatchRequest(active=False))
    (step,) = provision(crm)
    assert step.calls == 1
    assert step.summary.startswith("let HubSpot tell again of company.creation, company.deletion, company.merge")
    assert set(held(hub).values()) == {True}


def test_an_address_that_somebody_took_away_pauses_all_and_is_mended_by_two_steps(
    crm: HubSpotConnector, hub: Hub, vendor: HubSpot
) -> None:
    provision(crm)
    vendor.webhooks.settings_api.clear(APP_ID)
    assert set(held(hub).values()) == {False}
    assert [step.kind for step in provision(crm)] == ["aim_webhooks", "resume_subscriptions"]
    assert (target(hub), set(held(hub).values())) == (URL, {True})


def test_what_somebody_else_paused_stays_paused(crm: HubSpotConnector, hub: Hub, vendor: HubSpot) -> None:
    request = SubscriptionCreateRequest(event_type="conversation.creation")
    vendor.webhooks.subscriptions_api.create(APP_ID, request)
    provision(crm)
    assert held(hub)["conversation.creation", None] is False


# --- without an app, without a key ------------------------------------------------------------------------------------


def test_without_an_app_only_a_person_can_do_it(hub: Hub) -> None:
    plain = connect(hub)
    assert plain.plan_events(URL, FIELDS) == []
    assert plain.plan_removal([]) == []
    assert not [entry for entry in hub.app.log.entries() if "/webhooks/" in entry.path]


@pytest.mark.parametrize("app", [{**APP, "developer_key": "wrong-key-0000"}])
def test_a_wrong_key_says_where_the_right_one_is(hub: Hub, app: dict[str, Any]) -> None:
    with pytest.raises(AuthError) as caught:
        connect(hub, events_app=app).plan_events(URL, FIELDS)
    assert "developer account" in caught.value.remedy
    assert "wrong-key" not in f"{caught.value!r} {caught.value}"


def test_an_outage_is_one_and_tells_no_key(hub: Hub) -> None:
    hub.app.faults.extend([{"path": "/webhooks/", "do": "status", "status": 503, "times": 99}])
    with pytest.raises(RetryLater) as caught:
        connect(hub, events_app=APP).plan_events(URL, FIELDS)
    assert DEVELOPER_KEY not in f"{caught.value!r} {caught.value} {caught.value.facts}"


# --- taking away ------------------------------------------------------------------------------------------------------


def test_detaching_takes_away_all_that_inlay_is_told(crm: HubSpotConnector, hub: Hub) -> None:
    provision(crm)
    steps = crm.plan_removal([])
    assert steps[-1].summary == "let the HubSpot app send events nowhere"
    for step in [*steps, *steps]:
        crm.provision(step)
    assert (target(hub), held(hub)) == (None, {})
    assert crm.plan_removal([]) == []


def test_what_somebody_else_is_told_stays_and_so_does_the_address(
    crm: HubSpotConnector, hub: Hub, vendor: HubSpot
) -> None:
    provision(crm)
    vendor.webhooks.subscriptions_api.create(
        APP_ID, SubscriptionCreateRequest(event_type="conversation.newMessage", active=True)
    )
    for step in crm.plan_removal([]):
        crm.provision(step)
    assert (target(hub), held(hub)) == (URL, {("conversation.newMessage", None): True})


# --- the whole of Inlay -----------------------------------------------------------------------------------------------

CONFIG = """
firm: {{name: Hartwell, time_zone: Europe/London, currency: GBP}}
store: sqlite:///inlay.db
connections:
  crm:
    connector: hubspot
    token: {token}
    base_url: {url}
    events_app: {{id: {app}, developer_key: {key}}}
    webhook: {{secrets: [secret-of-the-app], url: "{target}"}}
plugins: {{}}
"""


def test_inlay_subscribes_to_what_its_mapping_reads_and_not_to_what_it_writes(hub: Hub, tmp_path: Path) -> None:
    path = tmp_path / "inlay.yaml"
    path.write_text(CONFIG.format(token=TOKEN, url=hub.url, app=APP_ID, key=DEVELOPER_KEY, target=URL))
    inlay = Inlay.open(path, {}, FixedClock(hub.app.clock.now()))
    try:
        inlay.store.migrate()
        (setup,) = inlay.setups
        for step in (*missing_fields(setup), *missing_events(inlay, setup)):
            provision_field(inlay, "crm", step)
        assert missing_events(inlay, setup) == []
        changes = {(kind, name) for kind, name in held(hub) if name}
        assert {("company.propertyChange", "name"), ("deal.propertyChange", "amount")} <= changes
        assert not [name for _, name in changes if name and name.startswith("inlay_")]
        steps = [one for one in removal_steps(setup) if "tell" in one.summary or "send" in one.summary]
        detach(inlay, setup, steps, tmp_path / "kept.csv")
        assert (target(hub), held(hub)) == (None, {})
    finally:
        inlay.close()


# --- the simulator, as the vendor's library meets it ------------------------------------------------------------------


def refused(call: Any, *arguments: Any) -> int:
    with pytest.raises(ApiException) as caught:
        call(*arguments)
    return int(caught.value.status)


def test_the_vendors_library_can_do_all_that_its_guide_shows(vendor: HubSpot) -> None:
    api, settings = vendor.webhooks.subscriptions_api, vendor.webhooks.settings_api
    limits = ThrottlingSettings(max_concurrent_requests=10)
    settings.configure(APP_ID, SettingsChangeRequest(target_url=URL, throttling=limits))
    assert settings.get_all(APP_ID).target_url == URL
    made = api.create(APP_ID, SubscriptionCreateRequest(event_type="contact.propertyChange", property_name="email"))
    assert (made.active, made.property_name) == (False, "email")
    one = SubscriptionBatchUpdateRequest(id=int(made.id), active=True)
    answer = api.update_batch(APP_ID, BatchInputSubscriptionBatchUpdateRequest(inputs=[one]))
    assert [result.active for result in answer.results] == [True]
    assert api.get_by_id(int(made.id), APP_ID).active is True
    assert [found.id for found in api.get_all(APP_ID).results] == [made.id]
    api.archive(int(made.id), APP_ID)
    settings.clear(APP_ID)
    assert api.get_all(APP_ID).results == []


def test_what_the_vendor_refuses_is_refused(hub: Hub, vendor: HubSpot) -> None:
    api, settings = vendor.webhooks.subscriptions_api, vendor.webhooks.settings_api
    few, plenty = (ThrottlingSettings(max_concurrent_requests=most) for most in (5, 6))
    assert refused(settings.get_all, APP_ID) == 404
    assert refused(settings.configure, APP_ID, SettingsChangeRequest(target_url="http://x", throttling=plenty)) == 400
    assert refused(settings.configure, APP_ID, SettingsChangeRequest(target_url=URL, throttling=few)) == 400
    assert refused(api.get_all, APP_ID + 1) == 404
    assert refused(HubSpot(api_key="no", host=hub.url).webhooks.subscriptions_api.get_all, APP_ID) == 401
    for kind, name in (
        ("contact.propertyChange", None),
        ("contact.creation", "email"),
        ("company.propertyChange", "hs_lastmodifieddate"),
    ):
        assert refused(api.create, APP_ID, SubscriptionCreateRequest(event_type=kind, property_name=name)) == 400
    api.create(APP_ID, SubscriptionCreateRequest(event_type="contact.creation"))
    assert refused(api.create, APP_ID, SubscriptionCreateRequest(event_type="contact.creation")) == 409
    assert refused(api.get_by_id, 99, APP_ID) == 404
    assert refused(api.archive, 99, APP_ID) == 404
    assert hub.ask("GET", f"/webhooks/v3/{APP_ID}/subscriptions").status_code == 401  # an account's token is no key


def test_a_batch_of_which_some_are_not_there_is_answered_in_two_parts(vendor: HubSpot) -> None:
    api = vendor.webhooks.subscriptions_api
    made = api.create(APP_ID, SubscriptionCreateRequest(event_type="contact.creation"))
    inputs = [SubscriptionBatchUpdateRequest(id=number, active=True) for number in (int(made.id), 99)]
    answer = api.update_batch_with_http_info(APP_ID, BatchInputSubscriptionBatchUpdateRequest(inputs=inputs))
    told, status = answer[0], answer[1]
    assert (status, [one.id for one in told.results]) == (207, [made.id])
    assert told.errors[0].context["subscriptionIds"] == ["99"]

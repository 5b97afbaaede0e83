"""From a vendor's event over the door to the model, with the real connectors and the simulators of the vendors."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from connectors.hubspot.sandbox import account_of
from connectors.hubspot.sandbox import sandbox as hubspot_sandbox
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF, empty_firm
from connectors.sandbox.server import serve
from connectors.stripe.sandbox import TOKEN
from connectors.stripe.sandbox.app import StripeSandbox
from core.clock import FixedClock
from core.engine.inbox import take_in_events
from core.mapping import Mapping
from core.store import Store
from core.store.golden import read_golden
from core.store.inbox import read_events
from core.sync import ConnectionSetup, sync_connection
from tests.connectors.hubspot.connected import connect as connect_hubspot
from tests.connectors.hubspot.hub import Hub
from tests.connectors.stripe.test_connector import connect as connect_stripe
from tests.webhooks.senders import CHANGE, by_hubspot, by_stripe, endpoint
from webhooks.receive import receiver
from webhooks.request import SignedRequest


@pytest.fixture
def door(store: Store, clock: FixedClock) -> FlaskClient:
    app = Flask("inlay")
    doors = {"billing": endpoint("billing", "stripe"), "crm": endpoint("crm", "hubspot")}
    app.register_blueprint(receiver(store, clock, doors))
    return app.test_client()


def knock(door: FlaskClient, connection: str, signed: SignedRequest) -> None:
    answer = door.post(f"/webhooks/{connection}", data=signed.body, headers=dict(signed.headers))
    assert answer.status_code == 202, answer.text


def names(store: Store, kind: str = "client") -> set[str]:
    with store.read() as conn:
        return {orjson.loads(row.data)["name"] for row in read_golden(conn, kind)}


def unsettled(store: Store) -> int:
    with store.read() as conn:
        return len(list(read_events(conn)))


# --- Stripe -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def account() -> Iterator[tuple[StripeSandbox, ConnectionSetup]]:
    app = StripeSandbox(empty_firm(), SandboxClock(AS_OF))
    with serve(app) as running:
        mapping = Mapping.load("stripe", "billing", currency="GBP", region="GB")
        yield app, ConnectionSetup("billing", connect_stripe(running.base_url, TOKEN), mapping)


def told_since(app: StripeSandbox, known: int) -> list[bytes]:
    """The events that Stripe would send by now, as it writes them."""
    return [orjson.dumps(event) for event in list(app.books.of("event"))[known:]]


def test_what_happens_at_stripe_is_in_the_model_without_a_reading(
    door: FlaskClient, store: Store, clock: FixedClock, account: tuple[StripeSandbox, ConnectionSetup]
) -> None:
    app, setup = account
    sync_connection(store, setup, clock)
    made = [app.edit({"path": "customers", "values": {"name": name}}) for name in ("Marlow", "Finch", "Harbor")]
    app.edit({"path": f"customers/{made[0]['id']}", "values": {"name": "Marlow & Sons"}})
    app.edit({"path": f"customers/{made[1]['id']}", "method": "DELETE"})
    events = told_since(app, 0)
    for body in [*reversed(events), events[0], events[-1]]:
        knock(door, "billing", by_stripe(body, at=int(clock.now().timestamp())))
    assert take_in_events(store, setup, clock) is False
    assert names(store) == {"Marlow & Sons", "Harbor"}
    assert unsettled(store) == 0
    assert sync_connection(store, setup, clock).changed == 0


# --- HubSpot ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def crm() -> Iterator[tuple[Hub, ConnectionSetup]]:
    app = hubspot_sandbox(empty_firm(), SandboxClock(AS_OF))
    with serve(app) as running:
        app.start_anew(account_of(empty_firm(), SandboxClock(AS_OF)))
        hub = Hub(app, running)
        mapping = Mapping.load("hubspot", "crm", currency="GBP", region="GB")
        yield hub, ConnectionSetup("crm", connect_hubspot(hub), mapping)


def batch(*changes: tuple[str, str]) -> bytes:
    told = [{**CHANGE, "subscriptionType": kind, "objectId": int(record)} for kind, record in changes]
    return orjson.dumps(told)


def test_what_happens_at_hubspot_is_in_the_model_in_any_order(
    door: FlaskClient, store: Store, clock: FixedClock, crm: tuple[Hub, ConnectionSetup]
) -> None:
    hub, setup = crm
    ids = hub.make_many("companies", [{"name": name} for name in ("Alfa", "Bravo", "Charlie")])
    knock(door, "crm", by_hubspot(batch(*(("company.creation", record) for record in ids)), url=LOCAL))
    assert take_in_events(store, setup, clock) is False
    assert names(store) == {"Alfa", "Bravo", "Charlie"}

    hub.ask("PATCH", f"/crm/v3/objects/companies/{ids[0]}", {"properties": {"name": "Alfa Joinery"}})
    hub.ask("DELETE", f"/crm/v3/objects/companies/{ids[1]}")
    changes = [("company.deletion", ids[1]), ("company.propertyChange", ids[0]), ("company.propertyChange", ids[1])]
    knock(door, "crm", by_hubspot(batch(*changes), url=LOCAL))
    take_in_events(store, setup, clock)
    assert names(store) == {"Alfa Joinery", "Charlie"}
    assert unsettled(store) == 0


def test_a_merge_at_hubspot_leaves_one_of_two(
    door: FlaskClient, store: Store, clock: FixedClock, crm: tuple[Hub, ConnectionSetup]
) -> None:
    hub, setup = crm
    first, second = hub.make_many("companies", [{"name": "Alfa"}, {"name": "Alpha"}])
    knock(door, "crm", by_hubspot(batch(("company.creation", first), ("company.creation", second)), url=LOCAL))
    take_in_events(store, setup, clock)
    body = {"primaryObjectId": first, "objectIdToMerge": second}
    merged = hub.post("/crm/v3/objects/companies/merge", body)
    told = {
        **CHANGE, "subscriptionType": "company.merge", "primaryObjectId": int(first), "newObjectId": int(merged["id"]),
        "mergedObjectIds": [int(first), int(second)],
    }  # fmt: skip
    knock(door, "crm", by_hubspot(orjson.dumps([told]), url=LOCAL))
    take_in_events(store, setup, clock)
    assert names(store) == {"Alfa"}


LOCAL = "http://localhost/webhooks/crm"

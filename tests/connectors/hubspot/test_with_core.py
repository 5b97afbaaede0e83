"""The connector under the real sync, with the bundled mapping and a real store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connectors.hubspot.sandbox import TOKEN
from connectors.sandbox.demo import AS_OF
from core.mapping import Mapping
from core.sdk import FixedClock
from core.store import Store, crosswalk, golden
from core.sync import sync_connection
from core.sync.report import ConnectionSetup, SyncReport
from tests.connectors.hubspot.connected import NAME, connect
from tests.connectors.hubspot.hub import Hub


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    opened = Store.open(sqlite_url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def firm_store(demo: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The demo firm, read once for the tests that only look."""
    opened = Store.open(f"sqlite:///{tmp_path_factory.mktemp('firm') / 'inlay.db'}")
    opened.migrate()
    report = sync(demo, opened)
    assert {stream.parked for stream in report.streams} == {0}
    yield opened
    opened.close()


def sync(hub: Hub, store: Store, **how: Any) -> SyncReport:
    report = sync_connection(
        store, ConnectionSetup(NAME, connect(hub), Mapping.load("hubspot", NAME)), FixedClock(AS_OF), **how
    )
    assert [stream.error for stream in report.streams if stream.error] == []
    return report


def changed(report: SyncReport) -> dict[str, int]:
    return {stream.stream: stream.changed for stream in report.streams if stream.changed}


def read(store: Store, kind: str) -> dict[str, dict[str, Any]]:
    """Canonical records by external id."""
    with store.read() as conn:
        return {row.id.rsplit("/", 1)[-1]: json.loads(row.data) for row in golden.read_golden(conn, kind)}


def test_the_whole_firm_becomes_canonical(demo: Hub, firm_store: Store) -> None:
    counts = {kind: len(read(firm_store, kind)) for kind in ("client", "contact", "user", "ticket", "task")}
    shelves = demo.app.crm.shelves
    assert counts == {
        "client": len(list(shelves["companies"].live())),
        "contact": len(list(shelves["contacts"].live())),
        "user": 8,
        "ticket": len(list(shelves["tickets"].live())),
        "task": len(list(shelves["tasks"].live())),
    }
    contracts = read(firm_store, "contract").values()
    assert contracts
    assert all(contract["client_id"].startswith("crm/companies/") for contract in contracts)
    assert all(contract["annual_contract_value"]["currency"] for contract in contracts)
    assert all(user["name"] != user["email"] for user in read(firm_store, "user").values())


def test_a_second_sync_changes_nothing(demo: Hub, firm_store: Store) -> None:
    assert changed(sync(demo, firm_store)) == {}
    assert changed(sync(demo, firm_store, full=True)) == {}


def test_every_touch_is_an_interaction_of_its_client(firm_store: Store) -> None:
    with (
        firm_store.read() as conn
    ):  # calls, mails and meetings have ids of their own each, so ids alone would mix them up
        interactions = [json.loads(row.data) for row in golden.read_golden(conn, "interaction")]
    kinds = {interaction["kind"] for interaction in interactions}
    assert kinds == {"call", "email", "meeting", "note"}
    assert all(interaction["client_id"] for interaction in interactions)
    assert {each["direction"] for each in interactions if each["kind"] == "call"} == {"inbound", "outbound"}


def test_changes_archives_and_merges_arrive(hub: Hub, store: Store) -> None:
    ids = hub.make_many("companies", [{"name": f"C{number}"} for number in range(5)])
    sync(hub, store)
    hub.app.clock.advance(timedelta(hours=1))
    hub.ask("PATCH", f"/crm/v3/objects/companies/{ids[0]}", {"properties": {"name": "Changed"}})
    hub.ask("DELETE", f"/crm/v3/objects/companies/{ids[1]}")
    body = {"primaryObjectId": ids[2], "objectIdToMerge": ids[3]}
    survivor = hub.post("/crm/v3/objects/companies/merge", body)["id"]
    report = sync(hub, store)
    assert changed(report) == {"companies": 2}
    clients = read(store, "client")
    assert set(clients) == {ids[0], ids[4], survivor}
    assert clients[ids[0]]["name"] == "Changed"
    old = [f"{NAME}/companies/{each}" for each in ids[2:4]]
    with store.read() as conn:
        homes = crosswalk.resolve(conn, "client", old)
    assert set(homes.values()) == {f"{NAME}/companies/{survivor}"}


def test_a_new_association_reaches_the_contact(hub: Hub, store: Store) -> None:
    company, contact = hub.make("companies", name="Alder"), hub.make("contacts", email="a@x.example", lastname="A")
    sync(hub, store)
    assert read(store, "contact")[contact]["client_id"] is None
    hub.link("contacts", contact, "companies", company)
    sync(hub, store)
    assert read(store, "contact")[contact]["client_id"] == f"{NAME}/companies/{company}"


def test_relationships_come_change_and_go(hub: Hub, store: Store) -> None:
    company, contact = hub.make("companies", name="Alder"), hub.make("contacts", email="a@x.example", lastname="A")
    path = f"/crm/v4/objects/contacts/{contact}/associations/companies/{company}"
    made = hub.ask("POST", "/crm/v4/associations/contacts/companies/labels", {"label": "Legal", "name": "legal"}).json()
    spec = {"associationCategory": "USER_DEFINED", "associationTypeId": made["results"][0]["typeId"]}
    hub.ask("PUT", path, [spec])
    sync(hub, store)
    (told,) = read(store, "relationship").values()
    assert (told["role"], told["label"]) == ("legal", "Legal")
    assert (told["from_id"], told["to_id"]) == (f"{NAME}/contacts/{contact}", f"{NAME}/companies/{company}")
    hub.ask("DELETE", path)
    setup = ConnectionSetup(NAME, connect(hub), Mapping.load("hubspot", NAME))
    sync_connection(store, setup, FixedClock(AS_OF), accept_vanished=["contacts_to_companies"])
    assert read(store, "relationship") == {}


def test_a_missing_scope_stops_one_stream_only(hub: Hub, store: Store) -> None:
    hub.make("companies", name="Alder")
    scopes = [f"crm.objects.{name}.read" for name in ("companies", "contacts", "owners")]
    hub.configure(scopes={TOKEN: scopes})
    setup = ConnectionSetup(NAME, connect(hub), Mapping.load("hubspot", NAME))
    report = sync_connection(store, setup, FixedClock(AS_OF))
    failed = {stream.stream: stream.error for stream in report.streams if stream.error}
    assert {"deals", "tickets"} <= set(failed)
    assert "crm.objects.deals.read" in str(failed["deals"])
    assert set(read(store, "client"))

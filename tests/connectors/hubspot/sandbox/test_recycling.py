"""The recycle bin and back, deletion for good, records in use elsewhere, and addresses that are too long."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.hubspot.hub import Hub

EDIT = "/__sandbox__/edit"
COMPANIES = "/crm/v3/objects/companies"


def by_hand(hub: Hub, kind: str, record: str, **deed: Any) -> None:
    hub.post(EDIT, {"type": kind, "id": record, **deed})


def listed(hub: Hub, kind: str = "companies", **query: str) -> list[str]:
    return [row["id"] for row in hub.get(f"/crm/v3/objects/{kind}", limit=100, **query)["results"]]


def found(hub: Hub) -> list[str]:
    body = {"filterGroups": [], "sorts": [], "limit": 100}
    return [row["id"] for row in hub.post(f"{COMPANIES}/search", body)["results"]]


def test_archiving_moves_no_stamp_so_only_the_archived_list_tells(hub: Hub) -> None:
    company = hub.make("companies", name="A")
    before = hub.get(f"{COMPANIES}/{company}")
    hub.app.clock.tick()
    assert hub.ask("DELETE", f"{COMPANIES}/{company}").status_code == 204
    (archived,) = hub.get(COMPANIES, archived="true")["results"]
    assert archived["properties"]["hs_lastmodifieddate"] == before["properties"]["hs_lastmodifieddate"]
    assert archived["archivedAt"] > before["updatedAt"]
    assert (listed(hub), found(hub)) == ([], [])


def test_a_restored_record_is_back_with_its_associations(hub: Hub) -> None:
    company, contact = hub.make("companies", name="A"), hub.make("contacts", email="a@x.example")
    hub.link("contacts", contact, "companies", company)
    by_hand(hub, "companies", company, archive=True)
    assert hub.values("contacts", contact, "associatedcompanyid") == {"associatedcompanyid": None}
    by_hand(hub, "companies", company, restore=True)
    assert (listed(hub), found(hub), listed(hub, archived="true")) == ([company], [company], [])
    links = hub.get(f"/crm/v4/objects/companies/{company}/associations/contacts")["results"]
    assert [row["toObjectId"] for row in links] == [contact]


def test_associations_to_what_is_gone_meanwhile_are_not_restored(hub: Hub) -> None:
    company, contact = hub.make("companies", name="A"), hub.make("contacts", email="a@x.example")
    hub.link("contacts", contact, "companies", company)
    by_hand(hub, "companies", company, archive=True)
    by_hand(hub, "contacts", contact, archive=True)
    by_hand(hub, "companies", company, restore=True)
    assert hub.get(f"/crm/v4/objects/companies/{company}/associations/contacts")["results"] == []


@pytest.mark.parametrize("moves", [False, True])
def test_whether_restoring_moves_the_stamp_can_be_switched(hub: Hub, moves: bool) -> None:
    hub.configure(restore_moves_stamp=moves)
    company = hub.make("companies", name="A")
    before = hub.stamp("companies", company)
    by_hand(hub, "companies", company, archive=True)
    by_hand(hub, "companies", company, restore=True)
    assert (hub.stamp("companies", company) > before) is moves


def test_an_address_taken_meanwhile_keeps_a_contact_in_the_bin(hub: Hub) -> None:
    first = hub.make("contacts", email="a@x.example")
    by_hand(hub, "contacts", first, archive=True)
    second = hub.make("contacts", email="a@x.example")
    status, body = hub.refused("POST", EDIT, {"type": "contacts", "id": first, "restore": True})
    assert (status, "email" in body["error"]) == (400, True)
    assert listed(hub, "contacts") == [second]


def test_a_restored_contacts_address_is_taken_again(hub: Hub) -> None:
    contact = hub.make("contacts", email="a@x.example")
    by_hand(hub, "contacts", contact, archive=True)
    by_hand(hub, "contacts", contact, restore=True)
    assert hub.refused("POST", "/crm/v3/objects/contacts", {"properties": {"email": "a@x.example"}})[0] == 409


def test_what_is_not_archived_cannot_be_restored(hub: Hub) -> None:
    company = hub.make("companies", name="A")
    assert hub.refused("POST", EDIT, {"type": "companies", "id": company, "restore": True})[0] == 400


@pytest.mark.parametrize("archived_first", [False, True])
def test_what_is_erased_is_in_no_list(hub: Hub, archived_first: bool) -> None:
    company = hub.make("companies", name="A")
    if archived_first:
        by_hand(hub, "companies", company, archive=True)
    by_hand(hub, "companies", company, erase=True)
    assert (listed(hub), listed(hub, archived="true")) == ([], [])
    assert hub.refused("GET", f"{COMPANIES}/{company}")[0] == 404


def test_privacy_deletion_leaves_nothing_not_even_in_the_bin(hub: Hub) -> None:
    contact = hub.make("contacts", email="a@x.example")
    body = {"objectId": "a@x.example", "idProperty": "email"}
    assert hub.ask("POST", "/crm/v3/objects/contacts/gdpr-delete", body).status_code == 204
    assert (listed(hub, "contacts"), listed(hub, "contacts", archived="true")) == ([], [])
    assert hub.refused("GET", f"/crm/v3/objects/contacts/{contact}", archived="true")[0] == 404


class TestLockedRecords:
    def test_a_write_is_refused_until_the_lock_ends(self, hub: Hub) -> None:
        company = hub.make("companies", name="A")
        by_hand(hub, "companies", company, lock=5)
        body = {"properties": {"city": "York"}}
        status, refusal = hub.refused("PATCH", f"{COMPANIES}/{company}", body)
        assert (status, refusal["category"]) == (423, "LOCKED")
        assert hub.get(f"{COMPANIES}/{company}")["id"] == company, "reading goes on"
        hub.ask("POST", "/__sandbox__/clock", {"advance_seconds": 5})
        assert hub.ask("PATCH", f"{COMPANIES}/{company}", body).status_code == 200

    def test_in_a_traced_batch_it_is_one_row(self, hub: Hub) -> None:
        locked, free = hub.make_many("companies", [{"name": "A"}, {"name": "B"}])
        by_hand(hub, "companies", locked, lock=60)
        inputs = [{"id": each, "properties": {"city": "York"}, "objectWriteTraceId": each} for each in (locked, free)]
        answer = hub.ask("POST", f"{COMPANIES}/batch/update", {"inputs": inputs})
        assert answer.status_code == 207
        assert [row["id"] for row in answer.json()["results"]] == [free]
        (error,) = answer.json()["errors"]
        assert (error["category"], error["context"]["objectWriteTraceId"]) == ("LOCKED", [locked])

    def test_in_a_batch_without_traces_nothing_is_written(self, hub: Hub) -> None:
        locked, free = hub.make_many("companies", [{"name": "A"}, {"name": "B"}])
        by_hand(hub, "companies", locked, lock=60)
        inputs = [{"id": each, "properties": {"city": "York"}} for each in (free, locked)]
        assert hub.refused("POST", f"{COMPANIES}/batch/update", {"inputs": inputs})[0] == 423
        assert hub.values("companies", free, "city") == {"city": None}


def test_an_address_may_be_too_long(hub: Hub) -> None:
    names = ",".join(f"field_{number:05d}" for number in range(2_000))
    status, refusal = hub.refused("GET", COMPANIES, properties=names)
    assert (status, refusal["message"]) == (414, "Request-URI Too Long")
    assert hub.ask("GET", COMPANIES, properties=names[:12_000]).status_code == 200

"""Reading: whole lists, changes since a cursor, ties, caps, lag, and what moves while we read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.hubspot import changes
from connectors.hubspot.sandbox import search
from connectors.hubspot.sandbox.shelves import Shelf
from core.sdk import Cursor
from tests.connectors.hubspot.connected import calls, connect, ids, last_cursor, pages, records, stones
from tests.connectors.hubspot.hub import Hub

START = Cursor("2026-06-30T09:00:00Z")


def company_rows(count: int, start: int = 0) -> list[dict[str, str]]:
    return [{"name": f"Company {number}"} for number in range(start, start + count)]


def test_a_first_read_shows_every_record_once(hub: Hub) -> None:
    made = hub.make_many("companies", company_rows(250))
    calls(hub)
    found = pages(connect(hub), "companies")
    assert ids(found) == made
    assert calls(hub) == ["GET v3/properties/companies"] + ["GET v3/objects/companies"] * 3


def test_a_record_is_what_the_vendor_says_and_no_more(hub: Hub) -> None:
    company = hub.make("companies", name="Alder", city="Leeds")
    (record,) = records(pages(connect(hub), "companies", fields=["id", "name", "phone", "updatedAt"]))
    assert record == {
        "id": company,
        "createdAt": "2026-06-30T09:00:01Z",
        "updatedAt": "2026-06-30T09:00:01Z",
        "archived": False,
        "properties": {
            "name": "Alder",
            "phone": None,
            "hs_object_id": company,
            "createdate": "2026-06-30T09:00:01Z",
            "hs_lastmodifieddate": "2026-06-30T09:00:01Z",
            "hs_merged_object_ids": None,
        },
    }


@pytest.mark.parametrize(
    "kind", ["companies", "contacts", "deals", "tickets", "tasks", "notes", "calls", "emails", "meetings"]
)
def test_list_search_and_batch_read_give_the_same_record(demo: Hub, kind: str) -> None:
    connector = connect(demo)
    fields = ["associations.companies", "associations.contacts", "hubspot_owner_id"]
    listed = {record["id"]: record for record in records(pages(connector, kind, None, fields))}
    searched = {
        record["id"]: record for record in records(pages(connector, kind, Cursor("2026-02-01T00:00:00Z"), fields))
    }
    assert len(searched) > 3
    assert all(listed[key] == record for key, record in searched.items())
    some = list(searched)[:120]
    assert {record["id"]: record for record in connector.fetch(kind, some, fields)} == {
        key: listed[key] for key in some
    }


def test_nothing_new_costs_two_calls_and_yields_nothing(hub: Hub) -> None:
    hub.make("companies", name="Alder")
    hub.app.clock.advance(timedelta(hours=1))
    connector = connect(hub)
    cursor = last_cursor(pages(connector, "companies"))
    calls(hub)
    assert pages(connector, "companies", cursor) == []
    assert calls(hub) == ["GET v3/objects/companies", "POST v3/objects/companies/search"]


def test_only_what_changed_is_read_again(hub: Hub) -> None:
    made = hub.make_many("companies", company_rows(30))
    hub.app.clock.advance(timedelta(hours=1))
    connector = connect(hub)
    cursor = last_cursor(pages(connector, "companies"))
    hub.ask("PATCH", f"/crm/v3/objects/companies/{made[7]}", {"properties": {"name": "New"}})
    found = pages(connector, "companies", cursor)
    assert ids(found) == [made[7]]
    assert last_cursor(found) == Cursor("2026-06-30T10:00:02Z", made[7])


def test_changes_during_the_first_read_are_in_the_next(hub: Hub) -> None:
    made = hub.make_many("companies", company_rows(150))
    connector = connect(hub)
    hub.app.clock.advance(timedelta(hours=1))
    reading = connector.read("companies", ["name"], None)
    first = next(reading)
    hub.ask("PATCH", f"/crm/v3/objects/companies/{made[0]}", {"properties": {"name": "New"}})
    hub.app.clock.advance(timedelta(hours=1))
    rest = list(reading)
    assert made[0] in ids(pages(connector, "companies", last_cursor([first, *rest])))


def test_a_first_read_goes_on_where_it_was_stopped(hub: Hub) -> None:
    made = hub.make_many("companies", company_rows(250))
    first = next(connect(hub).read("companies", ["name"], None))
    assert first.cursor is not None
    assert first.cursor < START, "a cursor inside a list must never pass for one at its end"
    rest = pages(connect(hub), "companies", first.cursor)
    assert ids([first, *rest]) == made
    assert last_cursor(rest) == Cursor("2026-06-30T09:00:03Z")


def test_records_of_one_instant_are_all_read(hub: Hub) -> None:
    made = hub.make_many("companies", company_rows(500))
    found = pages(connect(hub), "companies", START)
    assert ids(found) == made
    assert [len(page.records) for page in found] == [200, 200, 100]


def test_the_cursor_never_goes_backwards(hub: Hub) -> None:
    hub.make("companies", name="Alder")
    later = Cursor("2026-06-30T09:03:00Z", "7")
    assert last_cursor(pages(connect(hub), "companies", later)) == later


def test_what_the_index_shows_late_is_caught_by_the_overlap(hub: Hub) -> None:
    hub.configure(search_lag_seconds=60)
    hub.app.clock.advance(timedelta(hours=1))
    late = hub.make("companies", name="Late")
    connector = connect(hub)
    assert pages(connector, "companies", START) == []
    hub.app.clock.advance(timedelta(seconds=61))
    on_time = hub.make("companies", name="On time")
    hub.app.clock.advance(timedelta(seconds=61))
    cursor = Cursor(hub.stamp("companies", on_time), on_time)
    assert ids(pages(connector, "companies", cursor)) == [late, on_time]


class TestPastTheCap:
    @pytest.fixture(autouse=True)
    def _small_cap(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Ten thousand records would take long; six hundred show the same."""
        monkeypatch.setattr(search, "MOST_RESULTS", 600)
        monkeypatch.setattr(changes, "CAP", 600)

    def test_a_new_window_begins_at_the_last_stamp(self, hub: Hub) -> None:
        made = hub.make_many("companies", company_rows(1_350))
        assert ids(pages(connect(hub), "companies", START)) == made


class TestAFlood:
    """Thousands of records of one instant, as an import leaves them: no window of time is small enough."""

    def flooded(self, hub: Hub, size: int) -> list[str]:
        """Some with stamps of their own before and after."""
        hub.make_many("companies", company_rows(30))
        hub.configure(stock={"companies": size}, stock_days=0)
        hub.make_many("companies", company_rows(50))
        return [str(Shelf.FIRST_ID + number) for number in range(30 + size + 50)]

    def test_more_than_a_search_ever_shows_are_read_exactly_once(self, hub: Hub) -> None:
        """At the real cap of ten thousand, with a window up to it and the whole flood by id."""
        expected = self.flooded(hub, 10_050)
        calls(hub)
        found = ids(pages(connect(hub), "companies", START))
        assert sorted(found, key=int) == expected
        searches = [call for call in calls(hub) if call.endswith("/search")]
        assert len(searches) == 10_000 / 200 + 51 + 1

    @pytest.mark.parametrize("size", [570, 600, 601, 1_300])
    def test_sizes_about_the_cap_make_no_difference(self, hub: Hub, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(search, "MOST_RESULTS", 600)
        monkeypatch.setattr(changes, "CAP", 600)
        expected = self.flooded(hub, size)
        assert sorted(ids(pages(connect(hub), "companies", START)), key=int) == expected

    def test_what_changes_meanwhile_is_read_as_it_is_then(self, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(search, "MOST_RESULTS", 600)
        monkeypatch.setattr(changes, "CAP", 600)
        expected = self.flooded(hub, 1_000)
        reading = connect(hub).read("companies", ["name"], START)
        found = [next(reading)]
        early, late = expected[40], expected[-100]
        for moved in (early, late):
            hub.ask("PATCH", f"/crm/v3/objects/companies/{moved}", {"properties": {"name": "Moved"}})
        found += list(reading)
        assert set(ids(found)) == set(expected)
        names = {record["id"]: record["properties"]["name"] for record in records(found)}
        assert (names[early], names[late]) == ("Moved", "Moved")


def test_nothing_slips_through_when_records_move_while_we_read(hub: Hub) -> None:
    made = hub.make_many("companies", company_rows(700))
    connector = connect(hub)
    reading = connector.read("companies", ["name"], START)
    found = [next(reading)]
    for moved in made[:3]:
        hub.ask("PATCH", f"/crm/v3/objects/companies/{moved}", {"properties": {"name": "Moved"}})
    found += list(reading)
    assert set(ids(found)) == set(made)
    again = ids(pages(connector, "companies", last_cursor(found)))
    assert set(made[:3]) <= set(ids(found)) | set(again)


class TestAssociations:
    FIELDS = ("associations.companies", "associations.contacts")

    def test_the_primary_one_comes_first(self, hub: Hub) -> None:
        first, second = hub.make_many("companies", company_rows(2))
        contact = hub.make("contacts", email="a@x.example")
        hub.link("contacts", contact, "companies", first)
        hub.link("contacts", contact, "companies", second)
        path = f"/crm/v4/objects/contacts/{contact}/associations/companies/{second}"
        hub.ask("PUT", path, [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}])
        for since in (None, START):
            (record,) = records(pages(connect(hub), "contacts", since, self.FIELDS))
            assert record["associations"] == {"companies": [second, first], "contacts": []}

    def test_they_cost_one_call_per_type_and_thousand_changes(self, hub: Hub) -> None:
        company = hub.make("companies", name="Alder")
        contacts = hub.make_many("contacts", [{"email": f"p{number}@x.example"} for number in range(1_050)])
        pairs = [{"from": {"id": each}, "to": {"id": company}} for each in contacts]
        hub.post("/crm/v4/associations/contacts/companies/batch/associate/default", {"inputs": pairs})
        calls(hub)
        found = pages(connect(hub), "contacts", START, self.FIELDS)
        assert [len(page.records) for page in found] == [1_000, 50]
        assert all(record["associations"]["companies"] == [company] for record in records(found))
        made = calls(hub)
        assert made.count("POST v4/associations/contacts/companies/batch/read") == 2
        assert made.count("POST v3/objects/contacts/search") == 6

    def test_long_lists_are_read_to_their_end(self, hub: Hub) -> None:
        company = hub.make("companies", name="Alder")
        contacts = hub.make_many("contacts", [{"email": f"p{number}@x.example"} for number in range(510)])
        pairs = [{"from": {"id": each}, "to": {"id": company}} for each in contacts]
        hub.post("/crm/v4/associations/contacts/companies/batch/associate/default", {"inputs": pairs})
        (record,) = records(pages(connect(hub), "companies", START, self.FIELDS))
        assert record["associations"]["contacts"] == contacts

    def test_none_are_asked_for_unless_wanted(self, hub: Hub) -> None:
        hub.make("companies", name="Alder")
        (record,) = records(pages(connect(hub), "companies", START))
        assert "associations" not in record
        assert not [call for call in calls(hub) if "associations" in call]


class TestWhatIsGone:
    def test_archived_records_become_tombstones(self, hub: Hub) -> None:
        old, new = hub.make_many("companies", company_rows(2))
        hub.ask("DELETE", f"/crm/v3/objects/companies/{old}")
        hub.app.clock.advance(timedelta(hours=1))
        hub.ask("DELETE", f"/crm/v3/objects/companies/{new}")
        found = pages(connect(hub), "companies", Cursor("2026-06-30T09:30:00Z"))
        assert [(stone.external_id, stone.reason, stone.at) for stone in stones(found)] == [
            (new, "archived", "2026-06-30T10:00:03Z")
        ]

    @pytest.mark.parametrize("new_id", [True, False])
    def test_merged_records_name_their_survivor(self, hub: Hub, new_id: bool) -> None:
        hub.configure(merge_makes_new_id=new_id)
        first, second = hub.make_many("companies", company_rows(2))
        body = {"primaryObjectId": first, "objectIdToMerge": second}
        survivor = hub.post("/crm/v3/objects/companies/merge", body)["id"]
        expected = {first, second} - {survivor}
        for since in (None, START):
            found = pages(connect(hub), "companies", since)
            assert ids(found) == [survivor]
            told = {(stone.external_id, stone.reason, stone.merged_into) for stone in stones(found)}
            assert told == {(old, "merged", survivor) for old in expected}

    def test_the_cursor_never_passes_the_look_at_the_archive(self, hub: Hub) -> None:
        """What is archived while changes are being read is found by the next read, even if this one is killed."""
        made = hub.make_many("companies", company_rows(500))
        hub.app.clock.advance(timedelta(hours=1))
        reading = connect(hub).read("companies", ["name"], START)
        looked_at = hub.app.clock.now()
        first = next(reading)
        hub.ask("DELETE", f"/crm/v3/objects/companies/{made[0]}")
        hub.app.clock.advance(timedelta(hours=1))
        hub.ask("PATCH", f"/crm/v3/objects/companies/{made[450]}", {"properties": {"name": "Late"}})
        rest = list(reading)
        cursor = last_cursor([first, *rest])
        assert cursor.stamp <= f"{looked_at:%Y-%m-%dT%H:%M:%SZ}"
        assert [stone.external_id for stone in stones(pages(connect(hub), "companies", cursor))] == [made[0]]

    def test_a_survivor_that_was_archived_still_tells_whom_it_swallowed(self, hub: Hub) -> None:
        first, second = hub.make_many("companies", company_rows(2))
        body = {"primaryObjectId": first, "objectIdToMerge": second}
        survivor = hub.post("/crm/v3/objects/companies/merge", body)["id"]
        hub.ask("DELETE", f"/crm/v3/objects/companies/{survivor}")
        found = {stone.external_id: stone.reason for stone in stones(pages(connect(hub), "companies", START))}
        assert found == {first: "merged", second: "merged", survivor: "archived"}

    def test_a_merged_record_can_no_longer_be_fetched(self, hub: Hub) -> None:
        first, second = hub.make_many("companies", company_rows(2))
        hub.post("/crm/v3/objects/companies/merge", {"primaryObjectId": first, "objectIdToMerge": second})
        assert connect(hub).fetch("companies", [first, second], ["name"]) == []


def test_owners_are_all_read_those_who_left_too(demo: Hub) -> None:
    connector = connect(demo)
    assert connector.streams()["owners"].mode == "full"
    owners = records(pages(connector, "owners"))
    assert len(owners) == 8
    assert [owner["archived"] for owner in owners].count(True) == 1
    assert connector.fetch("owners", [owners[3]["id"]], []) == [owners[3]]
    assert connector.describe("owners") == {}


def test_more_object_types_can_be_read_by_mapping_alone(hub: Hub) -> None:
    connector = connect(hub)
    product = hub.make("products", name="Payroll", price="30")
    for name in ("products", "0-7"):
        (record,) = records(pages(connector, name, fields=["price"]))
        assert (record["id"], record["properties"]["price"]) == (product, "30")


MAPPED = ("owners", "companies", "contacts", "deals", "tickets", "tasks", "notes", "calls", "emails", "meetings")


def test_the_demo_firm_is_read_with_the_fewest_calls(demo: Hub) -> None:
    connector = connect(demo)
    calls(demo)
    total = {name: len(ids(pages(connector, name, None, ["associations.companies"]))) for name in MAPPED}
    made = [call for call in calls(demo) if "/objects/" in call]
    least = sum(-(-count // 100) for name, count in total.items() if name != "owners")
    assert len(made) == least

"""Reading: everything, then only what changed; pages, ties, deletions, merges, and locators that end."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.salesforce.refusals import VendorRefusal
from connectors.sandbox.server import RunningSandbox
from core.sdk import Cursor, Tombstone
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import Api


def fill(api: Api, count: int, name: str = "Account", **values: Any) -> list[str]:
    """Create so many records in calls of 200 and return their ids."""
    ids: list[str] = []
    label = "LastName" if name == "Contact" else "Name"
    for start in range(0, count, 200):
        numbers = range(start, min(start + 200, count))
        records = [{"attributes": {"type": name}, label: f"n{number:05d}", **values} for number in numbers]
        _, results = api.call("POST", "composite/sobjects", {"records": records})
        ids += [str(result["id"]) for result in results]
    return ids


def last_cursor(link: Link, stream: str = "Account") -> Cursor:
    """Read a stream whole and return where it ends."""
    cursor = link.pages(stream, "Name")[-1].cursor
    assert cursor is not None
    return cursor


def changed(link: Link, since: Cursor, stream: str = "Account", *fields: str) -> list[dict[str, Any]]:
    """Return the records changed after a cursor, without those that the overlap shows again."""
    records = link.records(stream, *fields, since=since)
    return [record for record in records if str(record["SystemModstamp"])[:19] > since.stamp[:19]]


def tombstones(link: Link, since: Cursor, stream: str = "Account") -> list[Tombstone]:
    """Return what has gone since a cursor."""
    return [stone for page in link.pages(stream, "Name", since=since) for stone in page.tombstones]


# everything


def test_every_stream_can_be_read_from_the_beginning(firm_link: Link) -> None:
    counts = {name: len(firm_link.records(name)) for name in firm_link.connector.streams()}
    assert counts == {
        "User": 4,
        "Account": 2,
        "Contact": 1,
        "Opportunity": 1,
        "OpportunityContactRole": 1,
        "AccountContactRelation": 0,
        "AccountTeamMember": 0,
        "Contract": 1,
        "Case": 1,
        "Task": 4,
        "Event": 1,
    }


def test_streams_say_how_they_are_read(link: Link) -> None:
    for name, stream in link.connector.streams().items():
        assert (stream.name, stream.id_field, stream.stamp_field, stream.mode) == (
            name,
            "Id",
            "SystemModstamp",
            "incremental",
        )


def test_further_objects_are_streams_too(served: RunningSandbox) -> None:
    link = Link(served.base_url)
    assert {record["IsoCode"] for record in link.records("CurrencyType", "IsoCode")} == {"GBP", "EUR", "USD"}


def test_records_hold_id_stamp_and_what_was_asked_and_no_attributes(api: Api, link: Link) -> None:
    row_id = api.create("Account", Name="Acme", Site="S")
    record = link.records("Account", "Name", "Site", "Owner.Name", "BillingAddress")[0]
    assert record == {
        "Id": row_id,
        "SystemModstamp": record["SystemModstamp"],
        "IsDeleted": False,
        "MasterRecordId": None,
        "Name": "Acme",
        "Site": "S",
        "Owner": {"Name": "Inlay Integration"},
        "BillingAddress": None,
    }


def test_records_come_oldest_change_first(api: Api, link: Link) -> None:
    ids = [api.create("Account", Name=name) for name in ("a", "b", "c")]
    api.update("Account", ids[0], Site="x")
    assert [record["Name"] for record in link.records("Account", "Name")] == ["b", "c", "a"]


def test_an_empty_stream_is_one_empty_page(link: Link) -> None:
    pages = link.pages("Account", "Name")
    assert [(list(page.records), page.cursor, list(page.tombstones)) for page in pages] == [([], None, [])]


def test_the_first_page_tells_how_many_there_are(api: Api, link: Link) -> None:
    fill(api, 5)
    assert link.pages("Account", "Name")[0].total == 5


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (1, 1), (1999, 1), (2000, 1), (2001, 2), (4001, 3)])
def test_a_full_read_costs_as_few_calls_as_pages(api: Api, link: Link, count: int, calls: int) -> None:
    fill(api, count)
    link.connector.describe("Account")
    link.calls()
    assert len(link.records("Account", "Name")) == count
    assert len(link.calls()) == calls


def test_every_page_carries_the_cursor_of_its_last_record(api: Api, link: Link) -> None:
    fill(api, 25)
    api.options(page_size=10)
    for page in link.pages("Account", "Name", since=Cursor("2020-01-01T00:00:00.000Z")):
        last = page.records[-1]
        assert page.cursor is not None
        assert page.cursor.id == last["Id"]
        assert page.cursor.stamp == str(last["SystemModstamp"]).replace("+0000", "Z")


def test_activities_over_a_year_old_are_read(firm_link: Link) -> None:
    assert "Note" in [record["Subject"] for record in firm_link.records("Task", "Subject")]


def test_a_first_read_does_not_mention_what_was_deleted_before(api: Api, link: Link) -> None:
    api.delete("Account", api.create("Account", Name="gone"))
    api.create("Account", Name="here")
    pages = link.pages("Account", "Name")
    assert [record["Name"] for page in pages for record in page.records] == ["here"]
    assert [stone for page in pages for stone in page.tombstones] == []


# what changed


def test_only_what_changed_is_read_again(api: Api, link: Link) -> None:
    ids = fill(api, 10)
    cursor = last_cursor(link)
    api.wait(600)
    api.update("Account", ids[3], Site="x")
    new = api.create("Account", Name="new")
    assert [record["Id"] for record in changed(link, cursor)] == [ids[3], new]


def test_nothing_new_is_one_call_and_the_same_cursor(api: Api, link: Link) -> None:
    fill(api, 10)
    cursor = link.pages("Account", "Name", since=last_cursor(link))[-1].cursor
    link.calls()
    pages = link.pages("Account", "Name", since=cursor)
    assert link.calls() == [("GET", "queryAll/")]
    assert pages[-1].cursor == cursor


@pytest.mark.parametrize(("overlap", "again"), [(0, 1), (30, 1), (90, 2), (3600, 3)])
def test_the_overlap_reads_again_what_may_have_come_late(
    api: Api, served: RunningSandbox, overlap: int, again: int
) -> None:
    for name in ("a", "b", "c"):
        api.create("Account", Name=name)
        api.wait(59)
    link = Link(served.base_url, overlap_seconds=overlap)
    cursor = last_cursor(link)
    pages = link.pages("Account", "Name", since=cursor)
    assert sum(len(page.records) for page in pages) == again
    assert pages[-1].cursor == cursor


def test_a_row_that_was_committed_late_is_found_within_the_overlap(api: Api, link: Link) -> None:
    ids = fill(api, 3)
    api.wait(120)
    late = api.create("Account", Name="late")
    cursor = last_cursor(link)
    row = api.app.site.org.tables["Account"].rows[ids[0]]
    row["SystemModstamp"] = "2026-06-30T09:01:00.000+0000"
    assert [record["Id"] for record in link.records("Account", "Name", since=cursor)] == [*ids[1:], ids[0], late]


def test_many_changes_of_one_second_are_all_read_across_pages(api: Api, link: Link) -> None:
    ids = fill(api, 200)
    api.options(page_size=7)
    found = [record["Id"] for record in link.records("Account", "Name")]
    assert found == ids
    cursor = Cursor("2026-06-30T08:00:00.000Z", "")
    assert sorted(record["Id"] for record in link.records("Account", "Name", since=cursor)) == ids


def test_a_changed_mapping_field_is_read_from_the_same_cursor(api: Api, link: Link) -> None:
    api.create("Account", Name="Acme", Site="S")
    assert link.records("Account", "Name", "Site", since=Cursor("2026-06-30T08:00:00.000Z"))[0]["Site"] == "S"


# what has gone


def test_a_deleted_record_is_a_tombstone(api: Api, link: Link) -> None:
    ids = fill(api, 3)
    cursor = last_cursor(link)
    api.wait(600)
    api.delete("Account", ids[1])
    stones = tombstones(link, cursor)
    assert [(stone.external_id, stone.reason, stone.merged_into) for stone in stones] == [(ids[1], "deleted", None)]
    assert stones[0].at == "2026-06-30T09:10:02.000Z"


def test_a_merged_record_points_at_its_master(api: Api, link: Link) -> None:
    master, loser, other = fill(api, 3)
    person = api.create("Contact", LastName="c", AccountId=loser)
    accounts, contacts = last_cursor(link), last_cursor(link, "Contact")
    api.wait(600)
    api.person_does("merge", "Account", loser, into=master)
    stones = tombstones(link, accounts)
    assert [(stone.external_id, stone.reason, stone.merged_into) for stone in stones] == [(loser, "merged", master)]
    assert [record["Id"] for record in changed(link, accounts)] == [master]
    assert api.row("Account", other)["Name"] == "n00002"
    moved = changed(link, contacts, "Contact", "AccountId")
    assert [(record["Id"], record["AccountId"]) for record in moved] == [(person, master)]


def test_a_restored_record_is_read_again(api: Api, link: Link) -> None:
    row_id = fill(api, 1)[0]
    cursor = last_cursor(link)
    api.wait(600)
    api.delete("Account", row_id)
    api.wait(600)
    api.person_does("restore", "Account", row_id)
    assert tombstones(link, cursor) == []
    assert [record["Id"] for record in link.records("Account", "Name", since=cursor)] == [row_id]


def test_deletions_move_the_cursor(api: Api, link: Link) -> None:
    row_id = fill(api, 1)[0]
    cursor = last_cursor(link)
    api.wait(600)
    api.delete("Account", row_id)
    page = link.pages("Account", "Name", since=cursor)[-1]
    assert page.cursor is not None
    assert page.cursor > cursor
    assert list(page.records) == []


def test_deletions_and_changes_come_with_the_same_call(api: Api, link: Link) -> None:
    ids = fill(api, 3)
    cursor = last_cursor(link)
    link.pages("Account", "Name", since=cursor)
    api.wait(600)
    api.delete("Account", ids[0])
    api.update("Account", ids[1], Site="x")
    link.calls()
    page = link.pages("Account", "Name", since=cursor)[0]
    assert [stone.external_id for stone in page.tombstones] == [ids[0]]
    assert page.records[-1]["Id"] == ids[1]
    assert len(link.calls()) == 1


def test_users_who_cannot_be_deleted_are_read_all_the_same(link: Link) -> None:
    assert len(link.records("User", "IsActive", since=Cursor("2000-01-01T00:00:00.000Z"))) == 4


# locators


def test_an_ended_locator_is_replaced_without_gap_or_repetition(api: Api, link: Link) -> None:
    ids = fill(api, 30)
    api.options(page_size=10)
    found: list[str] = []
    for page in link.connector.read("Account", ["Name"], None):
        found += [record["Id"] for record in page.records]
        api.options(expire_locators=True)
    assert found == ids


def test_an_ended_locator_of_an_incremental_read_is_replaced_too(api: Api, link: Link) -> None:
    known = fill(api, 1)
    cursor = last_cursor(link)
    api.wait(600)
    ids = fill(api, 25)
    api.delete("Account", ids[12])
    api.options(page_size=10)
    found, gone = [], []
    for page in link.connector.read("Account", ["Name"], cursor):
        found += [record["Id"] for record in page.records]
        gone += [stone.external_id for stone in page.tombstones]
        api.options(expire_locators=True)
    assert found == known + ids[:12] + ids[13:]
    assert gone == [ids[12]]


def test_a_locator_that_ends_within_the_overlap_loses_nothing_late(api: Api, link: Link) -> None:
    """The cursor stands beyond the overlap, so going on from the cursor would skip what came late."""
    ids = fill(api, 30)
    api.wait(120)
    api.create("Account", Name="last")
    cursor = last_cursor(link)
    late = ids[25]
    api.app.site.org.tables["Account"].rows[late]["Name"] = "committed late"
    api.options(page_size=10)
    found: dict[str, str] = {}
    for page in link.connector.read("Account", ["Name"], cursor):
        found.update((record["Id"], record["Name"]) for record in page.records)
        assert page.cursor is not None
        assert page.cursor >= cursor
        api.options(expire_locators=True)
    assert found[late] == "committed late"
    assert len(found) == 31


def test_a_locator_that_never_lives_is_given_up(api: Api, link: Link) -> None:
    fill(api, 30)
    api.options(page_size=10)
    body = '[{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]'
    api.control(
        "POST", "faults", [{"do": "status", "status": 400, "path": "query", "nth": 2, "times": None, "body": body}]
    )
    with pytest.raises(VendorRefusal, match="INVALID_QUERY_LOCATOR"):
        link.records("Account", "Name")
    assert len(link.calls()) < 8


def test_a_read_can_be_taken_up_at_any_page(api: Api, link: Link) -> None:
    ids = fill(api, 40)
    api.options(page_size=10)
    reader = link.connector.read("Account", ["Name"], None)
    first = [next(reader), next(reader)]
    seen = {record["Id"] for page in first for record in page.records}
    seen |= {record["Id"] for record in link.records("Account", "Name", since=first[-1].cursor)}
    assert sorted(seen) == ids


def test_a_record_changed_between_pages_is_found_at_the_next_read(api: Api, link: Link) -> None:
    ids = fill(api, 30)
    api.options(page_size=10)
    reader = link.connector.read("Account", ["Name", "Site"], None)
    pages = [next(reader)]
    api.wait(600)
    api.person_edits("Account", ids[2], Site="between")
    pages += list(reader)
    changed = link.records("Account", "Site", since=pages[-1].cursor)
    assert {record["Id"]: record["Site"] for record in changed}[ids[2]] == "between"

"""What left the recycle bin before anybody looked, and what changes without a stamp."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from connectors.sandbox.server import RunningSandbox
from core.sdk import Cursor, Page, Tombstone, WriteRow
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import Api
from tests.connectors.salesforce.test_read import fill

HOUR, DAY = 3600.0, 86_400.0


def wait(api: Api, link: Link, seconds: float) -> None:
    """Let time pass for both."""
    api.wait(seconds)
    link.clock.sleep(seconds)


def destroy(api: Api, *ids: str) -> None:
    """Delete records and empty the recycle bin."""
    for row_id in ids:
        api.person_does("delete", "Account", row_id)
        api.person_does("purge", "Account", row_id)


def read(link: Link, since: Cursor | None, *fields: str) -> tuple[list[Page], Cursor]:
    """Read accounts and return the pages and where they end."""
    pages = link.pages("Account", "Name", *fields, since=since)
    cursor = next(page.cursor for page in reversed(pages) if page.cursor)
    return pages, cursor


def settled(api: Api, link: Link, cursor: Cursor) -> Cursor:
    """Read until the overlap shows nothing again."""
    wait(api, link, HOUR)
    return read(link, cursor)[1]


def stones(pages: list[Page]) -> list[Tombstone]:
    return [stone for page in pages for stone in page.tombstones]


def names(pages: list[Page]) -> list[str]:
    return [str(record["Name"]) for page in pages for record in page.records]


def log_calls(link: Link) -> int:
    return sum(path.endswith("/deleted") for _, path in link.calls())


def test_a_record_that_left_the_bin_is_told_by_the_log(api: Api, link: Link) -> None:
    ids = fill(api, 4)
    _, cursor = read(link, None)
    wait(api, link, 2 * HOUR)
    destroy(api, ids[1], ids[2])
    pages, _ = read(link, cursor)
    found = stones(pages)
    assert sorted(stone.external_id for stone in found) == ids[1:3]
    assert {stone.reason for stone in found} == {"deleted"}
    assert all(stone.at and stone.at > cursor.stamp for stone in found)


def test_what_is_in_the_bin_or_was_restored_is_not_taken_for_destroyed(api: Api, link: Link) -> None:
    binned, restored, merged, master = fill(api, 4)
    _, cursor = read(link, None)
    wait(api, link, 2 * HOUR)
    api.person_does("delete", "Account", binned)
    api.person_does("delete", "Account", restored)
    api.person_does("restore", "Account", restored)
    api.person_does("merge", "Account", merged, into=master)
    pages, _ = read(link, cursor)
    assert sorted((stone.external_id, stone.reason, stone.merged_into) for stone in stones(pages)) == sorted(
        [(binned, "deleted", None), (merged, "merged", master)]
    )
    assert restored in {str(record["Id"]) for page in pages for record in page.records}


def test_hundreds_of_destroyed_records_are_told_in_few_calls(api: Api, link: Link) -> None:
    ids = fill(api, 600)
    _, cursor = read(link, None)
    wait(api, link, 2 * HOUR)
    destroy(api, *ids[:500])
    wait(api, link, 2 * HOUR)
    link.calls()
    pages, _ = read(link, cursor)
    assert sorted(stone.external_id for stone in stones(pages)) == ids[:500]
    assert len(link.calls()) <= 7  # the log, the bin, three lists of ids, what changed, and a describe


def test_the_log_is_read_once_an_hour(api: Api, link: Link) -> None:
    fill(api, 2)
    _, cursor = read(link, None)
    asked = []
    for _ in range(9):
        _, cursor = read(link, cursor)
        asked.append(log_calls(link))
        wait(api, link, HOUR / 4)
    assert asked == [0, 0, 0, 0, 1, 0, 0, 0, 1]


def test_what_a_look_brought_and_nobody_stored_is_told_again(api: Api, link: Link) -> None:
    ids = fill(api, 3)
    _, cursor = read(link, None)
    wait(api, link, 2 * HOUR)
    destroy(api, ids[0])
    lost, _ = read(link, cursor)
    again, after = read(link, cursor)  # nothing of the first was stored, so it begins there again
    assert [stone.external_id for stone in stones(lost)] == [ids[0]]
    assert stones(again) == stones(lost)
    link.calls()
    assert stones(read(link, after)[0]) == []
    assert log_calls(link) == 0


def test_nothing_is_lost_between_two_looks_into_the_log_nor_by_a_restart(
    api: Api, link: Link, served: RunningSandbox
) -> None:
    ids = fill(api, 3)
    _, cursor = read(link, None)
    _, cursor = read(link, cursor)
    wait(api, link, HOUR / 2)
    destroy(api, ids[0])
    wait(api, link, HOUR / 6)
    api.create("Account", Name="later")  # moves the cursor beyond the deletion
    wait(api, link, HOUR / 12)
    pages, cursor = read(link, cursor)
    assert stones(pages) == []
    again = Link(served.base_url, clock=link.clock)
    pages, _ = read(again, cursor)
    assert [stone.external_id for stone in stones(pages)] == [ids[0]]


def test_a_quiet_object_keeps_up_with_the_vendors_clock(api: Api, link: Link) -> None:
    """Its last change is long ago, yet nothing was missed: the cursor says up to when it was read."""
    fill(api, 2)
    _, cursor = read(link, None)
    for _ in range(4):
        wait(api, link, 10 * DAY)
        pages, cursor = read(link, cursor)
        assert stones(pages) == []
        assert abs((datetime.fromisoformat(cursor.stamp) - link.clock.now()).total_seconds()) <= 60
    assert link.connector.findings() == []


def test_an_object_that_was_quiet_for_long_before_its_first_reading_is_not_taken_for_lost(api: Api, link: Link) -> None:
    fill(api, 2)
    wait(api, link, 90 * DAY)
    _, cursor = read(link, None)
    assert 0 < (link.clock.now() - datetime.fromisoformat(cursor.stamp)).total_seconds() <= HOUR + 60
    wait(api, link, 2 * DAY)
    new = api.create("Account", Name="new")
    pages, _ = read(link, cursor)
    assert [str(record["Id"]) for page in pages for record in page.records] == [new]
    assert link.connector.findings() == []


@pytest.mark.parametrize(("days", "lost"), [(1, 0), (14, 0), (16, 1), (60, 1)])
def test_a_pause_longer_than_the_log_needs_a_full_reading(api: Api, link: Link, days: int, lost: int) -> None:
    ids = fill(api, 2)
    _, cursor = read(link, None)
    destroy(api, ids[0])
    wait(api, link, days * DAY)
    read(link, cursor)
    findings = [finding for finding in link.connector.findings() if finding.code == "deletions_lost"]
    assert len(findings) == lost
    assert all(finding.where == "crm/Account" and "--full" in finding.remedy for finding in findings)


def test_a_first_reading_and_a_full_one_ask_for_no_deletions(api: Api, link: Link) -> None:
    fill(api, 2)
    wait(api, link, 90 * DAY)
    for _ in range(2):
        read(link, None)
    asked = [path.partition("?")[0] for _, path in link.calls()]
    assert asked == ["sobjects/Account/describe", "queryAll/", "queryAll/"]


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("age", [0, 90], ids=["busy", "quiet"])
def test_what_is_destroyed_while_the_first_reading_goes_on_is_found_by_the_next(
    api: Api, link: Link, served: RunningSandbox, age: int, restarted: bool
) -> None:
    ids = fill(api, 30)
    wait(api, link, age * DAY)
    api.options(page_size=10)
    pages = link.connector.read("Account", ["Name"], None)
    first = next(pages)
    assert ids[3] in {record["Id"] for record in first.records}
    destroy(api, ids[3])
    cursor = [page.cursor for page in pages if page.cursor][-1]
    wait(api, link, 2 * HOUR)
    again = Link(served.base_url, clock=link.clock) if restarted else link
    assert [stone.external_id for stone in stones(read(again, cursor)[0])] == [ids[3]]


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_reading_of_many_hours_lets_no_destroyed_record_slip(
    api: Api, link: Link, served: RunningSandbox, is_first: bool, restarted: bool
) -> None:
    """People change records all the while: the cursor may not run away from what is known of deletions."""
    ids = fill(api, 30)
    since = None if is_first else Cursor("2026-06-29T00:00:00.000Z")
    api.options(page_size=10)
    pages = link.connector.read("Account", ["Name"], since)
    next(page for page in pages if page.records)
    wait(api, link, HOUR / 2)
    destroy(api, ids[3])
    wait(api, link, 4 * HOUR)
    late = api.create("Account", Name="late")
    api.options(expire_locators=True)  # the query is asked anew, and shows what came meanwhile
    rest = list(pages)
    assert late in {record["Id"] for page in rest for record in page.records}
    cursor = [page.cursor for page in rest if page.cursor][-1]
    wait(api, link, 2 * HOUR)
    again = Link(served.base_url, clock=link.clock) if restarted else link
    found, after = read(again, cursor)
    assert [stone.external_id for stone in stones(found)] == [ids[3]]
    assert after > cursor
    assert link.connector.findings() == []


@pytest.mark.parametrize("ahead", [3 * HOUR, -3 * HOUR], ids=["fast", "slow"])
def test_a_clock_of_ours_that_is_wrong_skips_nothing(api: Api, served: RunningSandbox, ahead: float) -> None:
    fill(api, 2)
    api.wait(90 * DAY)
    link = Link(served.base_url)
    link.clock.sleep(90 * DAY + ahead)
    _, cursor = read(link, None)
    new = api.create("Account", Name="new")
    link.clock.sleep(HOUR)
    api.wait(HOUR)
    assert new in {record["Id"] for page in read(link, cursor)[0] for record in page.records}


def test_a_refused_log_does_not_stop_the_reading(api: Api, link: Link) -> None:
    fill(api, 2)
    _, cursor = read(link, None)
    wait(api, link, 2 * HOUR)
    api.create("Account", Name="new")
    body = '[{"errorCode": "EXCEEDED_ID_LIMIT", "message": "exceeded id limit"}]'
    api.control("POST", "faults", [{"do": "status", "status": 400, "path": "/deleted", "body": body}])
    pages, _ = read(link, cursor)
    assert "new" in names(pages)
    assert [finding.code for finding in link.connector.findings()] == ["deletions_lost"]


def test_a_killed_reading_tells_the_destroyed_records_again(api: Api, link: Link, served: RunningSandbox) -> None:
    ids = fill(api, 30)
    _, cursor = read(link, None)
    wait(api, link, 3 * HOUR)
    destroy(api, ids[3])
    reader = link.connector.read("Account", ["Name"], cursor)
    assert [stone.external_id for stone in next(reader).tombstones] == [ids[3]]
    del reader  # killed before anything was stored
    pages, _ = read(Link(served.base_url, clock=link.clock), cursor)
    assert [stone.external_id for stone in stones(pages)] == [ids[3]]


# a first reading that was killed


@pytest.mark.parametrize("kills", [1, 2])
def test_a_killed_first_reading_of_old_records_goes_on_and_warns_of_nothing(
    api: Api, link: Link, served: RunningSandbox, kills: int
) -> None:
    """Its cursor is a year old, and the delete log reaches back fifteen days: but nothing older was ever stored."""
    ids = fill(api, 30)
    wait(api, link, 365 * DAY)
    api.options(page_size=10)
    shown, cursor = set[str](), None
    for _ in range(kills):
        page = next(page for page in link.connector.read("Account", ["Name"], cursor) if page.records)
        shown |= {str(record["Id"]) for record in page.records}
        cursor = page.cursor
        wait(api, link, HOUR)
        link = Link(served.base_url, clock=link.clock)
    destroy(api, ids[0])
    wait(api, link, 2 * HOUR)
    pages, cursor = read(link, cursor)
    shown |= {str(record["Id"]) for page in pages for record in page.records}
    assert shown == set(ids)
    assert [stone.external_id for stone in stones(pages)] == [ids[0]], "what was stored and is gone is told"
    assert link.connector.findings() == []
    assert log_calls(link) == 1
    assert read(Link(served.base_url, clock=link.clock), cursor)[0][0].records == []


def test_a_first_reading_that_was_killed_weeks_ago_may_have_lost_deletions(
    api: Api, link: Link, served: RunningSandbox
) -> None:
    fill(api, 30)
    api.options(page_size=10)
    page = next(iter(link.connector.read("Account", ["Name"], None)))
    wait(api, link, 20 * DAY)
    again = Link(served.base_url, clock=link.clock)
    read(again, page.cursor)
    assert [finding.code for finding in again.connector.findings()] == ["deletions_lost"]


def test_a_whole_first_reading_leaves_a_plain_cursor(api: Api, link: Link) -> None:
    fill(api, 30)
    wait(api, link, 365 * DAY)
    api.options(page_size=10)
    pages, cursor = read(link, None)
    assert all("!" in page.cursor.id for page in pages[:-1] if page.cursor)
    assert "!" not in cursor.id
    assert cursor > max(page.cursor for page in pages[:-1] if page.cursor)


# what no stamp tells


def formula(api: Api, row_id: str, value: Any) -> None:
    """Let a value change as a formula's does: without any stamp moving."""
    api.app.site.org.tables["Account"].rows[row_id]["LastActivityDate"] = value


def test_a_value_without_a_stamp_is_found_by_the_weekly_sweep(api: Api, link: Link) -> None:
    ids = fill(api, 3)
    _, cursor = read(link, None, "LastActivityDate")
    cursor = settled(api, link, cursor)
    formula(api, ids[1], "2026-07-01")
    seen = []
    for day in range(8):
        pages, cursor = read(link, cursor, "LastActivityDate")
        found = {str(r["Id"]): r["LastActivityDate"] for page in pages for r in page.records}
        seen += [day] if found.get(ids[1]) == "2026-07-01" and len(found) == 3 else []
        wait(api, link, DAY)
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("fields", "days", "sweeps"), [(("Site",), 7, 0), (("LastActivityDate",), 0, 0), (("LastActivityDate",), 1, 5)]
)
def test_only_objects_with_such_fields_are_swept_and_only_if_wanted(
    api: Api, served: RunningSandbox, fields: tuple[str, ...], days: int, sweeps: int
) -> None:
    fill(api, 3)
    link = Link(served.base_url, sweep_days=days)
    _, cursor = read(link, None, *fields)
    cursor = settled(api, link, cursor)
    counts = []
    for _ in range(5):
        wait(api, link, DAY)
        pages, cursor = read(link, cursor, *fields)
        counts.append(sum(len(page.records) for page in pages))
    assert counts.count(3) == sweeps


def test_a_sweep_that_was_killed_is_made_again(api: Api, served: RunningSandbox) -> None:
    ids = fill(api, 30)
    link = Link(served.base_url, sweep_days=1)
    _, cursor = read(link, None, "LastActivityDate")
    wait(api, link, 2 * DAY)
    formula(api, ids[29], "2026-07-01")
    api.options(page_size=10)
    reader = link.connector.read("Account", ["LastActivityDate"], cursor)
    stored = [page.cursor for _, page in zip(range(3), reader, strict=False) if page.cursor]
    assert all(one <= cursor for one in stored)
    pages, _ = read(Link(served.base_url, sweep_days=1, clock=link.clock), cursor, "LastActivityDate")
    found = {str(r["Id"]): r["LastActivityDate"] for page in pages for r in page.records}
    assert found[ids[29]] == "2026-07-01"


def test_roll_ups_and_formulas_through_parents_are_refreshed_by_the_sweep(api: Api, served: RunningSandbox) -> None:
    parent = api.create("Account", Name="Parent")
    child = api.create("Account", Name="Child", ParentId=parent)
    total = {"field": "Account.Deals__c", "label": "Deals", "of": "Opportunity", "through": "AccountId"}
    api.options(add_formulas=[total, {"field": "Account.Group__c", "label": "Group", "path": "Parent.Name"}])
    link = Link(served.base_url, sweep_days=1)
    _, cursor = read(link, None, "Deals__c", "Group__c")
    cursor = settled(api, link, cursor)
    api.create("Opportunity", Name="d", AccountId=child, StageName="Prospecting", CloseDate="2026-07-01")
    wait(api, link, DAY)
    pages, cursor = read(link, cursor, "Deals__c", "Group__c")
    found = {str(record["Id"]): record for page in pages for record in page.records}
    assert (found[child]["Deals__c"], found[child]["Group__c"]) == (1.0, "Parent")
    wait(api, link, HOUR / 2)
    assert names(read(link, cursor, "Deals__c", "Group__c")[0]) == []


# whatever a mapping names


def test_a_custom_object_is_read_because_a_mapping_names_it(api: Api, link: Link) -> None:
    lookup = {"type": "Lookup", "label": "Account", "referenceTo": "Account"}
    visit = {
        "name": "Visit__c",
        "label": "Visit",
        "fields": {"Account__c": lookup, "Day__c": {"type": "Date", "label": "Day"}},
    }
    api.options(add_objects=[visit])
    account = api.create("Account", Name="Acme")
    row_id = api.create("Visit__c", Name="First", Account__c=account, Day__c="2026-06-01")
    assert link.connector.streams()["Visit__c"].stamp_field == "SystemModstamp"
    (record,) = link.records("Visit__c", "Name", "Day__c", "Account__r.Name")
    assert (record["Id"], record["Day__c"], record["Account__r"]) == (row_id, "2026-06-01", {"Name": "Acme"})
    outcome = link.connector.write("Visit__c", "update", [WriteRow({"Day__c": "2026-06-02"}, row_id)])[0]
    assert outcome.state == "applied"


@pytest.mark.parametrize("name", ["", "no name", "a/b", "x;y", "1st"])
def test_what_is_no_name_of_an_object_is_no_stream(link: Link, name: str) -> None:
    assert name not in link.connector.streams()
    assert "Invoice__c" in link.connector.streams()


def test_an_object_whose_feature_is_off_is_mentioned_and_read_once_it_is_on(api: Api, link: Link) -> None:
    assert link.records("AccountContactRelation", "Roles") == []
    (finding,) = link.connector.findings()
    assert (finding.code, finding.severity) == ("object_off", "info")
    api.options(contacts_to_multiple_accounts=True)
    first, second = (api.create("Account", Name=name) for name in ("a", "b"))
    person = api.create("Contact", LastName="Reid", AccountId=first)
    api.create("AccountContactRelation", AccountId=second, ContactId=person, Roles="Evaluator")
    found = link.records("AccountContactRelation", "AccountId", "IsDirect")
    assert {(record["AccountId"], record["IsDirect"]) for record in found} == {(first, True), (second, False)}


def test_amounts_carry_their_currency(api: Api, link: Link) -> None:
    api.create("Account", Name="Acme", AnnualRevenue=5, CurrencyIsoCode="EUR")
    (record,) = link.records("Account", "AnnualRevenue", "CurrencyIsoCode")
    assert (record["AnnualRevenue"], record["CurrencyIsoCode"]) == (5.0, "EUR")

"""Made-up accounts by the million: what they look like, and that they cost nothing until touched."""

from __future__ import annotations

import csv
import io
import resource
import tracemalloc
from collections.abc import Iterator

import pytest

from connectors.salesforce.sandbox.ids import make_id
from tests.connectors.salesforce.orgs import Api, Json

COUNT = 1000
FIELDS = "Id, Name, Type, Industry, NumberOfEmployees, Website, OwnerId, SystemModstamp"


@pytest.fixture
def big(api: Api) -> Api:
    """An org with one account made by hand and many made up."""
    api.create("Account", Name="by hand")
    api.options(seed_accounts=COUNT)
    return api


def touched(api: Api) -> int:
    """Return how many accounts take up memory."""
    return sum(1 for _ in api.app.site.org.tables["Account"].rows.stored())


def bulk_rows(api: Api, soql: str, page: int = 400) -> Iterator[list[str]]:
    """Yield the rows of a bulk query, page by page."""
    _, job = api.call("POST", "jobs/query", {"operation": "query", "query": soql})
    while api.get(f"jobs/query/{job['id']}")["state"] != "JobComplete":
        pass
    locator = ""
    while locator != "null":
        more = {"locator": locator} if locator else {}
        answer = api.raw("GET", f"jobs/query/{job['id']}/results", None, None, maxRecords=str(page), **more)
        locator = answer.headers["Sforce-Locator"]
        yield from list(csv.reader(io.StringIO(answer.get_data(as_text=True), newline="")))[1:]


def test_they_are_counted_without_being_made(big: Api) -> None:
    assert big.get("query", q="SELECT COUNT() FROM Account")["totalSize"] == COUNT + 1
    assert big.get("limits/recordCount", sObjects="Account,Contact")["sObjects"] == [
        {"count": COUNT + 1, "name": "Account"},
        {"count": 0, "name": "Contact"},
    ]
    assert touched(big) == 1


def test_a_bulk_query_reads_them_all_and_touches_none(big: Api) -> None:
    rows = list(bulk_rows(big, f"SELECT {FIELDS} FROM Account"))
    assert len(rows) == len({row[0] for row in rows}) == COUNT + 1
    assert touched(big) == 1
    assert len({row[1] for row in rows}) == COUNT + 1


def test_a_row_is_the_same_by_every_way(big: Api) -> None:
    by_bulk = next(row for row in bulk_rows(big, f"SELECT {FIELDS} FROM Account") if row[1] != "by hand")
    whole = big.row("Account", by_bulk[0])
    assert [whole["Name"], whole["Industry"], str(whole["NumberOfEmployees"])] == [by_bulk[1], by_bulk[3], by_bulk[4]]
    assert whole["SystemModstamp"].replace("+0000", "Z") == by_bulk[7]
    by_query = big.rows(f"SELECT {FIELDS} FROM Account WHERE Id = '{by_bulk[0]}'")[0]
    assert by_query["Website"] == whole["Website"] == by_bulk[5]


def test_two_hundred_share_a_stamp_and_all_are_older_than_now(big: Api) -> None:
    stamps = [row[0] for row in bulk_rows(big, "SELECT SystemModstamp FROM Account WHERE Name != 'by hand'")]
    assert stamps == sorted(stamps)
    assert {stamps.count(stamp) for stamp in set(stamps)} == {200}
    assert max(stamps) < "2026-06-30T09:00:02"


def test_another_seed_makes_other_accounts(api: Api) -> None:
    api.options(seed_accounts={"count": 5, "seed": 1})
    other = [row[0] for row in bulk_rows(api, "SELECT Name FROM Account")]
    assert len(set(other)) == 5
    status, problem = api.control("POST", "options", {"seed_accounts": 5})
    assert (status, "already" in problem["error"]) == (400, True)


def test_a_mass_edit_changes_every_nth_and_only_those(big: Api) -> None:
    since = big.app.clock.now()
    big.wait(60)
    big.options(touch_accounts=100)
    window = f"SystemModstamp > {since:%Y-%m-%dT%H:%M:%SZ}"
    rows = big.rows(f"SELECT Id, Rating FROM Account WHERE {window} ORDER BY SystemModstamp, Id")
    assert len(rows) == COUNT // 100
    assert {row["Rating"] for row in rows} == {"Warm"}
    assert touched(big) == 1 + COUNT // 100
    big.options(touch_accounts={"every": 100, "offset": 1})
    assert len(big.rows(f"SELECT Id FROM Account WHERE {window}")) == 2 * (COUNT // 100)
    assert big.get("query", q="SELECT COUNT() FROM Account")["totalSize"] == COUNT + 1


def test_they_are_changed_deleted_and_merged_like_others(big: Api) -> None:
    ids = [row[0] for row in bulk_rows(big, "SELECT Id FROM Account WHERE Name != 'by hand' LIMIT 3")]
    big.update("Account", ids[0], Site="new")
    big.delete("Account", ids[1])
    big.person_does("merge", "Account", ids[2], into=ids[0])
    assert big.row("Account", ids[0])["Site"] == "new"
    assert big.get("query", q="SELECT COUNT() FROM Account")["totalSize"] == COUNT - 1
    assert len(list(bulk_rows(big, "SELECT Id FROM Account"))) == COUNT - 1
    found = big.rows("SELECT Id, MasterRecordId FROM Account WHERE IsDeleted = true", "queryAll")
    assert {(row["Id"], row["MasterRecordId"]) for row in found} == {(ids[1], None), (ids[2], ids[0])}


def test_ids_that_were_never_made_are_not_found(big: Api) -> None:
    assert big.row("Account", make_id("001", COUNT + 1))
    assert big.refusal("GET", f"sobjects/Account/{make_id('001', COUNT + 2)}") == (404, "NOT_FOUND")
    assert big.create("Account", Name="next") == make_id("001", COUNT + 2)


def test_a_key_is_found_among_them(big: Api) -> None:
    big.add_field("Account.Key__c", unique=True, externalId=True)
    row_id = next(bulk_rows(big, "SELECT Id FROM Account WHERE Name != 'by hand' LIMIT 1"))[0]
    big.update("Account", row_id, Key__c="K-1")
    assert big.get("sobjects/Account/Key__c/K-1")["Id"] == row_id


def test_what_changes_while_a_job_reads_does_not_disturb_it(big: Api) -> None:
    big.options(bulk={"rows_per_look": 300})
    _, job = big.call("POST", "jobs/query", {"operation": "query", "query": "SELECT Id, Site FROM Account"})
    assert big.get(f"jobs/query/{job['id']}")["numberRecordsProcessed"] == 300
    big.options(touch_accounts=10)
    while big.get(f"jobs/query/{job['id']}")["state"] != "JobComplete":
        pass
    assert big.get(f"jobs/query/{job['id']}")["numberRecordsProcessed"] == COUNT + 1


BY_STAMP = "SELECT Id, Rating, SystemModstamp FROM Account ORDER BY SystemModstamp, Id"


def all_pages(api: Api, soql: str) -> Iterator[list[Json]]:
    """Yield the records of a query, page by page."""
    page = api.get("queryAll", q=soql)
    while True:
        yield page["records"]
        if page["done"]:
            return
        page = api.get(page["nextRecordsUrl"])


def test_touched_and_untouched_ones_come_in_the_order_of_their_stamps(big: Api) -> None:
    big.wait(60)
    big.options(touch_accounts=7, page_size=300)
    big.wait(60)
    first = next(bulk_rows(big, "SELECT Id FROM Account LIMIT 1"))[0]
    big.update("Account", first, Rating="Hot")
    places = [(row["SystemModstamp"], row["Id"]) for page in all_pages(big, BY_STAMP) for row in page]
    assert places == sorted(places)
    assert len(set(places)) == COUNT + 1
    assert places[-1][1] == first
    assert [(row[2].replace("Z", "+0000"), row[0]) for row in bulk_rows(big, BY_STAMP)] == places
    since = places[-150][0].replace("+0000", "Z")
    asked = BY_STAMP.replace(" ORDER", f" WHERE SystemModstamp >= {since} ORDER")
    late = [place for place in places if place[0] >= places[-150][0]]
    assert [(row["SystemModstamp"], row["Id"]) for page in all_pages(big, asked) for row in page] == late


def test_further_pages_show_rows_as_they_were_when_the_query_was_asked(big: Api) -> None:
    big.options(page_size=300)
    reading = all_pages(big, BY_STAMP)
    rows = next(reading)
    big.options(touch_accounts=1)
    rows += [row for page in reading for row in page]
    assert len(rows) == COUNT + 1
    assert {row["Rating"] for row in rows} == {None}
    assert {row["Rating"] for page in all_pages(big, BY_STAMP) for row in page} == {None, "Warm"}


def test_an_open_query_of_many_holds_hardly_any_memory(api: Api) -> None:
    api.options(seed_accounts=20_000)
    api.get("queryAll", q=f"{BY_STAMP} LIMIT 1")
    tracemalloc.start()
    page = api.get("queryAll", q=BY_STAMP)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert page["totalSize"] == 20_000
    assert held < 8_000_000


@pytest.mark.soak
def test_a_million_accounts_are_read_in_bounded_memory(api: Api) -> None:
    api.options(seed_accounts=1_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in bulk_rows(api, f"SELECT {FIELDS} FROM Account", page=50_000)) == 1_000_000
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 300
    assert touched(api) == 0

"""Query pages: sizes, locators, and what becomes of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.salesforce.orgs import BASE, Api


def fill(api: Api, count: int) -> list[str]:
    """Create so many accounts and return their ids."""
    ids: list[str] = []
    for start in range(0, count, 200):
        records = [
            {"attributes": {"type": "Account"}, "Name": f"n{n:05d}"} for n in range(start, min(start + 200, count))
        ]
        _, results = api.call("POST", "composite/sobjects", {"records": records})
        ids += [result["id"] for result in results]
    return ids


def pages(api: Api, soql: str, headers: dict[str, str] | None = None) -> list[Any]:
    """Return every page of a query."""
    status, page = api.call("GET", "query", None, headers, q=soql)
    assert status == 200, page
    found = [page]
    while not found[-1]["done"]:
        found.append(api.get(found[-1]["nextRecordsUrl"]))
    return found


def test_a_page_holds_two_thousand_rows_and_a_locator(api: Api) -> None:
    ids = fill(api, 4100)
    found = pages(api, "SELECT Id FROM Account ORDER BY Id")
    assert [len(page["records"]) for page in found] == [2000, 2000, 100]
    assert [page["totalSize"] for page in found] == [4100] * 3
    assert [page["done"] for page in found] == [False, False, True]
    assert found[0]["nextRecordsUrl"].startswith(f"{BASE}/query/01g")
    assert found[0]["nextRecordsUrl"].endswith("-2000")
    assert found[1]["nextRecordsUrl"].endswith("-4000")
    assert "nextRecordsUrl" not in found[2]
    assert [record["Id"] for page in found for record in page["records"]] == ids


@pytest.mark.parametrize("count", [0, 1, 1999, 2000])
def test_what_fits_into_one_page_has_no_locator(api: Api, count: int) -> None:
    fill(api, count)
    found = pages(api, "SELECT Id FROM Account")
    assert len(found) == 1
    assert len(found[0]["records"]) == found[0]["totalSize"] == count


@pytest.mark.parametrize(
    ("options", "select", "sizes"),
    [
        ({}, "Id", [450]),
        ({"Sforce-Query-Options": "batchSize=200"}, "Id", [200, 200, 50]),
        ({"Sforce-Query-Options": "batchSize=10"}, "Id", [200, 200, 50]),
        ({"Sforce-Query-Options": "batchSize=300"}, "Id", [300, 150]),
        ({"Sforce-Query-Options": "batchSize=9999"}, "Id", [450]),
        ({"Sforce-Query-Options": "nonsense"}, "Id", [450]),
        ({"Sforce-Query-Options": "batchSize=400"}, "Id, Description", [400, 50]),
    ],
)
def test_the_wanted_page_size_is_held_within_bounds(
    api: Api, options: dict[str, str], select: str, sizes: list[int]
) -> None:
    fill(api, 450)
    assert [len(page["records"]) for page in pages(api, f"SELECT {select} FROM Account", options)] == sizes


def test_a_long_text_among_the_fields_halves_the_page(api: Api) -> None:
    fill(api, 1100)
    assert [len(page["records"]) for page in pages(api, "SELECT Id, Description FROM Account")] == [1000, 100]


def test_short_pages_can_be_rehearsed(api: Api) -> None:
    fill(api, 25)
    api.options(page_size=10)
    assert [len(page["records"]) for page in pages(api, "SELECT Id FROM Account")] == [10, 10, 5]


def test_rows_are_those_of_the_moment_of_the_query(api: Api) -> None:
    ids = fill(api, 20)
    api.options(page_size=10)
    first = api.get("query", q="SELECT Id, Name FROM Account ORDER BY Id")
    api.update("Account", ids[15], Name="changed between pages")
    api.delete("Account", ids[16])
    api.create("Account", Name="new")
    second = api.get(first["nextRecordsUrl"])
    assert [record["Name"] for record in second["records"]] == [f"n{number:05d}" for number in range(10, 20)]
    assert second["done"] is True


def test_a_page_can_be_asked_for_again_until_the_last_is_read(api: Api) -> None:
    fill(api, 30)
    api.options(page_size=10)
    url = api.get("query", q="SELECT Id FROM Account")["nextRecordsUrl"]
    assert api.get(url) == api.get(url)
    last = api.get(url)["nextRecordsUrl"]
    assert api.get(last)["done"] is True
    assert api.refusal("GET", url) == (400, "INVALID_QUERY_LOCATOR")


@pytest.mark.parametrize("locator", ["01g5g0000000099AAA-2000", "nonsense", "01g-x", "-", "2000"])
def test_a_locator_that_is_none_is_refused(api: Api, locator: str) -> None:
    assert api.refusal("GET", f"query/{locator}") == (400, "INVALID_QUERY_LOCATOR")


def opened(api: Api) -> str:
    """Begin a query of three pages and return its locator."""
    return str(api.get("query", q="SELECT Id FROM Account")["nextRecordsUrl"])


def test_a_locator_ends_after_two_days(api: Api) -> None:
    fill(api, 30)
    api.options(page_size=10)
    url = opened(api)
    api.wait(2 * 86_400 - 60)
    assert api.call("GET", url)[0] == 200
    api.wait(60)
    assert api.refusal("GET", url) == (400, "INVALID_QUERY_LOCATOR")


def test_the_eleventh_open_query_takes_the_oldest_ones_place(api: Api) -> None:
    fill(api, 30)
    api.options(page_size=10)
    urls = [opened(api) for _ in range(11)]
    assert api.refusal("GET", urls[0]) == (400, "INVALID_QUERY_LOCATOR")
    assert all(api.call("GET", url)[0] == 200 for url in urls[1:])


def test_locators_can_be_ended_by_hand(api: Api) -> None:
    fill(api, 30)
    api.options(page_size=10)
    url = opened(api)
    api.options(expire_locators=True)
    assert api.refusal("GET", url) == (400, "INVALID_QUERY_LOCATOR")


def test_another_users_locator_is_refused(api: Api) -> None:
    fill(api, 30)
    api.options(page_size=10)
    url = opened(api)
    sessions = api.app.site.sessions
    other = next(user for user in api.app.site.logins.users.values() if user != api.me())
    stranger = Api(api.app, sessions.issue(other))
    assert stranger.refusal("GET", url) == (400, "INVALID_QUERY_LOCATOR")


def test_further_pages_of_query_all_are_found_at_either_address(api: Api) -> None:
    fill(api, 30)
    api.options(page_size=10)
    url = api.get("queryAll", q="SELECT Id FROM Account")["nextRecordsUrl"]
    assert api.get(url) == api.get(url.replace("/query/", "/queryAll/"))


def test_groups_are_paged_too(api: Api) -> None:
    fill(api, 30)
    api.options(page_size=10)
    assert [len(page["records"]) for page in pages(api, "SELECT Name, COUNT(Id) FROM Account GROUP BY Name")] == [
        10,
        10,
        10,
    ]


def test_the_log_counts_rows_and_calls(api: Api) -> None:
    fill(api, 25)
    api.options(page_size=10)
    api.control("DELETE", "requests")
    pages(api, "SELECT Id FROM Account")
    log = api.control("GET", "requests")[1]
    assert [(entry["method"], entry["status"], entry["rows"]) for entry in log] == [
        ("GET", 200, 10),
        ("GET", 200, 10),
        ("GET", 200, 5),
    ]

"""A million untouched records: as cheap as none, and in every respect like records that were written."""

from __future__ import annotations

import time
from collections.abc import Callable
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import pytest

from connectors.hubspot.sandbox.shelves import Shelf
from tests.connectors.hubspot.hub import Hub, Json

COMPANIES = "/crm/v3/objects/companies"
FIRST = Shelf.FIRST_ID


def shelf(hub: Hub) -> Shelf:
    return hub.app.crm.shelves["companies"]


def walk(hub: Hub, **query: Any) -> list[str]:
    """The ids of all pages."""
    ids: list[str] = []
    after = None
    while True:
        page = hub.get(COMPANIES, limit=100, **query, **({"after": after} if after else {}))
        ids += [row["id"] for row in page["results"]]
        if "paging" not in page:
            return ids
        after = page["paging"]["next"]["after"]


def search(hub: Hub, *filters: Json, limit: int = 100) -> Json:
    body = {"filterGroups": [{"filters": list(filters)}], "sorts": ["hs_lastmodifieddate"], "limit": limit}
    return hub.post(f"{COMPANIES}/search", body)


def where(name: str, operator: str, value: str) -> Json:
    return {"propertyName": name, "operator": operator, "value": value}


@pytest.fixture
def million(hub: Hub) -> Hub:
    hub.configure(stock={"companies": 1_000_000})
    return hub


@pytest.fixture
def few(hub: Hub) -> Hub:
    """Two written before, 250 of stock, one written afterwards."""
    hub.make_many("companies", [{"name": "before"}, {"name": "before too"}])
    hub.configure(stock={"companies": 250})
    hub.make("companies", name="after")
    return hub


def test_every_record_is_listed_once_and_in_the_order_of_ids(few: Hub) -> None:
    assert walk(few) == [str(FIRST + number) for number in range(253)]
    assert len(shelf(few)) == 253


def test_a_million_cost_nothing_to_hold_and_a_page_from_their_midst_is_quick(million: Hub) -> None:
    began = time.monotonic()
    page = million.get(COMPANIES, limit=100, after=FIRST + 700_000)
    assert [row["id"] for row in page["results"]] == [str(FIRST + 700_000 + at) for at in range(100)]
    assert page["paging"]["next"]["after"] == str(FIRST + 700_100)
    assert time.monotonic() - began < 2
    assert len(shelf(million)) == 1_000_000
    assert len(shelf(million)._records) == 0, "looking keeps nothing"


def test_the_last_page_has_no_next(million: Hub) -> None:
    page = million.get(COMPANIES, limit=100, after=FIRST + 999_950)
    assert (len(page["results"]), "paging" in page) == (50, False)


def test_an_incremental_search_sees_only_what_changed(million: Hub) -> None:
    now = "2026-06-30T09:00:00Z"
    assert search(million, where("hs_lastmodifieddate", "GTE", now))["total"] == 0
    for number in (5, 500_000, 999_999):
        answer = million.ask("PATCH", f"{COMPANIES}/{FIRST + number}", {"properties": {"city": "Exeter"}})
        assert answer.status_code == 200
    found = search(million, where("hs_lastmodifieddate", "GTE", now))
    assert [row["id"] for row in found["results"]] == [str(FIRST + number) for number in (5, 500_000, 999_999)]
    assert len(shelf(million)._records) == 3


def test_a_window_in_the_past_is_found_too(million: Hub) -> None:
    row = million.get(f"{COMPANIES}/{FIRST + 400_000}")
    stamp = row["properties"]["hs_lastmodifieddate"]
    since = where("hs_lastmodifieddate", "GTE", stamp)
    page = search(million, since, where("hs_object_id", "GTE", row["id"]), where("hs_lastmodifieddate", "LTE", stamp))
    assert (page["total"], page["results"][0]["id"]) == (1, row["id"])


def test_one_group_without_a_bound_looks_everywhere(few: Hub) -> None:
    groups = [
        {"filters": [where("hs_lastmodifieddate", "GTE", "2030-01-01T00:00:00Z")]},
        {"filters": [where("city", "EQ", "leeds")]},
    ]
    found = few.post(f"{COMPANIES}/search", {"filterGroups": groups, "limit": 200})
    in_leeds = [record.id for record in shelf(few).live() if record.properties.get("city") == "Leeds"]
    assert len(in_leeds) > 20
    assert [row["id"] for row in found["results"]] == in_leeds


@pytest.mark.parametrize(("name", "holds"), [("GT", gt), ("GTE", ge), ("EQ", eq), ("LT", lt), ("LTE", le), ("NEQ", ne)])
def test_narrowing_never_changes_what_is_found(few: Hub, name: str, holds: Callable[[str, str], bool]) -> None:
    middle = shelf(few).get(str(FIRST + 120))
    assert middle is not None
    stamp = middle.properties["hs_lastmodifieddate"]
    found = search(few, where("hs_lastmodifieddate", name, stamp), limit=200)
    expected = [each for each in shelf(few).live() if holds(each.properties["hs_lastmodifieddate"], stamp)]
    assert found["total"] == len(expected)


def test_a_changed_record_keeps_its_place_and_its_history(few: Hub) -> None:
    company = str(FIRST + 100)
    few.ask("PATCH", f"{COMPANIES}/{company}", {"properties": {"name": "Anew"}})
    assert walk(few) == [str(FIRST + number) for number in range(253)]
    shown = few.get(f"{COMPANIES}/{company}", propertiesWithHistory="name")["propertiesWithHistory"]["name"]
    assert [(each["value"], each["sourceType"]) for each in shown] == [
        ("Anew", "INTEGRATION"),
        (f"Firm {company.zfill(7)} Ltd", "IMPORT"),
    ]
    assert len(shelf(few)) == 253


def test_archived_and_erased_stock_is_gone(few: Hub) -> None:
    archived, erased = str(FIRST + 50), str(FIRST + 60)
    assert few.ask("DELETE", f"{COMPANIES}/{archived}").status_code == 204
    few.post("/__sandbox__/edit", {"type": "companies", "id": erased, "erase": True})
    ids = walk(few)
    assert archived not in ids
    assert erased not in ids
    assert walk(few, archived="true") == [archived]
    assert few.refused("GET", f"{COMPANIES}/{erased}")[0] == 404
    assert len(shelf(few)) == 252


def test_stock_can_be_merged(few: Hub) -> None:
    first, second = str(FIRST + 50), str(FIRST + 60)
    merged = few.post(f"{COMPANIES}/merge", {"primaryObjectId": first, "objectIdToMerge": second})["id"]
    assert few.get(f"{COMPANIES}/{second}")["id"] == merged
    assert {first, second}.isdisjoint(walk(few))
    body = {"primaryObjectId": merged, "objectIdToMerge": merged}
    assert few.refused("POST", f"{COMPANIES}/merge", body)[0] == 400


def test_stock_can_be_associated(few: Hub) -> None:
    contact = few.make("contacts", email="a@x.example")
    few.link("contacts", contact, "companies", str(FIRST + 70))
    links = few.get(f"/crm/v4/objects/companies/{FIRST + 70}/associations/contacts")["results"]
    assert [row["toObjectId"] for row in links] == [contact]
    assert few.values("companies", str(FIRST + 70), "num_associated_contacts") == {"num_associated_contacts": "1"}


def test_a_batch_reads_stock(few: Hub) -> None:
    inputs = [{"id": str(FIRST + number)} for number in (10, 20, 9_000)]
    answer = few.ask("POST", f"{COMPANIES}/batch/read", {"inputs": inputs, "properties": ["domain"]})
    assert answer.status_code == 207
    assert [row["properties"]["domain"] for row in answer.json()["results"]] == [
        f"firm{FIRST + number}.example" for number in (10, 20)
    ]


def test_a_shelf_takes_one_stock(few: Hub) -> None:
    assert few.refused("POST", "/__sandbox__/options", {"stock": {"companies": 1}})[0] == 400
    assert few.refused("POST", "/__sandbox__/options", {"stock": {"moons": 1}})[0] == 400


class TestFloods:
    """Thousands of records with one and the same stamp, as an import leaves them."""

    STAMP = "2026-06-30T08:59:59Z"

    @pytest.fixture
    def flood(self, hub: Hub) -> Hub:
        hub.configure(stock={"companies": 10_050}, stock_days=0)
        return hub

    def page(self, hub: Hub, *more: Json, after: int = 0, limit: int = 200) -> Json:
        filters = [where("hs_lastmodifieddate", "BETWEEN", self.STAMP) | {"highValue": self.STAMP}, *more]
        body = {"filterGroups": [{"filters": filters}], "sorts": ["hs_object_id"], "limit": limit, "after": str(after)}
        return hub.post(f"{COMPANIES}/search", body)

    def test_no_window_of_time_is_small_enough(self, flood: Hub) -> None:
        assert self.page(flood)["total"] == 10_050
        last = self.page(flood, after=9_800)
        assert last["results"][-1]["id"] == str(FIRST + 9_999)
        body = {"filters": [], "sorts": ["hs_object_id"], "limit": 200, "after": "9900"}
        status, refusal = flood.refused("POST", f"{COMPANIES}/search", body)
        assert (status, "10000" in refusal["message"]) == (400, True)

    def test_ids_go_on_where_the_cap_ends(self, flood: Hub) -> None:
        rest = self.page(flood, where("hs_object_id", "GT", str(FIRST + 9_999)))
        assert [row["id"] for row in rest["results"]] == [str(FIRST + number) for number in range(10_000, 10_050)]


def test_a_long_walk_keeps_nothing(hub: Hub) -> None:
    hub.configure(stock={"companies": 5_000})
    assert walk(hub) == [str(FIRST + number) for number in range(5_000)]
    assert len(shelf(hub)._records) == 0


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_million_are_walked_through_page_by_page(million: Hub) -> None:
    assert walk(million) == [str(FIRST + number) for number in range(1_000_000)]
    assert len(shelf(million)._records) == 0

"""Lists of records: kept by hand, by a filter, or frozen."""

from __future__ import annotations

from typing import Any

import pytest
from hubspot.crm.lists import ApiException, ListCreateRequest, ListSearchRequest, MembershipChangeRequest

from connectors.hubspot.sandbox import TOKEN
from tests.connectors.hubspot.hub import Hub, Json

LISTS = "/crm/v3/lists"


@pytest.fixture
def lists(hub: Hub) -> Any:
    return hub.client.crm.lists


def branch(*filters: Json) -> Json:
    inner = {"filterBranchType": "AND", "filterBranches": [], "filters": list(filters)}
    return {"filterBranchType": "OR", "filterBranches": [inner], "filters": []}


def where(name: str, operator: str, **wanted: Any) -> Json:
    return {"filterType": "PROPERTY", "property": name, "operation": {"operator": operator, **wanted}}


def make(lists: Any, name: str = "Clients", processing: str = "MANUAL", filters: Json | None = None) -> str:
    wanted = ListCreateRequest(object_type_id="0-2", processing_type=processing, name=name, filter_branch=filters)
    return str(lists.lists_api.create(wanted).list.list_id)


def members(lists: Any, list_id: str) -> list[str]:
    return [each.record_id for each in lists.memberships_api.get_page(list_id).results]


def test_members_are_added_and_removed_by_hand(hub: Hub, lists: Any) -> None:
    first, second = hub.make_many("companies", [{"name": "A"}, {"name": "B"}])
    kept = make(lists)
    done = lists.memberships_api.add(kept, [second, first, "1", second])
    assert (done.records_ids_added, done.record_ids_missing) == ([second, first], ["1"])
    assert members(lists, kept) == [first, second]
    assert lists.memberships_api.add(kept, [first]).records_ids_added == []
    assert lists.memberships_api.remove(kept, [first, "1"]).record_ids_removed == [first]
    assert members(lists, kept) == [second]


def test_both_at_once(hub: Hub, lists: Any) -> None:
    first, second = hub.make_many("companies", [{"name": "A"}, {"name": "B"}])
    kept = make(lists)
    lists.memberships_api.add(kept, [first])
    change = MembershipChangeRequest(record_ids_to_add=[second], record_ids_to_remove=[first])
    lists.memberships_api.add_and_remove(kept, change)
    assert members(lists, kept) == [second]


def test_a_filter_keeps_a_dynamic_list(hub: Hub, lists: Any) -> None:
    leeds, york = hub.make_many("companies", [{"name": "A", "city": "Leeds"}, {"name": "B", "city": "York"}])
    kept = make(lists, processing="DYNAMIC", filters=branch(where("city", "IS_EQUAL_TO", value="Leeds")))
    assert members(lists, kept) == [leeds]
    hub.ask("PATCH", f"/crm/v3/objects/companies/{york}", {"properties": {"city": "Leeds"}})
    assert members(lists, kept) == [leeds, york]
    with pytest.raises(ApiException) as caught:
        lists.memberships_api.add(kept, [york])
    assert caught.value.status == 400


def test_a_snapshot_looks_once_and_then_takes_changes_by_hand(hub: Hub, lists: Any) -> None:
    leeds, york = hub.make_many("companies", [{"name": "A", "city": "Leeds"}, {"name": "B", "city": "York"}])
    kept = make(lists, processing="SNAPSHOT", filters=branch(where("city", "IS_ANY_OF", values=["leeds"])))
    hub.ask("PATCH", f"/crm/v3/objects/companies/{york}", {"properties": {"city": "Leeds"}})
    assert members(lists, kept) == [leeds]
    lists.memberships_api.add(kept, [york])
    assert members(lists, kept) == [leeds, york]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (where("numberofemployees", "IS_GREATER_THAN", value="10"), ["B"]),
        (where("city", "IS_KNOWN"), ["A"]),
        (where("city", "IS_UNKNOWN"), ["B"]),
        (where("name", "IS_EQUAL_TO", values=["a"]), ["A"]),
        (where("name", "IS_NOT_EQUAL_TO", value="a"), ["B"]),
    ],
)
def test_filters_mean_what_they_say(hub: Hub, lists: Any, condition: Json, expected: list[str]) -> None:
    rows = [{"name": "A", "city": "Leeds", "numberofemployees": "9"}, {"name": "B", "numberofemployees": "11"}]
    names = dict(zip(hub.make_many("companies", rows), "AB", strict=True))
    kept = make(lists, processing="DYNAMIC", filters=branch(condition))
    assert [names[each] for each in members(lists, kept)] == expected


def test_archived_records_are_not_shown(hub: Hub, lists: Any) -> None:
    company = hub.make("companies", name="A")
    kept = make(lists)
    lists.memberships_api.add(kept, [company])
    hub.ask("DELETE", f"/crm/v3/objects/companies/{company}")
    assert members(lists, kept) == []


def test_pages_of_members(hub: Hub, lists: Any) -> None:
    ids = hub.make_many("companies", [{"name": str(number)} for number in range(7)])
    kept = make(lists)
    lists.memberships_api.add(kept, ids)
    first = hub.get(f"{LISTS}/{kept}/memberships", limit=4)
    rest = hub.get(f"{LISTS}/{kept}/memberships", limit=4, after=first["paging"]["next"]["after"])
    assert [row["recordId"] for row in first["results"] + rest["results"]] == ids
    assert (first["total"], "paging" in rest) == (7, False)


def test_a_record_knows_its_lists(hub: Hub, lists: Any) -> None:
    company = hub.make("companies", name="A", city="Leeds")
    by_hand, other = make(lists), make(lists, "Other")
    by_filter = make(lists, "Leeds", "DYNAMIC", branch(where("city", "IS_KNOWN")))
    lists.memberships_api.add(by_hand, [company])
    found = {each.list_id for each in lists.memberships_api.get_lists("0-2", company).results}
    assert found == {by_hand, by_filter}
    assert other not in found


def test_lists_are_found_by_id_name_and_words(hub: Hub, lists: Any) -> None:
    first, second = make(lists, "Clients in Leeds"), make(lists, "Prospects")
    assert lists.lists_api.get_by_id(first).list.name == "Clients in Leeds"
    assert lists.lists_api.get_by_name("prospects", "0-2").list.list_id == second
    found = lists.lists_api.do_search(ListSearchRequest(query="leeds", count=5))
    assert ([each.list_id for each in found.lists], found.total, found.has_more) == ([first], 1, False)
    assert [row["listId"] for row in hub.get(LISTS, listIds=f"{second},99")["lists"]] == [second]
    assert hub.refused("GET", f"{LISTS}/99")[0] == 404


def test_a_list_is_renamed_deleted_and_restored(lists: Any) -> None:
    kept = make(lists)
    assert lists.lists_api.update_name(kept, list_name="Patrons").updated_list.name == "Patrons"
    lists.lists_api.remove(kept)
    with pytest.raises(ApiException) as caught:
        lists.lists_api.get_by_id(kept)
    assert caught.value.status == 404
    lists.lists_api.restore(kept)
    assert lists.lists_api.get_by_id(kept).list.name == "Patrons"


def test_emptying_a_list_leaves_its_records(hub: Hub, lists: Any) -> None:
    company = hub.make("companies", name="A")
    kept = make(lists)
    lists.memberships_api.add(kept, [company])
    lists.memberships_api.remove_all(kept)
    assert members(lists, kept) == []
    assert hub.get(f"/crm/v3/objects/companies/{company}")["archived"] is False


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"processingType": "MAGIC"}, 400),
        ({"processingType": "DYNAMIC"}, 400),
        ({"processingType": "DYNAMIC", "filterBranch": {"filterBranchType": "AND"}}, 400),
        ({"processingType": "DYNAMIC", "filterBranch": branch(where("none", "IS_KNOWN"))}, 400),
        ({"processingType": "DYNAMIC", "filterBranch": branch(where("name", "SOUNDS_LIKE"))}, 400),
        ({"processingType": "MANUAL", "name": "taken"}, 409),
        ({"processingType": "MANUAL", "objectTypeId": "0-999"}, 400),
    ],
)
def test_impossible_lists_are_refused(hub: Hub, lists: Any, body: Json, status: int) -> None:
    make(lists, "Taken")
    assert hub.refused("POST", LISTS, {"name": "L", "objectTypeId": "0-2", **body})[0] == status
    assert lists.lists_api.do_search(ListSearchRequest(query="")).total == 1, "a refused list is not kept"


def test_lists_have_scopes_of_their_own_and_dated_paths(hub: Hub, lists: Any) -> None:
    kept = make(lists)
    assert hub.get(f"/crm/lists/2026-03/{kept}")["list"]["listId"] == kept
    hub.configure(scopes={TOKEN: ["crm.lists.read"]})
    assert hub.get(f"{LISTS}/{kept}")["list"]["listId"] == kept
    _, refusal = hub.refused("PUT", f"{LISTS}/{kept}/memberships/add", [])
    assert refusal["errors"][0]["context"]["requiredGranularScopes"] == ["crm.lists.write"]

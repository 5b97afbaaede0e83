"""Searching: every operator, the caps, paging, sorting, and an index that lags."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.hubspot.hub import Hub, Json

SEARCH = "/crm/v3/objects/companies/search"
ROWS: list[Json] = [
    {"name": "Alder Ltd", "domain": "alder.example", "numberofemployees": "9", "industry": "BANKING"},
    {"name": "Birch & Sons", "domain": "birch.example", "numberofemployees": "80", "industry": "FARMING"},
    {"name": "Cedar Group", "numberofemployees": "700", "city": "Leeds"},
    {"name": "dogwood ltd", "domain": "dogwood.example"},
]


def names(hub: Hub, *filters: Json, **more: Any) -> str:
    """First letters of the names found, in order."""
    body = {"filterGroups": [{"filters": list(filters)}] if filters else [], "properties": ["name"], **more}
    return "".join(row["properties"]["name"][0] for row in hub.post(SEARCH, body)["results"])


def where(name: str, operator: str, value: Any = None, **more: Any) -> Json:
    given = {"propertyName": name, "operator": operator, **more}
    return given if value is None else {**given, "value": value}


@pytest.fixture
def grove(hub: Hub) -> Hub:
    hub.make_many("companies", ROWS)
    return hub


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (where("name", "EQ", "alder ltd"), "A"),
        (where("name", "NEQ", "Alder Ltd"), "BCd"),
        (where("domain", "NEQ", "alder.example"), "BCd"),
        (where("numberofemployees", "EQ", "80"), "B"),
        (where("numberofemployees", "EQ", "80.0"), "B"),
        (where("numberofemployees", "GT", "9"), "BC"),
        (where("numberofemployees", "GTE", "9"), "ABC"),
        (where("numberofemployees", "LT", "80"), "A"),
        (where("numberofemployees", "LTE", "80"), "AB"),
        (where("numberofemployees", "BETWEEN", "9", highValue="80"), "AB"),
        (where("industry", "IN", values=["BANKING", "FARMING"]), "AB"),
        (where("industry", "IN", values=["banking"]), ""),
        (where("industry", "NOT_IN", values=["BANKING"]), "B"),
        (where("industry", "EQ", "banking"), ""),
        (where("name", "IN", values=["alder ltd", "dogwood ltd"]), "Ad"),
        (where("name", "IN", values=["Alder Ltd"]), ""),
        (where("domain", "HAS_PROPERTY"), "ABd"),
        (where("domain", "NOT_HAS_PROPERTY"), "C"),
        (where("name", "CONTAINS_TOKEN", "ltd"), "Ad"),
        (where("name", "CONTAINS_TOKEN", "LT*"), "Ad"),
        (where("name", "CONTAINS_TOKEN", "lt"), ""),
        (where("domain", "CONTAINS_TOKEN", "*birch*"), "B"),
        (where("name", "NOT_CONTAINS_TOKEN", "ltd"), "BC"),
    ],
)
def test_operators(grove: Hub, given: Json, found: str) -> None:
    assert names(grove, given) == found


def test_filters_of_a_group_all_hold_and_one_group_is_enough(grove: Hub) -> None:
    assert names(grove, where("domain", "HAS_PROPERTY"), where("numberofemployees", "GT", "9")) == "B"
    groups = [{"filters": [where("city", "EQ", "leeds")]}, {"filters": [where("industry", "EQ", "BANKING")]}]
    assert names(grove, filterGroups=groups) == "AC"


def test_words_are_looked_for_in_the_usual_properties(grove: Hub) -> None:
    assert names(grove, query="LTD") == "Ad"
    assert names(grove, query="birch sons") == "B"
    assert names(grove, query="leeds") == "", "the city is not among the properties searched"


@pytest.mark.parametrize(
    ("sorts", "found"),
    [
        ([{"propertyName": "name", "direction": "DESCENDING"}], "dCBA"),
        ([{"propertyName": "numberofemployees", "direction": "ASCENDING"}], "ABCd"),
        (["-name"], "dCBA"),
        (["name"], "ABCd"),
        ([], "ABCd"),
    ],
)
def test_sorting(grove: Hub, sorts: list[Any], found: str) -> None:
    assert names(grove, sorts=sorts) == found


def test_ties_are_in_order_of_ids_as_numbers(hub: Hub) -> None:
    ids = hub.make_many("companies", [{"name": "Same"} for _ in range(60)])
    body = {"sorts": [{"propertyName": "hs_lastmodifieddate", "direction": "ASCENDING"}], "limit": 200}
    assert [row["id"] for row in hub.post(SEARCH, body)["results"]] == ids


def test_times_may_be_given_as_text_or_milliseconds(grove: Hub) -> None:
    late = grove.make("companies", name="Elm")
    assert grove.stamp("companies", late) == "2026-06-30T09:00:02Z"
    for value in ("2026-06-30T09:00:02Z", "1782810002000"):
        assert names(grove, where("hs_lastmodifieddate", "GTE", value)) == "E"
        assert names(grove, where("hs_lastmodifieddate", "GT", value)) == ""


def test_pages_carry_an_integer_and_the_total(hub: Hub) -> None:
    hub.make_many("companies", [{"name": f"C{number}"} for number in range(25)])
    first = hub.post(SEARCH, {"limit": 10})
    assert (first["total"], len(first["results"]), first["paging"]["next"]["after"]) == (25, 10, "10")
    last = hub.post(SEARCH, {"limit": 10, "after": "20"})
    assert len(last["results"]) == 5
    assert "paging" not in last


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"limit": 0},
        {"limit": "ten"},
        {"after": "abc"},
        {"after": "10000"},
        {"after": "9900", "limit": 200},
        {"sorts": ["name", "domain"]},
        {"sorts": [{"direction": "ASCENDING"}]},
        {"sorts": ["no_such_property"]},
        {"query": "x" * 3_001},
        {"filterGroups": [{"filters": []}] * 6},
        {"filterGroups": [{"filters": [where("name", "HAS_PROPERTY")] * 7}]},
        {"filterGroups": [{"filters": [where("name", "HAS_PROPERTY")] * 5}] * 4},
        {"filterGroups": [{"filters": [where("no_such_property", "EQ", "1")]}]},
        {"filterGroups": [{"filters": [where("name", "LIKE", "1")]}]},
        {"filterGroups": [{"filters": [where("name", "EQ")]}]},
        {"filterGroups": [{"filters": [where("name", "IN", "a")]}]},
        {"filterGroups": [{"filters": [where("numberofemployees", "GT", "many")]}]},
        {"filterGroups": [{"filters": [where("numberofemployees", "BETWEEN", "1")]}]},
        {"filterGroups": [{"filters": [{"operator": "EQ"}]}]},
        {"filterGroups": [{"filters": [where("associations.contacts", "GT", "1")]}]},
    ],
)
def test_searches_beyond_the_rules_are_refused(hub: Hub, body: Json) -> None:
    status, error = hub.refused("POST", SEARCH, body)
    assert (status, error["category"]) == (400, "VALIDATION_ERROR")


def test_the_caps_themselves_are_allowed(hub: Hub) -> None:
    three = {"filters": [where("name", "HAS_PROPERTY")] * 3}
    hub.post(SEARCH, {"filterGroups": [three] * 5, "limit": 200})
    hub.post(SEARCH, {"filterGroups": [{"filters": [where("name", "HAS_PROPERTY")] * 6}] * 3})
    hub.post(SEARCH, {"after": "9800", "limit": 200})


def test_archived_records_are_never_found(grove: Hub) -> None:
    (alder,) = grove.post(SEARCH, {"filterGroups": [{"filters": [where("name", "EQ", "Alder Ltd")]}]})["results"]
    grove.ask("DELETE", f"/crm/v3/objects/companies/{alder['id']}")
    assert names(grove) == "BCd"


def test_associations_can_be_searched_for(hub: Hub) -> None:
    company = hub.make("companies", name="Alder")
    other = hub.make("companies", name="Birch")
    contact = hub.make("contacts", email="a@x.example")
    hub.link("contacts", contact, "companies", company)
    assert names(hub, where("associations.contact", "EQ", contact)) == "A"
    assert names(hub, where("associations.contacts", "NEQ", contact)) == "B"
    assert names(hub, where("associations.contact", "HAS_PROPERTY")) == "A"
    assert names(hub, where("associations.contact", "NOT_HAS_PROPERTY")) == "B"
    assert names(hub, where("associations.contact", "IN", values=[contact, "1"])) == "A"
    assert other != company


class TestLaggingIndex:
    def test_new_records_appear_later(self, hub: Hub) -> None:
        hub.configure(search_lag_seconds=30)
        hub.make("companies", name="Alder")
        assert names(hub) == ""
        hub.ask("POST", "/__sandbox__/clock", {"advance_seconds": 30})
        assert names(hub) == "A"

    def test_changed_records_are_found_by_their_old_values(self, hub: Hub) -> None:
        company = hub.make("companies", name="Alder", city="Leeds")
        hub.configure(search_lag_seconds=30)
        hub.ask("PATCH", f"/crm/v3/objects/companies/{company}", {"properties": {"city": "York"}})
        assert names(hub, where("city", "EQ", "york")) == ""
        assert names(hub, where("city", "EQ", "leeds")) == "A"
        assert hub.values("companies", company, "city") == {"city": "York"}, "only searches lag"
        hub.ask("POST", "/__sandbox__/clock", {"advance_seconds": 30})
        assert names(hub, where("city", "EQ", "york")) == "A"

    def test_without_lag_everything_is_found_at_once(self, hub: Hub) -> None:
        hub.make("companies", name="Alder")
        assert names(hub) == "A"

"""The index behind searches for stamps and ids: it finds what a look at every record finds, at the price of a page."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from connectors.hubspot.sandbox import narrowing, search
from connectors.hubspot.sandbox.index import BEGINNING, END, Span
from connectors.hubspot.sandbox.narrowing import span_of
from connectors.hubspot.sandbox.schema import Schema
from connectors.hubspot.sandbox.shelves import Shelf
from connectors.hubspot.sandbox.stock import Stock
from tests.connectors.hubspot.hub import Hub, Json

STAMP, ID = "hs_lastmodifieddate", "hs_object_id"
SEARCH = "/crm/v3/objects/companies/search"
COMPANIES = Schema().types["companies"]


def where(name: str, operator: str, value: object, high: object = None) -> Json:
    given = {"propertyName": name, "operator": operator, "value": str(value)}
    return given if high is None else {**given, "highValue": str(high)}


def shake(hub: Hub, dice: Random) -> None:
    """Write, archive, restore, merge and erase among records of a stock and others, some at one instant."""
    hub.make_many("companies", [{"name": "before"}] * dice.randrange(3))
    hub.configure(stock={"companies": 40}, stock_days=dice.choice([0, 0.001, 5]))
    ids = [str(Shelf.FIRST_ID + number) for number in range(40)]
    for _ in range(25):
        one, other = dice.sample(ids, 2)
        edit = {"type": "companies", "id": one}
        deeds: list[tuple[str, str, Json]] = [
            ("PATCH", f"/crm/v3/objects/companies/{one}", {"properties": {"city": "Exeter"}}),
            ("DELETE", f"/crm/v3/objects/companies/{one}", {}),
            ("POST", "/__sandbox__/edit", {**edit, "restore": True}),
            ("POST", "/__sandbox__/edit", {**edit, "erase": True}),
            ("POST", "/crm/v3/objects/companies/merge", {"primaryObjectId": one, "objectIdToMerge": other}),
        ]
        hub.ask(*dice.choice(deeds))
        ids += hub.make_many("companies", [{"name": "new"}] * dice.choice([0, 0, 0, 1, 4]))


def some_filters(hub: Hub, dice: Random) -> list[Json]:
    """Filters on stamps and ids as there are some, in any number and combination."""
    records = list(hub.app.crm.shelves["companies"].live())
    stamps, ids = [each.properties[STAMP] for each in records], [each.id for each in records]
    found = []
    for _ in range(dice.randrange(4)):
        name, values = dice.choice([(STAMP, stamps), (ID, ids)])
        operator = dice.choice(["GT", "GTE", "LT", "LTE", "EQ", "BETWEEN"])
        low, high = dice.choice(values), dice.choice(values)
        found.append(where(name, operator, low, high if operator == "BETWEEN" else None))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_it_finds_what_a_look_at_every_record_finds(hub: Hub, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = Random(seed)
    shake(hub, dice)
    for _ in range(12):
        body = {
            "filterGroups": [{"filters": filters}] if (filters := some_filters(hub, dice)) else [],
            "sorts": dice.choice([[], [STAMP], [ID], [{"propertyName": STAMP, "direction": "ASCENDING"}]]),
            "limit": dice.choice([1, 7, 200]),
            "after": str(dice.choice([0, 0, 3, 30])),
        }
        quick = hub.post(SEARCH, body)
        with monkeypatch.context() as without:
            without.setattr(search, "span_of", lambda *_: None)
            assert quick == hub.post(SEARCH, body), body


@pytest.mark.parametrize("days", [0, 30])
@pytest.mark.parametrize("after", [0, 5_000, 9_800])
def test_a_page_of_a_flood_costs_as_many_looks_as_it_has_records(
    hub: Hub, days: int, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.configure(stock={"companies": 200_000}, stock_days=days)
    looked_at: list[int] = []
    look = Stock.record

    def counted(stock: Stock, number: int) -> Any:
        """Count, and look."""
        looked_at.append(number)
        return look(stock, number)

    monkeypatch.setattr(Stock, "record", counted)
    body = {"filters": [where(STAMP, "GTE", 0)], "sorts": [STAMP], "limit": 200, "after": str(after)}
    page = hub.post(SEARCH, body)
    assert (page["total"], [int(row["id"]) for row in page["results"]]) == (200_000, looked_at)
    assert looked_at == [Shelf.FIRST_ID + after + number for number in range(200)]


def test_while_the_index_lags_the_older_self_is_seen(hub: Hub) -> None:
    company = hub.make("companies", name="A")
    hub.configure(search_lag_seconds=60)
    hub.app.clock.advance(timedelta(hours=1))
    hub.ask("PATCH", f"/crm/v3/objects/companies/{company}", {"properties": {"name": "B"}})
    late = {"filters": [where(STAMP, "GTE", "2026-06-30T10:00:00Z")], "sorts": [STAMP]}
    assert hub.post(SEARCH, late)["total"] == 0
    hub.app.clock.advance(timedelta(seconds=61))
    assert [row["id"] for row in hub.post(SEARCH, late)["results"]] == [company]


@pytest.mark.parametrize(
    ("filters", "sort", "span"),
    [
        ([], ID, Span(by_id=True)),
        ([where(STAMP, "GT", "5")], STAMP, Span(since=6)),
        ([where(STAMP, "BETWEEN", "5", "9"), where(STAMP, "LT", "8")], STAMP, Span(since=5, until=7)),
        ([where(STAMP, "EQ", "1970-01-01T00:00:00.005Z"), where(ID, "GT", "7")], ID, Span(5, 5, 8, END, by_id=True)),
        ([where(ID, "LTE", "7")], STAMP, Span(first=BEGINNING, last=7)),
        ([where(ID, "GT", "7.5")], STAMP, None),
        ([where(STAMP, "NEQ", "5")], STAMP, None),
        ([where(STAMP, "GT", "5"), where("city", "EQ", "Leeds")], STAMP, None),
        ([where(STAMP, "GT", "5")], "name", None),
        ([where(STAMP, "GT", "5")], "", None),
    ],
)
def test_a_span_is_all_that_was_asked_or_none_at_all(filters: list[Json], sort: str, span: Span | None) -> None:
    assert span_of(COMPANIES, [filters] if filters else [], sort) == span


def test_two_groups_are_no_span() -> None:
    group = [where(STAMP, "GT", "5")]
    assert narrowing.span_of(COMPANIES, [group, group], STAMP) is None

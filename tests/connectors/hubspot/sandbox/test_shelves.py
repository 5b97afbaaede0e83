"""Shelves, stocks and the bounds of a search by themselves."""

from __future__ import annotations

import gc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.hubspot.sandbox.narrowing import Bounds, bounds_of
from connectors.hubspot.sandbox.records import Author
from connectors.hubspot.sandbox.schema import ObjectType, Schema
from connectors.hubspot.sandbox.shelves import Shelf
from connectors.hubspot.sandbox.stock import Stock

NEWEST = datetime(2026, 6, 30, 9, tzinfo=UTC)
OLDEST = NEWEST - timedelta(days=10)
ME = Author("CRM_UI")


@pytest.fixture(scope="module")
def companies() -> ObjectType:
    return Schema().types["companies"]


@pytest.fixture
def stock(companies: ObjectType) -> Stock:
    """Eleven records, one a day."""
    return Stock(companies, 100, 11, OLDEST, NEWEST)


@pytest.fixture
def shelf(companies: ObjectType) -> Shelf:
    filled = Shelf(companies)
    filled.fill(5, NEWEST)
    return filled


def ids(shelf: Shelf) -> list[int]:
    return [int(record.id) - Shelf.FIRST_ID for record in shelf.all()]


def day(number: float) -> datetime:
    return OLDEST + timedelta(days=number)


class TestStock:
    def test_the_first_is_the_oldest_and_the_last_the_newest(self, stock: Stock) -> None:
        assert (stock.made_at(100), stock.made_at(110)) == (OLDEST, NEWEST)
        assert stock.made_at(103) == day(3)

    @pytest.mark.parametrize(
        ("since", "until", "expected"),
        [
            (None, None, range(100, 111)),
            (day(-5), day(50), range(100, 111)),
            (day(3), None, range(103, 111)),
            (day(3.5), None, range(104, 111)),
            (None, day(3), range(100, 104)),
            (None, day(3.5), range(100, 104)),
            (day(3), day(3), range(103, 104)),
            (day(3.1), day(3.9), range(104, 104)),
            (day(10), None, range(110, 111)),
            (day(10.1), None, range(111, 111)),
            (None, day(-1), range(100, 100)),
        ],
    )
    def test_a_window_of_time_is_a_range_of_ids(
        self, stock: Stock, since: datetime | None, until: datetime | None, expected: range
    ) -> None:
        assert stock.within(since, until) == expected

    def test_of_one_stamp_all_are_in_the_window_or_none(self, companies: ObjectType) -> None:
        flood = Stock(companies, 100, 1_000, NEWEST, NEWEST)
        assert len(flood.within(NEWEST, NEWEST)) == 1_000
        assert len(flood.within(NEWEST + timedelta(milliseconds=1), None)) == 0

    def test_a_single_record_has_a_time_too(self, companies: ObjectType) -> None:
        assert Stock(companies, 100, 1, OLDEST, NEWEST).made_at(100) == OLDEST

    def test_stamps_have_no_more_than_milliseconds(self, companies: ObjectType) -> None:
        odd = Stock(companies, 100, 8, OLDEST, NEWEST)
        assert all(odd.made_at(number).microsecond % 1_000 == 0 for number in odd.ids)

    def test_a_record_is_the_same_whenever_it_is_looked_at(self, stock: Stock) -> None:
        first, again = stock.record(104), stock.record(104)
        assert (first.properties, first.history) == (again.properties, again.history)
        assert first.properties["hs_lastmodifieddate"] == first.properties["createdate"]


class TestShelf:
    def test_looking_keeps_nothing_and_changing_keeps_one(self, shelf: Shelf) -> None:
        record = shelf.get(str(Shelf.FIRST_ID + 2))
        assert record is not None
        assert len(shelf._records) == 0
        record.put("city", "Exeter", NEWEST, ME)
        assert list(shelf._records) == [record.id]
        del record
        gc.collect()
        kept = shelf.get(str(Shelf.FIRST_ID + 2))
        assert kept is not None
        assert kept.properties["city"] == "Exeter"

    def test_two_who_look_at_once_see_one_record(self, shelf: Shelf) -> None:
        first, second = shelf.get(str(Shelf.FIRST_ID)), shelf.get(str(Shelf.FIRST_ID))
        assert first is second

    def test_a_value_that_stays_the_same_keeps_nothing(self, shelf: Shelf) -> None:
        record = shelf.get(str(Shelf.FIRST_ID))
        assert record is not None
        assert record.put("city", record.properties["city"], NEWEST, ME) is False
        assert len(shelf._records) == 0

    def test_new_records_come_after_the_stock(self, shelf: Shelf) -> None:
        shelf.add(shelf.new(NEWEST))
        assert ids(shelf) == [0, 1, 2, 3, 4, 5]
        assert len(shelf) == 6

    def test_a_changed_record_is_neither_lost_nor_doubled(self, shelf: Shelf) -> None:
        record = shelf.get(str(Shelf.FIRST_ID + 3))
        assert record is not None
        record.move_stamp(NEWEST)
        assert ids(shelf) == [0, 1, 2, 3, 4]
        assert len(shelf) == 5

    @pytest.mark.parametrize("changed_first", [False, True])
    def test_a_dropped_record_does_not_come_back(self, shelf: Shelf, changed_first: bool) -> None:
        record = shelf.get(str(Shelf.FIRST_ID + 1))
        assert record is not None
        if changed_first:
            record.move_stamp(NEWEST)
        shelf.drop(record)
        assert ids(shelf) == [0, 2, 3, 4]
        assert shelf.get(record.id) is None
        assert len(shelf) == 4

    def test_an_heir_is_found_by_the_ids_of_both(self, shelf: Shelf) -> None:
        old, heir = shelf.get(str(Shelf.FIRST_ID)), shelf.get(str(Shelf.FIRST_ID + 4))
        assert old is not None
        assert heir is not None
        shelf.bequeath(old, heir)
        assert shelf.get(old.id) is None
        assert shelf.follow(old.id) is heir
        assert shelf.follow(heir.id) is heir

    @pytest.mark.parametrize("strange", ["", "x", "-1", "1.5", "99999999", "٣"])
    def test_strange_ids_are_no_records(self, shelf: Shelf, strange: str) -> None:
        assert shelf.get(strange) is None

    def test_pages_may_begin_anywhere(self, shelf: Shelf) -> None:
        shelf.add(shelf.new(NEWEST))
        assert [int(record.id) - Shelf.FIRST_ID for record in shelf.all(Shelf.FIRST_ID + 3)] == [3, 4, 5]

    def test_kept_records_are_shown_whatever_the_bounds(self, shelf: Shelf) -> None:
        shelf.add(shelf.new(NEWEST))
        beyond = Bounds(since=NEWEST + timedelta(days=1))
        assert [int(record.id) - Shelf.FIRST_ID for record in shelf.live(beyond)] == [5], "the filters decide on these"


def where(name: str, operator: str, value: str, **more: str) -> dict[str, Any]:
    return {"propertyName": name, "operator": operator, "value": value, **more}


STAMP = "hs_lastmodifieddate"
EARLY, LATE = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
EARLY_AT, LATE_AT = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([], Bounds()),
        ([[where("city", "EQ", "Leeds")]], Bounds()),
        ([[where(STAMP, "GTE", EARLY)]], Bounds(since=EARLY_AT)),
        ([[where(STAMP, "GT", EARLY), where(STAMP, "GTE", LATE)]], Bounds(since=LATE_AT)),
        ([[where(STAMP, "LT", LATE)]], Bounds(until=LATE_AT)),
        ([[where(STAMP, "EQ", EARLY)]], Bounds(since=EARLY_AT, until=EARLY_AT)),
        ([[where(STAMP, "BETWEEN", EARLY, highValue=LATE)]], Bounds(since=EARLY_AT, until=LATE_AT)),
        ([[where(STAMP, "NEQ", EARLY)]], Bounds()),
        ([[where(STAMP, "GTE", EARLY)], [where(STAMP, "GTE", LATE)]], Bounds(since=EARLY_AT)),
        ([[where(STAMP, "LTE", EARLY)], [where(STAMP, "LTE", LATE)]], Bounds(until=LATE_AT)),
        ([[where(STAMP, "GTE", EARLY)], [where("city", "EQ", "Leeds")]], Bounds()),
        ([[where("hs_object_id", "GT", "500")]], Bounds(first=500)),
        ([[where("hs_object_id", "GT", "500"), where(STAMP, "GTE", EARLY)]], Bounds(since=EARLY_AT, first=500)),
        ([[where("hs_object_id", "GT", "500")], [where("city", "EQ", "Leeds")]], Bounds()),
        ([[where(STAMP, "GTE", "1767225600000")]], Bounds(since=EARLY_AT)),
    ],
)
def test_bounds_are_what_every_group_agrees_on(
    companies: ObjectType, groups: list[list[dict[str, Any]]], expected: Bounds
) -> None:
    assert bounds_of(companies, groups) == expected

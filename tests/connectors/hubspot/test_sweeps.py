"""Calculated properties that change behind the stamp's back are read anew every few days."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.sdk import Cursor, Page
from tests.connectors.hubspot.connected import calls, connect, ids, last_cursor, pages, records
from tests.connectors.hubspot.hub import Hub

FIELDS = ("name", "total_revenue")


@pytest.fixture
def firm(hub: Hub) -> list[str]:
    made = hub.make_many("companies", [{"name": f"C{number}"} for number in range(250)])
    hub.app.clock.advance(timedelta(hours=1))
    return made


def recalculate(hub: Hub, company: str, value: str) -> None:
    """HubSpot sums up deals anew, and leaves the company's stamp where it was."""
    record = hub.app.crm.shelves["companies"].get(company)
    assert record is not None
    record.properties["total_revenue"] = value


def read(hub: Hub, since: Cursor | None, sweep_days: float = 7) -> list[Page]:
    return pages(connect(hub, sweep_days=sweep_days), "companies", since, FIELDS)


def revenue(found: list[Page], company: str) -> list[str]:
    return [record["properties"]["total_revenue"] for record in records(found) if record["id"] == company]


def test_a_silent_change_is_found_when_the_sweep_is_due(hub: Hub, firm: list[str]) -> None:
    cursor = last_cursor(read(hub, None))
    recalculate(hub, firm[42], "900")
    hub.app.clock.advance(timedelta(days=6))
    assert read(hub, cursor) == [], "not before"
    hub.app.clock.advance(timedelta(days=1))
    found = read(hub, cursor)
    assert revenue(found, firm[42]) == ["900"]
    assert ids(found) == firm


def test_the_next_one_is_due_after_the_same_time_again(hub: Hub, firm: list[str]) -> None:
    cursor = last_cursor(read(hub, None))
    hub.app.clock.advance(timedelta(days=8))
    cursor = last_cursor(read(hub, cursor))
    recalculate(hub, firm[1], "5")
    hub.app.clock.advance(timedelta(days=6))
    assert read(hub, cursor) == []
    hub.app.clock.advance(timedelta(days=2))
    assert revenue(read(hub, cursor), firm[1]) == ["5"]


def test_changes_in_between_keep_the_sweeps_time(hub: Hub, firm: list[str]) -> None:
    cursor = last_cursor(read(hub, None))
    seen = []
    for _ in range(4):
        hub.app.clock.advance(timedelta(days=2))
        hub.ask("PATCH", f"/crm/v3/objects/companies/{firm[0]}", {"properties": {"name": f"{hub.app.clock.now()}"}})
        found = read(hub, cursor)
        cursor = last_cursor(found)
        seen.append(len(ids(found)))
    assert seen == [1, 1, 1, 251], "the fourth reading, after eight days, swept"


def test_a_sweep_that_was_stopped_goes_on_where_it_was(hub: Hub, firm: list[str]) -> None:
    cursor = last_cursor(read(hub, None))
    hub.app.clock.advance(timedelta(days=8))
    first = next(connect(hub).read("companies", FIELDS, cursor))
    assert len(first.records) == 100
    assert first.cursor is not None
    hub.app.clock.advance(timedelta(hours=1))
    changed = firm[3]
    hub.ask("PATCH", f"/crm/v3/objects/companies/{changed}", {"properties": {"name": "New"}})
    rest = read(hub, first.cursor)
    assert sorted(ids([first, *rest]), key=int) == sorted([*firm, changed], key=int)
    assert last_cursor(rest).stamp == hub.stamp("companies", changed), (
        "a sweep neither moves the cursor nor sets it back"
    )
    hub.app.clock.advance(timedelta(hours=1))
    assert ids(read(hub, last_cursor(rest))) == [changed], "and is then over, but for the overlap"


@pytest.mark.usefixtures("firm")
def test_nothing_is_swept_where_no_calculated_property_is_wanted(hub: Hub) -> None:
    cursor = last_cursor(pages(connect(hub), "companies", None, ("name",)))
    hub.app.clock.advance(timedelta(days=30))
    calls(hub)
    assert pages(connect(hub), "companies", cursor, ("name",)) == []
    assert calls(hub).count("GET v3/objects/companies") == 1, "the archive alone"


def test_an_admin_may_leave_it_to_full_readings(hub: Hub, firm: list[str]) -> None:
    cursor = last_cursor(read(hub, None, sweep_days=0))
    recalculate(hub, firm[0], "1")
    hub.app.clock.advance(timedelta(days=400))
    assert read(hub, cursor, sweep_days=0) == []
    assert revenue(read(hub, None, sweep_days=0), firm[0]) == ["1"]


def test_a_sweep_reads_a_record_as_the_changes_do(hub: Hub, firm: list[str]) -> None:
    cursor = last_cursor(read(hub, None))
    hub.app.clock.advance(timedelta(days=8))
    hub.ask("PATCH", f"/crm/v3/objects/companies/{firm[9]}", {"properties": {"name": "New"}})
    by_search, by_sweep = [record for record in records(read(hub, cursor)) if record["id"] == firm[9]]
    assert by_search == by_sweep

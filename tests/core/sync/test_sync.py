"""What a sync leaves in the store, on both databases."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from core.clock import FixedClock, iso
from core.connector import BrokenRow, Cursor, Finding, Tombstone
from core.errors import AuthError, RetryLater
from core.store import Store
from core.store.crosswalk import read_crosswalk, resolve
from core.store.findings import read_findings
from core.store.golden import lookup, read_golden, read_provenance
from core.store.parked import read_parked
from core.store.raw import encode
from core.store.runs import read_runs
from core.store.sources import read_sources, read_stream
from core.store.tables import source_record
from core.sync import Progress, SyncReport, sync_connection
from tests.core.sync.feed import MAPPING, START, Feed, content, setup_of


@pytest.fixture
def feed() -> Feed:
    feed = Feed()
    for number in range(7):
        feed.put("Account", f"a{number}", number, name=f"Client {number}", type="Customer")
    feed.put("Person", "p1", 1, name="Ada", account="a1", mail="ADA@one.example")
    return feed


def sync(store: Store, feed: Feed, clock: FixedClock, **options: bool | list[str]) -> SyncReport:
    return sync_connection(store, setup_of(feed), clock, **options)  # type: ignore[arg-type]  # options of several types


def golden(store: Store, kind: str = "client", *, gone: bool = False) -> dict[str, dict[str, object]]:
    with store.read() as conn:
        return {row.id: orjson.loads(row.data) for row in read_golden(conn, kind, gone=gone)}


def codes(store: Store) -> list[tuple[str, str, int]]:
    with store.read() as conn:
        return [(found.code, found.place, found.count) for found in read_findings(conn)]


def parked(store: Store, state: str = "open") -> dict[str, str]:
    with store.read() as conn:
        return {row.id: row.problem for row in read_parked(conn, state)}


# --- the plain way ----------------------------------------------------------------------------------------------------


def test_records_become_golden_records(store: Store, feed: Feed, clock: FixedClock) -> None:
    report = sync(store, feed, clock)
    assert (report.read, report.changed, report.complete) == (8, 8, True)
    assert golden(store)["crm/Account/a3"] == {"name": "Client 3", "status": "active"}


def test_payload_is_kept_as_the_vendor_sent_it(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    with store.read() as conn:
        [row] = read_sources(conn, ["crm/Account/a1"])
    assert row.raw == feed.records["Account"][1]
    assert (row.stamp, row.synced_at, row.gone) == ("2026-06-01T00:01:00Z", iso(START), None)


def test_provenance_of_a_lone_record_is_itself(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    with store.read() as conn:
        assert read_provenance(conn, "client", "crm/Account/a2") == {"*": ["crm/Account/a2", "2026-06-01T00:02:00Z"]}


def test_every_record_is_in_the_crosswalk(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    with store.read() as conn:
        assert list(read_crosswalk(conn, "client")) == [(f"crm/Account/a{n}", f"crm/Account/a{n}") for n in range(7)]
        assert resolve(conn, "client", ["crm/Account/a1", "crm/Account/zz"]) == {
            "crm/Account/a1": "crm/Account/a1",
            "crm/Account/zz": "crm/Account/zz",
        }


def test_contact_names_its_client(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    with store.read() as conn:
        assert lookup(conn, "contact", ["crm/Person/p1"])["crm/Person/p1"].client_ref == "crm/Account/a1"


def test_stream_is_listed_in_order_of_id(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    with store.read() as conn:
        assert [row.id for row in read_stream(conn, "crm", "Account")] == [f"crm/Account/a{n}" for n in range(7)]


def test_one_record_may_become_two(store: Store, feed: Feed, clock: FixedClock) -> None:
    feed.put("Deal", "d1", name="Audit", account="a1", won=True)
    sync(store, feed, clock)
    assert golden(store, "deal").keys() == golden(store, "contract").keys() == {"crm/Deal/d1"}


def test_a_record_its_mapping_no_longer_makes_is_gone(store: Store, feed: Feed, clock: FixedClock) -> None:
    feed.put("Deal", "d1", name="Audit", won=True)
    sync(store, feed, clock)
    feed.put("Deal", "d1", minute=9, name="Audit", won=False)
    sync(store, feed, clock)
    assert golden(store, "deal").keys() == {"crm/Deal/d1"}
    assert golden(store, "contract") == {}
    assert golden(store, "contract", gone=True).keys() == {"crm/Deal/d1"}


def test_run_is_entered_with_its_numbers(store: Store, feed: Feed, clock: FixedClock) -> None:
    report = sync(store, feed, clock)
    with store.read() as conn:
        [run] = read_runs(conn, kind="sync")
    assert (run.id, run.state, report.run_id) == ("sync-000001", "done", "sync-000001")
    assert run.facts["streams"]["Account"]["changed"] == 7
    assert run.facts["connection"] == "crm"


def test_progress_is_told_per_batch(store: Store, feed: Feed, clock: FixedClock) -> None:
    told: list[Progress] = []
    sync_connection(store, setup_of(feed), clock, progress=told.append)
    accounts = [step for step in told if step.stream == "Account"]
    assert accounts[-1] == Progress("crm", "Account", 7, 7, 7)


def test_only_the_streams_asked_for_are_read(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock, streams=["Person"])
    assert [stream for stream, _ in feed.asked] == ["Person"]


def test_findings_of_the_connector_are_kept(store: Store, feed: Feed, clock: FixedClock) -> None:
    feed.noticed = [Finding("field_forbidden", "warning", "no access to Rating", "crm/Account/Rating")]
    sync(store, feed, clock)
    assert ("field_forbidden", "crm/Account/Rating", 1) in codes(store)


# --- change detection -------------------------------------------------------------------------------------------------


def test_second_sync_reads_on_from_the_cursor(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    feed.asked.clear()
    report = sync(store, feed, clock)
    assert feed.asked[0] == ("Account", Cursor("2026-06-01T00:06:00Z", "a6"))
    assert (report.read, report.changed) == (2, 0)


def test_what_is_read_again_unchanged_leaves_no_trace(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    clock.sleep(3600)
    report = sync(store, feed, clock, full=True)
    assert (report.read, report.changed) == (8, 0)
    with store.read() as conn:
        assert {row.synced_at for row in read_stream(conn, "crm", "Account")} == {iso(START)}


def test_order_of_fields_is_no_change(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    before = content(store)
    feed.records["Account"] = [dict(reversed(record.items())) for record in feed.records["Account"]]
    clock.sleep(60)
    assert sync(store, feed, clock, full=True).changed == 0
    after = content(store)
    assert after["golden_record"] == before["golden_record"]
    assert {row[0] for row in hashes(after)}.isdisjoint(row[0] for row in hashes(before))
    assert sync(store, feed, clock, full=True).changed == 0
    assert hashes(content(store)) == hashes(after)


def hashes(found: dict[str, list[tuple[Any, ...]]]) -> list[tuple[bytes, str]]:
    """The hash each account is compared by, and when it was last seen to change, which was at the start."""
    rows = [(bytes(row[2]), str(row[4])) for row in found["source_record"] if "/Account/" in row[0]]
    assert {at for _, at in rows} == {iso(START)}
    return rows


def test_change_of_equal_length_is_a_change(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    feed.put("Account", "a1", minute=1, name="Tneilc 1", type="Customer")
    assert len(encode(feed.records["Account"][-1])) == len(encode({**feed.records["Account"][-1], "name": "Client 1"}))
    assert sync(store, feed, clock, full=True).changed == 1
    assert golden(store)["crm/Account/a1"]["name"] == "Tneilc 1"


def test_payload_kept_under_a_digest_of_another_make_is_no_change(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    before = content(store)
    with store.begin() as conn:
        conn.execute(source_record.update().values(raw_hash=b""))
    feed.put("Account", "a2", minute=2, name="Other", type="Customer")
    assert sync(store, feed, clock, full=True).changed == 1
    assert len(set(hashes(content(store))) & set(hashes(before))) == 6


def test_true_and_one_are_different_values(store: Store, feed: Feed, clock: FixedClock) -> None:
    feed.put("Account", "a1", minute=1, name="Client 1", type="Customer", odd=[True, 1, 11])
    sync(store, feed, clock)
    feed.put("Account", "a1", minute=1, name="Client 1", type="Customer", odd=[1, True, 11])
    assert sync(store, feed, clock, full=True).changed == 1


def test_changed_record_is_stored_anew(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    clock.sleep(3600)
    feed.put("Account", "a2", 30, name="Client 2 Ltd", type="Prospect")
    report = sync(store, feed, clock)
    assert report.changed == 1
    assert golden(store)["crm/Account/a2"] == {"name": "Client 2 Ltd", "status": "prospect"}
    with store.read() as conn:
        changed = {row.id: row.changed_at for row in read_golden(conn, "client")}
    assert changed["crm/Account/a2"] == iso(START + timedelta(hours=1))
    assert changed["crm/Account/a1"] == iso(START)


def test_change_the_mapping_does_not_read_leaves_the_golden_record_alone(
    store: Store, feed: Feed, clock: FixedClock
) -> None:
    sync(store, feed, clock)
    clock.sleep(3600)
    feed.put("Account", "a2", 30, name="Client 2", type="Customer", unmapped="x")
    sync(store, feed, clock)
    with store.read() as conn:
        assert lookup(conn, "client", ["crm/Account/a2"])["crm/Account/a2"].changed_at == iso(START)
        [row] = read_sources(conn, ["crm/Account/a2"])
    assert row.raw["unmapped"] == "x"


def test_absent_null_and_value_are_three_states(store: Store, feed: Feed, clock: FixedClock) -> None:
    feed.put("Account", "b1", 40, name="B", type=None)
    feed.put("Account", "b2", 41, name="B")
    sync(store, feed, clock)
    assert golden(store)["crm/Account/b1"] == {"name": "B", "status": None}
    assert golden(store)["crm/Account/b2"] == {"name": "B"}


def test_same_id_twice_in_one_reading_keeps_the_later_state(store: Store, feed: Feed, clock: FixedClock) -> None:
    feed.append("Account", id="a1", changed="2026-06-01T00:50:00Z", name="Client 1 renamed")
    report = sync(store, feed, clock)
    assert golden(store)["crm/Account/a1"]["name"] == "Client 1 renamed"
    assert (parked(store), report.errors) == ({}, [])


# --- what cannot stand ------------------------------------------------------------------------------------------------


def test_record_without_a_name_is_parked_whole(store: Store, feed: Feed, clock: FixedClock) -> None:
    feed.put("Account", "bad", 20, type="Customer", site="bad.example")
    report = sync(store, feed, clock)
    assert report.parked == 1
    assert "crm/Account/bad" in parked(store)
    assert "crm/Account/bad" not in golden(store)
    with store.read() as conn:
        [row] = read_parked(conn)
    assert row.raw["site"] == "bad.example"
    assert row.remedy


def test_parked_record_is_released_when_it_passes(store: Store, feed: Feed, clock: FixedClock) -> None:
    feed.put("Account", "bad", 20, type="Customer")
    sync(store, feed, clock)
    feed.put("Account", "bad", 21, type="Customer", name="Good now")
    sync(store, feed, clock)
    assert parked(store) == {}
    assert parked(store, "replayed").keys() == {"crm/Account/bad"}
    assert golden(store)["crm/Account/bad"]["name"] == "Good now"


def test_record_that_goes_bad_keeps_its_last_good_state(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    feed.put("Account", "a2", 30, name="")
    sync(store, feed, clock)
    assert golden(store)["crm/Account/a2"]["name"] == "Client 2"
    assert parked(store).keys() == {"crm/Account/a2"}
    feed.put("Account", "a2", 2, name="Client 2", type="Customer")
    sync(store, feed, clock, full=True)
    assert parked(store) == {}


def test_record_without_id_is_parked_under_its_content(store: Store, feed: Feed, clock: FixedClock) -> None:
    feed.append("Account", changed="2026-06-01T00:03:00Z", name="Nobody")
    sync(store, feed, clock)
    sync(store, feed, clock)
    [name] = parked(store)
    assert name.startswith("crm/Account/row:")


@pytest.mark.parametrize("bad", ["a\0b", "half \ud800 pair"])
def test_id_no_database_can_hold_stops_nothing(store: Store, feed: Feed, clock: FixedClock, bad: str) -> None:
    feed.append("Account", id=bad, changed="2026-06-01T00:03:00Z", name="Odd")
    report = sync(store, feed, clock)
    assert (report.errors, report.read) == ([], 9)
    assert len(golden(store)) + len(parked(store)) == 8


def test_bad_optional_value_is_left_out_and_counted(store: Store, feed: Feed, clock: FixedClock) -> None:
    for number in range(3):
        feed.put("Account", f"n{number}", 20 + number, name="N", people=-5)
    sync(store, feed, clock)
    assert golden(store)["crm/Account/n1"] == {"name": "N"}
    assert ("bad_value", "crm/Account/people", 3) in codes(store)


def test_issue_is_counted_once_however_often_it_is_read(store: Store, feed: Feed, clock: FixedClock) -> None:
    feed.put("Account", "n", 20, name="N", people=-5)
    sync(store, feed, clock)
    sync(store, feed, clock, full=True)
    assert ("bad_value", "crm/Account/people", 1) in codes(store)


def test_five_megabyte_field_is_kept(store: Store, feed: Feed, clock: FixedClock) -> None:
    feed.put("Account", "big", 20, name="Big", x_story="story " * 900_000)
    feed.put("Account", "zz", 21, name="After")
    report = sync(store, feed, clock)
    assert report.errors == []
    with store.read() as conn:
        [row] = read_sources(conn, ["crm/Account/big"])
    assert len(row.raw["x_story"]) == 5_400_000
    assert "crm/Account/zz" in golden(store)


def test_numbers_and_text_json_cannot_hold_survive(store: Store, feed: Feed, clock: FixedClock) -> None:
    feed.put("Account", "odd", 20, name="Odd", huge=2**80, broken="half \ud800 pair")
    sync(store, feed, clock)
    with store.read() as conn:
        [row] = read_sources(conn, ["crm/Account/odd"])
    assert row.raw["huge"] == 2**80
    assert row.raw["broken"] == "half \ud800 pair"


# --- failures of the vendor -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error", [AuthError("the token was refused"), RetryLater("out of quota"), ZeroDivisionError("in the connector")]
)
def test_failed_stream_keeps_what_it_brought_and_others_go_on(
    store: Store, feed: Feed, clock: FixedClock, error: Exception
) -> None:
    feed.faults["Account"] = (1, error)
    report = sync(store, feed, clock)
    assert [stream.state for stream in report.streams] == ["failed", "done", "done", "done"]
    assert sorted(golden(store)) == ["crm/Account/a0", "crm/Account/a1", "crm/Account/a2"]
    assert len(golden(store, "contact")) == 1
    assert [code for code, *_ in codes(store)] == ["stream_failed"]
    with store.read() as conn:
        assert read_runs(conn)[0].state == "failed"


def test_next_sync_goes_on_where_the_failure_was(store: Store, feed: Feed, clock: FixedClock) -> None:
    feed.faults["Account"] = (1, RetryLater("out of quota"))
    sync(store, feed, clock)
    feed.faults.clear()
    feed.asked.clear()
    report = sync(store, feed, clock)
    assert feed.asked[0] == ("Account", Cursor("2026-06-01T00:02:00Z", "a2"))
    assert (report.changed, len(golden(store)), codes(store)) == (4, 7, [])


def test_foreign_error_names_connector_and_stream(store: Store, feed: Feed, clock: FixedClock) -> None:
    feed.faults["Account"] = (0, KeyError("records"))
    [error] = sync(store, feed, clock).errors
    assert "`feed`" in str(error)
    assert "crm/Account" in str(error)
    assert "KeyError" in str(error)


def test_stream_the_connector_lacks_is_a_finding(store: Store, feed: Feed, clock: FixedClock) -> None:
    del feed._streams["Deal"]
    report = sync(store, feed, clock)
    assert [stream.stream for stream in report.streams] == ["Account", "Person", "User"]
    assert [(code, place) for code, place, _ in codes(store)] == [("unknown_stream", "crm/Deal")]
    feed._streams["Deal"] = feed._streams["Account"]
    sync(store, feed, clock)
    assert codes(store) == []


# --- what is gone -----------------------------------------------------------------------------------------------------


def test_tombstone_marks_record_and_golden_record(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    feed.drop("Account", "a4")
    feed.tombstones["Account"] = [
        Tombstone("a4", "archived", "2026-06-29T10:00:00Z"),
        Tombstone("never seen", "deleted"),
    ]
    report = sync(store, feed, clock)
    assert report.streams[0].gone == 1
    assert "crm/Account/a4" not in golden(store)
    with store.read() as conn:
        assert lookup(conn, "client", ["crm/Account/a4"])["crm/Account/a4"].gone == "archived"
        assert [row.id for row in read_stream(conn, "crm", "Account") if row.id.endswith("a4")] == []


def test_tombstone_told_again_changes_nothing(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    feed.drop("Account", "a4")
    feed.tombstones["Account"] = [Tombstone("a4", "deleted")]
    sync(store, feed, clock)
    clock.sleep(60)
    assert sync(store, feed, clock).streams[0].gone == 0
    with store.read() as conn:
        [row] = [row for row in read_stream(conn, "crm", "Account", gone=True) if row.gone]
    assert row.synced_at == iso(START)


def test_record_that_comes_back_is_live_again(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    before = feed.records["Account"][4]
    feed.drop("Account", "a4")
    feed.tombstones["Account"] = [Tombstone("a4", "deleted")]
    sync(store, feed, clock)
    feed.tombstones.clear()
    feed.append("Account", **before)
    sync(store, feed, clock, full=True)
    assert golden(store)["crm/Account/a4"]["name"] == "Client 4"


def test_merged_record_leads_to_its_survivor(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    feed.drop("Account", "a1")
    feed.tombstones["Account"] = [Tombstone("a1", "merged", merged_into="a2")]
    sync(store, feed, clock)
    with store.read() as conn:
        assert resolve(conn, "client", ["crm/Account/a1"]) == {"crm/Account/a1": "crm/Account/a2"}
        [row] = read_sources(conn, ["crm/Account/a1"])
    assert (row.gone, row.merged_into) == ("merged", "crm/Account/a2")


def test_incremental_reading_takes_nothing_for_gone(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    feed.drop("Account", "a0")
    sync(store, feed, clock)
    assert "crm/Account/a0" in golden(store)


def test_full_reading_finds_what_vanished(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    feed.drop("Account", "a0")
    report = sync(store, feed, clock, full=True)
    assert (report.streams[0].gone, report.streams[0].vanished) == (1, 1)
    assert "crm/Account/a0" not in golden(store)


@pytest.mark.parametrize("left", [0, 4], ids=["empty", "almost half"])
def test_mass_vanishing_waits_for_a_person(store: Store, feed: Feed, clock: FixedClock, left: int) -> None:
    sync(store, feed, clock)
    feed.records["Account"] = feed.records["Account"][:left]
    report = sync(store, feed, clock, full=True)
    assert (report.streams[0].state, report.complete, len(golden(store))) == ("held", False, 7)
    assert ("records_vanished", "crm/Account", 7 - left) in codes(store)
    report = sync(store, feed, clock, full=True, accept_vanished=["Account"])
    assert (report.complete, len(golden(store)), codes(store)) == (True, left, [])


def test_vanishing_of_less_than_a_third_is_believed(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    feed.records["Account"] = feed.records["Account"][:5]
    assert sync(store, feed, clock, full=True).complete
    assert len(golden(store)) == 5


def test_full_reading_cut_short_takes_nothing_for_gone(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    feed.drop("Account", "a6")
    feed.faults["Account"] = (1, RetryLater("out of quota"))
    sync(store, feed, clock, full=True)
    assert len(golden(store)) == 7


def test_full_reading_cut_short_leaves_the_cursor_where_it_was(store: Store, feed: Feed, clock: FixedClock) -> None:
    sync(store, feed, clock)
    feed.put("Account", "a9", 59, name="New")
    feed.faults["Account"] = (1, RetryLater("out of quota"))
    sync(store, feed, clock, full=True)
    feed.faults.clear()
    feed.asked.clear()
    sync(store, feed, clock)
    assert feed.asked[0][1] == Cursor("2026-06-01T00:06:00Z", "a6")
    assert "crm/Account/a9" in golden(store)


# --- streams that are always read whole -------------------------------------------------------------------------------


@pytest.fixture
def file() -> Feed:
    feed = Feed("books", mode="full", page=2)
    for number in range(5):
        feed.append("Account", id=f"c{number}", name=f"Customer {number}")
    return feed


def test_vanished_rows_of_a_file_are_gone(store: Store, file: Feed, clock: FixedClock) -> None:
    sync(store, file, clock)
    file.drop("Account", "c1")
    report = sync(store, file, clock)
    assert (report.streams[0].gone, report.changed) == (1, 0)
    assert sorted(golden(store)) == [f"books/Account/c{n}" for n in (0, 2, 3, 4)]


def test_empty_stream_that_held_nothing_is_no_alarm(store: Store, clock: FixedClock) -> None:
    report = sync(store, Feed("books", mode="full"), clock)
    assert (report.complete, codes(store)) == (True, [])


@pytest.mark.parametrize("page", [2, 50], ids=["on another page", "on the same page"])
def test_second_row_of_an_id_is_parked_and_the_first_kept(
    store: Store, file: Feed, clock: FixedClock, page: int
) -> None:
    file.page = page
    file.append("Account", id="c1", name="Somebody else")
    for _ in range(3):  # again and again the same outcome
        report = sync(store, file, clock)
        assert golden(store)["books/Account/c1"]["name"] == "Customer 1"
        assert report.streams[0].duplicates == 1
        [name] = parked(store)
        assert name.startswith("books/Account/c1#")


def test_identical_rows_of_an_id_are_one(store: Store, file: Feed, clock: FixedClock) -> None:
    file.append("Account", id="c1", name="Customer 1")
    report = sync(store, file, clock)
    assert (parked(store), report.streams[0].duplicates, len(golden(store))) == ({}, 1, 5)


def test_parking_of_a_mended_duplicate_is_closed(store: Store, file: Feed, clock: FixedClock) -> None:
    file.append("Account", id="c1", name="Somebody else")
    sync(store, file, clock)
    file.records["Account"][-1]["id"] = "c9"
    sync(store, file, clock)
    assert parked(store) == {}
    assert golden(store)["books/Account/c9"]["name"] == "Somebody else"


def test_broken_row_is_parked_with_its_place_and_closed_when_mended(
    store: Store, file: Feed, clock: FixedClock
) -> None:
    file.broken = [BrokenRow('7,"torn', "customers.csv", 7, "a quote is never closed", "close it")]
    report = sync(store, file, clock, streams=["Account"])
    assert (report.parked, report.read, len(golden(store))) == (1, 6, 5)
    with store.read() as conn:
        [row] = read_parked(conn)
    assert (row.id, row.place, row.raw["text"]) == ("books/Account/row:7", "customers.csv:7", '7,"torn')
    file.broken = []
    sync(store, file, clock, streams=["Account"])
    assert parked(store) == {}
    assert parked(store, "dismissed").keys() == {"books/Account/row:7"}


# --- mappings that ask for more ---------------------------------------------------------------------------------------


def test_field_never_asked_for_before_makes_the_stream_be_read_anew(
    store: Store, feed: Feed, clock: FixedClock, tmp_path: Path
) -> None:
    sync(store, feed, clock)
    wider = tmp_path / "wider.yaml"
    wider.write_text(MAPPING.read_text().replace("    domain: site\n", "    domain: site\n    industry: branch\n"))
    feed.asked.clear()
    sync_connection(store, setup_of(feed, wider), clock)
    assert dict(feed.asked)["Account"] is None
    assert dict(feed.asked)["Person"] is not None
    feed.asked.clear()
    sync_connection(store, setup_of(feed, wider), clock)
    assert dict(feed.asked)["Account"] is not None


def test_facts_of_a_run_are_json(store: Store, feed: Feed, clock: FixedClock) -> None:
    feed.faults["Account"] = (0, AuthError("the token was refused"))
    sync(store, feed, clock)
    with store.read() as conn:
        [run] = read_runs(conn)
    assert json.loads(json.dumps(run.facts))["streams"]["Account"]["error"] == "the token was refused"

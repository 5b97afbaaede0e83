"""A changed mapping is applied to what the store holds, without a call to the vendor."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from core.clock import FixedClock, iso
from core.connector import Tombstone
from core.store import Store
from core.store.findings import read_findings
from core.store.golden import lookup, read_golden
from core.store.parked import read_parked
from core.store.runs import read_runs
from core.store.sources import read_sources
from core.sync import remap, sync_connection
from tests.core.sync.feed import MAPPING, START, Feed, setup_of


@pytest.fixture
def feed() -> Feed:
    feed = Feed()
    for number in range(5):
        feed.put("Account", f"a{number}", number, name=f"Client {number}", type="Customer", people=-1)
    feed.put("Person", "p1", 1, name="Ada", account="a1")
    return feed


def changed(folder: Path, old: str, new: str) -> Path:
    text = MAPPING.read_text()
    assert old in text
    path = folder / "changed.yaml"
    path.write_text(text.replace(old, new))
    return path


def names(store: Store, kind: str = "client") -> dict[str, dict[str, object]]:
    with store.read() as conn:
        return {row.id: orjson.loads(row.data) for row in read_golden(conn, kind)}


def test_all_records_are_normalised_anew(store: Store, feed: Feed, clock: FixedClock, tmp_path: Path) -> None:
    sync_connection(store, setup_of(feed), clock)
    mapping = changed(tmp_path, "Customer: active", "Customer: churned")
    feed.asked.clear()
    report = remap(store, [setup_of(feed, mapping)], clock)
    assert (report.remapped, feed.asked) == (6, [])
    assert {data["status"] for data in names(store).values()} == {"churned"}


def test_second_remap_finds_nothing_to_do(store: Store, feed: Feed, clock: FixedClock, tmp_path: Path) -> None:
    sync_connection(store, setup_of(feed), clock)
    mapping = changed(tmp_path, "Customer: active", "Customer: churned")
    remap(store, [setup_of(feed, mapping)], clock)
    assert remap(store, [setup_of(feed, mapping)], clock).remapped == 0


def test_sync_remaps_first(store: Store, feed: Feed, clock: FixedClock, tmp_path: Path) -> None:
    sync_connection(store, setup_of(feed), clock)
    mapping = changed(tmp_path, "Customer: active", "Customer: churned")
    report = sync_connection(store, setup_of(feed, mapping), clock)
    assert (report.remapped, report.changed) == (6, 0)
    assert {data["status"] for data in names(store).values()} == {"churned"}


def test_records_count_as_changed_only_where_their_form_did(
    store: Store, feed: Feed, clock: FixedClock, tmp_path: Path
) -> None:
    feed.put("Account", "a9", 9, name="Prospect", type="Prospect")
    sync_connection(store, setup_of(feed), clock)
    clock.sleep(3600)
    remap(store, [setup_of(feed, changed(tmp_path, "Customer: active", "Customer: churned"))], clock)
    with store.read() as conn:
        rows = lookup(conn, "client", ["crm/Account/a1", "crm/Account/a9"])
        [source] = read_sources(conn, ["crm/Account/a1"])
    assert rows["crm/Account/a9"].changed_at == iso(START)
    assert rows["crm/Account/a1"].changed_at > iso(START)
    assert source.synced_at == iso(START)


def test_new_section_makes_new_records(store: Store, feed: Feed, clock: FixedClock, tmp_path: Path) -> None:
    sync_connection(store, setup_of(feed), clock)
    section = "user:person:\n  stream: Person\n  fields: {name: name}\n\nuser:"
    remap(
        store, [setup_of(feed, changed(tmp_path, "user:", section.replace("user:person:", "user:person:", 1)))], clock
    )
    assert names(store, "user") == {"crm/Person/p1": {"name": "Ada"}}


def test_section_taken_away_leaves_its_records_gone(
    store: Store, feed: Feed, clock: FixedClock, tmp_path: Path
) -> None:
    feed.put("Deal", "d1", name="Audit", won=True)
    sync_connection(store, setup_of(feed), clock)
    remap(store, [setup_of(feed, changed(tmp_path, "when: {won: true}", "when: {won: maybe}"))], clock)
    assert names(store, "contract") == {}
    assert names(store, "deal").keys() == {"crm/Deal/d1"}


def test_refused_record_passes_under_a_milder_mapping(
    store: Store, feed: Feed, clock: FixedClock, tmp_path: Path
) -> None:
    feed.put("Deal", "d1", won=True, account="a1")
    report = sync_connection(store, setup_of(feed), clock)
    assert report.parked == 1
    mapping = changed(tmp_path, ": name\n    client_id", ": {from: name, default: unnamed}\n    client_id")
    assert remap(store, [setup_of(feed, mapping)], clock).released == 1
    with store.read() as conn:
        assert list(read_parked(conn)) == []
    assert names(store, "contract") == {"crm/Deal/d1": {"number": "unnamed", "client_id": "crm/Account/a1"}}


def test_record_the_new_mapping_refuses_is_parked_and_keeps_its_last_form(
    store: Store, feed: Feed, clock: FixedClock, tmp_path: Path
) -> None:
    sync_connection(store, setup_of(feed), clock)
    mapping = changed(tmp_path, "client:\n  stream: Account\n", "client:\n  stream: Account\n  required: [domain]\n")
    report = remap(store, [setup_of(feed, mapping)], clock)
    assert report.parked == 5
    with store.read() as conn:
        assert len(list(read_parked(conn))) == 5
    assert names(store)["crm/Account/a1"]["name"] == "Client 1"
    assert remap(store, [setup_of(feed, mapping)], clock).remapped == 0


def test_remarks_on_values_are_counted_anew(store: Store, feed: Feed, clock: FixedClock, tmp_path: Path) -> None:
    sync_connection(store, setup_of(feed), clock)
    remap(store, [setup_of(feed, changed(tmp_path, "Customer: active", "Customer: churned"))], clock)
    with store.read() as conn:
        assert [(found.place, found.count) for found in read_findings(conn)] == [("crm/Account/people", 5)]
    remap(store, [setup_of(feed, changed(tmp_path, "number_of_employees: people", "tier: people"))], clock)
    with store.read() as conn:
        assert read_findings(conn) == []


def test_gone_records_are_left_alone(store: Store, feed: Feed, clock: FixedClock, tmp_path: Path) -> None:
    feed.tombstones["Account"] = [Tombstone("a1", "deleted")]
    sync_connection(store, setup_of(feed), clock)
    report = remap(store, [setup_of(feed, changed(tmp_path, "Customer: active", "Customer: churned"))], clock)
    assert report.remapped == 5
    with store.read() as conn:
        assert orjson.loads(lookup(conn, "client", ["crm/Account/a1"])["crm/Account/a1"].data)["status"] == "active"


def test_remap_is_a_run(store: Store, feed: Feed, clock: FixedClock, tmp_path: Path) -> None:
    sync_connection(store, setup_of(feed), clock)
    report = remap(store, [setup_of(feed, changed(tmp_path, "Customer: active", "Customer: churned"))], clock)
    with store.read() as conn:
        run = read_runs(conn, kind="remap")[0]
    assert (run.id, run.state, run.facts["remapped"]) == (report.run_id, "done", 6)


def test_other_connections_are_not_touched(store: Store, feed: Feed, clock: FixedClock, tmp_path: Path) -> None:
    sync_connection(store, setup_of(feed), clock)
    other = Feed("billing")
    other.put("Account", "b1", name="B", type="Customer")
    sync_connection(store, setup_of(other), clock)
    remap(store, [setup_of(other, changed(tmp_path, "Customer: active", "Customer: churned"))], clock)
    assert names(store)["billing/Account/b1"]["status"] == "churned"
    assert names(store)["crm/Account/a1"]["status"] == "active"

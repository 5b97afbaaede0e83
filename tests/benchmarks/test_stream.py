"""What is measured of events: both ways count the same events, and the figures of a small stream are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import after_intake, latency, workers
from benchmarks.after_intake import COLUMNS, Checked, changed
from benchmarks.records import accounts
from benchmarks.workload import open_workload

RECORDS, EVENTS = 300, 100


@pytest.mark.parametrize("way", [after_intake._inlay, after_intake._floor])
def test_both_ways_work_off_every_event(tmp_path: Path, way: after_intake.Way) -> None:
    used = way(f"sqlite:///{tmp_path / 'store.db'}", tmp_path / "accounts.jsonl", RECORDS, EVENTS)
    assert used > 0


def test_what_changed_is_spread_over_all_records_and_different_in_each() -> None:
    before = {one["Id"]: one for one in accounts(RECORDS)}
    events = changed(RECORDS, EVENTS)
    assert len(events) == EVENTS
    assert [int(one["Id"][3:]) for one in events] == list(range(0, RECORDS, RECORDS // EVENTS))
    assert all(before[one["Id"]] != one for one in events)


def test_the_floor_keeps_every_field_in_a_column_of_its_own() -> None:
    row = after_intake._row(Checked.model_validate(next(accounts(1))))
    assert len(row) == COLUMNS
    assert sum(value is not None for value in row) >= 23


@pytest.mark.soak  # a dozen processes start for it
@pytest.mark.timeout(900)
def test_a_small_stream_reaches_the_crm_and_two_workers_share_its_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latency, "EVENTS", 100)
    monkeypatch.setattr(workers, "EACH", 200)
    with open_workload(tmp_path, records=300, rounds=1, peers=None) as work:
        figures = {figure.name: figure for measure in (latency.latency, workers.workers) for figure in measure(work)}
    assert len(figures) == 6
    assert all(figure.value > 0 for figure in figures.values())
    assert figures["webhook to field in the CRM, one process, SQLite, middle"].note == "100 events/s, 100 of them"

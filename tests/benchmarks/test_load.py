"""The load benchmark on a few records: the counts are right on both databases, whatever the time."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.child import MeasurementError, measure
from benchmarks.records import accounts, changed_accounts, write_lines

RECORDS = 2000


@pytest.fixture
def whole(tmp_path: Path) -> str:
    path = tmp_path / "accounts.jsonl"
    assert write_lines(path, accounts(RECORDS)) == RECORDS
    return str(path)


@pytest.fixture
def changed(tmp_path: Path) -> str:
    path = tmp_path / "changed.jsonl"
    assert write_lines(path, changed_accounts(RECORDS)) == RECORDS // 10
    return str(path)


def test_a_load_a_second_one_and_a_changed_tenth(store_url: str, whole: str, changed: str) -> None:
    found = [measure("benchmarks.load", store_url, file) for file in (whole, whole, changed)]
    assert [(one["read"], one["changed"], one["parked"]) for one in found] == [
        (RECORDS, RECORDS, 0),
        (RECORDS, 0, 0),
        (RECORDS // 10, RECORDS // 10, 0),
    ]
    assert all(one["cpu"] > 0 and one["memory"] > 0 for one in found)


def test_the_floor_reads_every_record(whole: str, tmp_path: Path) -> None:
    assert measure("benchmarks.floor", whole, str(tmp_path))["read"] == RECORDS


def test_the_same_seed_makes_the_same_records() -> None:
    assert list(accounts(50)) == list(accounts(50))
    ids = {record["Id"] for record in accounts(50)}
    assert {record["Id"] for record in changed_accounts(50)} < ids


def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(MeasurementError, match="missing"):
        measure("benchmarks.load", f"sqlite:///{tmp_path}/inlay.db", str(tmp_path / "missing.jsonl"))

"""The reading of a large org on a few thousand accounts: what is counted is right, whatever the time."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.million import million
from benchmarks.workload import open_workload


@pytest.mark.timeout(300)
def test_a_large_org_is_read_whole_and_then_by_what_changed_in_the_fewest_calls(tmp_path: Path) -> None:
    with open_workload(tmp_path, records=300, rounds=1, peers=None) as work:
        figures = {figure.name: figure for figure in million(work)}
    assert [name for name, figure in figures.items() if figure.unit == "MiB" and figure.value > 0] == [
        "peak memory above idle, 300 accounts of an org",
        "peak memory above idle, 3,000 accounts of an org",
    ]
    whole = figures["API calls, first reading (3,000 accounts)"]
    assert whole.value == 5  # described, counted, a job, a look, a sheet
    assert whole.note == "least possible 5, 3,000 records read"
    changes = figures["API calls, reading of one changed in a hundred (30 accounts)"]
    assert changes.value == 3  # described, what was deleted, what changed
    assert changes.note == "least possible 3, 30 records read"
    assert {whole.verdict, changes.verdict} == {"reached"}

"""What the benchmark prints: every figure with its target, its peers and an honest verdict."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.figure import Figure, table

SCHEMAS = 0  # what new HubSpot records must be given is known from its guides and its refusals, and costs no call


def test_a_missed_target_is_said_to_be_missed() -> None:
    reached = Figure("load", 30_000, "records/CPU-s", "at least", 25_000, {"dlt": 5_000})
    missed = Figure("peak", 192, "MiB", "at most", 96)
    assert reached.cells() == ("load", "30,000 records/CPU-s", "at least 25,000", "reached", "6.0 x dlt (5,000)")
    assert missed.verdict == "missed: 200% of it"


def test_a_figure_without_target_has_no_verdict() -> None:
    assert Figure("floor", 40_000, "records/CPU-s", note="one table").cells()[2:] == ("", "", "one table")


def test_columns_stand_under_their_heads() -> None:
    head, row = table([Figure("load", 1, "calls", "at most", 2)]).splitlines()
    assert head.index("verdict") == row.index("reached")


@pytest.mark.soak  # forty seconds of processes that start: the tests beside this one run its parts on few records
@pytest.mark.timeout(300)
def test_the_whole_bench_runs_on_few_records(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    main(["--records", "200", "--rounds", "1", "--peers", "", "--only", "speed", "--only", "memory"])
    told = capsys.readouterr().out
    for name in (
        "full load, SQLite",
        "unchanged re-sync, PostgreSQL",
        "a tenth changed, SQLite",
        "peak of 2,000 to 200",
    ):
        assert name in told


@pytest.mark.timeout(300)
def test_the_demo_makes_hardly_more_calls_than_the_least(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--only", "calls"])
    told = capsys.readouterr().out
    rows = re.findall(r"API calls, (\S+) of .*?(\d+) calls .*least possible (\d+),", told)
    beyond = {part: int(made) - int(least) for part, made, least in rows}
    assert set(beyond) == {"sync", "write-back"}
    assert beyond["sync"] == 0
    assert beyond["write-back"] <= SCHEMAS

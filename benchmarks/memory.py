"""Memory at the highest point of a load above that of the idle process, and whether it grows with the records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.child import measure
from benchmarks.figure import Figure
from benchmarks.records import accounts, write_lines
from benchmarks.workload import POSTGRES, SQLITE, Workload

MIB = 1024 * 1024
TIMES = 10
MOST = 96.0
FLAT = 1.1  # what ten times the records may add


def memory(work: Workload) -> Iterator[Figure]:
    """The load of as many records as asked for into both databases, and of ten times as many into SQLite."""
    small = _peak(work, SQLITE, work.accounts)
    yield _figure(work.records, SQLITE, small)
    yield _figure(work.records, POSTGRES, _peak(work, POSTGRES, work.accounts))
    path = work.folder / "many.jsonl"
    many = write_lines(path, accounts(work.records * TIMES))
    large = _peak(work, SQLITE, path)
    path.unlink()
    yield _figure(many, SQLITE, large)
    yield Figure(f"peak of {many:,} to {work.records:,}", round(large / small, 2), "times", "at most", FLAT)


def _figure(records: int, dialect: str, peak: float) -> Figure:
    return Figure(f"peak memory above idle, {records:,}, {dialect}", peak, "MiB", "at most", MOST)


def _peak(work: Workload, dialect: str, file: Path) -> float:
    with work.database(dialect) as url:
        return float(measure("benchmarks.load", url, str(file))["memory"]) / MIB

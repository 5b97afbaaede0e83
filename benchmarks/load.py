"""One reading of a file of accounts into a store, in a process of its own: ``python -m benchmarks.load URL FILE``.

What is measured begins with the store open and migrated and the mapping compiled, and ends with the store closed.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.process import cpu_seconds, peak_bytes, resident_bytes
from benchmarks.source import BenchConnector, BenchSettings
from core.clock import FixedClock
from core.connector import ConnectorContext
from core.http import Transport
from core.mapping import Mapping
from core.store import Store
from core.sync import ConnectionSetup, SyncReport, sync_connection

CONNECTION = "bench"
AT = datetime(2026, 11, 28, tzinfo=UTC)
MAPPING = Path(__file__).with_name("bench.yaml")


def main(url: str, file: str) -> None:
    """Load and print what it took, as one line of JSON."""
    clock = FixedClock(AT)
    setup = _setup(Path(file), clock)
    store = Store.open(url)
    store.migrate()
    idle, wall, cpu = resident_bytes(), time.perf_counter(), cpu_seconds()
    report = sync_connection(store, setup, clock)
    store.close()
    cpu, wall = cpu_seconds() - cpu, time.perf_counter() - wall
    print(json.dumps({"cpu": cpu, "wall": wall, "memory": peak_bytes() - idle, **_counts(report)}))


def _setup(file: Path, clock: FixedClock) -> ConnectionSetup:
    context = ConnectorContext(CONNECTION, clock, Transport(clock=clock), file.parent)
    connector = BenchConnector(BenchSettings(file=file), context)
    return ConnectionSetup(CONNECTION, connector, Mapping.load("bench", CONNECTION, MAPPING))


def _counts(report: SyncReport) -> dict[str, int]:
    if report.errors:
        raise report.errors[0]
    return {"read": report.read, "changed": report.changed, "parked": report.parked}


if __name__ == "__main__":
    main(*sys.argv[1:])

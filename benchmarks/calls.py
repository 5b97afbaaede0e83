"""API calls of the demo firm's first sync and write-back, as the simulators logged them, against the least possible.

The least for a stream is its records divided by the vendor's largest page, and one call where it has none; one
description per object tells which fields there are. The least for a write is its records divided by the largest batch,
per object and verb. ``python -m benchmarks.calls FOLDER`` plays the demo in a folder.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from math import ceil
from pathlib import Path

from sqlalchemy import select

from benchmarks.child import measure
from benchmarks.figure import Figure
from benchmarks.workload import Workload
from connectors.sandbox.fleet import Fleet, start_fleet
from core.cli.samples import DEMO, write_sample
from core.clock import SystemClock
from core.hub import Hub
from core.ledger import Approval
from core.provision import missing_fields, provision_field
from core.store.tables import operation
from core.sync import SyncReport

SEED = 7
MARGIN = 1.02
PAGES = {
    "crm": 1000,
    "marketing": 100,
    "billing": 100,
}  # Salesforce: 2,000, halved where a long text is among the fields
BATCHES = {"crm": 200, "marketing": 100}
DESCRIBED = ("crm", "marketing")
OWNERS = "owners"  # two lists, those who have left apart, and no fields to describe


def calls(work: Workload) -> Iterator[Figure]:
    """The calls of a first sync and of a write-back, each against the least possible."""
    folder = work.folder / "demo"
    folder.mkdir()
    found = measure("benchmarks.calls", str(folder))
    for part in ("sync", "write-back"):
        made, least, moved = found[part]
        note = f"least possible {least}, {moved:,} records"
        yield Figure(f"API calls, {part} of the demo firm", made, "calls", "at most", least * MARGIN, note=note)


def main(folder: str) -> None:
    """Play the demo; print per part of it the calls made, the least possible, and the records moved."""
    with start_fleet(seed=SEED) as fleet:
        config = write_sample(Path(folder), force=True, text=DEMO)
        _provision(config, fleet)
        hub = Hub.open(config, _environment(fleet), SystemClock())
        reports = hub.sync()
        reading = (_take(fleet), _least_reading(reports), sum(report.read for report in reports))
        hub.join()
        hub.evaluate()
        hub.plan()
        hub.apply(Approval(by="bench", plugins=frozenset({"renewals"})))
        touched = _touched(hub)
        writing = (_take(fleet), _least_writing(touched), sum(touched.values()))
        hub.close()
    print(json.dumps({"sync": reading, "write-back": writing}))


def _environment(fleet: Fleet) -> dict[str, str]:
    return {
        f"DEMO_{vendor.upper()}_{name}": endpoint[key]
        for vendor, endpoint in fleet.endpoints().items()
        for name, key in (("URL", "base_url"), ("TOKEN", "token"))
    }


def _provision(config: Path, fleet: Fleet) -> None:
    """Make Inlay's fields; that is done once in a firm's life and not counted."""
    hub = Hub.open(config, _environment(fleet), SystemClock())
    for setup in hub.setups:
        for step in missing_fields(setup):
            provision_field(hub, setup.name, step)
    hub.close()
    _take(fleet)


def _take(fleet: Fleet) -> int:
    """How many requests the vendors have logged since the last time."""
    count = 0
    for sandbox in fleet.running.values():
        count += len(sandbox.app.log.entries())
        sandbox.app.log.clear()
    return count


def _least_reading(reports: Iterable[SyncReport]) -> int:
    least = 0
    for report in reports:
        for stream in report.streams:
            least += max(1, ceil(stream.read / PAGES[report.connection]))
            least += 1 if stream.stream == OWNERS or report.connection in DESCRIBED else 0
    return least


def _touched(hub: Hub) -> Counter[tuple[str, str, str]]:
    """How many records were written, by connection, stream and kind of operation."""
    c = operation.c
    with hub.store.read() as conn:
        query = select(c.connection, c.stream, c.kind, c.external_id).where(c.state == "applied").distinct()
        return Counter((row[0], row[1], row[2]) for row in conn.execute(query))


def _least_writing(touched: Counter[tuple[str, str, str]]) -> int:
    return sum(ceil(count / BATCHES[connection]) for (connection, _, _), count in touched.items())


if __name__ == "__main__":
    main(*sys.argv[1:])

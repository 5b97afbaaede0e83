"""API calls of the demo firm's first sync and write-back, as the simulators logged them, against the least possible.

The least for a stream is its records divided by the vendor's largest page, and one call where it has none; one
description per object tells which fields there are, and of one that the org has switched off that it is. The least for
a write is its records divided by the largest batch, per object and verb. ``python -m benchmarks.calls FOLDER`` plays
the demo in a folder.
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
from core.store.tables import finding, operation
from core.sync import ConnectionSetup, SyncReport

SEED = 7
MARGIN = 1.02
PAGES = {"crm": 2000, "marketing": 100, "billing": 100}
OFF = "object_off"
LONG_TEXT = 255  # characters from which on Salesforce halves the pages of whatever shows such a field
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
        reading = (_take(fleet), _least_reading(hub, reports), sum(report.read for report in reports))
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


def _least_reading(hub: Hub, reports: Iterable[SyncReport]) -> int:
    setups, off, least = {setup.name: setup for setup in hub.setups}, _switched_off(hub), 0
    for report in reports:
        for stream in report.streams:
            page = _page(setups[report.connection], stream.stream) if stream.read else 1
            is_off = f"{report.connection}/{stream.stream}" in off
            least += 0 if is_off else max(1, ceil(stream.read / page))
            least += 1 if stream.stream == OWNERS or report.connection in DESCRIBED else 0
    return least


def _switched_off(hub: Hub) -> set[str]:
    """The objects of which there is nothing to read, as ``connection/stream``."""
    with hub.store.read() as conn:
        return set(conn.scalars(select(finding.c.place).where(finding.c.code == OFF)))


def _page(setup: ConnectionSetup, stream: str) -> int:
    """The vendor's largest page of a stream; what Salesforce describes was described by the reading and is no call."""
    most = PAGES[setup.name]
    if setup.connector.kind != "salesforce":
        return most
    facts = setup.connector.describe(stream)
    asked = (facts[name] for name in setup.mapping.streams[stream].fields if name in facts)
    is_halved = any(field.type == "textarea" and (field.length or 0) > LONG_TEXT for field in asked)
    return most // 2 if is_halved else most


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

"""A firm made from a folder of exports: proposed, written, opened and read, as the commands `init` and `sync` do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from core.clock import FixedClock
from core.export import Line, reconcile
from core.hub import Hub
from core.onboard import Proposal, propose, write_proposal
from core.store.findings import StoredFinding, read_findings
from core.store.golden import read_golden
from core.store.parked import Parked, read_parked

CLOCK = FixedClock(datetime(2026, 6, 30, 12, tzinfo=UTC))


def proposed(exports: Path) -> Proposal:
    """The proposal for a folder."""
    return propose(exports, CLOCK)


@contextmanager
def opened(exports: Path, into: Path) -> Iterator[Hub]:
    """A hub over the proposed configuration; ``into`` keeps a configuration that is there already."""
    if not (into / "inlay.yaml").exists():
        write_proposal(proposed(exports), into)
    hub = Hub.open(into / "inlay.yaml", {}, CLOCK)
    try:
        yield hub
    finally:
        hub.close()


def read(hub: Hub) -> None:
    """Sync, and insist that every stream could be read."""
    for report in hub.sync():
        assert report.errors == [], report.errors


def golden(hub: Hub, record_type: str) -> dict[str, dict[str, Any]]:
    """The live records of a type by the last part of their id."""
    with hub.store.read() as conn:
        return {row.id.split("/", 2)[2]: orjson.loads(row.data) for row in read_golden(conn, record_type)}


def parked(hub: Hub) -> list[Parked]:
    """What is parked now."""
    with hub.store.read() as conn:
        return list(read_parked(conn))


def findings(hub: Hub) -> list[StoredFinding]:
    """What an admin would be told."""
    with hub.store.read() as conn:
        return read_findings(conn)


def lines(hub: Hub) -> Mapping[str, Line]:
    """The reconciliation, by stream."""
    return {line.stream: line for line in reconcile(hub.store, hub.setups)}

"""A large Salesforce org read by Bulk API jobs: memory that does not grow with its accounts, and the fewest calls.

The simulator makes up ten times the accounts asked for (``--records``), a million if nothing is asked. They are read
whole; then one in a hundred is changed by a mass edit and what changed is read. Each reading is a process of its own,
whose pauses let the vendor's time pass and none of ours: ``python -m benchmarks.million ADDRESS STORE ABOVE``.

The least possible for the first reading is a description, a page that also counts the rows, a job, one look at it, and
its sheets, which hold 50,000 rows so that one fits into memory; for the second a description, a look at what was
deleted, and the pages.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path

import requests

from benchmarks.child import Facts, measure
from benchmarks.figure import Figure
from benchmarks.process import peak_bytes, resident_bytes
from benchmarks.workload import SQLITE, Workload
from connectors.salesforce.bulk_query import SHEET_ROWS
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.sandbox import TOKEN, SalesforceSandbox, sandbox
from connectors.salesforce.settings import SalesforceSettings
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF, empty_firm
from connectors.sandbox.server import serve
from core.clock import FixedClock
from core.connector import ConnectorContext
from core.http import HttpLimits, Transport
from core.mapping import Mapping
from core.store import Store
from core.sync import ConnectionSetup, sync_connection

TIMES = 10
TOUCHED = 100  # one account of so many is changed
MIB = 1024 * 1024
MOST, FLAT = 96.0, 1.1
MARGIN = 1.02
AWHILE = timedelta(hours=2)
PAGE = 1000  # with a long text among the fields
LEAST_ABOVE = 2_000  # rows from which on the connector may be told to take a job
ROWS_PER_SECOND = 20_000  # of the vendor's job
CONNECTION, STREAM = "crm", "Account"
DEADLINE = 600.0  # seconds of one call: the simulator makes up a million rows before it answers the first


def million(work: Workload) -> Iterator[Figure]:
    """Whole readings of as many accounts as asked for and of ten times as many, and one of what changed."""
    few, many = work.records, work.records * TIMES
    above = max(LEAST_ABOVE, min(_bulk_above(), many // 2))
    with _org(work, few, above) as small:
        first = small.read()
    yield _memory(few, first)
    with _org(work, many, above) as large:
        whole = large.read()
        yield _memory(many, whole)
        ratio = round(whole["memory"] / first["memory"], 2)
        yield Figure(f"peak of {many:,} to {few:,} accounts", ratio, "times", "at most", FLAT)
        yield _calls("first reading", many, whole, _least_whole(many, above))
        large.app.configure({"touch_accounts": TOUCHED})
        changed = ceil(many / TOUCHED)
        yield _calls("reading of one changed in a hundred", changed, large.read(), 2 + ceil(changed / PAGE))


@dataclass(frozen=True)
class _Org:
    """An org that is served, and the store it is read into."""

    app: SalesforceSandbox
    address: str
    store: str
    above: int

    def read(self) -> Facts:
        """Read what is new after a while, in a process of its own; adds the calls that the vendor counted."""
        self.app.clock.advance(AWHILE)
        self.app.log.clear()
        facts = measure("benchmarks.million", self.address, self.store, str(self.above))
        self.app.clock.advance(AWHILE)
        return {**facts, "calls": len(self.app.log.entries())}


@contextmanager
def _org(work: Workload, accounts: int, above: int) -> Iterator[_Org]:
    app = sandbox(empty_firm(), SandboxClock(AS_OF))
    app.configure({"seed_accounts": accounts, "bulk": {"rows_per_look": 0, "rows_per_second": ROWS_PER_SECOND}})
    with serve(app) as running, work.database(SQLITE) as store:
        yield _Org(app, running.base_url, store, above)


def _memory(accounts: int, facts: Facts) -> Figure:
    name = f"peak memory above idle, {accounts:,} accounts of an org"
    note = f"{accounts / facts['wall']:,.0f} records/s, the simulator beside it"
    return Figure(name, float(facts["memory"]) / MIB, "MiB", "at most", MOST, note=note)


def _calls(what: str, expected: int, facts: Facts, least: int) -> Figure:
    note = f"least possible {least}, {facts['read']:,} records read"
    name = f"API calls, {what} ({expected:,} accounts)"
    return Figure(name, facts["calls"], "calls", "at most", least * MARGIN, note=note)


def _least_whole(accounts: int, above: int) -> int:
    """Two calls describe and count; what the first page does not hold comes in further pages, or as a job."""
    rest = max(0, accounts - PAGE)
    return 2 + (ceil(rest / PAGE) if accounts <= above else 2 + ceil(rest / SHEET_ROWS))


def _bulk_above() -> int:
    return int(SalesforceSettings.model_fields["bulk_above"].default)


class _VendorsClock(FixedClock):
    """Stands still but for pauses, which let the vendor's time pass as well."""

    def __init__(self, address: str) -> None:
        self._control = f"{address}/__sandbox__/clock"
        super().__init__(datetime.fromisoformat(requests.get(self._control, timeout=DEADLINE).json()["now"]))

    def sleep(self, seconds: float) -> None:
        """Let time pass on both sides."""
        super().sleep(seconds)
        requests.post(self._control, json={"advance_seconds": max(seconds, 0.0)}, timeout=DEADLINE).raise_for_status()


def main(address: str, store_url: str, above: str) -> None:
    """Read what is new of the org into the store, as a job ``above`` so many rows; print what it took as JSON."""
    clock = _VendorsClock(address)
    setup = _setup(address, clock, int(above))
    store = Store.open(store_url)
    store.migrate()
    idle, wall = resident_bytes(), time.perf_counter()
    report = sync_connection(store, setup, clock, streams=[STREAM])
    store.close()
    if report.errors:
        raise report.errors[0]
    taken = {"memory": peak_bytes() - idle, "wall": time.perf_counter() - wall}
    print(json.dumps({**taken, "read": report.read, "changed": report.changed, "parked": report.parked}))


def _setup(address: str, clock: FixedClock, above: int) -> ConnectionSetup:
    auth = {"flow": "token", "token": TOKEN, "domain": "hartwell.my"}
    settings = SalesforceSettings.model_validate({"auth": auth, "base_url": address, "bulk_above": above})
    transport = Transport(clock=clock, limits=HttpLimits(total=DEADLINE), redirect=address)
    connector = SalesforceConnector(settings, ConnectorContext(CONNECTION, clock, transport, Path()))
    return ConnectionSetup(CONNECTION, connector, Mapping.load("salesforce", CONNECTION))


if __name__ == "__main__":
    main(*sys.argv[1:])

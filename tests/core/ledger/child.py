"""A process of its own that applies what is planned against the simulators; tests kill it."""

from __future__ import annotations

import sys

from core.clock import SystemClock
from core.ledger import Approval, Delivery, apply_plan
from core.store import Store
from tests.core.ledger.vendors import connections

if __name__ == "__main__":
    url, salesforce, hubspot = sys.argv[1:]
    clock = SystemClock()
    setups = connections(clock, salesforce, hubspot)
    delivery = Delivery(lease_seconds=1.0, patience_seconds=20.0)
    report = apply_plan(Store.open(url), setups, clock, Approval("tom"), delivery=delivery)
    sys.exit(0 if report.ok else 1)

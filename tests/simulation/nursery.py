"""A process that has everything imported and forks a child per delivery: killing hundreds of them takes minutes.

Speaks by lines: told anything it forks, says the child's number, and later ``ended`` with its exit status.
"""

from __future__ import annotations

import os
import sys

from core.clock import SystemClock
from core.ledger import Approval, Delivery, apply_plan
from core.store import Store
from tests.core.ledger.vendors import connections

LEASE_SECONDS = 1.0


def deliver(url: str, salesforce: str, hubspot: str) -> int:
    """Apply what is planned against the simulators; 0 when all came to a good end."""
    clock = SystemClock()
    setups = connections(clock, salesforce, hubspot)
    delivery = Delivery(lease_seconds=LEASE_SECONDS, patience_seconds=20.0)
    report = apply_plan(Store.open(url), setups, clock, Approval("tom"), delivery=delivery)
    return 0 if report.ok else 1


def main() -> None:
    """Fork whenever a line comes in, until there are no more."""
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(deliver(*sys.argv[1:]))
        _say(f"{child}")
        _, status = os.waitpid(child, 0)
        _say(f"ended {os.waitstatus_to_exitcode(status)}")


def _say(what: str) -> None:
    sys.stdout.write(what + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

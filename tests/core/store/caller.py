"""A process of its own that makes calls as fast as its shared budget lets it, and writes down when."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from core.budgets import Allowance
from core.clock import SystemClock
from core.store import Store
from core.store.budgets import StoreBudgets

if __name__ == "__main__":
    url, path, calls, seconds, lasting = sys.argv[1], Path(sys.argv[2]), *map(float, sys.argv[3:])
    budgets = StoreBudgets(Store.open(url), SystemClock(), "crm")
    allowance = Allowance("window", int(calls), seconds)
    made: list[float] = []
    begun = time.time()
    while time.time() < begun + lasting:
        budgets.admit([allowance])
        made.append(time.time())
    path.write_text("\n".join(map(repr, made)), encoding="ascii")

"""The model of jobs to come on CDNOW, against the published figures and what really followed; and its speed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.child import measure
from benchmarks.figure import Figure
from benchmarks.workload import Workload
from plugins.kpi.lifetime import fit
from plugins.kpi.spend import fit_spend
from plugins.kpi.work import Work
from tests.plugins.kpi.cdnow import CALIBRATED, FOLDER, HOLDOUT, orders

PUBLISHED = {"sample": 0.626, "master": 0.669}
NAMES = {"sample": "2,357 people", "master": "23,570 people"}
MOST = 100_000


def lifetime(work: Workload) -> Iterator[Figure]:
    """Errors and correlations of the 39 weeks held out, where the data are beside the checkout; CPU seconds anyway."""
    del work
    found = measure("benchmarks.lifetime")
    for name, facts in found["books"].items():
        who = f"CDNOW, {NAMES[name]}"
        plain = f"{facts['plain']:+.1f} % by the plain model"
        yield Figure(f"orders foretold, {who}", abs(facts["orders"]), "% off", "at most", 10, note=plain)
        yield Figure(f"money foretold, {who}", abs(facts["money"]), "% off", "at most", 10)
        yield Figure(
            f"correlation per person x 1000, {who}", facts["correlation"], "", "at least", 1000 * PUBLISHED[name]
        )
    yield Figure(f"fit and forecast of {MOST:,} clients", found["seconds"], "CPU-s", "at most", 2)


def main() -> None:
    """Measure and print, as one line of JSON."""
    books = {name: _book(name) for name in PUBLISHED} if FOLDER.exists() else {}
    print(json.dumps({"books": books, "seconds": _seconds()}))


def _book(name: str) -> dict[str, float]:
    known = orders(name)
    work = known.until(CALIBRATED)
    actual, money = known.later()
    expected, plain = (fit(work, even=even).expected(work, HOLDOUT) for even in (False, True))
    worth = known.repeat_worth(work)
    spent = expected * fit_spend(work.repeats, worth).expected(work.repeats, worth)
    return {
        "orders": 100 * float(expected.sum() / actual.sum() - 1),
        "plain": 100 * float(plain.sum() / actual.sum() - 1),
        "money": 100 * float(spent.sum() / money.sum() - 1),
        "correlation": 1000 * float(np.corrcoef(expected, actual)[0, 1]),
    }


def _seconds() -> float:
    dice = np.random.default_rng(1)
    whose = np.repeat(np.arange(MOST), dice.negative_binomial(0.25, 0.1, MOST) + 1)
    work = Work.of(whose, dice.integers(0, 730, len(whose)), MOST, 730)
    begun = time.process_time()
    fit(work).expected(work, 365)
    return time.process_time() - begun


if __name__ == "__main__":
    main()

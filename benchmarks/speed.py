"""Records per CPU-second: a first load, the same once more unchanged, and a tenth of it changed; then the peers'."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.child import Facts, measure, measure_peer
from benchmarks.figure import Figure
from benchmarks.workload import POSTGRES, SQLITE, Workload

UNIT = "records/CPU-s"
LOAD, AGAIN, CHANGED = "full load", "unchanged re-sync", "a tenth changed"
TARGETS = {
    SQLITE: {LOAD: 25_000, AGAIN: 60_000, CHANGED: 12_000},
    POSTGRES: {LOAD: 20_000, AGAIN: 60_000, CHANGED: 12_000},
}

Rates = dict[str, float]


def speed(work: Workload) -> Iterator[Figure]:
    """The figures of both databases, of all rounds the best: what else the machine does only ever slows one down."""
    yield Figure("bare floor: parse, sort, hash, insert", _floor(work), UNIT, note="no mapping, one table")
    for dialect, targets in TARGETS.items():
        own = _own(work, dialect)
        peers = _peers(work, dialect, work.peers) if work.peers else {}
        for task, target in targets.items():
            beside = {name: rates[task] for name, rates in peers.items() if task in rates}
            yield Figure(f"{task}, {dialect}", own[task], UNIT, "at least", target, beside)


def _floor(work: Workload) -> float:
    return max(_rate(measure("benchmarks.floor", str(work.accounts), str(work.folder))) for _ in range(work.rounds))


def _own(work: Workload, dialect: str) -> Rates:
    files = {LOAD: work.accounts, AGAIN: work.accounts, CHANGED: work.changed}
    rates = dict.fromkeys(files, 0.0)
    for _ in range(work.rounds):
        with work.database(dialect) as url:
            for task, file in files.items():
                rates[task] = max(rates[task], _rate(measure("benchmarks.load", url, str(file))))
    return rates


def _peers(work: Workload, dialect: str, python: str) -> dict[str, Rates]:
    """The peers', measured once; what they have no like work for is left out.

    Neither detects what is unchanged. The one merge that dlt does on both databases needs a load that was a merge too;
    singer-sdk's own SQL target has none, and speaks no PostgreSQL.
    """
    whole, changed = str(work.accounts), str(work.changed)
    singer: Rates = {}
    if dialect == SQLITE:
        with work.database(dialect) as url:
            singer[LOAD] = _rate(measure_peer(python, "singer_load.py", url, whole))
    with work.database(dialect) as url:
        dlt = {LOAD: _rate(measure_peer(python, "dlt_load.py", url, whole, "append"))}
    with work.database(dialect) as url:
        measure_peer(python, "dlt_load.py", url, whole, "merge")
        dlt[CHANGED] = _rate(measure_peer(python, "dlt_load.py", url, changed, "merge"))
    return {"dlt": dlt, "singer-sdk": singer}


def _rate(found: Facts) -> float:
    return float(found["read"]) / float(found["cpu"])

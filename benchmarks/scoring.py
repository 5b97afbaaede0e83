"""Scoring a million clients: the arithmetic against numpy by hand, the whole job against what SQLite itself costs.

``python -m benchmarks.scoring kernel`` measures the arithmetic, ``... job FOLDER CLIENTS`` the job, each in a process
of its own. In a full run every client's facts differ from the day before. Beside it stands the floor: the same rows
read, and the same rows written, by SQL written by hand, with nothing parsed, compared or computed in between.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.book import STORED, change_facts, make_book, publishers
from benchmarks.child import measure
from benchmarks.figure import Figure
from benchmarks.process import peak_bytes, resident_bytes
from benchmarks.workload import Workload
from core.clock import FixedClock, iso
from core.config import FirmSettings
from core.sdk import Values
from core.signals import evaluate
from core.store import Store
from plugins.health.profile import PROFESSIONAL_SERVICES
from plugins.health.weighing import weigh
from tests.plugins.health.missing import bands_with_one_missing

MILLION = 1_000_000
STEP = 50  # every fiftieth client changes: 20,000 of a million
DAY = datetime(2026, 11, 28, 6, tzinfo=UTC)
MIB = 1024 * 1024
ROUNDS = 5
PERCENT = 100.0


def scoring(work: Workload) -> Iterator[Figure]:
    """Ratios of one run each; of the arithmetic the best of five rounds, both ways alternating."""
    kernel = measure("benchmarks.scoring", "kernel")
    note = f"{kernel['own']:.2f} s against {kernel['numpy']:.2f} s"
    yield Figure("scoring a million clients, % of numpy by hand", kernel["ratio"], "%", "at least", 50, note=note)
    job = measure("benchmarks.scoring", "job", str(work.folder), str(work.records))
    who = f"{work.records:,} clients"
    note = f"{job['full']:.1f} CPU-s against {job['floor']:.1f} CPU-s"
    yield Figure(f"database to database, {who}, % of SQLite's floor", job["ratio"], "%", "at most", 150, note=note)
    part = PERCENT * job["part"] / job["full"]
    yield Figure(f"2 % of {who} changed, % of a full run", part, "%", "at most", 5, note=f"{job['part']:.2f} CPU-s")
    yield Figure(f"memory above idle, {who}", job["memory"] / MIB, "MiB", "at most", 512)
    for name, target in (("changed", 13), ("wrong", 1.3)):
        title = f"20,000 clients, one factor missing: {TITLES[name]}"
        yield Figure(title, kernel[name], "%", "at most", target, note="worst of three seeds")


TITLES = {"changed": "band changed", "wrong": "wrongly At Risk"}


def main(task: str, *arguments: str) -> None:
    """Measure one part and print it, as one line of JSON."""
    print(json.dumps(_kernel() if task == "kernel" else _job(Path(arguments[0]), int(arguments[1]))))


def _kernel() -> dict[str, float]:
    points = _points(MILLION)
    own, plain = [], []
    for _ in range(ROUNDS):
        own.append(_seconds(lambda: weigh(PROFESSIONAL_SERVICES, points)))
        plain.append(_seconds(lambda: by_hand(points)))
    told = weigh(PROFESSIONAL_SERVICES, points).score
    if not np.allclose(told, by_hand(points), equal_nan=True):
        raise AssertionError("the two ways do not agree")
    moved = [bands_with_one_missing("redistribute", seed, 20_000) for seed in (1, 2, 3)]
    return {
        "own": min(own), "numpy": min(plain), "ratio": PERCENT * min(plain) / min(own),
        "changed": PERCENT * max(one[0] for one in moved), "wrong": PERCENT * max(one[1] for one in moved),
    }  # fmt: skip


def by_hand(points: dict[str, Values]) -> Values:
    """The score of the default profile as somebody would write it for this profile alone: no coverage, no weights."""
    tops, bottoms = [], []
    for group in PROFESSIONAL_SERVICES.groups.values():
        table = np.array([points[name] for name in group.factors])
        weights = np.array([factor.weight for factor in group.factors.values()])[:, None] * ~np.isnan(table)
        held = weights.sum(axis=0)
        with np.errstate(invalid="ignore"):
            mean = (weights * np.nan_to_num(table)).sum(axis=0) / held
        tops.append(np.where(held > 0, group.weight * np.nan_to_num(mean), 0))
        bottoms.append(np.where(held > 0, group.weight, 0))
    with np.errstate(invalid="ignore"):
        score = np.sum(tops, axis=0) / np.sum(bottoms, axis=0)
    whole = sum(group.weight for group in PROFESSIONAL_SERVICES.groups.values())
    for name, factor in PROFESSIONAL_SERVICES.bonus.items():
        lifted = (score * whole + points[name] * factor.weight) / (whole + factor.weight)
        score = np.where(points[name] > score, lifted, score)
    return np.asarray(score)


def _points(size: int) -> dict[str, Values]:
    dice = np.random.default_rng(1)
    found = {}
    for name in PROFESSIONAL_SERVICES.factors:
        found[name] = dice.uniform(0, 100, size)
        found[name][dice.random(size) < 0.1] = np.nan
    return found


def _job(folder: Path, clients: int) -> dict[str, float]:
    """A day of scores, then a day on which all changed, then one on which a few did."""
    path = folder / "scores.db"
    store = Store.open(f"sqlite:///{path}")
    store.migrate()
    make_book(store, clients, iso(DAY - timedelta(days=1)))
    _evaluate(store, DAY)
    change_facts(store, range(clients), 2, iso(DAY + timedelta(hours=12)))
    store.close()
    before = shutil.copy(path, folder / "before.db")
    store = Store.open(f"sqlite:///{path}")
    idle = resident_bytes()
    full = _evaluate(store, DAY + timedelta(days=1))
    memory = peak_bytes() - idle
    change_facts(store, range(0, clients, STEP), 3, iso(DAY + timedelta(days=1, hours=2)))
    part = _evaluate(store, DAY + timedelta(days=1, hours=4), only_changed=True)
    store.close()
    floor = _floor(Path(before), path, iso(DAY + timedelta(days=1)))
    for left in folder.glob("*.db*"):
        left.unlink()
    return {"full": full, "part": part, "memory": memory, "floor": floor, "ratio": PERCENT * full / floor}


def _evaluate(store: Store, at: datetime, *, only_changed: bool = False) -> float:
    begun = time.process_time()
    report = evaluate(store, publishers(), FirmSettings(), FixedClock(at), only_changed=only_changed)
    if report.faults or not report.changed:
        raise AssertionError(f"{report.changed} values changed, with {report.faults}")
    return time.process_time() - begun


def _floor(before: Path, after: Path, as_of: str) -> float:
    """CPU seconds of the same reads and the same writes by hand; what is written is fetched beforehand."""
    with sqlite3.connect(after) as done:
        changed = done.execute(f"SELECT {VALUE} FROM signal_value WHERE as_of >= ? ORDER BY name, subject_id", (as_of,))
        rows = changed.fetchall()
    done.close()
    keys = [(row[0], row[1]) for row in rows]
    begun = time.process_time()
    with sqlite3.connect(before) as database:
        for _ in database.execute("SELECT id, client_ref, data FROM golden_record WHERE gone IS NULL"):
            pass
        for name in STORED:
            for _ in database.execute("SELECT subject_id, value, as_of FROM signal_value WHERE name = ?", (name,)):
                pass
        database.executemany(RETIRE, keys)
        database.executemany(f"INSERT OR REPLACE INTO signal_value ({VALUE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    database.close()
    return time.process_time() - begun


VALUE = "name, subject_id, subject_type, value, reason, version, config_hash, as_of"
KEPT = "name, subject_id, as_of, value, reason, version, config_hash"
RETIRE = f"INSERT INTO signal_history ({KEPT}) SELECT {KEPT} FROM signal_value WHERE name = ? AND subject_id = ?"


def _seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


if __name__ == "__main__":
    main(*sys.argv[1:])

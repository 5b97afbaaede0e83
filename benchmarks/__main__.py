"""``python -m benchmarks``: measure everything and print it; ``make bench ARGS="--only calls"`` for a part."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.after_intake import after_intake
from benchmarks.calls import calls
from benchmarks.figure import Figure, table
from benchmarks.intake import intake
from benchmarks.latency import latency
from benchmarks.lifetime import lifetime
from benchmarks.memory import memory
from benchmarks.million import million
from benchmarks.scoring import scoring
from benchmarks.speed import speed
from benchmarks.workers import workers
from benchmarks.workload import Workload, open_workload

PARTS: dict[str, Callable[[Workload], Iterator[Figure]]] = {
    "calls": calls,
    "speed": speed,
    "memory": memory,
    "million": million,
    "intake": intake,
    "after-intake": after_intake,
    "latency": latency,
    "workers": workers,
    "scoring": scoring,
    "lifetime": lifetime,
}
REMARKS = """\
CPU seconds are those of the loading process and its children, user and system; PostgreSQL's own are not among them,
for us as for the peers. Begun with store, tables and mapping ready, ended with the store closed. Best of {rounds}.
Inlay keeps payload, crosswalk, provenance and hashes beside the canonical record; the peers keep columns only."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    asked = _arguments(arguments)
    with tempfile.TemporaryDirectory(prefix="inlay-bench-") as folder:
        for figure_table in _tables(Path(folder), asked):
            print(figure_table, end="\n\n", flush=True)
    print(REMARKS.format(rounds=asked.rounds))


def _tables(folder: Path, asked: argparse.Namespace) -> Iterator[str]:
    with open_workload(folder, asked.records, asked.rounds, asked.peers) as work:
        for name in asked.only or PARTS:
            yield table([_shown(figure) for figure in PARTS[name](work)])


def _shown(figure: Figure) -> Figure:
    """Tell at once what was measured: the whole takes many minutes."""
    print(" ".join(figure.cells()), file=sys.stderr, flush=True)
    return figure


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--records", type=int, default=100_000, help="accounts to load (default: %(default)s)")
    parser.add_argument("--only", action="append", choices=list(PARTS), help="this part; may be repeated")
    parser.add_argument("--rounds", type=int, default=3, help="repetitions of each load (default: %(default)s)")
    peers = os.environ.get("INLAY_BENCH_PEERS")
    parser.add_argument("--peers", default=peers, help="a Python that has dlt and singer-sdk; without it, no peers")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()

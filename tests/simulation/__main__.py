"""`python -m tests.simulation`: replay one seed and print its story, or run many and say how it went."""

from __future__ import annotations

import argparse
import sys

from tests.simulation.storm import run_seed
from tests.simulation.tally import run_many, total
from tests.simulation.worlds import WORLDS


def main() -> int:
    """Run what was asked for; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--world", choices=sorted(WORLDS), help="all of them when not given")
    parser.add_argument("--seed", type=int, help="one run, with its story")
    parser.add_argument("--seeds", type=int, default=100, help="so many runs per world")
    parser.add_argument("--first", type=int, default=0, help="the first of these seeds")
    asked = parser.parse_args()
    worlds = [asked.world] if asked.world else list(WORLDS)
    if asked.seed is not None:
        ended = [run_seed(world, asked.seed) for world in worlds]
        sys.stdout.write("\n\n".join(map(str, ended)) + "\n")
        return int(any(one.broken for one in ended))
    return _many(worlds, range(asked.first, asked.first + asked.seeds))


def _many(worlds: list[str], seeds: range) -> int:
    tallies = []
    for world in worlds:
        tallies.append(told := run_many(world, seeds))
        sys.stdout.write(f"{told}\n")
        for one in told.broken[:5]:
            sys.stdout.write(f"   seed {one.seed}: {'; '.join(one.broken)}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{total(tallies)}\n")
    return int(any(one.broken for one in tallies))


if __name__ == "__main__":
    sys.exit(main())

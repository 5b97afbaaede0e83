"""`python -m tests.simulation`: replay one seed and print its story, or run many and say how it went."""

from __future__ import annotations

import argparse
import sys
import time

from tests.simulation.storm import run_seed
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
    return max(_many(world, range(asked.first, asked.first + asked.seeds)) for world in worlds)


def _many(world: str, seeds: range) -> int:
    begun = time.process_time()
    ended = [run_seed(world, seed) for seed in seeds]
    spent = time.process_time() - begun
    bad = [one for one in ended if one.broken]
    crashes, calls = sum(one.crashes for one in ended), sum(one.calls for one in ended)
    line = f"{world:13} {len(ended)} runs, {len(ended) / spent:.1f} per CPU second, {crashes} kills, {calls} calls"
    sys.stdout.write(f"{line}, {len(bad)} with broken promises\n")
    for one in bad[:5]:
        sys.stdout.write(f"   seed {one.seed}: {'; '.join(one.broken)}\n")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())

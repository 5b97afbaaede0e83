"""Every measurement runs in a process of its own, so that none inherits another's memory or warm caches."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
Facts = dict[str, Any]


class MeasurementError(Exception):
    """A process that was to measure something ended badly; the text is the end of what it said."""


def measure(module: str, *arguments: str) -> Facts:
    """Run a module of ours with this Python; returns the JSON object that is its last line."""
    return _run([sys.executable, "-P", "-m", module, *arguments])


def measure_peer(python: str, script: str, *arguments: str) -> Facts:
    """Run a script of ``benchmarks/peers`` with the peers' Python; it imports nothing of ours."""
    return _run([python, str(ROOT / "benchmarks" / "peers" / script), *arguments])


def _run(command: list[str]) -> Facts:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        raise MeasurementError(f"{' '.join(command[1:4])}: {(done.stderr or done.stdout).strip()[-800:]}")
    facts: Facts = json.loads(lines[-1])
    return facts

"""What this process has used: CPU seconds of it and its children, memory now and at its highest."""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path

STATUS = Path("/proc/self/status")
KIB = 1024


def cpu_seconds() -> float:
    """CPU seconds, user and system, of this process and of the children it has waited for."""
    used = os.times()
    return time.process_time() + used.children_user + used.children_system


def resident_bytes() -> int:
    """Memory held now; its highest so far where the system does not tell."""
    return _status("VmRSS") or _highest()


def peak_bytes() -> int:
    """The most memory held since the process began."""
    return _status("VmHWM") or _highest()


def _status(name: str) -> int | None:
    """A line of Linux's own account; ``getrusage`` there also counts what the parent held when it forked."""
    if not STATUS.exists():
        return None
    found = [line.split()[1] for line in STATUS.read_text().splitlines() if line.startswith(f"{name}:")]
    return int(found[0]) * KIB if found else None


def _highest() -> int:
    told = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return told if sys.platform == "darwin" else told * KIB

"""Questions to the request log that every fault run asks: did anyone come too early, was anything done twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from connectors.sandbox.log import LogEntry

_ROUNDING = 1e-6  # seconds; sums of decimal fractions are not exact


def too_early(entries: Sequence[LogEntry]) -> list[LogEntry]:
    """The calls made before the time that an earlier answer told (``Retry-After``), by the simulator's clock."""
    early, not_before = [], 0.0
    for entry in entries:
        if entry.at + _ROUNDING < not_before:
            early.append(entry)
        if entry.wait is not None:
            not_before = max(not_before, entry.at + entry.wait)
    return early


def applied_twice(entries: Sequence[LogEntry]) -> list[list[LogEntry]]:
    """The writes of the same body to the same address that were carried out more than once, each group in order."""
    groups: dict[tuple[str, str, str], list[LogEntry]] = defaultdict(list)
    for entry in entries:
        if entry.applied:
            groups[entry.method, entry.path, entry.digest].append(entry)
    return [group for group in groups.values() if len(group) > 1]


def struck(entries: Sequence[LogEntry]) -> dict[str, int]:
    """How often each kind of fault struck."""
    counts: dict[str, int] = defaultdict(int)
    for entry in entries:
        if entry.fault is not None:
            counts[entry.fault] += 1
    return dict(counts)

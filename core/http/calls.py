"""What was asked of a vendor: one entry per request that left, without query strings, bodies or credentials."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Call:
    """One request as it left: ``status`` 0 means that no whole answer came back."""

    method: str
    host: str
    path: str
    status: int
    seconds: float
    attempt: int


class CallLog:
    """The last calls of one transport, and counts of all of them; safe to share between threads."""

    def __init__(self, keep: int = 10_000) -> None:
        self._recent: deque[Call] = deque(maxlen=keep)
        self._by_status: Counter[int] = Counter()
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        """Remember one call."""
        with self._lock:
            self._recent.append(call)
            self._by_status[call.status] += 1

    def __iter__(self) -> Iterator[Call]:
        with self._lock:
            return iter(list(self._recent))

    def __len__(self) -> int:
        return sum(self._by_status.values())

    def by_status(self) -> dict[int, int]:
        """How many calls ended with each status; 0 counts those without a whole answer."""
        with self._lock:
            return dict(self._by_status)

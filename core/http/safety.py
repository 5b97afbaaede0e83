"""Which calls may be sent twice: reads by method, and those POSTs a connector declares to be reads."""

from __future__ import annotations

import re

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class SafeCalls:
    """Tells whether a request only reads, so that repeating it can change nothing."""

    def __init__(self) -> None:
        self._declared: list[tuple[str, re.Pattern[str]]] = []

    def declare(self, method: str, path_pattern: str) -> None:
        """Declare requests of this method whose path matches to be reads (searches, batch reads, token requests)."""
        self._declared.append((method.upper(), re.compile(path_pattern)))

    def covers(self, method: str, path: str) -> bool:
        """True when the request may be repeated without asking what became of the first one."""
        if method.upper() in SAFE_METHODS:
            return True
        return any(method.upper() == declared and pattern.search(path) for declared, pattern in self._declared)

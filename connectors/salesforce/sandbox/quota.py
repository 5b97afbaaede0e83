"""The org's daily allocation of API calls, over a rolling day."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from connectors.salesforce.sandbox.errors import Refusal
from connectors.sandbox.clock import SandboxClock

_DAY = timedelta(hours=24)


class Quota:
    """Counts calls; a composite call is one."""

    def __init__(self, clock: SandboxClock, limit: int = 100_000) -> None:
        self._clock = clock
        self._calls: deque[datetime] = deque()
        self.limit = limit

    @property
    def used(self) -> int:
        """Calls of the last 24 hours."""
        oldest = self._clock.now() - _DAY
        while self._calls and self._calls[0] <= oldest:
            self._calls.popleft()
        return len(self._calls)

    def spend(self) -> None:
        """Count one call; 403 when the day's allocation is used up."""
        if self.used >= self.limit:
            raise Refusal("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)
        self._calls.append(self._clock.now())

    def header(self) -> dict[str, str]:
        """Return the header that tells clients how much is used."""
        return {"Sforce-Limit-Info": f"api-usage={self.used}/{self.limit}"}

"""How fast HubSpot may be asked: searches by the second, all else by what its answers tell."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime

from connectors.hubspot.refusals import QUOTA_PAUSE, out_of_quota
from core.sdk import Clock

_SECOND = 1.0
_PREFIX = "X-HubSpot-RateLimit-"


class Pace:
    """Waits before a call where that is needed; ``OutOfQuota`` once the day's share is used.

    Answers to searches tell nothing about quotas, so searches are counted here.
    """

    def __init__(self, clock: Clock, searches_per_second: int, ceiling_percent: int) -> None:
        self._clock = clock
        self._searches: deque[float] = deque(maxlen=searches_per_second)
        self._ceiling = ceiling_percent
        self._not_before = 0.0
        self._daily: tuple[int, int] | None = None
        self._told_at: datetime | None = None

    def before(self, path: str) -> None:
        """Wait until this call may be made."""
        self._refuse_beyond_ceiling(path)
        is_search = path.endswith("/search")
        earliest = self._not_before
        if is_search and len(self._searches) == self._searches.maxlen:
            earliest = max(earliest, self._searches[0] + _SECOND)
        if (wait := earliest - self._clock.monotonic()) > 0:
            self._clock.sleep(wait)
        if is_search:
            self._searches.append(self._clock.monotonic())

    def after(self, headers: Mapping[str, str]) -> None:
        """Take note of what an answer tells."""
        remaining = headers.get(f"{_PREFIX}Remaining")
        if remaining is not None and int(remaining) == 0:
            interval = int(headers.get(f"{_PREFIX}Interval-Milliseconds", "10000")) / 1000
            self._not_before = self._clock.monotonic() + interval
        allowed, left = headers.get(f"{_PREFIX}Daily"), headers.get(f"{_PREFIX}Daily-Remaining")
        if allowed is not None and left is not None:
            self._daily, self._told_at = (int(allowed), int(left)), self._clock.now()

    def used_percent(self) -> float | None:
        """How much of the account's day is used, as of the latest answer; None while nothing told."""
        if self._daily is None or not self._daily[0]:
            return None
        return 100.0 * (self._daily[0] - self._daily[1]) / self._daily[0]

    def _refuse_beyond_ceiling(self, path: str) -> None:
        """Stop before the calls run out; after a pause the count is old, and one call asks anew."""
        used, now = self.used_percent(), self._clock.now()
        if used is None or self._told_at is None or now - self._told_at >= QUOTA_PAUSE:
            return
        if used >= self._ceiling:
            raise out_of_quota(f"{used:.0f} % of the account's daily API calls are used", path, now)

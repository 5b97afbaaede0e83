"""Quotas as HubSpot counts them: a rolling ten seconds, a day of the account, and a second for searches."""

from __future__ import annotations

import time as real_time
from collections import deque
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from connectors.hubspot.sandbox.behaviour import Behaviour
from connectors.hubspot.sandbox.refusals import Refusal
from connectors.sandbox.clock import SandboxClock

TEN_SECONDS = 10.0
ONE_SECOND = 1.0


class Window:
    """How many calls fell into the last ``seconds``."""

    def __init__(self, seconds: float, now: Callable[[], float]) -> None:
        self._seconds = seconds
        self._now = now
        self._calls: deque[float] = deque()

    def count(self) -> int:
        """Calls still inside the window."""
        edge = self._now() - self._seconds
        while self._calls and self._calls[0] <= edge:
            self._calls.popleft()
        return len(self._calls)

    def add(self) -> None:
        """Count one call now."""
        self._calls.append(self._now())


class RateLimits:
    """The account's quotas; always counted and told in headers, enforced only when the behaviour says so.

    Short windows run on real monotonic time, since clients pause for real; the day is the sandbox clock's, in the
    account's time zone.
    """

    def __init__(
        self, behaviour: Behaviour, clock: SandboxClock, zone: ZoneInfo, now: Callable[[], float] = real_time.monotonic
    ) -> None:
        self._behaviour = behaviour
        self._clock = clock
        self._burst = Window(TEN_SECONDS, now)
        self._searches = Window(ONE_SECOND, now)
        self._zone = zone
        self._day = self._today()
        self._used_today = 0

    def admit(self, *, is_search: bool) -> Refusal | None:
        """Count one call, or refuse it; a refused call is not counted."""
        self._turn_day()
        refusal = self._exhausted(is_search) if self._behaviour.rate_limits else None
        if refusal is None:
            self._used_today += 1
            (self._searches if is_search else self._burst).add()
        return refusal

    def used_today(self) -> int:
        """Calls since midnight in the account's time zone."""
        self._turn_day()
        return self._used_today

    def next_midnight(self) -> datetime:
        """When the day's count starts again."""
        return datetime.combine(self._today() + timedelta(days=1), time.min, self._zone)

    def headers(self) -> dict[str, str]:
        """What every answer but a search's tells about the quotas."""
        allowed = self._behaviour
        return {
            "X-HubSpot-RateLimit-Daily": str(allowed.daily_limit),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(allowed.daily_limit - self._used_today, 0)),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(int(TEN_SECONDS * 1000)),
            "X-HubSpot-RateLimit-Max": str(allowed.ten_second_limit),
            "X-HubSpot-RateLimit-Remaining": str(max(allowed.ten_second_limit - self._burst.count(), 0)),
        }

    def _exhausted(self, is_search: bool) -> Refusal | None:
        allowed = self._behaviour
        if self._used_today >= allowed.daily_limit:
            return _refusal("DAILY")
        if is_search:
            return _refusal("SECONDLY") if self._searches.count() >= allowed.search_per_second else None
        return _refusal("TEN_SECONDLY_ROLLING") if self._burst.count() >= allowed.ten_second_limit else None

    def _turn_day(self) -> None:
        if self._today() != self._day:
            self._day, self._used_today = self._today(), 0

    def _today(self) -> date:
        return self._clock.now().astimezone(self._zone).date()


def _refusal(policy: str) -> Refusal:
    message = f"You have reached your {policy.lower()} limit."
    extra = {"errorType": "RATE_LIMIT", "policyName": policy}
    return Refusal(429, message, "RATE_LIMITS", extra=extra)

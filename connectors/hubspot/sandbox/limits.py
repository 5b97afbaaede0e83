"""Quotas as HubSpot counts them: a rolling ten seconds per app, a day of the account, a second for searches."""

from __future__ import annotations

import time as real_time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass
class Day:
    """How many calls fell into the account's present day."""

    day: date
    used: int = 0

    def turn(self, today: date) -> None:
        """Start anew when midnight has passed."""
        if today != self.day:
            self.day, self.used = today, 0


class RateLimits:
    """The account's quotas; always counted and told in headers, enforced only when the behaviour says so.

    Short windows run on real monotonic time, since clients pause for real, or on the sandbox's where the client lives
    in that; the day is the sandbox clock's, in the account's time zone. Calls to the associations API count twice, for
    that API has limits of its own inside the account's.
    """

    def __init__(
        self, behaviour: Behaviour, clock: SandboxClock, zone: ZoneInfo, now: Callable[[], float] = real_time.monotonic
    ) -> None:
        self._behaviour = behaviour
        self._clock = clock
        self._real_now = now
        self._bursts = {is_oauth: Window(TEN_SECONDS, self._now) for is_oauth in (False, True)}
        self._association_burst = Window(TEN_SECONDS, self._now)
        self._searches = Window(ONE_SECOND, self._now)
        self._zone = zone
        self._day = Day(self._today())
        self._association_day = Day(self._today())

    def _now(self) -> float:
        return self._clock.elapsed() if self._behaviour.quota_on_sandbox_clock else self._real_now()

    def admit(self, *, is_search: bool, is_oauth: bool = False, is_association: bool = False) -> Refusal | None:
        """Count one call, or refuse it; a refused call is not counted."""
        self._turn_days()
        if self._behaviour.rate_limits and (refusal := self._exhausted(is_search, is_oauth, is_association)):
            return refusal
        if not is_oauth:
            self._day.used += 1
        (self._searches if is_search else self._bursts[is_oauth]).add()
        if is_association:
            self._association_burst.add()
            self._association_day.used += 1
        return None

    def used_today(self) -> int:
        """Calls of private apps since midnight in the account's time zone."""
        self._turn_days()
        return self._day.used

    def next_midnight(self) -> datetime:
        """When the day's count starts again."""
        return datetime.combine(self._today() + timedelta(days=1), time.min, self._zone)

    def headers(self, *, is_oauth: bool = False) -> dict[str, str]:
        """What every answer but a search's tells about the quotas; nothing of the day to an installed app."""
        most = self._burst_limit(is_oauth)
        told = {
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(int(TEN_SECONDS * 1000)),
            "X-HubSpot-RateLimit-Max": str(most),
            "X-HubSpot-RateLimit-Remaining": str(max(most - self._bursts[is_oauth].count(), 0)),
        }
        if is_oauth:
            return told
        allowed = self._behaviour.daily_limit
        return {
            **told,
            "X-HubSpot-RateLimit-Daily": str(allowed),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(allowed - self._day.used, 0)),
        }

    def _burst_limit(self, is_oauth: bool) -> int:
        return self._behaviour.oauth_ten_second_limit if is_oauth else self._behaviour.ten_second_limit

    def _exhausted(self, is_search: bool, is_oauth: bool, is_association: bool) -> Refusal | None:
        allowed = self._behaviour
        buckets = (
            (not is_oauth and self._day.used >= allowed.daily_limit, "DAILY"),
            (is_association and self._association_day.used >= allowed.association_daily_limit, "DAILY"),
            (is_search and self._searches.count() >= allowed.search_per_second, "SECONDLY"),
            (not is_search and self._bursts[is_oauth].count() >= self._burst_limit(is_oauth), "TEN_SECONDLY_ROLLING"),
            (
                is_association and self._association_burst.count() >= allowed.association_ten_second_limit,
                "TEN_SECONDLY_ROLLING",
            ),
        )
        return next((out_of_quota(policy) for is_full, policy in buckets if is_full), None)

    def _turn_days(self) -> None:
        for day in (self._day, self._association_day):
            day.turn(self._today())

    def _today(self) -> date:
        return self._clock.now().astimezone(self._zone).date()


def out_of_quota(policy: str) -> Refusal:
    """429 that names the policy; the vendor promises no ``Retry-After`` with it."""
    message = f"You have reached your {policy.lower()} limit."
    extra = {"errorType": "RATE_LIMIT", "policyName": policy}
    return Refusal(429, message, "RATE_LIMITS", extra=extra)

"""How fast HubSpot may be asked: its windows and its day, as allowances of the connection's shared budgets.

Answers tell how much of them is left, but those of searches tell nothing. A refusal (429) names the policy it is for;
`Retry-After` is not promised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.hubspot.refusals import OutOfQuota, retry_instant
from connectors.hubspot.settings import HubSpotSettings
from core.sdk import Allowance, ConnectorContext, Lane, Meter, RetryLater

BURST, SEARCHES, ASSOCIATIONS, DAY = "ten seconds", "searches", "associations", "day"
_PREFIX = "X-HubSpot-RateLimit-"
_LOWEST: Mapping[str, int] = {BURST: 100, DAY: 250_000}
"""What the smallest subscription allows: taken for granted until an answer tells better."""
_FOR_ASSOCIATIONS: Mapping[int, int] = {100: 100, 190: 150, 250: 200}
"""Calls for associations in ten seconds, by those for everything."""
_BURST_SECONDS, _SEARCH_SECONDS, _DAY_SECONDS = 10.1, 1.03, 86_400.0
"""Windows a little longer than the vendor's: calls take unequal times to arrive, and only the vendor's watch counts."""
_BLIND_PAUSE = timedelta(hours=1)
_HALF = 0.5


class Pace:
    """Waits before a call where that is needed; ``OutOfQuota`` when no call makes sense for longer than a minute."""

    def __init__(self, settings: HubSpotSettings, context: ConnectorContext) -> None:
        self._settings = settings
        self._context = context
        self._allowed = {**_LOWEST, **{meter.name: meter.allowed for meter in context.budgets.meters()}}
        self._counts_days = settings.oauth is None
        self._zone: ZoneInfo | None = None
        self._half_gone = False

    def admit(self, path: str, lane: Lane) -> None:
        """Return when this call may be made."""
        self._wait(list(self._allowances(path)), lane, path)

    def wait_as_told(self) -> None:
        """Return when calls may be made at all, those for a token too, which cost none of the budgets."""
        self._wait([], "bulk", self._context.connection)

    def _wait(self, allowances: Sequence[Allowance], lane: Lane, where: str) -> None:
        try:
            self._context.budgets.admit(allowances, lane)
        except RetryLater as full:
            remedy = "Inlay goes on by itself; raise quota_share or buy more calls if this happens daily"
            what = f"HubSpot allows no more calls now: {full.what}"
            raise OutOfQuota(what, where=where, remedy=remedy, retry_at=full.retry_at) from None

    def _allowances(self, path: str) -> Iterator[Allowance]:
        """Searches have a budget of their own; calls for associations draw on theirs and on the common one."""
        if path.endswith("/search"):
            yield Allowance(SEARCHES, self._settings.searches_per_second, _SEARCH_SECONDS)
        else:
            yield Allowance(BURST, self._allowed[BURST], _BURST_SECONDS)
        if path.startswith("/crm/v4/associations/"):
            yield Allowance(ASSOCIATIONS, _FOR_ASSOCIATIONS.get(self._allowed[BURST], 100), _BURST_SECONDS)
        if self._counts_days:
            share = self._settings.quota_share / 100
            yield Allowance(DAY, self._allowed[DAY], _DAY_SECONDS, share, rolling=False)

    def heard(self, headers: Mapping[str, str]) -> None:
        """Take note of what an answer tells of the budgets, and of when to come again."""
        self.hold(retry_instant(headers, self._context.clock.now()))
        for name, allowed, left in ((BURST, "Max", "Remaining"), (DAY, "Daily", "Daily-Remaining")):
            told = headers.get(_PREFIX + allowed, ""), headers.get(_PREFIX + left, "")
            if all(text.isdigit() for text in told):
                self._learn(name, int(told[0]), int(told[1]))

    def hold(self, until: datetime | None) -> None:
        """Let nobody call before this instant; None where nothing was told."""
        if until is not None:
            self._context.budgets.hold(until)

    def _learn(self, name: str, allowed: int, left: int) -> None:
        self._allowed[name] = allowed
        self._context.budgets.learn(name, allowed - left, allowed)
        if name == DAY:
            self._half_gone = left <= allowed * _HALF

    def refused(self, headers: Mapping[str, str], body: Mapping[str, Any], told_at: datetime | None) -> None:
        """Let nobody call before the instant that a 429 tells, or that follows from its policy."""
        now = self._context.clock.now()
        pause = _PAUSES.get(_policy(body), _window)(self, headers, told_at or now)
        self._context.budgets.hold(max(now + pause, retry_instant(headers, now) or now))

    @property
    def wants_zone(self) -> bool:
        """Whether it is time to learn in which zone the account's day ends: while it may still be asked."""
        return self._half_gone and self._zone is None

    def learn_zone(self, name: str | None) -> None:
        """Remember the account's time zone; one this machine does not know stays unknown."""
        try:
            self._zone = ZoneInfo(name) if name else None
        except (ZoneInfoNotFoundError, ValueError):
            self._zone = None

    def day(self) -> Meter | None:
        """Where the account's day stands, as of the latest answer to anybody; None while nothing told."""
        return next((meter for meter in self._context.budgets.meters() if meter.name == DAY), None)

    def until_midnight(self, vendors_now: datetime) -> timedelta:
        """How long the account's day still takes; an hour at a time where its zone is not known."""
        if self._zone is None:
            return _BLIND_PAUSE
        local = vendors_now.astimezone(self._zone)
        end = datetime.combine(local.date() + timedelta(days=1), time.min, self._zone)
        return end - vendors_now


def _policy(body: Mapping[str, Any]) -> str:
    """The policy that was broken; where only the message names it, it says ``your daily limit``."""
    named = str(body.get("policyName") or "").upper()
    return named or next((one for one in _PAUSES if f"your {one.lower()} limit" in str(body.get("message"))), "")


def _midnight(pace: Pace, _headers: Mapping[str, str], vendors_now: datetime) -> timedelta:
    return pace.until_midnight(vendors_now)


def _second(_pace: Pace, _headers: Mapping[str, str], _vendors_now: datetime) -> timedelta:
    return timedelta(seconds=1)


def _window(_pace: Pace, headers: Mapping[str, str], _vendors_now: datetime) -> timedelta:
    told = headers.get(f"{_PREFIX}Interval-Milliseconds", "")
    return timedelta(milliseconds=int(told) if told.isdigit() else 10_000)


_PAUSES: Mapping[str, Callable[[Pace, Mapping[str, str], datetime], timedelta]] = {
    "DAILY": _midnight,
    "SECONDLY": _second,
    "TEN_SECONDLY_ROLLING": _window,
}

"""How much of the org's day Inlay may use: told by every answer, shared by everybody who uses the connection."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from requests import Response
from simple_salesforce.api import Salesforce

from connectors.salesforce.refusals import QUOTA_PAUSE, OutOfQuota
from core.sdk import Allowance, ConnectorContext, Lane, RetryLater

DAY, APP = "day", "day (this app)"
FEWEST = 15_000
"""Calls a day in the smallest edition; any answer tells the org's own number."""

_NAMES = {"api-usage": DAY, "per-app-api-usage": APP}


class DailyCalls:
    """The org's rolling day of API calls, and the app's own part of it where an admin has set one."""

    def __init__(self, context: ConnectorContext, share: float) -> None:
        self._context = context
        self._allowances: tuple[Allowance, ...] = (Allowance(DAY, FEWEST, 86_400.0, share),)

    def admit(self, lane: Lane, where: str) -> None:
        """Return when a call may be made; ``OutOfQuota`` with the time to come back when none may."""
        try:
            self._context.budgets.admit(self._allowances, lane)
        except RetryLater as later:
            remedy = "Inlay goes on by itself; raise quota_share or the org's allocation if this happens daily"
            what = f"Inlay's share of the org's daily API calls is used up, or Salesforce told us to wait: {later.what}"
            at = later.retry_at or self._context.clock.now() + QUOTA_PAUSE
            raise OutOfQuota(what, where=where, remedy=remedy, retry_at=at) from later

    def listen(self, answer: Response, *_more: Any, **_options: Any) -> None:
        """Take note of what an answer tells; the signature is that of the session's hook."""
        for kind, usage in Salesforce.parse_api_usage(answer.headers.get("Sforce-Limit-Info", "")).items():
            self._learn(_NAMES[kind], usage.used, usage.total)
        told = _not_before(answer.headers, self._context.clock.now())
        if told is not None:
            self._context.budgets.hold(told)

    def hold(self, error: RetryLater) -> None:
        """Let nobody call before the instant that a failed call was told."""
        if error.retry_at is not None:
            self._context.budgets.hold(error.retry_at)

    def _learn(self, name: str, used: int, allowed: int) -> None:
        self._context.budgets.learn(name, used, allowed)
        known = {one.name: one for one in self._allowances}
        share = self._allowances[0].share
        # An admin who gave the app a part of its own has shared the day out already.
        known[name] = Allowance(name, max(allowed, 1), 86_400.0, share if name == DAY else 1.0)
        self._allowances = tuple(known.values())


def _not_before(headers: Mapping[str, str], now: datetime) -> datetime | None:
    told = headers.get("Retry-After", "").strip()
    if told.isdigit():
        return now + timedelta(seconds=int(told))
    try:
        return parsedate_to_datetime(told).astimezone(UTC) if told else None
    except ValueError:
        return None

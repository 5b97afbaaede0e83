"""The rate limit: off by default, so that a demo need not wait; counted in real seconds when switched on."""

from __future__ import annotations

import time
from collections import deque

from connectors.sandbox.web import Reply
from connectors.stripe.sandbox.problems import StripeProblemError


class Throttle:
    """At most ``per_second`` requests a second (the vendor allows 100 live, 25 in a sandbox); None lets all pass."""

    def __init__(self) -> None:
        self.per_second: int | None = None
        self._recent: deque[float] = deque()

    def refusal(self) -> Reply | None:
        """429 when the limit is reached."""
        if self.per_second is None:
            return None
        now = time.monotonic()
        while self._recent and now - self._recent[0] >= 1.0:
            self._recent.popleft()
        if len(self._recent) >= self.per_second:
            reply = StripeProblemError(429, "Request rate limit exceeded.", code="rate_limit").reply()
            reply.headers["Stripe-Rate-Limited-Reason"] = "global-rate"
            return reply
        self._recent.append(now)
        return None

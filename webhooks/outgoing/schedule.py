"""When a webhook that was not taken is sent again, and when a subscriber is given up.

The waits are those that Standard Webhooks 1.0.0 recommends: ten attempts over three days, three hours and 35 minutes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import blake2b

WAITS = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
ATTEMPTS = len(WAITS)
JITTER = 0.2
BUSY = frozenset({429, 502, 504})  # the receiver has too much to do: a second knock within a minute would not help
BUSY_SECONDS = 60.0
LONGEST_WAIT = 86_400.0
GIVE_UP_AFTER = timedelta(hours=120)


def next_attempt(event: str, attempts: int, now: datetime, status: int, retry_after: str = "") -> datetime | None:
    """When to try again after ``attempts`` attempts that failed; None when it is given up.

    The wait is shifted by up to a fifth, differently for each event, so that what failed together does not come back
    together. A ``Retry-After`` is kept, up to a day.
    """
    if attempts >= ATTEMPTS:
        return None
    wait = WAITS[attempts] * (1 + JITTER * _shift(event, attempts))
    if status in BUSY:
        wait = max(wait, BUSY_SECONDS)
    return now + timedelta(seconds=max(wait, min(_told(retry_after, now), LONGEST_WAIT)))


def is_given_up(failing_since: datetime, now: datetime) -> bool:
    """Whether a subscriber that never answered well since then is to be left alone."""
    return now - failing_since >= GIVE_UP_AFTER


def _shift(event: str, attempts: int) -> float:
    """A number from -1 to 1, always the same for one attempt."""
    digest = blake2b(f"{event}:{attempts}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / (2**31) - 1


def _told(retry_after: str, now: datetime) -> float:
    """The seconds a receiver asks us to wait: a number, or an instant; 0 when it says neither."""
    if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 10:
        return float(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
    except (TypeError, ValueError):
        return 0.0
    return (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()

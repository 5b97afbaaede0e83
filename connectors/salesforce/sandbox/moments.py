"""Dates and instants as Salesforce writes them: as text that sorts in the order of time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from email.utils import format_datetime, parsedate_to_datetime


def write_instant(instant: datetime) -> str:
    """Return ``2026-05-01T07:25:37.000+0000``; record stamps have whole seconds."""
    utc = instant.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"


def read_instant(text: str) -> datetime:
    """Return the instant of an ISO 8601 text with a zone; ``ValueError`` for anything else."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None or len(text) <= 10:
        raise ValueError(f"no zone in {text!r}")
    return instant.astimezone(UTC)


def read_day(text: str) -> date:
    """Return the day of ``2026-05-01``, or of a datetime whose time the vendor ignores; ``ValueError`` otherwise."""
    return date.fromisoformat(text) if len(text) == 10 else read_instant(text).date()


def read_http_date(text: str) -> datetime:
    """Return the instant of an HTTP date header; ``ValueError`` when malformed."""
    instant = parsedate_to_datetime(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def write_http_date(instant: datetime) -> str:
    """Return an instant as an HTTP date, which has whole seconds."""
    return format_datetime(instant.astimezone(UTC), usegmt=True)

"""What an automation's answer means for the row: carried out, refused, to come again, or nobody knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any

from core.sdk import AuthError, ConfigError, InlayError, Outcome, Reply, WriteRow

SHOWN = 200
LATER: Mapping[int, str] = MappingProxyType(
    {
        408: "it waited too long for us",
        410: "the automation is switched off",
        425: "it is not ready",
        429: "it has too much to do",
        503: "it is not available",
    }
)
"""Answers that say that nothing was done: the same row may pass later."""
SHUT: Mapping[int, tuple[type[InlayError], str, str]] = MappingProxyType(
    {
        401: (AuthError, "the automation refuses our signature", "give it the secret in `secrets:`"),
        403: (AuthError, "the automation refuses us", "look into its settings for who may call it"),
        404: (ConfigError, "no automation listens at this address", "copy its address into `url:` again"),
    }
)
"""Answers that are about the address or the secret, and no row's fault."""


def outcome_of(reply: Reply, row: WriteRow, now: datetime) -> Outcome:
    """Read one answer. A 5xx may have come after the work was done, so what became of it is not known."""
    if reply.is_success:
        return _applied(reply, row)
    if not reply.sent:
        return Outcome("retry", code="UNREACHABLE", message=reply.trouble)
    if reply.status in LATER:
        return Outcome("retry", code=str(reply.status), message=LATER[reply.status], retry_at=_told(reply, now))
    if reply.status == 0 or reply.status >= 500:
        return Outcome("unknown", code=str(reply.status), message=reply.trouble or f"it failed ({reply.status})")
    if reply.status < 400:
        return Outcome("rejected", code=str(reply.status), message="it sends us elsewhere, which is not followed")
    return Outcome(
        "rejected", code=str(reply.status), message=" ".join(reply.text.split())[:SHOWN] or "no reason given"
    )


def shut_out(reply: Reply, where: str) -> InlayError | None:
    """The error to raise where an answer concerns the whole connection."""
    if reply.status not in SHUT:
        return None
    kind, what, remedy = SHUT[reply.status]
    return kind(f"{what} ({reply.status})", where=where, remedy=remedy)


def _told_of_it(reply: Reply) -> Mapping[str, Any]:
    """What the automation answers, where it is an object of JSON."""
    try:
        told = json.loads(reply.text)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _applied(reply: Reply, row: WriteRow) -> Outcome:
    """``{"id": …, "created": false}`` names the record and says that it was there already; neither has to be told."""
    told = _told_of_it(reply)
    name = told.get("id")
    known = str(name) if isinstance(name, str | int) and name is not True and name is not False else None
    made = row.key is not None and told.get("created") is not False
    return Outcome("applied", known or row.external_id or (row.key[1] if row.key else None), created=made)


def _told(reply: Reply, now: datetime) -> datetime | None:
    """When to come again, as ``Retry-After`` says in seconds or as a date."""
    told = reply.retry_after.strip()
    if told.isascii() and told.isdigit() and len(told) < 7:
        return now + timedelta(seconds=int(told))
    try:
        found = parsedate_to_datetime(told)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)

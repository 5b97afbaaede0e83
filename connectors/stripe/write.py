"""Writes notes into the metadata of customers: the only place in Stripe where another system may leave something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.stripe.client import StripeApi
from core.sdk import Outcome, RejectedError, RetryLater, Verb, WriteRow

METADATA = "metadata."


def write_row(api: StripeApi, stream: str, verb: Verb, row: WriteRow) -> Outcome:
    """Send one row; fields are named ``metadata.<key>``, None or an empty text removes the key."""
    problem = _unwritable(stream, verb, row)
    if problem or row.external_id is None:
        return Outcome("rejected", row.external_id, code="not_writable", message=problem)
    metadata = {name.removeprefix(METADATA): as_text(value) for name, value in row.values.items()}
    try:
        api.update_metadata(row.external_id, metadata)
    except RetryLater as error:  # never unknown: with its idempotency key the same call was repeated
        return Outcome("retry", row.external_id, message=error.what, retry_at=error.retry_at)
    except RejectedError as error:
        return Outcome("rejected", row.external_id, code=str(error.facts.get("code")), message=error.what)
    return Outcome("applied", row.external_id)


def as_text(value: object) -> str:
    """A value as metadata hold it: text; nothing at all removes the key."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unwritable(stream: str, verb: Verb, row: WriteRow) -> str:
    """Why a row cannot be sent to Stripe, or an empty text."""
    if stream != "customers" or verb != "update" or row.external_id is None:
        return f"Inlay only updates customers in Stripe; this was {verb} of {stream}"
    others = _other_fields(row.values)
    return f"only metadata.* may be written in Stripe, not {', '.join(others)}" if others else ""


def _other_fields(values: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in values if not name.startswith(METADATA))

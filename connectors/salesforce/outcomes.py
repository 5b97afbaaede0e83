"""What the org's answers on single records mean to whoever sent them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connectors.salesforce.refusals import TRANSIENT, OutOfQuota, VendorRefusal, first_error, without_values
from core.sdk import AuthError, Clock, ConfigError, InlayError, Outcome, RetryLater, UnknownOutcome, WriteRow

LOCK_PAUSE = timedelta(seconds=5)
"""How long a row that somebody else is saving is left alone."""

HALTED = frozenset({"PROCESSING_HALTED", "ALL_OR_NONE_OPERATION_ROLLED_BACK"})
"""Not this record's fault: another one's, in the same graph or call."""

Send = Callable[[Sequence[WriteRow]], Sequence[Outcome]]


def refused(errors: Any, external_id: str | None, now: datetime) -> Outcome:
    """Return the outcome of a record that the org refused with these errors."""
    code, message, fields = first_error(errors)
    words = without_values(message)
    if code in TRANSIENT:
        return Outcome("retry", external_id, code=code, message=words, retry_at=now + LOCK_PAUSE, fields=fields)
    return Outcome("rejected", external_id, code=code, message=words, fields=fields)


def saved(result: Any, row: WriteRow, now: datetime) -> Outcome:
    """Return the outcome that a SaveResult or UpsertResult tells; ``unknown`` for anything else."""
    if not isinstance(result, dict) or "success" not in result:
        return Outcome("unknown", row.external_id, message="the answer does not say what became of the record")
    if result["success"]:
        return Outcome("applied", result.get("id") or row.external_id, created=bool(result.get("created")))
    return refused(result.get("errors"), row.external_id, now)


def in_calls(rows: Sequence[WriteRow], size: int, send: Send) -> list[Outcome]:
    """Send rows in calls of ``size``; one outcome per row. A refused call is halved until the bad row stands alone.

    What stops the first call is raised, for it concerns everything that is still to be sent; later on it must not make
    anybody forget what has been written, so the rest is to be sent again.
    """
    outcomes: list[Outcome] = []
    for start in range(0, len(rows), size):
        chunk = rows[start : start + size]
        try:
            outcomes += _one_call(chunk, send)
        except (OutOfQuota, AuthError, ConfigError) as trouble:
            if not outcomes:
                raise
            return outcomes + [to_be_sent_again(trouble)] * (len(rows) - start)
    return outcomes


def told(clock: Clock, results: Any, rows: Sequence[WriteRow]) -> list[Outcome]:
    """Return one outcome per row from a list of results in their order."""
    if not isinstance(results, list) or len(results) != len(rows):
        return [Outcome("unknown", message="the answer does not hold one result per record")] * len(rows)
    return [saved(result, row, clock.now()) for result, row in zip(results, rows, strict=True)]


def to_be_sent_again(trouble: InlayError) -> Outcome:
    """Return the outcome of a row that never got there, for this trouble."""
    at = trouble.retry_at if isinstance(trouble, RetryLater) else None
    return Outcome("retry", message=trouble.what, retry_at=at)


def _one_call(rows: Sequence[WriteRow], send: Send) -> Sequence[Outcome]:
    try:
        return send(rows)
    except VendorRefusal as refusal:  # what one row holds refuses the call: nothing of it was carried out
        if len(rows) > 1:
            return in_calls(rows, (len(rows) + 1) // 2, send)
        told = Outcome("rejected", rows[0].external_id, code=refusal.code, message=refusal.words)
        return [replace(told, fields=refusal.fields)]
    except UnknownOutcome as lost:
        return [Outcome("unknown", message=lost.what)] * len(rows)
    except OutOfQuota:
        raise
    except RetryLater as busy:
        return [to_be_sent_again(busy)] * len(rows)

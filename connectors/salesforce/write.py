"""Writes up to 200 records in one call and reads one outcome per record from the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.refusals import TRANSIENT, OutOfQuota, VendorRefusal, without_values
from core.sdk import BugError, Clock, Outcome, RetryLater, UnknownOutcome, Verb, WriteRow

BATCH = 200
LOCK_PAUSE = timedelta(seconds=5)
"""How long a row that somebody else is saving is left alone."""


def write(client: SalesforceClient, clock: Clock, stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
    """Send one batch; ``OutOfQuota`` and ``AuthError`` concern everything that is still to be sent and are raised."""
    try:
        results = _SENDERS[verb](client, stream, rows)
    except VendorRefusal as refusal:  # one row's unknown column refuses the call: nothing of it was carried out
        return [Outcome("rejected", code=refusal.code, message=refusal.words)] * len(rows)
    except UnknownOutcome as lost:
        return [Outcome("unknown", message=lost.what)] * len(rows)
    except OutOfQuota:
        raise
    except RetryLater as busy:
        return [Outcome("retry", message=busy.what, retry_at=busy.retry_at)] * len(rows)
    if not isinstance(results, list) or len(results) != len(rows):
        return [Outcome("unknown", message="the answer does not hold one result per record")] * len(rows)
    return [_outcome(result, row, clock.now()) for result, row in zip(results, rows, strict=True)]


def _update(client: SalesforceClient, stream: str, rows: Sequence[WriteRow]) -> Any:
    records = [{"attributes": {"type": stream}, "Id": row.external_id, **row.values} for row in rows]
    return client.send("PATCH", "composite/sobjects", {"allOrNone": False, "records": records})


def _upsert(client: SalesforceClient, stream: str, rows: Sequence[WriteRow]) -> Any:
    keys = {row.key[0] for row in rows if row.key}
    if len(keys) != 1 or any(row.key is None for row in rows):
        raise BugError("an upsert needs one key field for all rows", where=stream, facts={"keys": len(keys)})
    field = keys.pop()
    records = [{"attributes": {"type": stream}, **row.values, field: row.key[1]} for row in rows if row.key is not None]
    path = f"composite/sobjects/{stream}/{field}"
    return client.send("PATCH", path, {"allOrNone": False, "records": records})


def _delete(client: SalesforceClient, stream: str, rows: Sequence[WriteRow]) -> Any:
    if any(row.external_id is None for row in rows):
        raise BugError("a delete needs the id of every row", where=stream)
    ids = ",".join(str(row.external_id) for row in rows)
    return client.send("DELETE", "composite/sobjects", params={"ids": ids, "allOrNone": "false"})


def _outcome(result: Mapping[str, Any], row: WriteRow, now: datetime) -> Outcome:
    if result.get("success"):
        return Outcome("applied", external_id=result.get("id") or row.external_id, created=bool(result.get("created")))
    error = (result.get("errors") or [{}])[0]
    code, message = str(error.get("statusCode", "")), without_values(str(error.get("message", "")))
    if code in TRANSIENT:
        return Outcome("retry", row.external_id, code=code, message=message, retry_at=now + LOCK_PAUSE)
    return Outcome("rejected", row.external_id, code=code, message=message)


_SENDERS = {"update": _update, "upsert": _upsert, "delete": _delete}

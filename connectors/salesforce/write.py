"""Writes rows: in collections of 200, one by one under a condition, or as a Bulk API job, as they ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.salesforce.bulk_write import BULK_CALLS, BULK_ROWS, BulkWrite, fits_csv
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.conditional import CALL_ROWS, write_if_unmodified
from connectors.salesforce.discovery import Discovery
from connectors.salesforce.outcomes import in_calls, to_be_sent_again, told
from connectors.salesforce.refusals import OutOfQuota
from connectors.salesforce.screen import screened
from core.sdk import BugError, Clock, Outcome, RetryLater, Verb, WriteRow, beat

BATCH = 200
"""The most that one call to sObject Collections takes."""


def calls_for(rows: int) -> int:
    """About how many calls a batch of so many rows takes."""
    return BULK_CALLS if rows >= BULK_ROWS else max(1, -(-rows // BATCH))


class Writer:
    """Writes to one org."""

    def __init__(self, client: SalesforceClient, discovery: Discovery, clock: Clock) -> None:
        self._client = client
        self._discovery = discovery
        self._clock = clock
        self._bulk = BulkWrite(client, clock)

    def write(self, stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        """Send rows and return one outcome per row; ``OutOfQuota`` and ``AuthError`` are raised if nothing was sent."""
        _check(stream, verb, rows)
        try:
            facts = self._discovery.object(stream).fields if verb != "delete" else {}
        except OutOfQuota:
            raise
        except RetryLater as busy:
            return [to_be_sent_again(busy)] * len(rows)
        checked = screened(rows, verb, facts)
        sendable = [one.row for one in checked if not one.is_empty]
        sent = iter(self._send(stream, verb, sendable))
        return [one.refusal() if one.is_empty else one.outcome(next(sent)) for one in checked]

    def let_jobs_end(self, stream: str, records: int) -> None:
        """Wait for jobs on an object before so many of its records are looked up as a job may have been changing.

        A process that was killed leaves its job to run on, and whoever settles what it sent asks for a job's worth of
        records. Raises ``RetryLater`` while a job takes longer than one waits.
        """
        if records >= BULK_ROWS:
            self._bulk.let_jobs_end(stream)

    def _send(self, stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        if any(row.unmodified_since for row in rows) and verb == "update":
            return self._conditionally(stream, rows)
        if len(rows) >= BULK_ROWS and fits_csv(rows):
            outcomes = self._bulk.write(stream, verb, rows)
            if outcomes is not None:
                return outcomes
        return self._in_collections(stream, verb, rows)

    def _conditionally(self, stream: str, rows: Sequence[WriteRow]) -> list[Outcome]:
        """Rows without a condition among the others cost no call of their own."""

        def send(chunk: Sequence[WriteRow]) -> list[Outcome]:
            """Make one composite call."""
            return write_if_unmodified(self._client, self._clock, stream, chunk)

        return in_calls(rows, CALL_ROWS, send)

    def _in_collections(self, stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        def send(chunk: Sequence[WriteRow]) -> list[Outcome]:
            """Make one call; a full batch takes several, each of which may take its time."""
            beat()
            return told(self._clock, _SENDERS[verb](self._client, stream, chunk), chunk)

        return in_calls(rows, BATCH, send)


def _check(stream: str, verb: Verb, rows: Sequence[WriteRow]) -> None:
    if verb == "upsert" and len({row.key[0] if row.key else None for row in rows} - {None}) != 1:
        raise BugError("an upsert needs one key field for all rows", where=stream)
    if any((row.key if verb == "upsert" else row.external_id) is None for row in rows):
        raise BugError(f"a row to {verb} does not say which record it means", where=stream)


def _update(client: SalesforceClient, stream: str, rows: Sequence[WriteRow]) -> Any:
    records = [{"attributes": {"type": stream}, "Id": row.external_id, **row.values} for row in rows]
    return client.send("PATCH", "composite/sobjects", {"allOrNone": False, "records": records})


def _upsert(client: SalesforceClient, stream: str, rows: Sequence[WriteRow]) -> Any:
    keyed = [(row, row.key) for row in rows if row.key is not None]
    records = [{"attributes": {"type": stream}, **row.values, key[0]: key[1]} for row, key in keyed]
    path = f"composite/sobjects/{stream}/{keyed[0][1][0]}"
    return client.send("PATCH", path, {"allOrNone": False, "records": records})


def _delete(client: SalesforceClient, stream: str, rows: Sequence[WriteRow]) -> Any:
    del stream
    ids = ",".join(str(row.external_id) for row in rows)
    return client.send("DELETE", "composite/sobjects", params={"ids": ids, "allOrNone": "false"})


_SENDERS: Mapping[Verb, Callable[[SalesforceClient, str, Sequence[WriteRow]], Any]] = {
    "update": _update,
    "upsert": _upsert,
    "delete": _delete,
}

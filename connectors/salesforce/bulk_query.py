"""A query as a Bulk API 2.0 job: made, waited for, and its result read sheet by sheet.

One sheet is in memory at a time. What the job costs does not grow with its rows: one call to make it, a few to ask how
it stands, one per 50,000 rows, against one per 2,000 (1,000 with long texts) of the REST API.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.salesforce.client import SalesforceClient, Sheet
from connectors.salesforce.refusals import VendorRefusal
from connectors.salesforce.rows import RowReader
from core.sdk import Clock

SHEET_ROWS = 50_000
FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0
PATIENCE = 2 * 3600.0
"""Seconds after which a job that does not end is left alone."""


class BulkUnavailableError(Exception):
    """The org gives no result this way (switched off, out of jobs, job failed); the REST API may."""


class BulkQuery:
    """Runs queries as jobs."""

    def __init__(self, client: SalesforceClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def records(self, soql: str, types: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Yield what a query finds, deleted and archived rows too, in its order."""
        job = f"jobs/query/{self._start(soql)}"
        self._wait_for(job)
        reader = RowReader(types)
        locator: str | None = ""
        while locator is not None:
            sheet = self._sheet(job, locator)
            yield from _checked(reader, sheet)
            locator = sheet.locator

    def _start(self, soql: str) -> str:
        try:
            return str(self._client.send("POST", "jobs/query", {"operation": "queryAll", "query": soql})["id"])
        except VendorRefusal as refusal:
            raise BulkUnavailableError(refusal.code) from refusal

    def _wait_for(self, job: str) -> None:
        """Ask how it stands, less and less often: each question is a call."""
        wait, waited = FIRST_WAIT, 0.0
        while (state := str(self._client.get(job)["state"])) != "JobComplete":
            if state in {"Failed", "Aborted"} or waited >= PATIENCE:
                raise BulkUnavailableError(state)
            self._clock.sleep(wait)
            waited += wait
            wait = min(wait * 1.5, LONGEST_WAIT)

    def _sheet(self, job: str, locator: str) -> Sheet:
        asked = {"maxRecords": str(SHEET_ROWS), **({"locator": locator} if locator else {})}
        try:
            return self._client.download(f"{job}/results", asked)
        except VendorRefusal as refusal:  # the job was deleted, or the locator is not its own
            raise BulkUnavailableError(refusal.code) from refusal


def _checked(reader: RowReader, sheet: Sheet) -> Iterator[dict[str, Any]]:
    try:
        yield from reader.records(sheet.content)
    except (ValueError, UnicodeDecodeError) as torn:
        raise BulkUnavailableError("the sheet is torn") from torn

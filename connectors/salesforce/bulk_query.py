"""A query as a Bulk API 2.0 job: made, waited for, and its result read sheet by sheet.

One sheet is in memory at a time, packed as it came. What the job costs hardly grows with its rows: one call to make it,
a few to ask how it stands, one per 50,000 rows, against one per 2,000 (1,000 with long texts) of the REST API. Each
question is a call, so it is put when the job should be done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from urllib3.exceptions import HTTPError

from connectors.salesforce.client import SalesforceClient, Sheet
from connectors.salesforce.refusals import VendorRefusal, as_promised, told_text
from connectors.salesforce.rows import RowReader
from core.sdk import Clock

SHEET_ROWS = 50_000
ROWS_PER_SECOND = 10_000
"""How fast a job is taken to be until its first look tells: too low a guess costs seconds, too high a one a call."""

SHORTEST_WAIT, LONGEST_WAIT = 2.0, 120.0
PATIENCE = 2 * 3600.0
"""Seconds after which a job that does not end is left alone."""


class BulkUnavailableError(Exception):
    """The org gives no result this way (switched off, out of jobs, job failed); the REST API may."""


class BulkQuery:
    """Runs queries as jobs."""

    def __init__(self, client: SalesforceClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def records(self, soql: str, types: Mapping[str, str], total: int) -> Iterator[dict[str, Any]]:
        """Yield what a query finds, about ``total`` rows, deleted and archived ones too, in its order."""
        job = f"jobs/query/{self._start(soql)}"
        self._wait_for(job, total)
        reader = RowReader(types)
        locator: str | None = ""
        while locator is not None:
            sheet = self._sheet(job, locator)
            yield from _checked(reader, sheet)
            locator = sheet.locator

    def _start(self, soql: str) -> str:
        try:
            return self._client.create("jobs/query", {"operation": "queryAll", "query": soql})
        except VendorRefusal as refusal:
            raise BulkUnavailableError(refusal.code) from refusal

    def _wait_for(self, job: str, total: int) -> None:
        """Ask how it stands once it should be done, and again when what it has read by then tells that it should."""
        wait, waited = _bounded(total / ROWS_PER_SECOND), 0.0
        while True:
            self._clock.sleep(wait)
            waited += wait
            state, read = self._standing(job)
            if state == "JobComplete":
                return
            if state in {"Failed", "Aborted"} or waited >= PATIENCE:
                raise BulkUnavailableError(state)
            wait = _bounded((total - read) * waited / read if read else wait * 1.5)

    def _standing(self, job: str) -> tuple[str, int]:
        """Return a job's state and how many rows it has read, as far as it tells."""
        answer = self._client.get(job)
        with as_promised(job):
            return told_text(answer["state"]), int(answer.get("numberRecordsProcessed") or 0)

    def _sheet(self, job: str, locator: str) -> Sheet:
        asked = {"maxRecords": str(SHEET_ROWS), **({"locator": locator} if locator else {})}
        try:
            return self._client.download(f"{job}/results", asked)
        except VendorRefusal as refusal:  # the job was deleted, or the locator is not its own
            raise BulkUnavailableError(refusal.code) from refusal


def _bounded(seconds: float) -> float:
    return min(max(seconds, SHORTEST_WAIT), LONGEST_WAIT)


def _checked(reader: RowReader, sheet: Sheet) -> Iterator[dict[str, Any]]:
    """Yield the rows of a sheet; one that ends between two lines is known by the number it was said to hold."""
    count = 0
    try:
        for count, record in enumerate(reader.records(sheet.text), start=1):  # noqa: B007 - counted to the last
            yield record
    except (ValueError, HTTPError) as torn:
        raise BulkUnavailableError("the sheet is torn") from torn
    if sheet.rows is not None and count != sheet.rows:
        raise BulkUnavailableError("the sheet is torn")

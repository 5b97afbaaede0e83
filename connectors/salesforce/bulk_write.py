"""Many rows as one Bulk API 2.0 ingest job.

A job costs about eight calls however many rows it has, collections one per 200: from some 1,600 rows on the job is
cheaper, and from about 2,000 on it is also the faster way. Nothing is carried out before the upload is declared
complete, so whatever goes wrong until then may simply be sent again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.outcomes import refused
from connectors.salesforce.refusals import VendorRefusal, as_promised, told_text
from core.sdk import Clock, Outcome, RetryLater, UnknownOutcome, Verb, WriteRow, beat

BULK_ROWS = 2_000
BULK_CALLS = 8
"""About what a job costs: made, filled, completed, looked at a few times, and its three lists of results."""

NULL = "#N/A"
"""What empties a field; an empty cell leaves it as it is."""

FIRST_WAIT, LONGEST_WAIT = 2.0, 20.0
PATIENCE = 600.0
"""Seconds after which a job is aborted; what it has not come to is sent again."""

GOING_ON = frozenset({"UploadComplete", "InProgress"})
PATIENCE_WITH_OTHERS = 120.0
"""Seconds for which jobs that nobody here follows are waited for at once."""

ENDED = frozenset({"JobComplete", "Failed", "Aborted"})
_DEAD = "InvalidBatch"


def fits_csv(rows: Sequence[WriteRow]) -> bool:
    """Tell whether CSV can carry these values; text that means "empty this field" there cannot be said."""
    return not any(value == NULL for row in rows for value in row.values.values())


class BulkWrite:
    """Runs ingest jobs."""

    def __init__(self, client: SalesforceClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def write(self, stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome] | None:
        """Write rows and return their outcomes; None when the org takes no job now, so that nothing was sent."""
        key = rows[0].key[0] if rows[0].key else "Id"
        asked = {"object": stream, "operation": verb, "contentType": "CSV", "lineEnding": "LF"}
        try:
            job = f"jobs/ingest/{self._client.create('jobs/ingest', {**asked, **_external_id(verb, key)})}"
            self._client.upload(f"{job}/batches", _csv(rows, verb, key))
        except UnknownOutcome as lost:
            return [Outcome("retry", row.external_id, message=lost.what) for row in rows]
        except VendorRefusal:
            return None
        return self._carried_out(job, key, rows)

    def let_jobs_end(self, stream: str) -> None:
        """Wait until no job on this object is under way, whoever began it; ``RetryLater`` when that takes too long.

        Jobs whose upload was never declared complete do nothing, and are left to the vendor, which drops them.
        """
        waited, wait = 0.0, FIRST_WAIT
        for job in [f"jobs/ingest/{one['id']}" for one in self._jobs() if _goes_on(one, stream)]:
            while self._standing(job)["state"] not in ENDED:
                if waited >= PATIENCE_WITH_OTHERS:
                    what = f"a job on {stream} goes on that nobody here follows"
                    raise RetryLater(what, where=job, retry_at=self._clock.now() + timedelta(minutes=1))
                beat()
                self._clock.sleep(wait)
                waited += wait
                wait = min(wait * 1.5, LONGEST_WAIT)

    def _jobs(self) -> Iterator[dict[str, Any]]:
        """Yield all ingest jobs that the vendor still keeps: those of the last seven days."""
        asked: dict[str, str] | None = {"jobType": "V2Ingest"}
        while asked is not None:
            page = self._client.get("jobs/ingest", asked)
            with as_promised("jobs/ingest"):
                yield from list(page["records"])
                more = page.get("nextRecordsUrl")
                asked = dict(parse_qsl(urlsplit(more).query)) if more else None

    def _carried_out(self, job: str, key: str, rows: Sequence[WriteRow]) -> list[Outcome] | None:
        try:
            self._complete(job)
        except VendorRefusal:  # no job begins without this, so nothing of it was carried out
            return None
        except RetryLater as lost:
            return [Outcome("unknown", row.external_id, message=lost.what) for row in rows]
        return self._followed(job, key, rows)

    def _followed(self, job: str, key: str, rows: Sequence[WriteRow]) -> list[Outcome]:
        """Wait for a job and return what became of each row; of one that cannot be followed nobody knows."""
        try:
            state = self._wait_for(job)
            with as_promised(job):
                found = dict(self._results(job, key))
        except (RetryLater, VendorRefusal) as lost:
            return [Outcome("unknown", row.external_id, message=lost.what) for row in rows]
        rest = self._unprocessed(state)
        return [found.get(_name(row), rest) for row in rows]

    def _complete(self, job: str) -> None:
        """Say that the upload is complete; when the answer is lost, the job itself tells."""
        try:
            answer = self._client.send("PATCH", job, {"state": "UploadComplete"})
            with as_promised(job):
                told_text(answer["state"])
        except UnknownOutcome:
            if self._standing(job)["state"] == "Open":
                self._client.send("PATCH", job, {"state": "UploadComplete"})

    def _wait_for(self, job: str) -> dict[str, Any]:
        wait, waited = FIRST_WAIT, 0.0
        while (state := self._standing(job))["state"] not in ENDED:
            beat()
            if waited >= PATIENCE:
                self._abort(job)
                return self._standing(job)
            self._clock.sleep(wait)
            waited += wait
            wait = min(wait * 1.5, LONGEST_WAIT)
        return state

    def _standing(self, job: str) -> dict[str, Any]:
        answer = self._client.get(job)
        with as_promised(job):
            return {**answer, "state": told_text(answer["state"])}

    def _abort(self, job: str) -> None:
        try:
            self._client.send("PATCH", job, {"state": "Aborted"})
        except VendorRefusal:  # it ended in this very moment
            return

    def _results(self, job: str, key: str) -> Iterator[tuple[str, Outcome]]:
        """Yield the outcome of each row by its id or key; results come in no order."""
        for row in self._sheet(f"{job}/successfulResults"):
            yield row[key], Outcome("applied", row["sf__Id"], created=row["sf__Created"] == "true")
        for row in self._sheet(f"{job}/failedResults"):
            yield row[key], refused([_error(row["sf__Error"])], row["sf__Id"] or None, self._clock.now())

    def _sheet(self, path: str) -> Iterator[dict[str, str]]:
        text = self._client.download(path).text
        with as_promised(path):
            sheet = csv.DictReader(text)
            if "sf__Id" not in (sheet.fieldnames or ()):
                raise ValueError("a sheet without the column of ids")
            yield from sheet

    def _unprocessed(self, state: dict[str, Any]) -> Outcome:
        """What became of rows that no result names."""
        said = str(state.get("errorMessage") or "")
        if state["state"] == "Failed" and said.startswith(_DEAD):
            return Outcome("rejected", code=_DEAD, message=said[:500])
        if state["state"] == "JobComplete":
            return Outcome("unknown", message="the job is done, and its results do not speak of this row")
        return Outcome("retry", message=f"the job did not come to this row ({state['state']})")


def _goes_on(job: dict[str, Any], stream: str) -> bool:
    return job.get("object") == stream and job.get("state") in GOING_ON and "id" in job


def _external_id(verb: Verb, key: str) -> dict[str, str]:
    return {"externalIdFieldName": key} if verb == "upsert" else {}


def _name(row: WriteRow) -> str:
    return row.key[1] if row.key else str(row.external_id)


def _csv(rows: Sequence[WriteRow], verb: Verb, key: str) -> bytes:
    names = list(dict.fromkeys(name for row in rows for name in row.values if name != key))
    columns = [key, *(names if verb != "delete" else ())]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        cells = {name: _cell(row.values[name]) for name in columns if name in row.values}
        writer.writerow({**cells, key: _name(row)})
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None or value == "":
        return NULL
    return str(value).lower() if isinstance(value, bool) else str(value)


def _error(text: str) -> dict[str, Any]:
    """Read ``CODE:words:Field1,Field2 --``, the one cell into which a refusal is pressed."""
    code, _, rest = text.partition(":")
    words, _, tail = rest.rpartition(":")
    fields = [name.strip() for name in tail.removesuffix("--").split(",") if name.strip()]
    return {"statusCode": code, "message": words or rest, "fields": fields if words else []}

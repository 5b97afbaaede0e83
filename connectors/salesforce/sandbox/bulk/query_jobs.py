"""Query jobs: ``jobs/query`` and what lies below it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from connectors.salesforce.sandbox.bulk.progress import check_finished, look
from connectors.salesforce.sandbox.calls import CSV, Call, Result
from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.jobs.dialect import dialect_from, shower_of
from connectors.salesforce.sandbox.jobs.job import Job
from connectors.salesforce.sandbox.replication import empty_old_bin
from connectors.salesforce.sandbox.site import Site
from connectors.salesforce.sandbox.soql.run import Api, Extract, extract

_APIS: dict[object, Api] = {"query": "query", "queryAll": "queryAll"}


def create_query(site: Site, call: Call) -> Result:
    """Make a query job; a query that such jobs do not offer is refused here."""
    body = call.body()
    api = _APIS.get(body.get("operation"))
    if api is None or not body.get("query"):
        raise Refusal("API_ERROR", "operation must be query or queryAll, and query is required")
    dialect = dialect_from(body)
    empty_old_bin(site.org)
    found = extract(site.org, call.user_id, str(body["query"]), call.version, api)
    site.bulk.spend("DailyBulkV2QueryJobs", 1)
    job = site.bulk.open("query", api, found.object_name, call.user_id, call.version_number, dialect)
    job.soql = str(body["query"])
    job.header = [name for name, _ in found.columns]
    job.work = _reading(job, found)
    return Result(200, job.describe())


def get_query(site: Site, _call: Call, job_id: str) -> Result:
    """Tell how far a query job is; at the vendor time does the work, here each look does a part of it."""
    job = site.bulk.find("query", job_id)
    look(site.bulk, job)
    return Result(200, job.report())


def patch_query(site: Site, call: Call, job_id: str) -> Result:
    """Abort a query job."""
    job = site.bulk.find("query", job_id)
    if call.body().get("state") != "Aborted":
        raise Refusal("INVALIDJOBSTATE", "the only state that can be asked for is Aborted")
    if job.state not in {"UploadComplete", "InProgress"}:
        raise Refusal("INVALIDJOBSTATE", f"Aborting a job is not allowed in the state {job.state}")
    job.work = None
    site.bulk.move(job, "Aborted")
    return Result(200, job.describe())


def get_query_results(site: Site, call: Call, job_id: str) -> Result:
    """Give a set of rows as CSV with its header line, and the locator of the next set (the word null at the end)."""
    job = site.bulk.find("query", job_id)
    check_finished(job)
    if job.state != "JobComplete":
        raise Refusal("INVALIDJOBSTATE", f"there are no results of a job in the state {job.state}")
    if job.version != float(call.version_number):
        raise Refusal("VERSION_MISMATCH", "results need the API version that the job was made with", status=409)
    start, count = _start(call, job), _count(call, site.bulk.rows_per_page)
    end = min(start + count, len(job.results))
    headers = {
        "Sforce-NumberOfRecords": str(end - start),
        "Sforce-Locator": _locator(end) if end < len(job.results) else "null",
    }
    text = job.dialect.lines([job.header]) + job.results.text(start, count)
    return Result(200, text, headers, rows=end - start, media=CSV)


def _reading(job: Job, found: Extract) -> Iterator[None]:
    readers = [shower_of(column.field, column.read) for _, column in found.columns]
    write = job.dialect.writer(job.results)
    for row in found.rows:
        write([read(row) for read in readers])
        job.processed += 1
        yield


def _locator(row: int) -> str:
    return base64.b64encode(str(row).encode()).decode().rstrip("=")


def _start(call: Call, job: Job) -> int:
    text = call.query.get("locator", "")
    if not text:
        return 0
    try:
        row = int(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
    except (ValueError, binascii.Error):
        row = -1
    if not 0 < row < len(job.results):
        raise Refusal("INVALID_QUERY_LOCATOR", f"invalid query locator: {text}")
    return row


def _count(call: Call, most: int) -> int:
    text = call.query.get("maxRecords", "")
    if not text:
        return most
    if not text.isdigit() or int(text) < 1:
        raise Refusal("API_ERROR", f"maxRecords must be a positive number: {text}")
    return min(int(text), most)

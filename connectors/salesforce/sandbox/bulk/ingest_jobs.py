"""Ingest jobs: ``jobs/ingest`` and what lies below it."""

from __future__ import annotations

from itertools import islice

from connectors.salesforce.sandbox.bulk.ingest import ROWS_PER_BATCH, saving
from connectors.salesforce.sandbox.bulk.progress import check_finished, look, step
from connectors.salesforce.sandbox.calls import CSV, Call, Result
from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.jobs.dialect import dialect_from
from connectors.salesforce.sandbox.jobs.job import Job
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.schema import SObject
from connectors.salesforce.sandbox.site import Site

_OPERATIONS = frozenset({"insert", "update", "upsert", "delete", "hardDelete"})


def create_ingest(site: Site, call: Call) -> Result:
    """Make an ingest job that waits for its data."""
    body = call.body()
    operation = str(body.get("operation"))
    if operation not in _OPERATIONS:
        raise Refusal("JSON_PARSER_ERROR", f"unknown operation {operation}", is_of_whole_call=True)
    if body.get("contentType", "CSV") != "CSV":
        raise Refusal("API_ERROR", "the content type of the data must be CSV")
    if operation == "hardDelete" and not site.may_hard_delete:
        message = "hardDelete operation requires special user profile permission, please contact your administrator"
        raise Refusal("FEATURENOTENABLED", message)
    sobject = _sobject(site.org, body.get("object"))
    key = _key(sobject, operation, body.get("externalIdFieldName"))
    job = site.bulk.open("ingest", operation, sobject.name, call.user_id, call.version_number, dialect_from(body))
    job.external_id_field = key
    return Result(200, job.describe())


def upload(site: Site, call: Call, job_id: str) -> Result:
    """Take a job's data, once and whole: 201."""
    job = site.bulk.find("ingest", job_id)
    if job.state != "Open":
        raise Refusal("INVALIDJOBSTATE", f"data cannot be added to a job in the state {job.state}", status=409)
    if job.upload is not None:
        message = f"Found multiple contents for job: <{job.id}>, please 'Close' / 'Abort' / 'Delete' the current Job"
        raise Refusal("CONTENTALREADYEXISTS", message)
    kind = (call.header("Content-Type") or "").partition(";")[0].strip().lower()
    if kind != "text/csv":
        raise Refusal("UNSUPPORTED_MEDIA_TYPE", "the content type must be text/csv", status=415)
    data = call.raw_body if isinstance(call.raw_body, bytes) else call.raw_body.encode()
    if len(data) > site.bulk.most_upload_bytes:
        raise Refusal("EXCEEDED_MAX_SIZE_REQUEST", "the data of a job may not exceed 150 MB", status=413)
    try:
        job.upload = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal("INVALIDCONTENT", "the data is not in UTF-8") from None
    return Result(201)


def patch_ingest(site: Site, call: Call, job_id: str) -> Result:
    """Close a job, so that its rows are saved, or abort it; what is saved already stays so."""
    job = site.bulk.find("ingest", job_id)
    wanted = call.body().get("state")
    if wanted == "UploadComplete" and job.state == "Open":
        _start(site, job)
    elif wanted == "Aborted" and job.state in {"Open", "UploadComplete", "InProgress"}:
        job.work = None
        site.bulk.move(job, "Aborted")
    else:
        raise Refusal("INVALIDJOBSTATE", f"a job in the state {job.state} cannot be put into {wanted}")
    return Result(200, job.describe())


def get_ingest(site: Site, _call: Call, job_id: str) -> Result:
    """Tell how far an ingest job is."""
    job = site.bulk.find("ingest", job_id)
    look(site.bulk, job)
    return Result(200, job.report())


def successful_results(site: Site, _call: Call, job_id: str) -> Result:
    """Give the rows that were saved, each with its id and whether it is new."""
    job = _finished(site, job_id)
    text = job.dialect.lines([["sf__Id", "sf__Created", *job.header]]) + job.results.text(0, len(job.results))
    return Result(200, text, rows=len(job.results), media=CSV)


def failed_results(site: Site, _call: Call, job_id: str) -> Result:
    """Give the rows that were refused, each with the reason."""
    job = _finished(site, job_id)
    text = job.dialect.lines([["sf__Id", "sf__Error", *job.header]]) + job.refused.text(0, len(job.refused))
    return Result(200, text, rows=len(job.refused), media=CSV)


def unprocessed_records(site: Site, _call: Call, job_id: str) -> Result:
    """Give the rows that a failed or aborted job never came to."""
    job = _finished(site, job_id)
    if job.upload is None:
        return Result(200, "", media=CSV)
    rows = list(islice(job.dialect.rows(job.upload), 1 + job.processed, None)) if job.header else []
    return Result(200, job.dialect.lines([job.header, *rows]), rows=len(rows), media=CSV)


def _start(site: Site, job: Job) -> None:
    """Begin to save at once: a job whose maker never comes back runs all the same."""
    if job.upload is None:
        raise Refusal("INVALIDJOBSTATE", "a job without data cannot be closed")
    site.bulk.spend("DailyBulkApiBatches", job.upload.count("\n") // ROWS_PER_BATCH + 1)
    site.bulk.move(job, "UploadComplete")
    job.work = saving(site.org, job)
    step(site.bulk, job)


def _finished(site: Site, job_id: str) -> Job:
    job = site.bulk.find("ingest", job_id)
    check_finished(job)
    return job


def _sobject(org: Org, name: object) -> SObject:
    found = org.find(str(name)) if name else None
    if found is None or found.is_tooling:
        raise Refusal("INVALIDJOB", f"InvalidJob : Unable to find object: {name}")
    if found.is_setup:
        raise Refusal("INVALIDENTITY", f"Entity '{found.name}' is not supported by the Bulk API.")
    return found


def _key(sobject: SObject, operation: str, name: object) -> str | None:
    if operation != "upsert":
        return None
    field = sobject.find(str(name)) if name else None
    if field is None or not (field.external_id or field.name == "Id"):
        message = f"InvalidJob : External ID was not found for {sobject.name}: {name}"
        raise Refusal("INVALIDJOB", message)
    return field.name

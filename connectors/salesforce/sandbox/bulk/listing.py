"""The list of all jobs, and the removal of one."""

from __future__ import annotations

from connectors.salesforce.sandbox.calls import Call, Result
from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.jobs.job import LISTED, Kind
from connectors.salesforce.sandbox.site import Site


def list_queries(site: Site, call: Call) -> Result:
    """List jobs from the address of query jobs."""
    return _listed(site, call, "query")


def list_ingests(site: Site, call: Call) -> Result:
    """List jobs from the address of ingest jobs."""
    return _listed(site, call, "ingest")


def delete_query(site: Site, _call: Call, job_id: str) -> Result:
    """Forget a query job and its results: 204 without a body."""
    site.bulk.remove(site.bulk.find("query", job_id))
    return Result(204)


def delete_ingest(site: Site, _call: Call, job_id: str) -> Result:
    """Forget an ingest job and its data: 204 without a body."""
    site.bulk.remove(site.bulk.find("ingest", job_id))
    return Result(204)


def _listed(site: Site, call: Call, kind: Kind) -> Result:
    """Answer with one page of jobs; both addresses list both kinds unless ``jobType`` says which."""
    wanted = call.query.get("jobType")
    reports = [job.report() for job in site.bulk.listed()]
    found = [one for one in reports if wanted in {None, one["jobType"]}]
    start = call.query.get("queryLocator", "0")
    if not start.isdigit():
        raise Refusal("INVALID_QUERY_LOCATOR", f"invalid query locator: {start}")
    end = int(start) + LISTED
    more = f"/services/data/{call.version}/jobs/{kind}?queryLocator={end}" if end < len(found) else None
    page = found[int(start) : end]
    return Result(200, {"done": more is None, "records": page, "nextRecordsUrl": more}, rows=len(page))

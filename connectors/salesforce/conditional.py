"""Updates that a person's edit in the meantime prevents: ``If-Unmodified-Since`` on each record, 25 to a call.

Salesforce compares whole seconds, so an edit within the very second in which the record was read goes unnoticed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.salesforce.client import SalesforceClient, http_date
from connectors.salesforce.outcomes import refused
from connectors.salesforce.refusals import ODD_ANSWERS
from core.sdk import Clock, Outcome, WriteRow

CALL_ROWS = 25
CHANGED = "CHANGED_MEANWHILE"
PRECONDITION_FAILED = 412


def write_if_unmodified(client: SalesforceClient, clock: Clock, stream: str, rows: Sequence[WriteRow]) -> list[Outcome]:
    """Update up to 25 records in one composite call, those with a stamp only if they are as they were then."""
    requests = [_request(client.version, stream, row, number) for number, row in enumerate(rows)]
    answer = client.send("POST", "composite", {"allOrNone": False, "compositeRequest": requests})
    try:
        answers = {str(one["referenceId"]): one for one in answer["compositeResponse"]}
        return [_outcome(answers.get(f"row{number}"), row, clock.now()) for number, row in enumerate(rows)]
    except ODD_ANSWERS:
        return [Outcome("unknown", message="the answer is of another shape than promised")] * len(rows)


def _request(version: str, stream: str, row: WriteRow, number: int) -> dict[str, Any]:
    url = f"/services/data/v{version}/sobjects/{stream}/{row.external_id}"
    request = {"method": "PATCH", "url": url, "referenceId": f"row{number}", "body": dict(row.values)}
    if row.unmodified_since is None:
        return request
    since = datetime.fromisoformat(row.unmodified_since).astimezone(UTC)
    return {**request, "httpHeaders": {"If-Unmodified-Since": http_date(since)}}


def _outcome(answer: Mapping[str, Any] | None, row: WriteRow, now: datetime) -> Outcome:
    if answer is None:
        return Outcome("unknown", row.external_id, message="the answer does not speak of this record")
    status = int(answer["httpStatusCode"])
    if status < 300:
        return Outcome("applied", row.external_id)
    if status == PRECONDITION_FAILED:
        what = "somebody has changed the record since it was read"
        return Outcome("rejected", row.external_id, code=CHANGED, message=what)
    return refused(answer.get("body"), row.external_id, now)

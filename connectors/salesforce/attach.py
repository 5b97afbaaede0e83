"""A file on a record: a ContentVersion that is first published there.

Salesforce gives files no field of ours, so the key is part of the path that the file is said to come from, which
nobody sees: ``<key>/<name>``. A file that is there already is found by that path.
"""

from __future__ import annotations

import base64
from datetime import datetime

from connectors.salesforce import soql
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.outcomes import refused
from connectors.salesforce.refusals import OutOfQuota, VendorRefusal
from core.sdk import Attachment, Clock, Outcome, RetryLater, UnknownOutcome

FILE = "ContentVersion"
MOST_BYTES = 36 * 1024 * 1024
"""What fits, encoded, into a JSON body of 50 MB."""


def attach(client: SalesforceClient, clock: Clock, external_id: str, attachment: Attachment) -> Outcome:
    """Put a file on a record unless it is there; the outcome's id is the file version's."""
    if len(attachment.content) > MOST_BYTES:
        return Outcome("rejected", code="FILE_TOO_LARGE", message=f"a file may have {MOST_BYTES} bytes here")
    path = f"{attachment.key}/{attachment.name}"
    try:
        held = _held(client, external_id, path)
        if held is not None:
            return Outcome("applied", held)
        return _put(client, external_id, path, attachment)
    except VendorRefusal as refusal:
        return _refused(refusal, clock.now())
    except UnknownOutcome as lost:
        return Outcome("unknown", message=lost.what)
    except OutOfQuota:
        raise
    except RetryLater as busy:
        return Outcome("retry", message=busy.what, retry_at=busy.retry_at)


def _held(client: SalesforceClient, external_id: str, path: str) -> str | None:
    ours = [soql.equals("FirstPublishLocationId", external_id), soql.equals("PathOnClient", path)]
    found = client.ids(soql.select(["Id"], FILE, ours))
    return found[0] if found else None


def _put(client: SalesforceClient, external_id: str, path: str, attachment: Attachment) -> Outcome:
    values = {
        "Title": attachment.name[:255],
        "PathOnClient": path,
        "FirstPublishLocationId": external_id,
        "VersionData": base64.b64encode(attachment.content).decode("ascii"),
    }
    return Outcome("applied", client.create(f"sobjects/{FILE}", values), created=True)


def _refused(refusal: VendorRefusal, now: datetime) -> Outcome:
    error = {"errorCode": refusal.code, "message": refusal.words, "fields": list(refusal.fields)}
    return refused([error], None, now)

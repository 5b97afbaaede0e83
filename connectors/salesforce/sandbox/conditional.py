"""Conditional headers: weak ones by modification time in whole seconds, strong ones (ETag) for accounts only."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime

from connectors.salesforce.sandbox.calls import Call, Result
from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.moments import read_http_date, read_instant, write_http_date
from connectors.salesforce.sandbox.schema import SObject
from connectors.salesforce.sandbox.table import Row


def check_conditions(call: Call, sobject: SObject, row: Row) -> Result | None:
    """Return 412 or 304 when a condition fails; None lets the call through. DELETE ignores conditions."""
    changed_at = _changed_at(row)
    unmodified_since = _instant(call, "If-Unmodified-Since")
    if unmodified_since is not None and changed_at > unmodified_since:
        return Result(412)
    if is_unmodified(call, changed_at):
        return Result(304)
    return _strong_verdict(call, sobject, row)


def is_unmodified(call: Call, changed_at: datetime) -> bool:
    """Tell whether a reading on condition finds nothing new; a condition that cannot be read is none."""
    since = _instant(call, "If-Modified-Since")
    return since is not None and changed_at.replace(microsecond=0) <= since


def validators_of(sobject: SObject, row: Row) -> dict[str, str]:
    """Return the headers by which a client may ask for this state of the row later."""
    found = {"Last-Modified": write_http_date(_changed_at(row))}
    return {**found, "ETag": _etag(row)} if sobject.name == "Account" else found


def _strong_verdict(call: Call, sobject: SObject, row: Row) -> Result | None:
    if sobject.name != "Account":
        return None
    wanted, unwanted = call.header("If-Match"), call.header("If-None-Match")
    if wanted is not None and _etag(row) not in _listed(wanted):
        return Result(412)
    if unwanted is not None and _etag(row) in _listed(unwanted):
        return Result(304 if call.method == "GET" else 412)
    return None


def _listed(header: str) -> list[str]:
    return [one.strip() for one in header.split(",")]


def _etag(row: Row) -> str:
    digest = hashlib.sha256(json.dumps(row, sort_keys=True).encode()).digest()[:20]
    return f'"{base64.b64encode(digest).decode()}-gzip"'


def _changed_at(row: Row) -> datetime:
    return read_instant(str(row["LastModifiedDate"])).replace(microsecond=0)


def _instant(call: Call, name: str) -> datetime | None:
    text = call.header(name)
    if text is None:
        return None
    try:
        return read_http_date(text)
    except ValueError:
        if call.method == "GET":
            return None
        raise Refusal("INVALID_HEADER", f"invalid value for header {name}: {text}", is_of_whole_call=True) from None

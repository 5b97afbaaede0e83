"""Parents with their children, each family as one composite graph: all of it is saved, or nothing.

A call holds at most 75 graphs and 500 records in all. After 14 failed graphs Salesforce leaves the rest of a call alone
(``PROCESSING_HALTED``): those families are to be sent again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.outcomes import HALTED, refused
from connectors.salesforce.refusals import ODD_ANSWERS, OutOfQuota, VendorRefusal
from core.sdk import AuthError, BugError, Clock, ConfigError, Family, Outcome, RetryLater, UnknownOutcome, WriteRow

MOST_GRAPHS, MOST_RECORDS = 75, 500
PARENT = "parent"
Answers = Mapping[str, Mapping[str, Any]]


def write_families(
    client: SalesforceClient, clock: Clock, stream: str, families: Sequence[Family]
) -> list[list[Outcome]]:
    """Write families in as few calls as they fit into; outcomes of each, its parent first."""
    outcomes: list[list[Outcome]] = []
    for group in _calls(families):
        try:
            outcomes += _one_call(client, clock, stream, group)
        except (OutOfQuota, AuthError, ConfigError) as trouble:
            if not outcomes:
                raise
            at = trouble.retry_at if isinstance(trouble, RetryLater) else None
            outcomes += _alike(group, Outcome("retry", message=trouble.what, retry_at=at))
    return outcomes


def _calls(families: Sequence[Family]) -> Iterator[list[Family]]:
    """Yield groups that fit into one call each."""
    group: list[Family] = []
    records = 0
    for family in families:
        size = 1 + len(family.children)
        if size > MOST_RECORDS:
            raise BugError(f"a family of {size} records does not fit into one graph of {MOST_RECORDS}")
        if group and (len(group) == MOST_GRAPHS or records + size > MOST_RECORDS):
            yield group
            group, records = [], 0
        group.append(family)
        records += size
    if group:
        yield group


def _one_call(client: SalesforceClient, clock: Clock, stream: str, group: Sequence[Family]) -> list[list[Outcome]]:
    graphs = [
        {"graphId": str(number), "compositeRequest": _requests(client.version, stream, family)}
        for number, family in enumerate(group)
    ]
    try:
        answer = client.send("POST", "composite/graph", {"graphs": graphs})
    except VendorRefusal as refusal:  # the call as a whole: nothing of it was carried out
        rejected = Outcome("rejected", code=refusal.code, message=refusal.words, fields=refusal.fields)
        return _alike(group, rejected)
    except UnknownOutcome as lost:
        return _alike(group, Outcome("unknown", message=lost.what))
    except OutOfQuota:
        raise
    except RetryLater as busy:
        return _alike(group, Outcome("retry", message=busy.what, retry_at=busy.retry_at))
    try:
        found = {str(one["graphId"]): one for one in answer["graphs"]}
        return [_outcomes(clock, family, found.get(str(number))) for number, family in enumerate(group)]
    except ODD_ANSWERS:
        return _alike(group, Outcome("unknown", message="the answer is of another shape than promised"))


def _alike(group: Sequence[Family], outcome: Outcome) -> list[list[Outcome]]:
    return [[outcome] * (1 + len(family.children)) for family in group]


def _requests(version: str, stream: str, family: Family) -> list[dict[str, Any]]:
    root = f"/services/data/v{version}/sobjects"
    parent = family.parent.external_id or f"@{{{PARENT}.id}}"
    requests = [_request(root, stream, family.parent, PARENT, {})]
    for number, child in enumerate(family.children):
        requests.append(_request(root, child.stream, child.row, f"child{number}", {child.parent_field: parent}))
    return requests


def _request(root: str, stream: str, row: WriteRow, name: str, more: Mapping[str, str]) -> dict[str, Any]:
    """One record: changed by its id, found or created by its key, or simply created.

    A key travels in the address, where Salesforce takes it apart at every slash that is not encoded.
    """
    body = {**row.values, **more}
    if row.external_id is not None:
        return {"method": "PATCH", "url": f"{root}/{stream}/{row.external_id}", "referenceId": name, "body": body}
    if row.key is not None:
        url = f"{root}/{stream}/{row.key[0]}/{quote(row.key[1], safe='')}"
        return {"method": "PATCH", "url": url, "referenceId": name, "body": body}
    return {"method": "POST", "url": f"{root}/{stream}", "referenceId": name, "body": body}


def _outcomes(clock: Clock, family: Family, graph: Mapping[str, Any] | None) -> list[Outcome]:
    rows = [family.parent, *(child.row for child in family.children)]
    names = [PARENT, *(f"child{number}" for number in range(len(family.children)))]
    if graph is None:
        return [Outcome("unknown", message="the answer does not speak of this family")] * len(rows)
    answers = {str(one["referenceId"]): one for one in graph["graphResponse"]["compositeResponse"]}
    if graph["isSuccessful"]:
        return [_applied(answers.get(name), row) for name, row in zip(names, rows, strict=True)]
    return _failed(clock, names, answers)


def _applied(answer: Mapping[str, Any] | None, row: WriteRow) -> Outcome:
    body = answer.get("body") if answer else None
    told = body if isinstance(body, dict) else {}
    created = answer is not None and answer["httpStatusCode"] == 201
    return Outcome("applied", told.get("id") or row.external_id, created=created)


def _failed(clock: Clock, names: Sequence[str], answers: Answers) -> list[Outcome]:
    """The record at fault is refused; the others of its family share its fate, since nothing of it was saved."""
    found = [refused(answers.get(name, {}).get("body"), None, clock.now()) for name in names]
    guilty = next((one for one in found if one.code and one.code not in HALTED), None)
    if guilty is None:
        return [Outcome("retry", code=one.code, message=one.message) for one in found]
    fellow = replace(guilty, message="not saved, because of another record of its family", fields=())
    return [one if one.code and one.code not in HALTED else fellow for one in found]

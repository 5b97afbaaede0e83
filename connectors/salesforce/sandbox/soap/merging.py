"""``merge()``: up to two records are merged into a third; their children move over, they themselves are deleted."""

from __future__ import annotations

from functools import partial

from connectors.salesforce.sandbox.envelope import Element, FaultError
from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.org import Actor, Org
from connectors.salesforce.sandbox.saving import merge, normal_id, update
from connectors.salesforce.sandbox.schema import SObject
from connectors.salesforce.sandbox.site import Site
from connectors.salesforce.sandbox.soap.results import Facts, attempt

MOST_REQUESTS = 200
MOST_LOSERS = 2


def merge_records(site: Site, user_id: str, call: Element) -> list[str]:
    """Carry out every ``request``, each in a transaction of its own; one result each, in order."""
    requests = list(call.all("request"))
    if not 0 < len(requests) <= MOST_REQUESTS:
        raise FaultError("EXCEEDED_ID_LIMIT", f"merge takes between 1 and {MOST_REQUESTS} requests")
    return [attempt(site.org, partial(_merge, site.org, user_id, request)) for request in requests]


def _merge(org: Org, user_id: str, request: Element) -> Facts:
    master = request.first("masterRecord")
    name = master.value("type") if master else None
    sobject = org.find(name) if name else None
    if master is None or sobject is None or not sobject.mergeable:
        raise Refusal("INVALID_TYPE", f"sObject type '{name}' does not support merge")
    master_id = normal_id(sobject, master.value("Id"))
    losers = [normal_id(sobject, one.text) for one in request.all("recordToMergeIds")]
    _check(org, sobject, master_id, losers)
    actor = org.act(user_id)
    _supersede(org, actor, sobject, master_id, master)
    moved = [row_id for loser_id in losers for row_id in merge(org, actor, sobject, master_id, loser_id)]
    return {"id": master_id, "mergedRecordIds": losers, "updatedRelatedIds": list(dict.fromkeys(moved))}


def _check(org: Org, sobject: SObject, master_id: str, losers: list[str]) -> None:
    if not 0 < len(losers) <= MOST_LOSERS:
        raise Refusal("INVALID_MERGE_RECORD", f"between 1 and {MOST_LOSERS} records can be merged into another")
    if master_id in losers or len(set(losers)) < len(losers):
        raise Refusal("INVALID_MERGE_RECORD", "a record cannot be merged into itself, nor twice")
    for row_id in (master_id, *losers):
        org.live_row(sobject.name, row_id)
    above = _ancestors(org, master_id) & set(losers)
    if above:
        message = f"merging would put a record below itself: {', '.join(sorted(above))}"
        raise Refusal("CIRCULAR_DEPENDENCY", message)


def _ancestors(org: Org, row_id: str) -> set[str]:
    """Return the ids of all records above this one."""
    found: set[str] = set()
    row = org.row(row_id)
    while row is not None and row.get("ParentId") and str(row["ParentId"]) not in found:
        found.add(str(row["ParentId"]))
        row = org.row(str(row["ParentId"]))
    return found


def _supersede(org: Org, actor: Actor, sobject: SObject, master_id: str, master: Element) -> None:
    """Write the values that the request gives the surviving record."""
    given: dict[str, object] = {child.name: None for child in master.children if child.is_nil}
    given.update({one.text: None for one in master.all("fieldsToNull")})
    skipped = {"type", "Id", "fieldsToNull"}
    given.update({one.name: one.text for one in master.children if one.name not in skipped and not one.is_nil})
    if given:
        update(org, actor, sobject, master_id, given)

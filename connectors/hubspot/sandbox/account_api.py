"""The endpoints about the account itself: details, owners, pipelines, use of the quota."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.hubspot.sandbox.account import PORTAL_ID
from connectors.hubspot.sandbox.calls import Answer, Call, field, objects, paged, whole_number
from connectors.hubspot.sandbox.crm import Crm
from connectors.hubspot.sandbox.refusals import malformed, missing, rejected
from connectors.hubspot.sandbox.schema import ObjectType
from connectors.hubspot.sandbox.values import stamp

OWNERS_PAGE = 500


def account_details(crm: Crm, _call: Call) -> Answer:
    """Which portal this is, and the currency and time zone it counts in."""
    local = crm.clock.now().astimezone(ZoneInfo(crm.account.time_zone))
    body = {
        "portalId": PORTAL_ID,
        "accountType": "STANDARD",
        "timeZone": crm.account.time_zone,
        "companyCurrency": crm.account.currency,
        "additionalCurrencies": ["EUR", "USD"],
        "utcOffset": local.isoformat()[-6:],
        "utcOffsetMilliseconds": (local.utcoffset() or timedelta(0)) // timedelta(milliseconds=1),
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "eu1",
    }
    return Answer(body, rows=1)


def list_owners(crm: Crm, call: Call) -> Answer:
    """One page of owners: the active ones, or with ``archived`` the others."""
    limit, email = call.limit(100, OWNERS_PAGE), call.text("email")
    found = [owner for owner in crm.account.owners.values() if owner.is_active is not call.flag("archived")]
    if email is not None:
        found = [owner for owner in found if owner.email == email.lower()]
    page = [owner for owner in found if int(owner.id) >= call.start()]
    following = page[limit].id if len(page) > limit else None
    return Answer(paged([owner.shown() for owner in page[:limit]], following, call), rows=len(page[:limit]))


def read_owner(crm: Crm, call: Call, owner_id: str) -> Answer:
    """One owner by id, or by user id with ``idProperty=userId``."""
    by_user, archived = call.text("idProperty") == "userId", call.flag("archived")
    for owner in crm.account.owners.values():
        if owner_id == (str(owner.user_id) if by_user else owner.id) and owner.is_active is not archived:
            return Answer(owner.shown(), rows=1)
    raise missing()


def daily_usage(crm: Crm, _call: Call) -> Answer:
    """How much of the day's quota the private apps have used."""
    row = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": crm.behaviour.daily_limit,
        "currentUsage": crm.limits.used_today(),
        "collectedAt": stamp(crm.clock.now()),
        "fetchStatus": "SUCCESS",
        "resetsAt": stamp(crm.limits.next_midnight()),
    }
    return Answer({"results": [row]}, rows=1)


def list_pipelines(crm: Crm, _call: Call, kind: ObjectType) -> Answer:
    """Every pipeline of an object type with its stages."""
    found = crm.account.pipelines_of(kind.name).values()
    return Answer({"results": [pipeline.shown() for pipeline in found]}, rows=len(found))


def read_pipeline(crm: Crm, _call: Call, kind: ObjectType, pipeline_id: str) -> Answer:
    """One pipeline with its stages."""
    return Answer(crm.account.pipeline(kind.name, pipeline_id).shown(), rows=1)


def create_pipeline(crm: Crm, call: Call, kind: ObjectType) -> Answer:
    """A new pipeline: 201."""
    body = call.body()
    stages = [_stage(row) for row in objects(body, "stages")]
    given = {**_labelled(body), "stages": stages}
    return Answer(crm.account.add_pipeline(kind.name, given, crm.clock.now()).shown(), 201, 1)


def _stage(given: Mapping[str, Any]) -> dict[str, Any]:
    metadata = field(given, "metadata")
    if not isinstance(metadata, Mapping):
        raise malformed("metadata must be an object")
    return {**_labelled(given), "metadata": metadata}


def _labelled(given: Mapping[str, Any]) -> dict[str, Any]:
    order = whole_number(field(given, "displayOrder"), "displayOrder")
    return {"label": str(field(given, "label")), "displayOrder": order}


def delete_pipeline(crm: Crm, call: Call, kind: ObjectType, pipeline_id: str) -> Answer:
    """Take a pipeline away: 204; asked to, it refuses while records are in it."""
    crm.account.pipeline(kind.name, pipeline_id)
    name = "pipeline" if kind.name == "deals" else "hs_pipeline"
    used = any(record.properties.get(name) == pipeline_id for record in crm.shelf(kind).live())
    if used and call.flag("validateReferencesBeforeDelete"):
        raise rejected(f"Pipeline {pipeline_id} is still in use", code="PIPELINE_IN_USE")
    del crm.account.pipelines_of(kind.name)[pipeline_id]
    return Answer(status=204, rows=1)


def list_stages(crm: Crm, _call: Call, kind: ObjectType, pipeline_id: str) -> Answer:
    """The stages of one pipeline."""
    stages = crm.account.pipeline(kind.name, pipeline_id).stages.values()
    return Answer({"results": [stage.shown() for stage in stages]}, rows=len(stages))


def create_stage(crm: Crm, call: Call, kind: ObjectType, pipeline_id: str) -> Answer:
    """A new stage of a pipeline: 201."""
    pipeline = crm.account.pipeline(kind.name, pipeline_id)
    stage = crm.account.add_stage(kind.name, pipeline, _stage(call.body()), crm.clock.now())
    return Answer(stage.shown(), 201, 1)

"""The endpoints about the account itself: details, owners, pipelines, use of the quota."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.hubspot.sandbox.account import PORTAL_ID, Stage
from connectors.hubspot.sandbox.calls import Answer, Call, field, objects, paged, whole_number
from connectors.hubspot.sandbox.crm import Crm
from connectors.hubspot.sandbox.refusals import malformed, missing, rejected
from connectors.hubspot.sandbox.schema import ObjectType
from connectors.hubspot.sandbox.values import stamp

OWNERS_PAGE = 500
# The property that holds a record's pipeline, and the one that holds its stage.
_PIPELINES = {"deals": "pipeline", "tickets": "hs_pipeline"}
_STAGES = {"deals": "dealstage", "tickets": "hs_pipeline_stage"}


def account_details(crm: Crm, _call: Call) -> Answer:
    """Which portal this is, and the currency and time zone it counts in."""
    local = crm.clock.now().astimezone(ZoneInfo(crm.account.time_zone))
    body = {
        "portalId": PORTAL_ID,
        "accountType": "STANDARD",
        "timeZone": crm.account.time_zone,
        "companyCurrency": crm.account.currency,
        "additionalCurrencies": sorted(crm.account.rates),
        "utcOffset": local.isoformat()[-6:],
        "utcOffsetMilliseconds": (local.utcoffset() or timedelta(0)) // timedelta(milliseconds=1),
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "eu1",
    }
    return Answer(body, rows=1)


def company_currency(crm: Crm, _call: Call) -> Answer:
    """The currency in which the account counts."""
    return Answer({"currencyCode": crm.account.currency, "currencyName": crm.account.currency}, rows=1)


def current_rates(crm: Crm, _call: Call) -> Answer:
    """How much of the account's currency one unit of each other currency is worth."""
    rows = [
        {
            "id": str(number),
            "fromCurrencyCode": code,
            "toCurrencyCode": crm.account.currency,
            "conversionRate": float(rate),
            "visibleInUI": True,
            "effectiveAt": stamp(crm.account.at),
            "createdAt": stamp(crm.account.at),
            "updatedAt": stamp(crm.account.at),
        }
        for number, (code, rate) in enumerate(sorted(crm.account.rates.items()), start=1)
    ]
    return Answer({"results": rows}, rows=len(rows))


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
    _refuse_in_use(crm, call, kind, _PIPELINES[kind.name], pipeline_id)
    del crm.account.pipelines_of(kind.name)[pipeline_id]
    return Answer(status=204, rows=1)


def update_pipeline(crm: Crm, call: Call, kind: ObjectType, pipeline_id: str) -> Answer:
    """Another label or place for a pipeline: 200."""
    pipeline, body = crm.account.pipeline(kind.name, pipeline_id), call.body()
    pipeline.label = str(body.get("label", pipeline.label))
    pipeline.order = whole_number(body.get("displayOrder", pipeline.order), "displayOrder")
    return Answer(pipeline.shown(), rows=1)


def read_stage(crm: Crm, _call: Call, kind: ObjectType, pipeline_id: str, stage_id: str) -> Answer:
    """One stage of a pipeline."""
    return Answer(_stage_of(crm, kind, pipeline_id, stage_id).shown(), rows=1)


def update_stage(crm: Crm, call: Call, kind: ObjectType, pipeline_id: str, stage_id: str) -> Answer:
    """Another label, place or metadata for a stage: 200."""
    stage, body = _stage_of(crm, kind, pipeline_id, stage_id), call.body()
    stage.label = str(body.get("label", stage.label))
    stage.order = whole_number(body.get("displayOrder", stage.order), "displayOrder")
    stage.metadata.update({key: str(value) for key, value in (body.get("metadata") or {}).items()})
    return Answer(stage.shown(), rows=1)


def delete_stage(crm: Crm, call: Call, kind: ObjectType, pipeline_id: str, stage_id: str) -> Answer:
    """Take a stage away: 204; asked to, it refuses while records are in it."""
    stage = _stage_of(crm, kind, pipeline_id, stage_id)
    _refuse_in_use(crm, call, kind, _STAGES[kind.name], stage.id)
    del crm.account.pipeline(kind.name, pipeline_id).stages[stage.id]
    return Answer(status=204, rows=1)


def _stage_of(crm: Crm, kind: ObjectType, pipeline_id: str, stage_id: str) -> Stage:
    stage = crm.account.pipeline(kind.name, pipeline_id).stages.get(stage_id)
    if stage is None:
        raise missing(f"Stage {stage_id} does not exist in pipeline {pipeline_id}")
    return stage


def _refuse_in_use(crm: Crm, call: Call, kind: ObjectType, name: str, value: str) -> None:
    asked = call.flag("validateReferencesBeforeDelete") or call.flag("validateDealStageUsagesBeforeDelete")
    if asked and any(record.properties.get(name) == value for record in crm.shelf(kind).live()):
        raise rejected(f"{value} is still in use", code="PIPELINE_IN_USE")


def list_stages(crm: Crm, _call: Call, kind: ObjectType, pipeline_id: str) -> Answer:
    """The stages of one pipeline."""
    stages = crm.account.pipeline(kind.name, pipeline_id).stages.values()
    return Answer({"results": [stage.shown() for stage in stages]}, rows=len(stages))


def create_stage(crm: Crm, call: Call, kind: ObjectType, pipeline_id: str) -> Answer:
    """A new stage of a pipeline: 201."""
    pipeline = crm.account.pipeline(kind.name, pipeline_id)
    stage = crm.account.add_stage(kind.name, pipeline, _stage(call.body()), crm.clock.now())
    return Answer(stage.shown(), 201, 1)

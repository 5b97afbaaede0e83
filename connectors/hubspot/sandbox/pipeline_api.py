"""The endpoints of pipelines and their stages, with what was done to each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.hubspot.sandbox.account import Pipeline, Stage
from connectors.hubspot.sandbox.calls import Answer, Call, field, objects, whole_number
from connectors.hubspot.sandbox.crm import Crm
from connectors.hubspot.sandbox.numbers import PORTAL_ID, USER_ID
from connectors.hubspot.sandbox.refusals import Refusal, malformed, missing, rejected
from connectors.hubspot.sandbox.schema import ObjectType
from connectors.hubspot.sandbox.values import stamp

# The property that holds a record's pipeline, and the one that holds its stage.
_PIPELINES = {"deals": "pipeline", "tickets": "hs_pipeline"}
_STAGES = {"deals": "dealstage", "tickets": "hs_pipeline_stage"}


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
    given = {**_labelled(body), "pipelineId": body.get("pipelineId"), "stages": stages}
    return Answer(crm.account.add_pipeline(kind.name, given, crm.clock.now()).shown(), 201, 1)


def _stage(given: Mapping[str, Any]) -> dict[str, Any]:
    return {**_labelled(given), "stageId": given.get("stageId"), "metadata": _metadata(field(given, "metadata"))}


def _metadata(given: Any) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise malformed("metadata must be an object")
    return given


def _labelled(given: Mapping[str, Any]) -> dict[str, Any]:
    order = whole_number(field(given, "displayOrder"), "displayOrder")
    return {"label": str(field(given, "label")), "displayOrder": order}


def update_pipeline(crm: Crm, call: Call, kind: ObjectType, pipeline_id: str) -> Answer:
    """Another label or place for a pipeline: 200."""
    pipeline, body = crm.account.pipeline(kind.name, pipeline_id), call.body()
    _relabel(crm, pipeline, body)
    return Answer(pipeline.shown(), rows=1)


def replace_pipeline(crm: Crm, call: Call, kind: ObjectType, pipeline_id: str) -> Answer:
    """Everything about a pipeline anew, its stages too, or nothing: 200. Stages named by their ids stay the same."""
    pipeline, body = crm.account.pipeline(kind.name, pipeline_id), call.body()
    given, stages = _labelled(body), [_stage(row) for row in objects(body, "stages")]
    for gone in pipeline.stages.keys() - {row["stageId"] for row in stages}:
        _refuse_in_use(crm, call, kind, _STAGES[kind.name], gone)
    before, pipeline.stages = pipeline.stages, {}
    try:
        for row in stages:
            crm.account.add_stage(kind.name, pipeline, row, crm.clock.now())
    except Refusal:
        pipeline.stages = before
        raise
    _relabel(crm, pipeline, given)
    return Answer(pipeline.shown(), rows=1)


def _relabel(crm: Crm, each: Pipeline | Stage, body: Mapping[str, Any]) -> None:
    each.label = str(body.get("label", each.label))
    each.order = whole_number(body.get("displayOrder", each.order), "displayOrder")
    each.deeds.append(("UPDATE", crm.clock.tick()))


def delete_pipeline(crm: Crm, call: Call, kind: ObjectType, pipeline_id: str) -> Answer:
    """Take a pipeline away: 204; asked to, it refuses while records are in it."""
    crm.account.pipeline(kind.name, pipeline_id)
    _refuse_in_use(crm, call, kind, _PIPELINES[kind.name], pipeline_id)
    del crm.account.pipelines_of(kind.name)[pipeline_id]
    return Answer(status=204, rows=1)


def audit_pipeline(crm: Crm, _call: Call, kind: ObjectType, pipeline_id: str) -> Answer:
    """What was done to a pipeline, the latest first."""
    return _audit(crm.account.pipeline(kind.name, pipeline_id))


def _audit(each: Pipeline | Stage) -> Answer:
    rows = [
        {
            "portalId": PORTAL_ID,
            "identifier": each.id,
            "action": deed,
            "timestamp": stamp(at),
            "message": f"{deed} {each.label}",
            "fromUserId": USER_ID,
        }
        for deed, at in reversed(each.deeds)
    ]
    return Answer({"results": rows}, rows=len(rows))


def list_stages(crm: Crm, _call: Call, kind: ObjectType, pipeline_id: str) -> Answer:
    """The stages of one pipeline."""
    stages = crm.account.pipeline(kind.name, pipeline_id).stages.values()
    return Answer({"results": [stage.shown() for stage in stages]}, rows=len(stages))


def create_stage(crm: Crm, call: Call, kind: ObjectType, pipeline_id: str) -> Answer:
    """A new stage of a pipeline: 201."""
    pipeline = crm.account.pipeline(kind.name, pipeline_id)
    stage = crm.account.add_stage(kind.name, pipeline, _stage(call.body()), crm.clock.now())
    return Answer(stage.shown(), 201, 1)


def read_stage(crm: Crm, _call: Call, kind: ObjectType, pipeline_id: str, stage_id: str) -> Answer:
    """One stage of a pipeline."""
    return Answer(_stage_of(crm, kind, pipeline_id, stage_id).shown(), rows=1)


def update_stage(crm: Crm, call: Call, kind: ObjectType, pipeline_id: str, stage_id: str) -> Answer:
    """Another label, place or metadata for a stage: 200."""
    stage, body = _stage_of(crm, kind, pipeline_id, stage_id), call.body()
    given = _metadata(body.get("metadata") or {})
    _relabel(crm, stage, body)
    stage.metadata.update({key: str(value) for key, value in given.items()})
    return Answer(stage.shown(), rows=1)


def replace_stage(crm: Crm, call: Call, kind: ObjectType, pipeline_id: str, stage_id: str) -> Answer:
    """Everything about a stage anew: 200."""
    stage, given = _stage_of(crm, kind, pipeline_id, stage_id), _stage(call.body())
    _relabel(crm, stage, given)
    stage.metadata = crm.account.checked_metadata(kind.name, given["metadata"])
    return Answer(stage.shown(), rows=1)


def delete_stage(crm: Crm, call: Call, kind: ObjectType, pipeline_id: str, stage_id: str) -> Answer:
    """Take a stage away: 204; asked to, it refuses while records are in it."""
    stage = _stage_of(crm, kind, pipeline_id, stage_id)
    _refuse_in_use(crm, call, kind, _STAGES[kind.name], stage.id)
    del crm.account.pipeline(kind.name, pipeline_id).stages[stage.id]
    return Answer(status=204, rows=1)


def audit_stage(crm: Crm, _call: Call, kind: ObjectType, pipeline_id: str, stage_id: str) -> Answer:
    """What was done to a stage, the latest first."""
    return _audit(_stage_of(crm, kind, pipeline_id, stage_id))


def _stage_of(crm: Crm, kind: ObjectType, pipeline_id: str, stage_id: str) -> Stage:
    stage = crm.account.pipeline(kind.name, pipeline_id).stages.get(stage_id)
    if stage is None:
        raise missing(f"Stage {stage_id} does not exist in pipeline {pipeline_id}")
    return stage


def _refuse_in_use(crm: Crm, call: Call, kind: ObjectType, name: str, value: str) -> None:
    asked = call.flag("validateReferencesBeforeDelete") or call.flag("validateDealStageUsagesBeforeDelete")
    if asked and any(record.properties.get(name) == value for record in crm.shelf(kind).live()):
        raise rejected(f"{value} is still in use", code="PIPELINE_IN_USE")

"""What a batch answer says of each row: results and errors come in any order and are told apart by trace ids."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.hubspot.client import Json
from connectors.hubspot.refusals import VendorRefusal
from core.sdk import Outcome

TRACE = "objectWriteTraceId"
_LIFECYCLE = "lifecyclestage"


def traced(inputs: Sequence[Json]) -> list[Json]:
    """The rows with trace ids: their places in the batch."""
    return [{**row, TRACE: str(at)} for at, row in enumerate(inputs)]


def read_outcomes(answer: Json, inputs: Sequence[Json], *, all_new: bool) -> list[Outcome]:
    """One outcome per row, in order; a row that neither a result nor an error names is unknown."""
    told: dict[int, Outcome] = {}
    for result in answer.get("results", ()):
        at = _place(result, inputs)
        if at is not None:
            told[at] = _applied(result, inputs[at], created=all_new or bool(result.get("new")))
    for error in answer.get("errors", ()):
        refusal = VendorRefusal(400, error, "")
        told.update({at: rejected(refusal, inputs[at]) for at in _places(refusal, inputs)})
    lost = Outcome("unknown", message="the answer names neither a result nor an error for this record")
    return [told.get(at, lost) for at in range(len(inputs))]


def rejected(refusal: VendorRefusal, row: Json) -> Outcome:
    """The outcome of a row that was refused; a row found by a key has no id to tell."""
    known_id = None if "idProperty" in row else row.get("id")
    return Outcome("rejected", known_id, code=refusal.code, message=refusal.words)


def _place(result: Json, inputs: Sequence[Json]) -> int | None:
    """Which row a result belongs to: by its trace id, else by the record's id."""
    if result.get(TRACE) is not None:
        return int(result[TRACE])
    return next((at for at, row in enumerate(inputs) if row.get("id") == result["id"]), None)


def _places(refusal: VendorRefusal, inputs: Sequence[Json]) -> list[int]:
    """Which rows an error speaks of: by trace ids, else by the ids it names."""
    if traces := refusal.context.get(TRACE):
        return [int(trace) for trace in traces]
    ids = set(map(str, refusal.context.get("ids", ())))
    return [at for at, row in enumerate(inputs) if row.get("id") in ids]


def _applied(result: Json, row: Json, *, created: bool) -> Outcome:
    """Applied, unless HubSpot silently kept a lifecycle stage that was to move backwards."""
    wanted, kept = row["properties"].get(_LIFECYCLE), (result.get("properties") or {}).get(_LIFECYCLE)
    if wanted and kept and wanted != kept:
        message = "HubSpot moves a lifecycle stage forward only; clear it first"
        return Outcome("rejected", result["id"], code="LIFECYCLE_STAGE_KEPT", message=message)
    return Outcome("applied", result["id"], created=created)

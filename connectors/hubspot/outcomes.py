"""What a batch answer says of each row: results and errors come in any order and are told apart by trace ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors.hubspot.client import Json
from connectors.hubspot.refusals import LOCK_PAUSE, PASSING, VendorRefusal
from core.sdk import Outcome

TRACE = "objectWriteTraceId"
LIFECYCLE = "lifecyclestage"


def traced(inputs: Sequence[Json]) -> list[Json]:
    """The rows with trace ids: their places in the batch."""
    return [{**row, TRACE: str(at)} for at, row in enumerate(inputs)]


def read_outcomes(answer: Json, inputs: Sequence[Json], now: datetime, *, all_new: bool) -> list[Outcome]:
    """One outcome per row, in order; a row that neither a result nor an error names is unknown."""
    told: dict[int, Outcome] = {}
    for result in _objects(answer.get("results")):
        at = _place(result, inputs)
        if at is not None:
            told[at] = _applied(result, inputs[at], created=all_new or bool(result.get("new")))
    for error in _objects(answer.get("errors")):
        refusal = VendorRefusal(400, error, "")
        told.update({at: refused(refusal, known_id(inputs[at]), now) for at in _places(refusal, inputs)})
    lost = Outcome("unknown", message="the answer names neither a result nor an error for this record")
    return [told.get(at, lost) for at in range(len(inputs))]


def refused(refusal: VendorRefusal, external_id: str | None, now: datetime) -> Outcome:
    """The outcome of a row that was refused; one that is in use elsewhere may pass a little later."""
    told = Outcome("rejected", external_id, code=refusal.code, message=refusal.words, fields=refusal.fields)
    return replace(told, state="retry", retry_at=now + LOCK_PAUSE) if refusal.code in PASSING else told


def known_id(row: Json) -> str | None:
    """The record that a row names; one found by a key has no id to tell."""
    return None if "idProperty" in row else row.get("id")


def kept_stage(external_id: str) -> Outcome:
    """The outcome of a row whose lifecycle stage HubSpot silently left as it was."""
    message = "HubSpot moves a lifecycle stage forward only; clear it first"
    return Outcome("rejected", external_id, code="LIFECYCLE_STAGE_KEPT", message=message, fields=(LIFECYCLE,))


def _objects(found: Any) -> list[Json]:
    """The rows of a part of the answer; none where it is another shape than promised."""
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _place(result: Mapping[str, Any], inputs: Sequence[Json]) -> int | None:
    """Which row a result belongs to: by its trace id, else by the record's id."""
    if result.get(TRACE) is not None:
        return _within(result[TRACE], inputs)
    return next((at for at, row in enumerate(inputs) if row.get("id") == result.get("id")), None)


def _places(refusal: VendorRefusal, inputs: Sequence[Json]) -> list[int]:
    """Which rows an error speaks of: by trace ids, else by the ids it names."""
    if traces := refusal.context.get(TRACE):
        places = (_within(trace, inputs) for trace in ([traces] if isinstance(traces, str) else traces))
        return [at for at in places if at is not None]
    ids = set(map(str, refusal.context.get("ids") or ()))
    return [at for at, row in enumerate(inputs) if row.get("id") in ids]


def _within(trace: Any, inputs: Sequence[Json]) -> int | None:
    """The place a trace id names; None where it is none of ours."""
    return int(trace) if str(trace).isdigit() and int(trace) < len(inputs) else None


def _applied(result: Mapping[str, Any], row: Json, *, created: bool) -> Outcome:
    """Applied, unless the answer itself shows that the lifecycle stage stayed as it was."""
    if result.get("id") is None:
        return Outcome("unknown", message="the answer does not name the record")
    wanted, kept = row["properties"].get(LIFECYCLE), (result.get("properties") or {}).get(LIFECYCLE)
    if wanted and kept and wanted != kept:
        return kept_stage(str(result["id"]))
    return Outcome("applied", str(result["id"]), created=created)

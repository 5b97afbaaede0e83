"""What a batch answer says of each row: results and errors come in any order and are told apart by trace ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors.hubspot.client import Json
from connectors.hubspot.refusals import LOCK_PAUSE, PASSING, VendorRefusal
from core.sdk import Outcome

TRACE = "objectWriteTraceId"
LIFECYCLE = "lifecyclestage"
TAKEN = frozenset({"CONFLICTING_UNIQUE_VALUE", "CONFLICT"})
"""HubSpot's codes for a unique value that another record has."""
LEFT_OUT, STAGE_KEPT = "FIELDS_LEFT_OUT", "LIFECYCLE_STAGE_KEPT"


def traced(inputs: Sequence[Json]) -> list[Json]:
    """The rows with trace ids: their places in the batch."""
    return [{**row, TRACE: str(at)} for at, row in enumerate(inputs)]


def read_outcomes(answer: Json, inputs: Sequence[Json], now: datetime, *, all_new: bool) -> list[Outcome]:
    """One outcome per row, in order; a row that neither a result nor an error names is unknown."""
    told: dict[int, Outcome] = {}
    for error in _objects(answer.get("errors")):
        refusal = VendorRefusal(400, error, "")
        told.update({at: refused(refusal, known_id(inputs[at]), now) for at in _places(refusal, inputs)})
    marks = _marks(inputs)
    for result in _objects(answer.get("results")):
        at = _place(result, inputs, marks)
        if at is not None:
            told[at] = _applied(result, inputs[at], created=all_new or bool(result.get("new")))
    lost = Outcome("unknown", message="the answer names neither a result nor an error for this record")
    return [told.get(at, lost) for at in range(len(inputs))]


def refused(refusal: VendorRefusal, external_id: str | None, now: datetime) -> Outcome:
    """The outcome of a row that was refused; one that is in use elsewhere may pass a little later."""
    told = Outcome("rejected", external_id, code=refusal.code, message=refusal.words, fields=refusal.fields)
    return replace(told, state="retry", retry_at=now + LOCK_PAUSE) if refusal.code in PASSING else told


def known_id(row: Json) -> str | None:
    """The record that a row names; one found by a key has no id to tell."""
    return None if "idProperty" in row else row.get("id")


def but_for(outcome: Outcome, faults: Mapping[str, str]) -> Outcome:
    """An applied row that went through without some properties; ``faults`` tells why, by property."""
    if not faults:
        return outcome
    words = "; ".join(filter(None, [outcome.message, in_words(faults)]))
    return replace(outcome, code=LEFT_OUT, message=words, fields=(*outcome.fields, *faults))


def in_words(faults: Mapping[str, str]) -> str:
    """Codes and property names, never values."""
    return "; ".join(f"{code} {name}" for name, code in faults.items())


def kept_stage(outcome: Outcome, values: Collection[str]) -> Outcome:
    """The outcome of a row whose lifecycle stage HubSpot silently left as it was: all the rest was written."""
    if any(name != LIFECYCLE for name in values):
        return but_for(outcome, {LIFECYCLE: STAGE_KEPT})
    message = "HubSpot moves a lifecycle stage forward only; clear it first"
    return replace(outcome, state="rejected", code=STAGE_KEPT, message=message, fields=(LIFECYCLE,))


def written_to(outcome: Outcome) -> str | None:
    """The record that has the values: what the row named, or what that was merged into."""
    return outcome.merged_into or outcome.external_id


def of_heir(outcome: Outcome, named: str) -> Outcome:
    """The outcome of a row that was sent to ``named`` and reached the record this was merged into."""
    heir = written_to(outcome) if outcome.state == "applied" else None
    return replace(outcome, external_id=named, merged_into=None if heir == named else heir)


def _objects(found: Any) -> list[Json]:
    """The rows of a part of the answer; none where it is another shape than promised."""
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


Marks = Mapping[tuple[str, str], int]
"""Names and values by which the rows of a batch can be told apart, and the row of each."""


def _marks(inputs: Sequence[Json]) -> Marks:
    """By properties that every row has, and each another value of, as a key is."""
    rows = [{**row["properties"], **({row["idProperty"]: row["id"]} if "idProperty" in row else {})} for row in inputs]
    common = set(rows[0]).intersection(*rows) if rows else set()
    telling = [name for name in common if len({str(row[name]) for row in rows}) == len(rows)]
    return {(name, str(row[name])): at for at, row in enumerate(rows) for name in telling if row[name]}


def _place(result: Mapping[str, Any], inputs: Sequence[Json], marks: Marks) -> int | None:
    """Which row a result belongs to: by its trace id, else by the record's id, else by what tells the rows apart."""
    if result.get(TRACE) is not None:
        return _within(result[TRACE], inputs)
    named = next((at for at, row in enumerate(inputs) if known_id(row) and row["id"] == result.get("id")), None)
    if named is not None or any(map(known_id, inputs)):
        return named
    shown = (result.get("properties") or {}).items()
    rows = {marks[mark] for name, value in shown if (mark := (name, str(value))) in marks}
    return rows.pop() if len(rows) == 1 else None


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
    done = Outcome("applied", str(result["id"]), created=created)
    if named := known_id(row):
        done = of_heir(done, named)
    wanted, kept = row["properties"].get(LIFECYCLE), (result.get("properties") or {}).get(LIFECYCLE)
    return kept_stage(done, row["properties"]) if wanted and kept and wanted != kept else done

"""Single records as they are now: batch reads show them at once, while searches lag behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.hubspot import associations
from connectors.hubspot.client import OBJECTS, HubSpotClient, Json
from connectors.hubspot.kinds import Kind
from connectors.hubspot.records import Links, Question, to_instant, to_raw
from connectors.hubspot.refusals import VendorRefusal
from core.sdk import FieldChange, RawRecord, iso

BATCH = 100
HISTORY_BATCH = 50
"""With the history of properties HubSpot shows half as many records at a time."""


@dataclass(frozen=True)
class SourcedChange(FieldChange):
    """A value that a property had, and who or what set it, in the vendor's words."""

    source_type: str | None = None
    source_id: str | None = None
    source_label: str | None = None
    user_id: str | None = None


def fetch(client: HubSpotClient, question: Question, ids: Sequence[str]) -> list[RawRecord]:
    """The records of these ids; those that are archived, merged or never were are not in the answer."""
    rows = list(read_rows(client, question.kind, ids, {"properties": question.asked}))
    found = [row["id"] for row in rows]
    links = associations.of_ids(client, question, found) if question.targets else Links()
    return [to_raw(row, question, links) for row in rows]


def find_by_key(client: HubSpotClient, kind: Kind, field: str, values: Sequence[str]) -> dict[str, str]:
    """Value of the unique property -> id, for those records that exist."""
    rows = read_rows(client, kind, values, {"properties": [field], "idProperty": field})
    wanted = {value.lower(): value for value in values}
    held = ((str(row["properties"].get(field) or "").lower(), row["id"]) for row in rows)
    return {wanted[value]: record_id for value, record_id in held if value in wanted}


def history(client: HubSpotClient, kind: Kind, ids: Sequence[str], fields: Sequence[str]) -> list[FieldChange]:
    """What these properties of these records were, and who changed them; empty text is a value that was cleared.

    Newest first, whatever order HubSpot shows them in.
    """
    asked = {"properties": ["hs_object_id"], "propertiesWithHistory": list(fields)}
    rows = read_rows(client, kind, ids, asked, HISTORY_BATCH) if fields else iter(())
    found = [
        _change(row["id"], name, version)
        for row in rows
        for name in fields
        for version in (row.get("propertiesWithHistory") or {}).get(name) or ()
        if version.get("timestamp")
    ]
    return sorted(found, key=_place, reverse=True)


def _change(record_id: str, name: str, version: Json) -> FieldChange:
    user = version.get("updatedByUserId")
    return SourcedChange(
        record_id,
        name,
        version.get("value"),
        iso(to_instant(version["timestamp"])),
        source_type=version.get("sourceType"),
        source_id=version.get("sourceId"),
        source_label=version.get("sourceLabel"),
        user_id=None if user is None else str(user),
    )


def _place(change: FieldChange) -> tuple[str, str, datetime]:
    return change.external_id, change.field, to_instant(change.at)


def now_called(client: HubSpotClient, kind: Kind, old_id: str) -> str | None:
    """The id of the record into which this one was merged; None where it simply is no more."""
    try:
        found = client.get(f"{OBJECTS}/{kind.name}/{old_id}", [("properties", "hs_object_id")]).record_id
    except VendorRefusal:
        return None
    return None if found == old_id else found


def read_rows(client: HubSpotClient, kind: Kind, ids: Sequence[str], asked: Json, size: int = BATCH) -> Iterator[Json]:
    """Records as the vendor shows them, by id or by the key that ``asked`` names."""
    for batch in associations.batches(dict.fromkeys(ids), size):
        body = {**asked, "inputs": [{"id": each} for each in batch]}
        yield from client.post(f"{OBJECTS}/{kind.name}/batch/read", body).records

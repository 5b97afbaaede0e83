"""Single records as they are now: batch reads show them at once, while searches lag behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.hubspot import associations
from connectors.hubspot.client import OBJECTS, HubSpotClient, Json
from connectors.hubspot.kinds import Kind
from connectors.hubspot.records import Links, Question, to_raw
from core.sdk import RawRecord

BATCH = 100


def fetch(client: HubSpotClient, question: Question, ids: Sequence[str]) -> list[RawRecord]:
    """The records of these ids; those that are archived, merged or never were are not in the answer."""
    rows = list(_read(client, question.kind, ids, {"properties": question.asked}))
    found = [row["id"] for row in rows]
    links = associations.of_ids(client, question, found) if question.targets else Links()
    return [to_raw(row, question, links) for row in rows]


def find_by_key(client: HubSpotClient, kind: Kind, field: str, values: Sequence[str]) -> dict[str, str]:
    """Value of the unique property -> id, for those records that exist."""
    rows = _read(client, kind, values, {"properties": [field], "idProperty": field})
    wanted = {value.lower(): value for value in values}
    return {wanted[row["properties"][field].lower()]: row["id"] for row in rows}


def _read(client: HubSpotClient, kind: Kind, ids: Sequence[str], asked: Json) -> Iterator[Json]:
    for batch in associations.batches(dict.fromkeys(ids), BATCH):
        body = {**asked, "inputs": [{"id": each} for each in batch]}
        yield from client.post(f"{OBJECTS}/{kind.name}/batch/read", body).body["results"]

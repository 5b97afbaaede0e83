"""Associations as records of their own: who is linked to whom, with every label and its category.

Associating two records may leave both their stamps alone, so each reading shows all relationships of a pair of types.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.hubspot.associations import MOST_IDS, partners_of
from connectors.hubspot.client import OBJECTS, HubSpotClient, Json
from connectors.hubspot.kinds import Kind
from connectors.hubspot.listing import pages_of
from core.sdk import Page, RawRecord

_PRIMARY = "Primary"
_OURS = "USER_DEFINED"


def read_relationships(client: HubSpotClient, near: Kind, far: Kind) -> Iterator[Page]:
    """Every relationship from one type to another; records without any cost no call but their place in the list."""
    ids: list[str] = []
    query = [("properties", "hs_object_id"), ("associations", far.name)]
    for reply in pages_of(client, f"{OBJECTS}/{near.name}", query):
        ids += [row["id"] for row in reply.records if row.get("associations")]
        while len(ids) >= MOST_IDS:
            yield Page(_records(client, near, far, ids[:MOST_IDS]))
            ids = ids[MOST_IDS:]
    yield Page(_records(client, near, far, ids))


def _records(client: HubSpotClient, near: Kind, far: Kind, ids: list[str]) -> list[RawRecord]:
    return [
        to_record(near, far, record_id, row)
        for record_id, rows in partners_of(client, near, far.name, ids)
        for row in rows
    ]


def to_record(near: Kind, far: Kind, record_id: str, row: Json) -> RawRecord:
    """One relationship; its ``label`` is the account's own where there is one, else HubSpot's, else None."""
    types = sorted(
        ({"category": kind.get("category"), "typeId": kind.get("typeId"), "label": kind.get("label")}
         for kind in row.get("associationTypes") or ()),
        key=lambda kind: (kind["category"] != _OURS, str(kind["typeId"])),
    )  # fmt: skip
    labels = [kind["label"] for kind in types if kind["label"]]
    telling = next((kind for kind in types if kind["label"] and kind["label"] != _PRIMARY), None)
    return {
        "id": f"{record_id}:{row['toObjectId']}",
        "from": {"type": near.name, "id": record_id},
        "to": {"type": far.name, "id": str(row["toObjectId"])},
        "labels": labels,
        "label": telling["label"] if telling else None,
        "category": telling["category"] if telling else types[0]["category"] if types else None,
        "isPrimary": _PRIMARY in labels,
        "types": types,
    }

"""Which records belong together: told inline by lists, asked for in batches beside searches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from connectors.hubspot.client import ASSOCIATIONS, HubSpotClient, Json
from connectors.hubspot.kinds import Kind
from connectors.hubspot.records import Links, Question

MOST_IDS = 1_000
_PRIMARY = "Primary"
_T = TypeVar("_T")


def from_lists(client: HubSpotClient, question: Question, rows: Sequence[Json]) -> Links:
    """What a page of a list tells; records with more partners than fit are asked for again."""
    links = Links()
    for target in question.targets:
        unfinished = []
        for row in rows:
            told = (row.get("associations") or {}).get(target) or {}
            partners: dict[str, bool] = {}
            for each in told.get("results", ()):
                partners[each["id"]] = partners.get(each["id"], False) or _is_primary(each["type"], question.kind)
            links.put(row["id"], target, partners)
            if "paging" in told:
                unfinished.append(row["id"])
        _ask(client, question.kind, target, unfinished, links)
    return links


def of_ids(client: HubSpotClient, question: Question, ids: Sequence[str]) -> Links:
    """Ask for the associations of records: one call per target type and thousand records."""
    links = Links()
    for target in question.targets:
        for batch in batches(ids, MOST_IDS):
            _ask(client, question.kind, target, batch, links)
    return links


def batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Cut into lists of at most ``size``."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch


def _ask(client: HubSpotClient, kind: Kind, target: str, ids: Sequence[str], links: Links) -> None:
    """Those without any partner are an error row each, which says nothing new."""
    found: dict[str, dict[str, bool]] = {}
    inputs: list[Json] = [{"id": each} for each in ids]
    while inputs:
        answer = client.post(f"{ASSOCIATIONS}/{kind.name}/{target}/batch/read", {"inputs": inputs}).body
        inputs = []
        for row in answer["results"]:
            record_id = str(row["from"]["id"])
            partners = found.setdefault(record_id, {})
            partners.update({str(each["toObjectId"]): _has_primary(each) for each in row["to"]})
            if after := ((row.get("paging") or {}).get("next") or {}).get("after"):
                inputs.append({"id": record_id, "after": after})
    for record_id, partners in found.items():
        links.put(record_id, target, partners)


def _has_primary(row: Json) -> bool:
    return any(kind.get("label") == _PRIMARY for kind in row["associationTypes"])


def _is_primary(type_name: str, kind: Kind) -> bool:
    """Lists name the primary company's link plainly and append a suffix to all other links to companies."""
    return type_name == f"{kind.singular}_to_company"

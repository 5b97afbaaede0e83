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
    """What a page of a list tells; records with more partners than fit are asked for again.

    Of an account's own types it tells under names that are not theirs, so those are asked for apart.
    """
    links = Links()
    for target in question.targets:
        if target in question.own_targets:
            _ask(client, question.kind, target, [row["id"] for row in rows], links)
            continue
        unfinished = []
        for row in rows:
            told = (row.get("associations") or {}).get(target) or {}
            partners: dict[str, bool] = {}
            for each in told.get("results") or ():
                partner = str(each["id"])
                partners[partner] = partners.get(partner, False) or _is_primary(each.get("type"), question.kind)
            links.put(row["id"], target, partners)
            if told.get("paging"):
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


def partners_of(client: HubSpotClient, kind: Kind, target: str, ids: Sequence[str]) -> Iterator[tuple[str, list[Json]]]:
    """Id and associations of each of at most a thousand records, in pieces where one has more than fit.

    Those without any partner are an error row each, which says nothing new.
    """
    inputs: list[Json] = [{"id": each} for each in ids]
    while inputs:
        rows = client.post(f"{ASSOCIATIONS}/{kind.name}/{target}/batch/read", {"inputs": inputs}).rows
        inputs = []
        for row in rows:
            record_id = str(row["from"]["id"])
            yield record_id, row.get("to") or []
            if after := ((row.get("paging") or {}).get("next") or {}).get("after"):
                inputs.append({"id": record_id, "after": after})


def _ask(client: HubSpotClient, kind: Kind, target: str, ids: Sequence[str], links: Links) -> None:
    found: dict[str, dict[str, bool]] = {}
    for record_id, rows in partners_of(client, kind, target, ids):
        partners = found.setdefault(record_id, {})
        partners.update({str(each["toObjectId"]): _has_primary(each) for each in rows})
    for record_id, partners in found.items():
        links.put(record_id, target, partners)


def _has_primary(row: Json) -> bool:
    return any(kind.get("label") == _PRIMARY for kind in row.get("associationTypes") or ())


def _is_primary(type_name: str | None, kind: Kind) -> bool:
    """Lists name the primary company's link plainly and append a suffix to all other links to companies."""
    return type_name == f"{kind.singular}_to_company"

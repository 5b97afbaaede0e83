"""Merges records. HubSpot cannot take that back, and calls the merged record by a new id in most accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connectors.hubspot.client import OBJECTS, HubSpotClient
from connectors.hubspot.kinds import MERGED_IDS, Kind
from connectors.hubspot.refusals import VendorRefusal
from connectors.hubspot.sending import NO_WORD, send
from core.sdk import BugError, Outcome, RetryLater


def merge(client: HubSpotClient, kind: Kind, survivor: str, losers: Sequence[str]) -> Outcome:
    """Merge one after the other; ``external_id`` is what the record is called after those that succeeded.

    Repeating it changes nothing: who was merged before counts as done.
    """
    if not kind.can_merge:
        raise BugError(f"HubSpot merges no {kind.name}", where=kind.name)
    called = survivor
    for loser in losers:
        done = _merge_one(client, kind, called, loser)
        if done.state != "applied" or done.external_id is None:
            return replace(done, external_id=called)
        called = done.external_id
    return Outcome("applied", called)


def _merge_one(client: HubSpotClient, kind: Kind, survivor: str, loser: str) -> Outcome:
    body = {"primaryObjectId": survivor, "objectIdToMerge": loser}
    try:
        answer = send(client, f"{OBJECTS}/{kind.name}/merge", body)
    except VendorRefusal as refusal:
        told = Outcome("rejected", code=refusal.code, message=f"{loser} was not merged: {refusal.words}")
        return _settled(client, kind, (survivor, loser), told)
    if isinstance(answer, Outcome):
        lost = answer
    elif "id" in answer:
        return Outcome("applied", str(answer["id"]))
    else:
        lost = NO_WORD
    if lost.state != "unknown":
        return lost
    again = Outcome("retry", message=f"{loser} was not merged: {lost.message}")
    return _settled(client, kind, (survivor, loser), again)


def _settled(client: HubSpotClient, kind: Kind, pair: tuple[str, str], otherwise: Outcome) -> Outcome:
    """Look whether the two are one by now, whatever was answered."""
    try:
        heirs = [_heir(client, kind, each) for each in pair]
    except RetryLater as busy:
        return Outcome("unknown", message=busy.what)
    called, swallowed = heirs[0] or ("", frozenset())
    is_done = pair[1] in swallowed or (heirs[1] is not None and heirs[1][0] == called)
    return Outcome("applied", called) if called and is_done else otherwise


def _heir(client: HubSpotClient, kind: Kind, record_id: str) -> tuple[str, frozenset[str]] | None:
    """What this record is called now, and whom it has swallowed; a single read leads on from an old id."""
    try:
        reply = client.get(f"{OBJECTS}/{kind.name}/{record_id}", [("properties", MERGED_IDS)])
    except VendorRefusal:
        return None
    merged = str(reply.part("properties", dict).get(MERGED_IDS) or "").split(";")
    return reply.record_id, frozenset(merged)

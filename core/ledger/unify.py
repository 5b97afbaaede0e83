"""Merges that plugins propose: checked, and planned as operations that a person has to approve.

A merge is the one write that no vendor takes back as it was; so even a plugin in mode ``auto`` has to ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from core.ledger.creates import Created, Refusal
from core.ledger.current import living
from core.ledger.operations import Operation, operation_id, vendor_key
from core.ledger.policy import NEEDS_APPROVAL, PlanRules, by_mode
from core.ledger.target import Target
from core.model import SourceKey
from core.proposals import CompleteTask, MergeRecords, Proposal, SendMessage
from core.store.crosswalk import resolve

Proposals = Mapping[str, Sequence[Proposal]]


def plan_merges(
    conn: Connection, targets: Mapping[str, Target], proposals: Proposals, rules: PlanRules
) -> tuple[list[Operation], list[Refusal]]:
    """Operations for all merges that are not done yet, and what was refused and why.

    Of several merges that share a record only the first is planned: the next plan sees what became of it.
    """
    found: list[Operation] = []
    refused: list[Refusal] = []
    taken: set[str] = set()
    for plugin in sorted(proposals):
        for wish in (one for one in proposals[plugin] if isinstance(one, MergeRecords)):
            problem = _malformed(wish, targets)
            alive = set() if problem else living(conn, [wish.survivor_id, *wish.loser_ids])
            problem = problem or _gone(wish, alive)
            if problem:
                refused.append(Refusal(plugin, str(wish.key)[:80], problem))
                continue
            losers = sorted(alive - {wish.survivor_id})
            if losers and not taken.intersection([wish.survivor_id, *losers]):
                taken.update([wish.survivor_id, *losers])
                found.append(_operation(conn, plugin, wish, losers, rules))
    return found, refused


def others(proposals: Proposals) -> dict[str, list[Created]]:
    """All proposals that ask for a new record: neither merges nor messages nor the end of a task."""
    return {
        plugin: [one for one in wishes if not isinstance(one, CompleteTask | MergeRecords | SendMessage)]
        for plugin, wishes in proposals.items()
    }


def _malformed(wish: Any, targets: Mapping[str, Target]) -> str | None:
    """Why a proposal names no merge that could be made; plugins are foreign code, whatever their annotations say."""
    if not isinstance(wish.loser_ids, tuple) or not wish.loser_ids:
        return "loser_ids must be a tuple of ids, and not empty"
    ids = [wish.survivor_id, *wish.loser_ids]
    texts = [*ids, wish.key, wish.reason]
    if not all(isinstance(one, str) and one for one in texts):
        return "ids, key and reason must be texts, and not empty"
    if len(set(ids)) < len(ids):
        return "the same record is named twice"
    if any(one.count("/") < 2 or not all(one.split("/", 2)) for one in ids):
        return "ids must be those of vendor records: connection/stream/id"
    kinds = {(key.connection, key.stream) for key in map(SourceKey.parse, ids)}
    if len(kinds) > 1:
        return "only records of one kind in one system can be merged"
    connection = next(iter(kinds))[0]
    return None if connection in targets else f"{connection} cannot be written to"


def _gone(wish: MergeRecords, alive: set[str]) -> str | None:
    return None if wish.survivor_id in alive else f"the CRM no longer holds {wish.survivor_id}"


def _operation(conn: Connection, plugin: str, wish: MergeRecords, losers: Sequence[str], rules: PlanRules) -> Operation:
    survivor = SourceKey.parse(wish.survivor_id)
    after = {"losers": [SourceKey.parse(one).external_id for one in losers]}
    target = (survivor.connection, survivor.stream, survivor.external_id, "")
    return Operation(
        id=operation_id("merge_records", target, None, after, None),
        kind="merge_records",
        connection=survivor.connection,
        stream=survivor.stream,
        external_id=survivor.external_id,
        key=vendor_key(plugin, wish.key),
        client_id=resolve(conn, "client", [wish.survivor_id])[wish.survivor_id],
        after=after,
        reason=wish.reason,
        plugin=plugin,
        inputs=tuple(wish.inputs),
        policy="ask",
        verdict=by_mode(rules.of(plugin).mode, NEEDS_APPROVAL, None),
    )

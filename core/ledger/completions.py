"""Tasks of Inlay's own that have become needless: completed where no person has touched them.

Only what the ledger itself made is looked at, and only for the plugin that asked for it. Everything Inlay wrote into
the task has to be there still, to the letter; whatever a person changed makes it that person's task.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, select

from core.ledger.belonging import foreign
from core.ledger.creates import Refusal
from core.ledger.current import Holding, holdings_of
from core.ledger.operations import Operation, operation_id, vendor_key
from core.ledger.policy import APPLY, BLOCKED, PlanRules, by_mode, misfit
from core.ledger.target import Target
from core.mapping import MISSING, CreateRule
from core.proposals import CompleteTask, Proposal
from core.store.among import among
from core.store.tables import operation

STATUS, DONE = "status", "completed"
Taken = set[tuple[str, str, str, str]]
OP = operation.c
MADE = select(OP.key, OP.connection, OP.stream, OP.external_id, OP.after).where(
    OP.kind == "create_record", OP.state == "applied", OP.external_id.isnot(None), among(OP.key, "keys")
)


@dataclass(frozen=True)
class Made:
    """A task that Inlay made: where it is, and what was written into it."""

    connection: str
    stream: str
    external_id: str
    values: Mapping[str, Any]


def plan_completions(
    conn: Connection,
    targets: Mapping[str, Target],
    proposals: Mapping[str, Sequence[Proposal]],
    rules: PlanRules,
    taken: Taken,
) -> tuple[list[Operation], list[Refusal]]:
    """Operations that complete needless tasks, and what was refused; a task that was never made needs none."""
    wishes, refused = _wishes(proposals)
    strange = foreign(conn, [wish for _, wish in wishes])
    refused += [
        Refusal(wishes[at][0], wishes[at][1].key, f"it rests on {record}, which is another client's")
        for at, record in strange.items()
    ]
    keyed = {
        vendor_key(plugin, wish.key): (plugin, wish) for at, (plugin, wish) in enumerate(wishes) if at not in strange
    }
    made = _made(conn, sorted(keyed)) if keyed else {}
    found = [
        closing
        for key, (plugin, wish) in keyed.items()
        if key in made and made[key].connection in targets
        for closing in _closing(conn, targets[made[key].connection], made[key], plugin, wish, rules)
    ]
    return [one for one in found if one.target not in taken], refused


def _wishes(proposals: Mapping[str, Sequence[Proposal]]) -> tuple[list[tuple[str, CompleteTask]], list[Refusal]]:
    found, refused = list[tuple[str, CompleteTask]](), list[Refusal]()
    for plugin in sorted(proposals):
        for wish in (one for one in proposals[plugin] if isinstance(one, CompleteTask)):
            problem = _malformed(wish)
            if problem:
                refused.append(Refusal(plugin, str(wish.key)[:80], problem))
            else:
                found.append((plugin, wish))
    return found, refused


def _malformed(wish: Any) -> str | None:
    """Why a plugin's answer names no task; plugins are foreign code, whatever their annotations say."""
    wrong = next((name for name in ("client_id", "key", "reason") if not isinstance(getattr(wish, name), str)), None)
    if wrong or not (wish.key and wish.client_id):
        return f"{wrong} must be a text" if wrong else "client_id and key must not be empty"
    is_tuple = isinstance(wish.inputs, tuple) and all(isinstance(one, str) for one in wish.inputs)
    return None if is_tuple else "inputs must be a tuple of texts"


def _made(conn: Connection, keys: Sequence[str]) -> dict[str, Made]:
    """The tasks with these keys that stand in a CRM, as the ledger knows."""
    rows = conn.execute(MADE, {"keys": keys})
    return {row[0]: Made(row[1], row[2], row[3], orjson.loads(row[4])["values"]) for row in rows}


def _closing(
    conn: Connection, target: Target, made: Made, plugin: str, wish: CompleteTask, rules: PlanRules
) -> Iterator[Operation]:
    """The write that completes one task, unless it is gone or touched, or its CRM knows no such status."""
    rule = target.mapping.creates.get("task")
    held = holdings_of(conn, target, made.stream, [made.external_id]).get(made.external_id)
    done = _done(rule) if rule is not None and rule.stream == made.stream else None
    if held is None or done is None or not _is_untouched(held, made):
        return
    name, value = done
    written = held.written.get(name)
    place = (target.name, made.stream, made.external_id, name)
    problem = misfit(name, value, target.describe(made.stream))
    undone_in = written.undone_in if written else None
    yield Operation(
        id=operation_id("set_field", place, held.value(name), value, written.operation_id if written else None),
        kind="set_field",
        connection=target.name,
        stream=made.stream,
        external_id=made.external_id,
        field=name,
        client_id=wish.client_id,
        before=held.value(name),
        after=value,
        reason=wish.reason,
        plugin=plugin,
        inputs=wish.inputs,
        policy="owned",
        verdict=f"{BLOCKED}{problem}" if problem else by_mode(rules.of(plugin).mode, APPLY, undone_in),
    )


def _done(rule: CreateRule) -> tuple[str, Any] | None:
    """The vendor's field for a task's status, and its word for a completed one; None where the mapping tells none."""
    name = next((name for name, one in rule.fields.items() if one.source == STATUS and DONE in one.values), None)
    return None if name is None else (name, rule.to_vendor({STATUS: DONE}, {})[0][name])


def _is_untouched(held: Holding, made: Made) -> bool:
    """Whether all that is read of the task is as it was written; fields that the mapping does not read tell nothing."""
    stream = held.target.mapping.streams[made.stream]
    read = {name for name in made.values if stream.value(held.raw, name) is not MISSING}
    return all(held.target.same(made.stream, name, held.value(name), made.values[name]) for name in read)

"""What should exist in a CRM and does not: plugins' proposals, each routed to one CRM and keyed to be made once.

A client in both CRMs gets a task once: in the first connection, in the order of the configuration, that can create such
records and holds a live record of the client.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeGuard, get_args, get_type_hints

import orjson
from sqlalchemy import Connection, select

from core.clock import iso
from core.ledger.belonging import foreign
from core.ledger.current import keys_held, living
from core.ledger.operations import Operation, operation_id, vendor_key
from core.ledger.policy import APPLY, PlanRules, by_mode
from core.ledger.target import Target
from core.mapping import CreateRule
from core.model import SourceKey
from core.proposals import CreateRecord, CreateTask, LogNote, Priority
from core.store.among import among
from core.store.crosswalk import members, resolve
from core.store.golden import lookup
from core.store.tables import operation

Created = CreateTask | CreateRecord | LogNote
Creating = Mapping[str, Sequence[Created]]
RECORD_TYPES: dict[type, str] = {CreateTask: "task", LogNote: "interaction"}
NEVER_EMPTY = ("client_id", "key", "subject")
REPEATABLE = ("undone", "rejected", "skipped")
OP = operation.c
PAST = select(OP.key, OP.id, OP.state).where(OP.kind == "create_record", OP.state != "planned", among(OP.key, "keys"))
TAKEN_BACK = select(OP.undo_of, OP.run_id).where(among(OP.undo_of, "ids"), OP.state == "applied")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A proposal that cannot become an operation, and whose it was."""

    plugin: str
    subject: str
    why: str


@dataclass(frozen=True, slots=True)
class Wish:
    """A proposal with its plugin and the key the CRM will keep."""

    plugin: str
    proposal: Created
    key: str

    @property
    def record_type(self) -> str:
        """The canonical record it asks for."""
        one = self.proposal
        return one.record_type if isinstance(one, CreateRecord) else RECORD_TYPES[type(one)]


@dataclass(frozen=True, slots=True)
class Past:
    """What became of an earlier operation with the same key; ``undone_in`` is the run that took it back."""

    operation_id: str
    state: str
    undone_in: str | None


def plan_creates(
    conn: Connection,
    targets: Mapping[str, Target],
    proposals: Creating,
    rules: PlanRules,
    today: datetime,
) -> tuple[list[Operation], list[Refusal]]:
    """Operations for all proposals that are not fulfilled yet, and what was refused and why.

    ``today`` is the firm's midnight, by which notes are dated: a plan made an hour later is the same plan.
    """
    wishes, refused = _wishes(proposals)
    strange = foreign(conn, [wish.proposal for wish in wishes])
    refused += [
        Refusal(wishes[at].plugin, wishes[at].proposal.key, f"it rests on {record}, which is another client's")
        for at, record in strange.items()
    ]
    wishes = [wish for at, wish in enumerate(wishes) if at not in strange]
    past = _past(conn, [wish.key for wish in wishes])
    open_wishes = [wish for wish in wishes if wish.key not in past or past[wish.key].state in REPEATABLE]
    router = _Router(conn, targets, open_wishes)
    found: list[Operation] = []
    for wish in open_wishes:
        placed = router.place(wish)
        if placed is None:
            refused.append(Refusal(wish.plugin, wish.proposal.key, f"no CRM that can hold it knows {_client(wish)}"))
        elif _is_undone(past.get(wish.key)) or wish.key not in router.known_keys(placed):
            found.append(_operation(wish, placed, rules, past.get(wish.key), today))
    return found, refused


def _is_undone(past: Past | None) -> TypeGuard[Past]:
    """Whether a person has taken it back; its key is known in the CRM then, and still it may be made again."""
    return past is not None and past.undone_in is not None


def _client(wish: Wish) -> str:
    return f"the client {wish.proposal.client_id}"


def _wishes(proposals: Creating) -> tuple[list[Wish], list[Refusal]]:
    """Sort proposals into usable ones and refused ones; the same key twice counts once."""
    wishes: dict[str, Wish] = {}
    refused: list[Refusal] = []
    for plugin in sorted(proposals):
        for proposal in proposals[plugin]:
            problem = _malformed(proposal)
            if problem:
                refused.append(Refusal(plugin, str(getattr(proposal, "key", ""))[:80], problem))
                continue
            wish = Wish(plugin, proposal, vendor_key(plugin, proposal.key))
            known = wishes.setdefault(wish.key, wish)
            if known.proposal != proposal:
                refused.append(Refusal(plugin, proposal.key, "another proposal of this plugin has the same key"))
    return list(wishes.values()), refused


def _malformed(proposal: Any) -> str | None:
    """Why a plugin's answer is no proposal; plugins are foreign code, whatever their annotations say."""
    if type(proposal) not in (*RECORD_TYPES, CreateRecord):
        return f"{type(proposal).__name__} is nothing the ledger can write"
    for name in ("client_id", "key", "body", "reason", "subject"):
        text = getattr(proposal, name, "-")
        if not isinstance(text, str):
            return f"{name} is {type(text).__name__}, a text is due"
        if not text and name in NEVER_EMPTY:
            return f"{name} is empty"
    if not isinstance(proposal.inputs, tuple) or not all(isinstance(one, str) for one in proposal.inputs):
        return "inputs must be a tuple of texts"
    if isinstance(proposal, CreateRecord):
        return _malformed_record(proposal)
    return _malformed_task(proposal) if isinstance(proposal, CreateTask) else None


def _malformed_record(proposal: Any) -> str | None:
    known = get_args(get_type_hints(CreateRecord)["record_type"])
    if proposal.record_type not in known:
        return f"record_type {str(proposal.record_type)[:40]!r} is none of {', '.join(known)}"
    values = proposal.values.items() if isinstance(proposal.values, Mapping) else [("values", None)]
    strange = next((name for name, value in values if not isinstance(value, str | int | float)), None)
    return f"{strange} must be a text or a number" if strange else None


def _malformed_task(proposal: Any) -> str | None:
    if not isinstance(proposal.due, date):
        return f"due is {type(proposal.due).__name__}, a date is due"
    known = get_args(Priority)
    return None if proposal.priority in known else f"priority {proposal.priority!r} is none of {', '.join(known)}"


def _past(conn: Connection, keys: Sequence[str]) -> dict[str, Past]:
    """For each key the operation that says most about it: one applied before one undone, before one that failed."""
    found: dict[str, Past] = {}
    rows = conn.execute(PAST, {"keys": keys}).all() if keys else ()
    undone = [row[1] for row in rows if row[2] == "undone"]
    by = {row[0]: row[1] for row in conn.execute(TAKEN_BACK, {"ids": undone})} if undone else {}
    for row in sorted(rows, key=lambda row: (row[2] in REPEATABLE, row[2] != "undone", row[1]), reverse=True):
        found[row[0]] = Past(row[1], row[2], by.get(row[1]))
    return found


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a wish goes: the target, its rule for such records, the client's record there, and the assignee's.

    ``person`` is the assignee as golden user, who has one day in however many CRMs.
    """

    target: Target
    rule: CreateRule
    client: SourceKey
    assignee: SourceKey | None
    person: str | None


class _Router:
    """Finds for each wish the first CRM that can hold it, from look-ups for all wishes together."""

    def __init__(self, conn: Connection, targets: Mapping[str, Target], wishes: Sequence[Wish]) -> None:
        self._conn = conn
        self._targets = targets
        clients = sorted({wish.proposal.client_id for wish in wishes})
        self._clients = sources_of(conn, "client", clients)
        self._owners = owners_of(conn, clients)
        people = {person for wish in wishes for person in self._people(wish.proposal)}
        self._users = sources_of(conn, "user", sorted(people))
        self._golden = resolve(conn, "user", people)
        self._left = _who_left(conn, self._golden.values())
        self._keys: dict[tuple[str, str], set[str]] = {}

    def place(self, wish: Wish) -> Placed | None:
        """The first target that can create such records and knows the client; None when there is none."""
        known = self._clients.get(wish.proposal.client_id, ())
        for name, target in self._targets.items():
            rule = target.mapping.creates.get(wish.record_type)
            mine = [key for key in known if key.connection == name and rule and _fits(rule, key)]
            if rule is not None and mine:
                return Placed(target, rule, mine[0], *self._assignee_in(name, wish.proposal))
        return None

    def _people(self, proposal: Created) -> list[str]:
        """Who comes into question, the wanted person first; nobody is given a note."""
        if isinstance(proposal, LogNote):
            return []
        wanted = proposal.owner_id if isinstance(proposal, CreateRecord) else proposal.assignee_id
        return [*filter(None, [wanted]), *self._owners.get(proposal.client_id, ())]

    def _assignee_in(self, connection: str, proposal: Created) -> tuple[SourceKey | None, str | None]:
        """Who gets it there: the first who has not left, for a CRM takes no task for somebody who may not log in."""
        here = ((one, self._golden[one]) for one in self._people(proposal) if self._golden[one] not in self._left)
        known = ((key, person) for one, person in here for key in self._users.get(one, ()))
        return next(((key, person) for key, person in known if key.connection == connection), (None, None))

    def known_keys(self, placed: Placed) -> set[str]:
        """The keys that synced records of the placed wish's stream carry, read once per stream."""
        at = (placed.target.name, placed.rule.stream)
        if at not in self._keys:
            self._keys[at] = keys_held(self._conn, placed.target, placed.rule.stream, placed.rule.key_field)
        return self._keys[at]


def _who_left(conn: Connection, people: Iterable[str]) -> frozenset[str]:
    """Those of the golden users who may not log in any more."""
    rows = lookup(conn, "user", sorted(set(people)))
    return frozenset(id_ for id_, row in rows.items() if orjson.loads(row.data).get("is_active") is False)


def owners_of(conn: Connection, clients: Sequence[str]) -> dict[str, list[str]]:
    """The account manager and the owner of each client, as their systems name them."""
    golden = resolve(conn, "client", clients)
    rows = lookup(conn, "client", sorted(set(golden.values())))
    found: dict[str, list[str]] = {}
    for client, anchor in golden.items():
        data = orjson.loads(rows[anchor].data) if anchor in rows else {}
        found[client] = [data[role] for role in ("account_manager_id", "owner_id") if data.get(role)]
    return found


def _fits(rule: CreateRule, client: SourceKey) -> bool:
    """Whether the new record may be linked to this record of the client; its link names the stream it leads to."""
    streams = {stream for reference, stream in rule.links if reference == "client_id"}
    return not streams or client.stream in streams


def sources_of(conn: Connection, record_type: str, ids: Sequence[str]) -> dict[str, list[SourceKey]]:
    """The live source records that stand for the same thing as each id (a golden id or any source id), anchor first."""
    golden = resolve(conn, record_type, ids)
    known = members(conn, record_type, sorted(set(golden.values())))
    alive = living(conn, {one for group in known.values() for one in group})
    ordered = {anchor: _anchor_first(anchor, group) for anchor, group in known.items()}
    return {
        asked: [SourceKey.parse(one) for one in ordered.get(anchor, ()) if one in alive]
        for asked, anchor in golden.items()
    }


def _anchor_first(anchor: str, group: Sequence[str]) -> list[str]:
    return sorted(group, key=lambda one: (one != anchor, one))


def _operation(wish: Wish, placed: Placed, rules: PlanRules, past: Past | None, today: datetime) -> Operation:
    proposal, rule = wish.proposal, placed.rule
    role = "owner_id" if isinstance(proposal, CreateRecord) else "assignee_id"
    people = {role: placed.assignee.external_id} if placed.assignee else {}
    refs = {"client_id": placed.client.external_id, **people}
    values, links = rule.to_vendor(_canonical(proposal, today), refs)
    fills_a_day = isinstance(proposal, CreateTask) and placed.assignee is not None
    after = {
        "values": values,
        "links": [[link.stream, link.external_id] for link in links],
        "key_field": rule.key_field,
        "owner": placed.assignee.external_id if placed.assignee and fills_a_day else None,
        "person": placed.person if fills_a_day else None,
    }
    target = (placed.target.name, rule.stream, wish.key, "")
    undone = past if _is_undone(past) else None
    return Operation(
        id=operation_id("create_record", target, None, after, undone.operation_id if undone else None),
        kind="create_record",
        connection=placed.target.name,
        stream=rule.stream,
        key=wish.key,
        client_id=proposal.client_id,
        after=after,
        reason=proposal.reason,
        plugin=wish.plugin,
        inputs=tuple(proposal.inputs),
        policy="owned",
        verdict=by_mode(rules.of(wish.plugin).mode, APPLY, undone.undone_in if undone else None),
    )


def _canonical(proposal: Created, today: datetime) -> dict[str, Any]:
    """The proposal as the canonical record that the mapping turns into vendor fields."""
    if isinstance(proposal, CreateRecord):
        return dict(proposal.values)
    if isinstance(proposal, LogNote):
        return {"kind": "note", "body_excerpt": proposal.body, "started_at": iso(today)}
    return {
        "subject": proposal.subject,
        "body": proposal.body,
        "status": "not_started",
        "priority": proposal.priority,
        "due_date": proposal.due.isoformat(),
    }

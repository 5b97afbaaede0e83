"""What may not be touched whatever a policy says: protected and pinned records, clients outside a pilot, loops.

A fence narrows a verdict and never widens one. Outside a pilot the change is computed and shown, and that is all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, func, select

from core.clock import iso
from core.ledger.operations import Operation
from core.ledger.pins import Pins, read_pins
from core.ledger.policy import APPLY, BLOCKED, NEEDS_APPROVAL, SIMULATED, Pilot, PlanRules
from core.store.crosswalk import members, resolve
from core.store.golden import lookup
from core.store.tables import operation

LOOP_WINDOW = timedelta(hours=1)
OP = operation.c
PLACE = (OP.connection, OP.stream, OP.external_id, OP.field)
WRITTEN_OFTEN = (
    select(*PLACE, func.count())
    .where(OP.applied_at.isnot(None), OP.applied_at >= bindparam("since"))
    .where(OP.kind == "set_field", OP.undo_of.is_(None))
    .group_by(*PLACE)
    .having(func.count() >= bindparam("times"))
)
Target = tuple[str, str, str, str]


def fenced(operations: Sequence[Operation], fences: Fences) -> Iterator[Operation]:
    """The operations in their order, with the verdict of the first fence each runs into."""
    if fences.are_down:
        yield from operations
        return
    for planned in operations:
        if not planned.verdict.startswith((APPLY, NEEDS_APPROVAL)):
            yield planned
            continue
        verdict = next((said for fence in FENCES if (said := fence(fences, planned))), None)
        yield replace(planned, verdict=verdict) if verdict else planned


@dataclass(frozen=True)
class Fences:
    """Everything the fences have to know, read once per plan."""

    conn: Connection
    rules: PlanRules
    pins: Pins
    clients: Mapping[str, str]
    written_often: Mapping[Target, int] = field(default_factory=dict)

    @classmethod
    def read(cls, conn: Connection, rules: PlanRules, operations: Sequence[Operation], now: datetime) -> Fences:
        """Look up what concerns these operations."""
        asked = {one.client_id for one in operations if one.client_id}
        asked |= {one for plugin in rules.plugins.values() if plugin.pilot for one in plugin.pilot.clients}
        clients = resolve(conn, "client", asked)
        return cls(conn, rules, read_pins(conn), clients, _written_often(conn, rules, now))

    @property
    def are_down(self) -> bool:
        """Whether there is nothing to be held back."""
        has_pilot = any(plugin.pilot for plugin in (self.rules.default, *self.rules.plugins.values()))
        return not (self.rules.protected or self.pins.by_place or self.written_often or has_pilot)

    @cached_property
    def protected(self) -> frozenset[str]:
        """The protected ids, with every other id of a protected client."""
        listed = self.rules.protected
        golden = set(resolve(self.conn, "client", listed).values()) if listed else set()
        joined = members(self.conn, "client", golden) if golden else {}
        return frozenset([*listed, *golden, *(one for group in joined.values() for one in group)])

    @cached_property
    def data(self) -> Mapping[str, Mapping[str, Any]]:
        """The canonical data of all clients concerned; read only where a pilot asks for it."""
        rows = lookup(self.conn, "client", set(self.clients.values()))
        return {name: orjson.loads(row.data) for name, row in rows.items()}

    def client(self, planned: Operation) -> str | None:
        """The golden client an operation is about."""
        return self.clients.get(planned.client_id) if planned.client_id else None


def _protected(fences: Fences, planned: Operation) -> str | None:
    if not fences.rules.protected:
        return None
    touched = {planned.record, planned.client_id, fences.client(planned)}
    if planned.kind == "merge_records":
        touched |= {f"{planned.connection}/{planned.stream}/{loser}" for loser in planned.after["losers"]}
    return f"{BLOCKED}a protected record" if touched & fences.protected else None


def _pinned(fences: Fences, planned: Operation) -> str | None:
    by = fences.pins.holder(planned)
    return f"{BLOCKED}pinned by {by}" if by else None


def _looping(fences: Fences, planned: Operation) -> str | None:
    times = fences.written_often.get(planned.target)
    if times is None:
        return None
    return f"{BLOCKED}written {times} times within an hour; two systems may be answering each other"


def _outside_the_pilot(fences: Fences, planned: Operation) -> str | None:
    pilot = fences.rules.of(planned.plugin).pilot
    if pilot is None:
        return None
    client = fences.client(planned)
    if client is not None and _is_in(pilot, planned.plugin, client, fences):
        return None
    return f"{SIMULATED}: outside the pilot of {planned.plugin}"


def _is_in(pilot: Pilot, plugin: str, client: str, fences: Fences) -> bool:
    listed = {fences.clients.get(one, one) for one in pilot.clients}
    if client in listed or share_of(plugin, client) < pilot.percent / 100:
        return True
    data = fences.data.get(client, {}) if pilot.segment else {}
    return bool(pilot.segment) and all(str(data.get(name)) in values for name, values in pilot.segment.items())


def share_of(plugin: str, client: str) -> float:
    """A number from 0 to below 1 that is a client's own for one plugin: whoever is in at 10 % is in at 20 %, too."""
    return int.from_bytes(sha256(f"{plugin}\n{client}".encode()).digest()[:8], "big") / 2**64


def _written_often(conn: Connection, rules: PlanRules, now: datetime) -> dict[Target, int]:
    """The fields that Inlay has written as often within the last hour as a field may be."""
    told = {"since": iso(now - LOOP_WINDOW), "times": rules.writes_per_field_and_hour}
    found: Iterable[Any] = conn.execute(WRITTEN_OFTEN, told)
    return {(row[0], row[1], row[2] or "", row[3] or ""): row[4] for row in found}


FENCES: tuple[Callable[[Fences, Operation], str | None], ...] = (_protected, _pinned, _looping, _outside_the_pilot)

"""One write, from the wish to its end: what it would change where and why, and how far it got.

An operation's id is a hash of what it would do and of the write it would build upon (``base``: the operation that last
wrote this place). Two plans of one state therefore agree to the byte, while the same change planned again after an undo
is another one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from operator import attrgetter
from typing import Any, Literal

import orjson

from core.connector import Verb

Kind = Literal["set_field", "create_record", "delete_record", "merge_records"]
State = Literal["planned", "queued", "sending", "applied", "rejected", "unknown", "skipped", "undone"]

Act = Verb | Literal["merge"]

VERBS: dict[str, Act] = {
    "set_field": "update",
    "create_record": "upsert",
    "delete_record": "delete",
    "merge_records": "merge",
}
IN_FLIGHT: tuple[State, ...] = ("queued", "sending", "unknown")
JSON_COLUMNS = frozenset({"before", "after", "inputs"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One row of the ledger; the fields are columns of the table ``operation``.

    ``before`` and ``after`` are vendor values. The ``after`` of a create (the ``before`` of a delete) is
    ``{"values": {field: value}, "links": [[stream, id]], "key_field": field, "owner": id or null}``, for a task also
    with the owner as golden user: ``"person"``. The ``after`` of a merge is ``{"losers": [id]}``; its ``before`` is the
    snapshot taken right before it was sent.
    """

    id: str
    run_id: str | None = None
    kind: Kind
    connection: str
    stream: str
    external_id: str | None = None
    field: str | None = None
    key: str | None = None
    client_id: str | None = None
    before: Any = None
    after: Any = None
    reason: str = ""
    plugin: str = ""
    inputs: tuple[str, ...] = ()
    policy: str = ""
    verdict: str = ""
    state: State = "planned"
    error: str | None = None
    approved_by: str | None = None
    applied_at: str | None = None
    undo_of: str | None = None

    @property
    def verb(self) -> Act:
        """What the connector is asked to do for it."""
        return VERBS[self.kind]

    @property
    def place(self) -> str:
        """Where it writes, for people: connection/stream/record.field, or the key of a record yet to be made."""
        record = self.external_id or f"new {self.key}"
        return f"{self.connection}/{self.stream}/{record}" + (f".{self.field}" if self.field else "")

    @property
    def record(self) -> str:
        """The record whose writes keep their order: connection/stream/id, or the key of one yet to be made."""
        return f"{self.connection}/{self.stream}/{self.external_id or self.key or ''}"

    @property
    def target(self) -> tuple[str, str, str, str]:
        """What no two operations in flight may share."""
        record = self.key if self.kind == "create_record" else self.external_id
        return (self.connection, self.stream, record or "", self.field or "")


COLUMNS: tuple[str, ...] = tuple(column.name for column in fields(Operation))
"""What the table keeps of an operation; beside it, the table knows its plan and its place in there."""

_values = attrgetter(*COLUMNS)
_JSON_AT = tuple(COLUMNS.index(name) for name in sorted(JSON_COLUMNS))


def operation_id(kind: Kind, target: Sequence[str], before: object, after: object, base: str | None) -> str:
    """Name an operation by its content: 32 hexadecimal digits."""
    content = orjson.dumps([kind, *target, before, after, base], option=orjson.OPT_SORT_KEYS)
    return sha256(content).hexdigest()[:32]


def successor(operation: str) -> str:
    """Name the next attempt at something that was tried before and came to its end without effect."""
    return sha256(operation.encode()).hexdigest()[:32]


def vendor_key(plugin: str, wish: str) -> str:
    """Turn a plugin's key into the one the CRM keeps: short, in small letters, for Salesforce ignores case."""
    return "inlay-" + sha256(f"{plugin}\n{wish}".encode()).hexdigest()[:40]


def to_row(operation: Operation) -> tuple[Any, ...]:
    """Write an operation as its table row, in the order of ``COLUMNS``."""
    row = list(_values(operation))
    for at in _JSON_AT:
        row[at] = dump(row[at])
    return tuple(row)


def from_row(row: Sequence[Any]) -> Operation:
    """Read an operation from its table row, in the order of ``COLUMNS``."""
    values = dict(zip(COLUMNS, row, strict=True))
    for name in JSON_COLUMNS:
        values[name] = orjson.loads(values[name]) if values[name] is not None else None
    values["inputs"] = tuple(values["inputs"] or ())
    return Operation(**values)


def dump(value: object) -> str:
    """JSON as the store keeps it: sorted keys, so that equal values are equal texts."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def count_by_state(states: Iterable[str]) -> dict[str, int]:
    """Count states, in alphabetical order."""
    return dict(sorted(Counter(states).items()))

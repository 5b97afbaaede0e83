"""Writes parents with their children. HubSpot has no transaction over several records.

So a family is not all or none here: parents go first, in batches; children of parents that were written follow, each
associated in the call that makes it. A child that fails has its own outcome and leaves its parent and siblings there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from connectors.hubspot.sending import or_retry
from connectors.hubspot.write import Writer
from core.sdk import Child, Family, Link, Outcome, WriteRow

Way = Literal["update", "upsert", "create"]
_ORPHANED = "PARENT_NOT_WRITTEN"


@dataclass(frozen=True)
class _Place:
    """Where a child stands: its family's number and its own."""

    family: int
    number: int


def write_families(writer: Writer, stream: str, families: Sequence[Family]) -> list[list[Outcome]]:
    """One list of outcomes per family, the parent's first.

    ``Child.parent_field`` has no use here: HubSpot keeps no ids of parents in children, it associates them.
    """
    parents = _write(writer, stream, [family.parent for family in families])
    told: dict[_Place, Outcome] = {}
    waiting: dict[str, dict[_Place, WriteRow]] = {}
    for at, (family, parent) in enumerate(zip(families, parents, strict=True)):
        for number, child in enumerate(family.children):
            if parent.state == "applied" and parent.external_id:
                row = _with_parent(child, Link(stream, parent.external_id))
                waiting.setdefault(child.stream, {})[_Place(at, number)] = row
            else:
                told[_Place(at, number)] = _orphaned(parent)
    for name, rows in waiting.items():
        send = partial(_write, writer, name, list(rows.values()))
        told.update(zip(rows, or_retry(send, len(rows)), strict=True))
    return [
        [parent, *(told[_Place(at, number)] for number in range(len(families[at].children)))]
        for at, parent in enumerate(parents)
    ]


def _write(writer: Writer, stream: str, rows: Sequence[WriteRow]) -> list[Outcome]:
    """Rows of one type, each in the way that its id and key ask for; keyed ones can be repeated."""
    ways: dict[Way, Callable[[Sequence[WriteRow]], list[Outcome]]] = {
        "update": partial(writer.write, stream, "update"),
        "upsert": partial(writer.write, stream, "upsert"),
        "create": partial(writer.create, stream),
    }
    outcomes: dict[int, Outcome] = {}
    for way, send in ways.items():
        places = [at for at, row in enumerate(rows) if _way(row) == way]
        ask = partial(send, [rows[at] for at in places])
        sent = or_retry(ask, len(places)) if outcomes else ask() if places else []
        outcomes.update(zip(places, sent, strict=True))
    return [outcomes[at] for at in range(len(rows))]


def _way(row: WriteRow) -> Way:
    return "update" if row.external_id else "upsert" if row.key else "create"


def _with_parent(child: Child, link: Link) -> WriteRow:
    return replace(child.row, links=[*child.row.links, link])


def _orphaned(parent: Outcome) -> Outcome:
    """A child that was not sent: for good with its parent, else for later."""
    if parent.state == "rejected":
        return Outcome("rejected", code=_ORPHANED, message=f"its parent was refused: {parent.code}")
    return Outcome("retry", message="its parent has not been written yet", retry_at=parent.retry_at)

"""The object types that are read: what the vendor calls them and when they were modified."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.sdk import Stream

OWNERS_STREAM = "owners"
MERGED_IDS = "hs_merged_object_ids"


@dataclass(frozen=True)
class Kind:
    """One object type; ``modified`` is the property that moves with every change."""

    name: str
    singular: str
    modified: str = "hs_lastmodifieddate"
    type_id: str = ""
    can_merge: bool = False


_KNOWN = (
    Kind("companies", "company", type_id="0-2", can_merge=True),
    Kind("contacts", "contact", "lastmodifieddate", type_id="0-1", can_merge=True),
    Kind("deals", "deal", type_id="0-3", can_merge=True),
    Kind("tickets", "ticket", type_id="0-5", can_merge=True),
    Kind("tasks", "task", type_id="0-27"),
    Kind("notes", "note", type_id="0-46"),
    Kind("calls", "call", type_id="0-48"),
    Kind("emails", "email", type_id="0-49"),
    Kind("meetings", "meeting", type_id="0-47"),
)


def known_kinds(more: Iterable[str] = ()) -> dict[str, Kind]:
    """The standard types and the account's own, which are named by type id."""
    return {kind.name: kind for kind in (*_KNOWN, *(Kind(name, name, type_id=name) for name in more))}


def streams_of(kinds: Mapping[str, Kind]) -> dict[str, Stream]:
    """A stream for each type, and one for the owners, of whom every read shows all."""
    found = {name: Stream(name, "id", "updatedAt") for name in kinds}
    return {OWNERS_STREAM: Stream(OWNERS_STREAM, "id", "updatedAt", mode="full"), **found}

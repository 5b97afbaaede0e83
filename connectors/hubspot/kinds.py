"""The object types that are read: what the vendor calls them, when they were modified, and what they may not lack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.sdk import Stream

OWNERS_STREAM = "owners"
MERGED_IDS = "hs_merged_object_ids"
_OWN_TYPE = re.compile(r"\d+-\d+|p\d+_\w+")
"""How an account's own types are called: by type id (2-1234567) or by full name (p26180339_vehicles)."""
_PAIR = re.compile(r"(.+?)_to_(.+)")


@dataclass(frozen=True)
class Kind:
    """One object type; ``modified`` is the property that moves with every change.

    ``required`` must be given with a new record, and of ``one_of`` at least one: the properties API does not tell,
    the object guides do.
    """

    name: str
    singular: str
    modified: str = "hs_lastmodifieddate"
    type_id: str = ""
    can_merge: bool = False
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()

    @property
    def is_own(self) -> bool:
        """Whether this is a type of the account's own."""
        return _OWN_TYPE.fullmatch(self.name) is not None


_WHEN = ("hs_timestamp",)
_WHO = ("email", "firstname", "lastname")
_STANDARD = {
    kind.name: kind
    for kind in (
        Kind("companies", "company", type_id="0-2", can_merge=True, one_of=("name", "domain")),
        Kind("contacts", "contact", "lastmodifieddate", type_id="0-1", can_merge=True, one_of=_WHO),
        Kind("deals", "deal", type_id="0-3", can_merge=True, required=("dealname", "dealstage")),
        Kind("tickets", "ticket", type_id="0-5", can_merge=True, required=("subject", "hs_pipeline_stage")),
        Kind("tasks", "task", type_id="0-27", required=_WHEN),
        Kind("notes", "note", type_id="0-46", required=_WHEN),
        Kind("calls", "call", type_id="0-48", required=_WHEN),
        Kind("emails", "email", type_id="0-49", required=(*_WHEN, "hs_email_direction")),
        Kind("meetings", "meeting", type_id="0-47", required=_WHEN),
        Kind("communications", "communication", type_id="0-18", required=_WHEN),
        Kind("products", "product", type_id="0-7", required=("name",)),
        Kind("line_items", "line_item", type_id="0-8"),
        Kind("quotes", "quote", type_id="0-14"),
        Kind("feedback_submissions", "feedback_submission", type_id="0-19"),
        Kind("invoices", "invoice", type_id="0-53"),
        Kind("subscriptions", "subscription", type_id="0-69"),
        Kind("leads", "lead", type_id="0-136", required=("hs_lead_name",)),
        Kind("orders", "order", type_id="0-123"),
        Kind("services", "service", type_id="0-162"),
    )
}


class Kinds(Mapping[str, Kind]):
    """The standard types, and whatever else is called like a type of the account's own: a mapping may just name it."""

    def __getitem__(self, name: str) -> Kind:
        if name in _STANDARD:
            return _STANDARD[name]
        if not _OWN_TYPE.fullmatch(name):
            raise KeyError(name)
        return Kind(name, name, type_id=name, can_merge=True)

    def __iter__(self) -> Iterator[str]:
        return iter(_STANDARD)

    def __len__(self) -> int:
        return len(_STANDARD)


class Streams(Mapping[str, Stream]):
    """A stream per object type, one for the owners, and one per pair of types (``contacts_to_companies``).

    Of owners and pairs every read shows all, so that what is missing is gone.
    """

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds

    def __getitem__(self, name: str) -> Stream:
        if name in self._kinds:
            return Stream(name, "id", "updatedAt")
        if name == OWNERS_STREAM:
            return Stream(name, "id", "updatedAt", mode="full")
        if self.pair(name) is not None:
            return Stream(name, "id", mode="full")
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        yield OWNERS_STREAM
        yield from self._kinds

    def __len__(self) -> int:
        return len(self._kinds) + 1

    def pair(self, name: str) -> tuple[Kind, Kind] | None:
        """The two types whose relationships a stream holds; None for other streams."""
        found = _PAIR.fullmatch(name)
        if found is None or any(each not in self._kinds for each in found.groups()):
            return None
        return self._kinds[found[1]], self._kinds[found[2]]

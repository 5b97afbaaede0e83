"""What can be read: the objects of a mapping, whichever the org has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from core.sdk import Stream

STAMP = "SystemModstamp"
OPTIONAL_OBJECTS = frozenset({"AccountTeamMember", "AccountContactRelation"})
"""Objects that exist only where an admin has switched their feature on."""

STANDARD_OBJECTS = (
    "User",
    "Account",
    "Contact",
    "Opportunity",
    "OpportunityContactRole",
    "AccountContactRelation",
    "AccountTeamMember",
    "Contract",
    "Case",
    "Task",
    "Event",
)
_API_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")


class Streams(Mapping[str, Stream]):
    """Every object that a mapping may name: the standard ones are listed, custom ones are known by their spelling.

    Whether the org has an object is for its describe to say, when it is read.
    """

    def __getitem__(self, name: str) -> Stream:
        if _API_NAME.fullmatch(name):
            return Stream(name, "Id", STAMP)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(STANDARD_OBJECTS)

    def __len__(self) -> int:
        return len(STANDARD_OBJECTS)

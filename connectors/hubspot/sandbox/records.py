"""Records with the history of each property, and who wrote each value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from connectors.hubspot.sandbox.schema import ObjectType
from connectors.hubspot.sandbox.values import stamp


class Author(NamedTuple):
    """Who wrote a value, in the words of the property history."""

    source_type: str
    source_id: str | None = None
    user_id: int | None = None


INTEGRATION = Author("INTEGRATION", "7110042")
CALCULATED = Author("CALCULATED")


class Version(NamedTuple):
    """One value a property had: empty text where it was cleared."""

    value: str
    at: datetime
    author: Author


@dataclass
class Record:
    """One CRM record; ``properties`` holds only what has a value."""

    kind: ObjectType
    id: str
    created_at: datetime
    updated_at: datetime
    properties: dict[str, str] = field(default_factory=dict)
    history: dict[str, list[Version]] = field(default_factory=dict)
    archived_at: datetime | None = None
    merged_ids: list[str] = field(default_factory=list)
    keep: Callable[[Record], None] | None = None
    """Told before the first change of a record that its shelf has only lent, so that the change is not lost."""
    moved: Callable[[Record], None] | None = None
    """Told after the stamp has moved, or the record has gone to the recycle bin or come from it."""

    def hold(self) -> None:
        """Make sure that what is about to change stays on the shelf."""
        if self.keep is not None:
            self.keep(self)
            self.keep = None

    def put(self, name: str, value: str, at: datetime, author: Author) -> bool:
        """Set a property, or clear it with empty text; tells whether that changed anything."""
        if self.properties.get(name, "") == value:
            return False
        self.hold()
        self.history.setdefault(name, []).insert(0, Version(value, at, author))
        if value:
            self.properties[name] = value
        else:
            del self.properties[name]
        return True

    def move_stamp(self, at: datetime) -> None:
        """Move the modification stamp, which never runs backwards and keeps no history."""
        self.hold()
        self.updated_at = max(self.updated_at, at)
        self.properties[self.kind.modified] = stamp(self.updated_at)
        self._tell()

    def put_away(self, at: datetime | None) -> None:
        """Into the recycle bin, or out of it with None."""
        self.hold()
        self.archived_at = at
        self._tell()

    def _tell(self) -> None:
        if self.moved is not None:
            self.moved(self)

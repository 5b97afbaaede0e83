"""Records with the history of each property, and who wrote each value."""

from __future__ import annotations

from collections.abc import Iterator
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

    def put(self, name: str, value: str, at: datetime, author: Author) -> bool:
        """Set a property, or clear it with empty text; tells whether that changed anything."""
        if self.properties.get(name, "") == value:
            return False
        self.history.setdefault(name, []).insert(0, Version(value, at, author))
        if value:
            self.properties[name] = value
        else:
            del self.properties[name]
        return True

    def move_stamp(self, at: datetime) -> None:
        """Move the modification stamp, which never runs backwards and keeps no history."""
        self.updated_at = max(self.updated_at, at)
        self.properties[self.kind.modified] = stamp(self.updated_at)


class Shelf:
    """All records of one object type, in the order of their ids."""

    # Every type counts from the same number, as ids are unique within a type only; soon the ids grow a digit longer.
    FIRST_ID = 9_951

    def __init__(self, kind: ObjectType) -> None:
        self.kind = kind
        self._records: dict[str, Record] = {}
        self._next_id = self.FIRST_ID
        self._heirs: dict[str, str] = {}

    def new(self, at: datetime) -> Record:
        """An empty record with the next id, not shelved yet."""
        record = Record(self.kind, str(self._next_id), at, at)
        self._next_id += 1
        for name in ("hs_createdate", self.kind.created):
            record.properties[name] = stamp(at)
        record.properties["hs_object_id"] = record.id
        record.move_stamp(at)
        return record

    def add(self, record: Record) -> None:
        """Shelve a new record."""
        self._records[record.id] = record

    def get(self, record_id: str) -> Record | None:
        """The record of exactly this id, live or archived."""
        return self._records.get(record_id)

    def follow(self, record_id: str) -> Record | None:
        """The record of this id, or the one it was merged into."""
        while record_id in self._heirs:
            record_id = self._heirs[record_id]
        return self._records.get(record_id)

    def bequeath(self, old: Record, heir: Record) -> None:
        """Take ``old`` away for good; its id leads to ``heir`` from now on."""
        del self._records[old.id]
        self._heirs[old.id] = heir.id

    def drop(self, record: Record) -> None:
        """Delete a record for good."""
        del self._records[record.id]

    def all(self) -> Iterator[Record]:
        """Every record, archived ones too, by id."""
        return iter(self._records.values())

    def live(self) -> Iterator[Record]:
        """Every record that is not archived, by id."""
        return (record for record in self._records.values() if record.archived_at is None)

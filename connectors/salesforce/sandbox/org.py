"""The state of one org: schema, rows, and all-or-nothing changes to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.salesforce.sandbox.access import Access
from connectors.salesforce.sandbox.duplicates import DuplicateRule
from connectors.salesforce.sandbox.errors import Refusal, not_found
from connectors.salesforce.sandbox.moments import write_instant
from connectors.salesforce.sandbox.notes import Notes, RowChange
from connectors.salesforce.sandbox.objects import standard_schema
from connectors.salesforce.sandbox.rowfaults import RowFaults
from connectors.salesforce.sandbox.schema import SObject
from connectors.salesforce.sandbox.table import Row, Table, Undo
from connectors.salesforce.sandbox.values import Value
from connectors.sandbox.clock import SandboxClock

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
"""When the org was set up as it is on opening."""

_PERMISSIONS = frozenset({"PermissionSet", "PermissionSetAssignment", "FieldPermissions", "Profile"})

Formula = Callable[["Org", Row], Value]
"""Works a value out when it is read, so that it changes without any stamp moving."""


@dataclass(frozen=True)
class Actor:
    """Who writes and when; ``sees_all`` is set for a person's work in the vendor's own pages and for loading."""

    user_id: str
    at: str
    sees_all: bool = False
    allows_duplicates: bool = False


class Org:
    """One Salesforce org in memory."""

    def __init__(self, clock: SandboxClock) -> None:
        self.clock = clock
        self.schema: dict[str, SObject] = standard_schema()
        self.tables: dict[str, Table] = {name: Table(one) for name, one in self.schema.items()}
        self.access = Access(self.tables)
        self.row_faults = RowFaults()
        self.duplicate_rules: list[DuplicateRule] = []
        self.formulas: dict[tuple[str, str], Formula] = {}
        self.field_metadata: dict[str, dict[str, object]] = {}
        self._names = {name.lower(): name for name in self.schema}
        self._by_prefix = {one.key_prefix: name for name, one in self.schema.items()}
        self._journal: list[Undo] | None = None
        self.notes = Notes()
        self.described_at = LONG_AGO
        """When anything last changed that describe tells: objects, fields, or who may see and write them."""

        for one in self.schema.values():
            one.on_change = self.note_change

    def note_change(self) -> None:
        """Remember that describe tells something else from now on; the vendor does not say for which object."""
        self.described_at = self.clock.now()

    def add_object(self, sobject: SObject) -> None:
        """Add an object that has no rows yet; ``ValueError`` when its name or key prefix is taken."""
        if self.find(sobject.name) or sobject.key_prefix in self._by_prefix:
            raise ValueError(f"there is an object called {sobject.name} or with ids like {sobject.key_prefix} already")
        self.schema[sobject.name] = sobject
        self.tables[sobject.name] = Table(sobject)
        self._names[sobject.name.lower()] = sobject.name
        self._by_prefix[sobject.key_prefix] = sobject.name
        sobject.on_change = self.note_change
        self.note_change()

    def act(self, user_id: str, sees_all: bool = False) -> Actor:
        """Return an actor for one call; time advances, and all rows of the call share the instant."""
        return Actor(user_id, write_instant(self.clock.tick()), sees_all)

    def find(self, name: str) -> SObject | None:
        """Return the object called ``name`` in any letter case."""
        return self.schema.get(self._names.get(name.lower(), ""))

    def sobject(self, name: str) -> SObject:
        """Return the object called ``name``; 404 when there is none."""
        found = self.find(name)
        if found is None:
            raise not_found()
        return found

    def object_of(self, row_id: str) -> str | None:
        """Return the name of the object whose ids start like ``row_id``."""
        return self._by_prefix.get(row_id[:3])

    def row(self, row_id: str | None) -> Row | None:
        """Return the row of an id of any object, deleted or not."""
        name = self.object_of(row_id) if row_id else None
        return self.tables[name].rows.get(str(row_id)) if name else None

    def live_row(self, name: str, row_id: str) -> Row:
        """Return a row that is not deleted; 404 otherwise, with the vendor's two different codes."""
        row = self.tables[name].rows.get(row_id)
        if row is None:
            raise not_found("Provided external ID field does not exist or is not accessible: " + row_id)
        if row["IsDeleted"]:
            raise Refusal("ENTITY_IS_DELETED", "entity is deleted", status=404)
        return row

    def put(self, name: str, row: Row) -> None:
        """Store a row."""
        before = self.tables[name].rows.get(str(row["Id"])) if self.notes.is_kept else None
        undo = self.tables[name].put(row)
        self.notes.add(RowChange(name, before, row))
        if self._journal is not None:
            self._journal.append(undo)
        if self.schema[name].is_setup:
            self.access.forget()
        if name in _PERMISSIONS:
            self.note_change()

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Take every change of the block back when it ends with an exception."""
        outer, self._journal = self._journal, []
        noted = self.notes.mark()
        try:
            yield
        except BaseException:
            for undo in reversed(self._journal):
                undo()
            self._journal = []
            self.notes.back_to(noted)
            self.access.forget()
            raise
        finally:
            done, self._journal = self._journal, outer
            if outer is not None:
                outer.extend(done)

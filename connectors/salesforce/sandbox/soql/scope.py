"""Finds what a path in a query means for one object and one user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from connectors.salesforce.sandbox.computed import value_of
from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.schema import Field, SObject
from connectors.salesforce.sandbox.soql.syntax import Path
from connectors.salesforce.sandbox.soql.tokens import located
from connectors.salesforce.sandbox.table import Row

_COLUMN_HINT = (
    "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. "
    "Please reference your WSDL or the describe call for the appropriate names."
)
# What can be asked through a reference that may point at several objects; its rows look like objects called Name.
_NAME_FIELDS = (
    "Id",
    "Name",
    "Type",
    "Email",
    "FirstName",
    "LastName",
    "Phone",
    "Title",
    "Username",
    "Alias",
    "IsActive",
)


@dataclass(frozen=True)
class Column:
    """What a path leads to: the field at its end, and how to get at the value and at the row that holds it."""

    field: Field
    steps: tuple[Field, ...]
    read: Callable[[Row], object]


@dataclass(frozen=True)
class Scope:
    """One object of a query as one user sees it."""

    org: Org
    user_id: str
    sobject: SObject
    text: str
    alias: str | None = None

    def column(self, path: Path) -> Column:
        """Return what ``path`` means; ``Refusal`` INVALID_FIELD when it means nothing to this user."""
        parts = path.parts
        if len(parts) > 1 and parts[0].lower() in {(self.alias or "").lower(), self.sobject.name.lower()}:
            own_parent = self.sobject.by_relationship(parts[0])
            parts = parts if own_parent else parts[1:]
        steps: list[Field] = []
        here: SObject | None = self.sobject
        for name in parts[:-1]:
            steps.append(self._step(here, name, path))
            here = None if steps[-1].is_polymorphic else self.org.find(steps[-1].reference_to[0])
        field = self._field(here, parts[-1], path)
        return Column(field, tuple(steps), self._reader(tuple(steps), field))

    def fields(self, which: str) -> list[Field]:
        """Return the fields that ``FIELDS(which)`` stands for."""
        seen = [f for f in self.sobject.fields.values() if self._sees(self.sobject, f)]
        return [f for f in seen if which == "ALL" or f.custom == (which == "CUSTOM")]

    def _step(self, here: SObject | None, name: str, path: Path) -> Field:
        found = here.by_relationship(name) if here else None
        if found is None or here is None or not self._sees(here, found):
            message = f"Didn't understand relationship '{name}' in field path. If you are attempting to use a custom "
            raise self._invalid(
                path, message + "relationship, be sure to append the '__r' after the custom relationship name."
            )
        return found

    def _field(self, here: SObject | None, name: str, path: Path) -> Field:
        if here is None:
            known = next((one for one in _NAME_FIELDS if one.lower() == name.lower()), None)
            if known is None:
                raise self._invalid(path, f"No such column '{name}' on entity 'Name'. {_COLUMN_HINT}")
            return replace(_NAME_COLUMN, name=known)
        field = here.find(name)
        if field is None or not self._sees(here, field):
            raise self._invalid(path, f"No such column '{name}' on entity '{here.name}'. {_COLUMN_HINT}")
        return field

    def _sees(self, sobject: SObject, field: Field) -> bool:
        return self.org.access.can_read(self.user_id, sobject.name, field)

    def _reader(self, steps: tuple[Field, ...], field: Field) -> Callable[[Row], object]:
        org = self.org
        is_plain = field.type not in {"address", "boolean", "base64"} and not field.calculated
        if not steps and is_plain:
            return lambda row: row.get(field.name)

        def read(row: Row) -> object:
            """Return the value at the end of the path."""
            holder = follow(org, steps, row)
            if holder is None:  # through an empty reference a checkbox reads as unticked
                return False if field.type == "boolean" else None
            if field is not _NAME_COLUMN and field.name == "Type" and steps and steps[-1].is_polymorphic:
                return org.object_of(str(holder["Id"]))
            return value_of(org, field, holder)

        return read

    def _invalid(self, path: Path, message: str) -> Refusal:
        return Refusal("INVALID_FIELD", located(self.text, path.at, message))


def follow(org: Org, steps: tuple[Field, ...], row: Row) -> Row | None:
    """Return the row reached through the references ``steps``, None when one of them is empty."""
    here: Row | None = row
    for step in steps:
        parent_id = here.get(step.name) if here else None
        here = org.row(str(parent_id)) if parent_id else None
    return here


_NAME_COLUMN = Field("Name", "Name", "string", length=255)

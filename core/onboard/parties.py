"""Sections for whom the firm serves and who works there: clients, the contacts named beside them, users."""

from __future__ import annotations

import re
from typing import Any

from core.onboard.facts import Column, ExportFile
from core.onboard.folder import Folder, Source, refers_to, second_ids
from core.onboard.kinds import ADDRESS, EMAIL, PHONES, Part, parts_found
from core.onboard.notes import Notes
from core.onboard.proposal import Recognised, SectionPlan
from core.onboard.shapes import ShapeKind
from core.onboard.signals import client_writes

_WORDS: frozenset[ShapeKind] = frozenset({"text"})
_PERSON = (
    Part("name", re.compile(r"(primary |main )?contact( name| person)?"), _WORDS),
    Part("title", re.compile(r"(primary |main )?contact (title|position|role)"), _WORDS),
    Part("email", re.compile(r"(primary |main )?contact e ?mail( address)?"), frozenset({"email"})),
)
_DIRECT = (
    "name",
    "website",
    "vat_number",
    "registration_number",
    "industry",
    "number_of_employees",
    "currency",
    "tier",
)
_DATES = ("client_since", "created_at")


def client_section(source: Source, folder: Folder, notes: Notes) -> SectionPlan:
    """The section of the file of clients; columns with no place of their own become custom fields."""
    columns = source.match.columns
    fields: dict[str, Any] = {part: columns[part].name for part in _DIRECT if part in columns}
    if "website" in columns:
        fields["domain"] = {"from": columns["website"].name, "as": "domain"}
    for part in _DATES:
        if part in columns:
            notes.take_date(source.file, columns[part], happened=False)
            fields[part] = columns[part].name
    fields |= reached_at(source.file, columns.get("email"))
    owner = refers_to(source, "owner", folder.get("user"))
    if owner is not None:
        fields["account_manager_id"] = {"from": owner.name, "ref": "user"}
    section = SectionPlan("client", source.file.name, source.id, fields)
    section.custom_fields = _remaining(source, section, notes)
    section.writes = client_writes(folder.sources)
    notes.recognised.append(_recognised(source, "client", f"named by {source.id}, called {columns['name'].name}"))
    return section


def reached_at(file: ExportFile, email: Column | None) -> dict[str, Any]:
    """Address, phones and e-mail of a record, as list fields of a mapping."""
    fields: dict[str, Any] = {}
    address = parts_found(file, ADDRESS)
    if address:
        fields["addresses"] = {name: column.name for name, column in address.items()}
    phones = parts_found(file, PHONES)
    if phones:
        fields["phones"] = [{"number": column.name, "kind": kind} for kind, column in phones.items()]
    if email is not None:
        fields["emails"] = email.name
    return fields


def contact_beside(client: Source, notes: Notes) -> SectionPlan | None:
    """A section for the person whose name stands in the file of clients; None when there is none."""
    found = parts_found(client.file, _PERSON)
    if "name" not in found:
        return None
    names = {"name": "last_name", "title": "title", "email": "emails"}
    fields: dict[str, Any] = {names[part]: column.name for part, column in found.items()}
    fields["client_id"] = {"from": client.id, "ref": "client"}
    fields["is_primary"] = {"const": True}
    comments = {"last_name": "the whole name: the export does not tell first and last apart"}
    how = f"{found['name'].name} in each row of the clients"
    notes.recognised.append(Recognised(client.file.name, "contact", found["name"].filled, 0.7, how))
    return SectionPlan("contact", client.file.name, client.id, fields, comments)


def contact_section(source: Source, folder: Folder, notes: Notes) -> SectionPlan | None:
    """The section of a file of contacts; None when their clients cannot be told."""
    client = refers_to(source, "client", folder.get("client"))
    if client is None:
        notes.leave_out(source.file.name, "it looks like contacts, but no column names a client of the other files")
        return None
    parts = ("first_name", "last_name", "title", "department")
    fields: dict[str, Any] = {part: source.match.columns[part].name for part in parts if part in source.match.columns}
    fields |= reached_at(source.file, source.column("email"))
    fields["client_id"] = {"from": client.name, "ref": "client"}
    notes.recognised.append(_recognised(source, "contact", f"{client.name} names the client"))
    return SectionPlan("contact", source.file.name, source.id, fields)


def user_section(source: Source, notes: Notes) -> tuple[SectionPlan, dict[str, Any]]:
    """The section of the firm's own people, and the view it needs where first and last names stand apart."""
    columns = source.match.columns
    stream, views, name = source.file.name, {}, columns.get("name")
    fields: dict[str, Any] = {}
    if name is not None:
        fields["name"] = name.name
    elif "last_name" in columns:
        stream = "people"
        text = " ".join(f"{{{columns[part].name}}}" for part in ("first_name", "last_name") if part in columns)
        views[stream] = {"rows": source.file.name, "texts": {"whole_name": text}}
        fields["name"] = "whole_name"
    for part in ("first_name", "last_name", "email", "title", "department"):
        if part in columns:
            fields[part] = columns[part].name
    manager = refers_to(source, "manager", source)
    if manager is not None:
        fields["manager_id"] = {"from": manager.name, "ref": "user"}
    notes.recognised.append(_recognised(source, "user", "the file's name, and names of people"))
    return SectionPlan("user", stream, source.id, fields), views


def _recognised(source: Source, record_type: str, how: str) -> Recognised:
    return Recognised(source.file.name, record_type, source.file.rows, source.match.confidence, how)


def _remaining(source: Source, section: SectionPlan, notes: Notes) -> list[str]:
    """Columns for ``custom_fields``; labels, and columns whose values are not what their name says, are left out."""
    labels = {column.name for column in second_ids(source.file, source.key)}
    used = {source.id, *labels, *_names_in(section.fields)}
    used |= {column.name for column in parts_found(source.file, _PERSON).values()}
    for name in sorted(labels):
        notes.leave_out(f"{source.file.name}: {name}", "called an id, but it repeats; a label, not a key")
    kept = []
    for column in source.file.columns.values():
        if column.name in used:
            continue
        misnamed = _misnamed(source, column)
        if misnamed or not column.filled:
            notes.leave_out(f"{source.file.name}: {column.name}", misnamed or "it is empty")
        else:
            kept.append(column.name)
    return kept


def _misnamed(source: Source, column: Column) -> str | None:
    """Why a column that is called something Inlay knows is not taken for it."""
    for part in (*source.match.kind.parts, EMAIL, *PHONES, *ADDRESS):
        if part.is_named_so(column) and column.shape.kind not in (*part.shapes, "empty"):
            return f"called like {part.name.replace('_', ' ')}, but it holds {_SPOKEN[column.shape.kind]}"
    return None


_SPOKEN = {
    "date": "dates", "flag": "yes and no", "whole": "numbers", "amount": "amounts", "email": "e-mail addresses",
    "web": "web addresses", "phone": "phone numbers", "text": "other text",
}  # fmt: skip


def _names_in(value: Any) -> set[str]:
    """All texts in a tree of fields: the columns it uses, and some words that do no harm."""
    if isinstance(value, str):
        return {value}
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*map(_names_in, parts))

"""A deployable package for admins who let no tool change their org: fields, pages, views and permission sets.

In the Metadata API's own format (``sf project deploy start --metadata-dir FOLDER``, or any tool that deploys a
``package.xml``), so that it can be read and kept under version control first. Everything in it is new: no layout, view
or permission set of the firm is replaced.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from connectors.salesforce.metadata import definition, field_metadata
from core.sdk import WantedField

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
CLIENT = "Account"
PAGE, SECTION = "Inlay Client Health", "Client health (Inlay)"
COMPACT = ("Inlay_Health_Band__c", "Inlay_Health_Score__c", "Inlay_Renewal_Date__c", "Inlay_Contact_Days_Since__c")
"""What the top of a client's page shows, before its owner."""


@dataclass(frozen=True)
class View:
    """A list of clients that somebody should look at; made only where its field is written."""

    name: str
    label: str
    field: str
    operation: str
    value: str


VIEWS = (
    View("Inlay_At_Risk", "Inlay: at risk", "Inlay_Health_Band__c", "equals", "At Risk"),
    View("Inlay_Renewals_90", "Inlay: renewals in 90 days", "Inlay_Renewal_Date__c", "equals", "NEXT_N_DAYS:90"),
    View("Inlay_No_Contact_60", "Inlay: no contact for 60 days", "Inlay_Contact_Days_Since__c", "greaterThan", "60"),
    View("Inlay_Unsigned", "Inlay: unsigned contracts", "Inlay_Contract_Status__c", "equals", "Unsigned"),
    View("Inlay_Review", "Inlay: to review", "Inlay_Health_Band__c", "equals", "Provisional"),
)


@dataclass(frozen=True)
class Component:
    """One entry of the package's list, the file it lies in, and for parts of an object the element that holds it."""

    type: str
    name: str
    file: Path
    content: Mapping[str, Any]
    element: str | None = None


def write_bundle(folder: Path, wanted: Sequence[WantedField], version: str = "64.0") -> list[Path]:
    """Write the package into ``folder`` and return its files; what an earlier one left there is written over."""
    parts = list(_components(wanted))
    files = {folder / path: text for path, text in _files(parts)}
    files[folder / "package.xml"] = document("Package", _manifest(parts, version))
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return sorted(files)


def _files(parts: Sequence[Component]) -> Iterator[tuple[Path, str]]:
    objects: dict[Path, dict[str, list[Mapping[str, Any]]]] = {}
    for part in parts:
        if part.element is None:
            yield part.file, document(part.type, part.content)
        else:
            objects.setdefault(part.file, {}).setdefault(part.element, []).append(part.content)
    yield from ((path, document("CustomObject", content)) for path, content in objects.items())


def document(root: str, content: Mapping[str, Any]) -> str:
    """Return a metadata file: members in order of their names, lists as repeated elements."""
    inner = "\n".join(_elements(content, 1))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">\n{inner}\n</{root}>\n'


def _elements(content: Mapping[str, Any], depth: int) -> Iterator[str]:
    pad = "    " * depth
    for name in sorted(content):
        for value in content[name] if isinstance(content[name], list) else [content[name]]:
            if isinstance(value, Mapping):
                yield f"{pad}<{name}>"
                yield from _elements(value, depth + 1)
                yield f"{pad}</{name}>"
            else:
                text = str(value).lower() if isinstance(value, bool) else str(value)
                yield f"{pad}<{name}>{escape(text)}</{name}>"


def _components(wanted: Sequence[WantedField]) -> Iterator[Component]:
    defined = {definition(one): one for one in wanted}
    yield from (_field(name, one) for name, one in defined.items())
    on_client = [one.name for one in wanted if one.stream == CLIENT]
    if on_client:
        yield from (_view(view, on_client) for view in VIEWS if view.field in on_client)
        yield _compact(on_client)
        yield _page(on_client)
    yield _permission_set("Inlay Read", "Sees what Inlay writes. For everybody who works with clients.", wanted, False)
    yield _permission_set("Inlay Admin", "Sees and corrects what Inlay writes. For admins of Inlay.", wanted, True)


def _in_object(kind: str, element: str, table: str, name: str, content: Mapping[str, Any]) -> Component:
    file = Path("objects") / f"{table}.object"
    return Component(kind, f"{table}.{name}", file, {"fullName": name, **content}, element)


def _field(full_name: str, wanted: WantedField) -> Component:
    table, _, name = full_name.partition(".")
    return _in_object("CustomField", "fields", table, name, _in_a_file(wanted))


def _in_a_file(wanted: WantedField) -> dict[str, Any]:
    """A picklist's values are told as ``fullName`` in files, as ``valueName`` to the Tooling API."""
    metadata = field_metadata(wanted)
    if "valueSet" in metadata:
        values = [{"fullName": one, "default": False, "label": one} for one in wanted.options]
        metadata["valueSet"] = {"restricted": True, "valueSetDefinition": {"sorted": False, "value": values}}
    return metadata


def _view(view: View, on_client: Sequence[str]) -> Component:
    shown = [name for name in COMPACT if name in on_client]
    columns = ["ACCOUNT.NAME", view.field, *(name for name in shown if name != view.field), "CORE.USERS.ALIAS"]
    filters = {"field": view.field, "operation": view.operation, "value": view.value}
    content = {"label": view.label, "filterScope": "Everything", "columns": columns, "filters": filters}
    return _in_object("ListView", "listViews", CLIENT, view.name, content)


def _compact(on_client: Sequence[str]) -> Component:
    fields = ["Name", *(one for one in COMPACT if one in on_client), "OwnerId"]
    name = PAGE.replace(" ", "_")
    return _in_object("CompactLayout", "compactLayouts", CLIENT, name, {"label": PAGE, "fields": fields})


def _page(on_client: Sequence[str]) -> Component:
    """A page layout of its own, with Inlay's fields in one section that nobody can type into."""
    middle = (len(on_client) + 1) // 2
    columns = [
        {"layoutItems": [_item(name, "Readonly") for name in half]} for half in (on_client[:middle], on_client[middle:])
    ]
    head = [{"layoutItems": [_item("Name", "Required")]}, {"layoutItems": [_item("OwnerId", "Edit")]}]
    sections = [_section("Account Information", head, custom=False), _section(SECTION, columns, custom=True)]
    name = f"{CLIENT}-{PAGE}"
    return Component("Layout", name, Path("layouts") / f"{name}.layout", {"layoutSections": sections})


def _section(label: str, columns: list[dict[str, Any]], custom: bool) -> dict[str, Any]:
    shown = {"customLabel": custom, "detailHeading": custom, "editHeading": True}
    return {**shown, "label": label, "layoutColumns": columns, "style": "TwoColumnsTopToBottom"}


def _item(field: str, behavior: str) -> dict[str, str]:
    return {"behavior": behavior, "field": field}


def _permission_set(label: str, description: str, wanted: Sequence[WantedField], edit: bool) -> Component:
    name = label.replace(" ", "_")
    rights = [{"field": f"{one.stream}.{one.name}", "readable": True, "editable": edit} for one in wanted]
    content = {"label": label, "description": description, "hasActivationRequired": False, "fieldPermissions": rights}
    return Component("PermissionSet", name, Path("permissionsets") / f"{name}.permissionset", content)


def _manifest(parts: Sequence[Component], version: str) -> dict[str, Any]:
    kinds = sorted({part.type for part in parts})
    types = [{"name": kind, "members": sorted(part.name for part in parts if part.type == kind)} for kind in kinds]
    return {"types": types, "version": version}

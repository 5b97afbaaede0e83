"""Reads a deployable zip: the package's list, what is to be removed, and one component per list entry."""

from __future__ import annotations

import base64
import binascii
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from connectors.salesforce.sandbox.envelope import Element, FaultError, read_envelope

_FOLDERS = {
    "CustomObject": ("objects", "object"),
    "PermissionSet": ("permissionsets", "permissionset"),
    "Layout": ("layouts", "layout"),
    "FlexiPage": ("flexipages", "flexipage"),
}
_IN_OBJECTS = {"CustomField": "fields", "ListView": "listViews", "CompactLayout": "compactLayouts"}
"""Components that are written inside their object's file, and the element that holds each."""


@dataclass(frozen=True)
class Component:
    """One thing to deploy or, with ``is_removal``, to take away; ``content`` is None when the zip lacks it."""

    kind: str
    name: str
    file: str
    content: Element | None
    is_removal: bool = False


@dataclass
class Deployment:
    """One deployment and what became of it; ``problems`` are by component name."""

    id: str
    components: list[Component]
    is_check: bool
    by: str
    at: str
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Tell whether every component was right."""
        return not self.problems


def read_bundle(encoded: str) -> list[Component]:
    """Return the components that ``package.xml`` and ``destructiveChanges.xml`` name, in their order."""
    files = _unzipped(encoded)
    package = files.get("package.xml")
    if package is None:
        raise FaultError("INVALID_ZIP", "No package.xml found")
    removed = [
        Component(kind, name, "destructiveChanges.xml", None, is_removal=True)
        for path in ("destructiveChanges.xml", "destructiveChangesPost.xml")
        for kind, name in _members(files.get(path))
    ]
    return [_component(files, kind, name) for kind, name in _members(package)] + removed


def _unzipped(encoded: str) -> dict[str, Element]:
    """Return the XML files by path; a folder around all of them (the package's name) is taken off."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(encoded, validate=True)))
    except (binascii.Error, zipfile.BadZipFile):
        raise FaultError("INVALID_ZIP", "the deployment is no readable zip") from None
    paths = [path for path in archive.namelist() if not path.endswith("/")]
    folder = "" if "package.xml" in paths else next((p for p in paths if p.endswith("/package.xml")), "")[:-11]
    return {
        path.removeprefix(folder): read_envelope(archive.read(path).decode("utf-8"))
        for path in paths
        if path.startswith(folder)
    }


def _members(package: Element | None) -> Iterator[tuple[str, str]]:
    for types in package.all("types") if package else ():
        for member in types.all("members"):
            yield types.value("name") or "", member.text


def _component(files: dict[str, Element], kind: str, name: str) -> Component:
    if kind in _IN_OBJECTS:
        object_name, _, own = name.partition(".")
        path = f"objects/{object_name}.object"
        inside = files[path].all(_IN_OBJECTS[kind]) if path in files else iter(())
        return Component(kind, name, path, next((one for one in inside if one.value("fullName") == own), None))
    folder, ending = _FOLDERS.get(kind, (kind.lower(), "xml"))
    path = f"{folder}/{name}.{ending}"
    return Component(kind, name, path, files.get(path))

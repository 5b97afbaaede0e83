"""Learns which objects and fields the integration user can see and change, and remembers it for a while."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.refusals import VendorRefusal
from core.sdk import Clock, ConfigError, FieldFacts, Finding

FRESH_FOR = timedelta(minutes=30)
"""How long a description is believed: one run needs it many times, and a service runs for months."""

OWN_PREFIX = "Inlay_"
"""Fields so named are Inlay's own: that they do not exist yet is `inlay provision`'s business, not a warning."""


@dataclass(frozen=True)
class ObjectFacts:
    """One object: its fields by name, and its parents by relationship name."""

    fields: Mapping[str, FieldFacts]
    relationships: Mapping[str, tuple[str, ...]]


class Discovery:
    """What describe says, remembered, and what it made Inlay leave out."""

    def __init__(self, client: SalesforceClient, connection: str, clock: Clock) -> None:
        self._client = client
        self._connection = connection
        self._clock = clock
        self._objects: dict[str, tuple[ObjectFacts, datetime]] = {}
        self._findings: dict[tuple[str, str], Finding] = {}

    def object(self, name: str) -> ObjectFacts:
        """Return the facts of one object; ``ConfigError`` when this user cannot see it."""
        known = self._objects.get(name)
        if known is None or self._clock.now() - known[1] >= FRESH_FOR:
            known = self._objects[name] = (_object_facts(self._describe(name)), self._clock.now())
        return known[0]

    def forget(self, name: str) -> None:
        """Ask anew next time, because a field was added."""
        self._objects.pop(name, None)

    def columns(self, stream: str, wanted: Iterable[str]) -> list[str]:
        """Return those of the wanted paths that can be read, each once; the others become findings."""
        known = self.object(stream)
        columns: list[str] = []
        for path in dict.fromkeys(wanted):
            if _is_readable(known, path):
                columns.append(path)
            else:
                self.miss(stream, path)
        return columns

    def miss(self, stream: str, path: str) -> None:
        """Remember that a field was left out."""
        is_own = path.startswith(OWN_PREFIX)
        self._findings[(stream, path)] = Finding(
            "field_unknown",
            "info" if is_own else "warning",
            f"Salesforce shows no field {path} on {stream} to the integration user",
            where=self._place(f"{stream}.{path}"),
            remedy="run `inlay provision`" if is_own else "create it, grant it to the integration user, or map another",
        )

    def notice(self, finding: Finding, stream: str, name: str) -> None:
        """Remember a finding about one field."""
        self._findings[(stream, name)] = finding

    def take_findings(self) -> list[Finding]:
        """Return what was noticed since the last call."""
        found = list(self._findings.values())
        self._findings.clear()
        return found

    def _describe(self, name: str) -> Mapping[str, Any]:
        try:
            found: Mapping[str, Any] = self._client.get(f"sobjects/{name}/describe")
        except VendorRefusal as refusal:
            remedy = "give the integration user read access to the object, or take it out of the mapping"
            what = f"Salesforce shows no object {name} to the integration user"
            raise ConfigError(what, where=self._place(name), remedy=remedy) from refusal
        return found

    def _place(self, name: str) -> str:
        return f"{self._connection}/{name}"


def _is_readable(known: ObjectFacts, path: str) -> bool:
    """Tell whether a path can be read, as far as this object's own describe tells."""
    first, dot, _ = path.partition(".")
    return first in known.relationships if dot else path in known.fields


def _object_facts(found: Mapping[str, Any]) -> ObjectFacts:
    fields: Sequence[Mapping[str, Any]] = found["fields"]
    return ObjectFacts(
        {field["name"]: _field_facts(field) for field in fields},
        {field["relationshipName"]: tuple(field["referenceTo"]) for field in fields if field.get("relationshipName")},
    )


def _field_facts(field: Mapping[str, Any]) -> FieldFacts:
    options = tuple(option["value"] for option in field["picklistValues"] if option["active"])
    return FieldFacts(
        name=field["name"],
        type=field["type"],
        label=field["label"],
        can_create=field["createable"],
        can_update=field["updateable"],
        is_custom=field["custom"],
        is_unique=field["unique"] or field["externalId"],
        length=field["length"] or None,
        # An unrestricted picklist takes other values too, so its options bind nobody.
        options=options if field["restrictedPicklist"] else None,
    )

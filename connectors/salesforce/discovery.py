"""Learns which objects and fields the integration user can see and change, and remembers it for a while."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.facts import ObjectFacts, object_facts
from connectors.salesforce.metadata import OWN_PREFIX
from connectors.salesforce.refusals import VendorRefusal, as_promised
from core.sdk import Clock, ConfigError, Finding

FRESH_FOR = timedelta(minutes=30)
"""How long a description is believed: one run needs it many times, and a service runs for months."""

FRESH_WHOLE = timedelta(days=1)
"""After which it is asked for whole again: a change of permissions alone may leave it "unmodified"."""

MARGIN = timedelta(minutes=5)
"""How much earlier it is asked since when: what changed while it was told must not be missed."""


@dataclass(frozen=True)
class Description:
    """What describe said of one object; when it said so whole (the vendor's clock), and confirmed it last (ours)."""

    facts: ObjectFacts
    told_at: datetime
    confirmed_at: datetime


class Discovery:
    """What describe says, remembered, and what it made Inlay leave out."""

    def __init__(self, client: SalesforceClient, connection: str, clock: Clock) -> None:
        self._client = client
        self._connection = connection
        self._clock = clock
        self._objects: dict[str, Description] = {}
        self._findings: dict[tuple[str, str], Finding] = {}

    def object(self, name: str) -> ObjectFacts:
        """Return the facts of one object; ``ConfigError`` when this user cannot see it."""
        known = self._objects.get(name)
        if known is None or self._clock.now() - known.confirmed_at >= FRESH_FOR:
            known = self._objects[name] = self._renewed(name, known)
        return known.facts

    def forget(self, name: str) -> None:
        """Ask anew next time, because Inlay itself changed a field."""
        self._objects.pop(name, None)

    def type_of(self, stream: str, path: str) -> str:
        """Return the describe type of a column; of a parent's field where the first parent that has it says so."""
        known = self.object(stream)
        first, dot, rest = path.partition(".")
        if not dot:
            return known.fields[first].type
        target = rest.partition(".")[0]
        found = (name for name in known.relationships[first] if _has(self.object(name), target))
        owner = next(found, None)
        return self.type_of(owner, rest) if owner else "string"

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
        is_own = path.startswith(OWN_PREFIX)  # that it does not exist yet is `inlay provision`'s business
        finding = Finding(
            "field_unknown",
            "info" if is_own else "warning",
            f"Salesforce shows no field {path} on {stream} to the integration user",
            where=self._place(f"{stream}.{path}"),
            remedy="run `inlay provision`" if is_own else "create it, grant it to the integration user, or map another",
        )
        self._findings[(stream, path)] = finding

    def notice(self, finding: Finding, stream: str, name: str) -> None:
        """Remember a finding about one field."""
        self._findings[(stream, name)] = finding

    def take_findings(self) -> list[Finding]:
        """Return what was noticed since the last call."""
        found = list(self._findings.values())
        self._findings.clear()
        return found

    def _renewed(self, name: str, known: Description | None) -> Description:
        """Ask whether a description still holds, and for a new one if not."""
        now = self._clock.now()
        since = known.told_at - MARGIN if known and now - known.told_at < FRESH_WHOLE else None
        found = self._describe(name, since)
        if found is None and known is not None:
            return Description(known.facts, known.told_at, now)
        with as_promised(self._place(name)):
            fresh = object_facts(found or {})
        return Description(fresh, self._client.vendors_time(), now)

    def _describe(self, name: str, since: datetime | None) -> Mapping[str, Any] | None:
        path = f"sobjects/{name}/describe"
        try:
            found: Mapping[str, Any] | None
            found = self._client.get_if_changed(path, since) if since else self._client.get(path)
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


def _has(known: ObjectFacts, path: str) -> bool:
    return path in known.fields or path in known.relationships

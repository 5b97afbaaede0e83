"""Learns which properties the account has and which of them can be written, once per run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from connectors.hubspot.client import PROPERTIES, HubSpotClient
from core.sdk import FieldFacts, Finding

OWN_PREFIX = "inlay_"
"""Properties so named are Inlay's own: that they do not exist yet is `inlay provision`'s business, not a warning."""
LONGEST_TEXT = 65_536


class Discovery:
    """What the properties API says, remembered, and what it made Inlay leave out."""

    def __init__(self, client: HubSpotClient, connection: str) -> None:
        self._client = client
        self._connection = connection
        self._known: dict[str, dict[str, FieldFacts]] = {}
        self._findings: dict[tuple[str, str], Finding] = {}

    def properties(self, kind: str) -> dict[str, FieldFacts]:
        """The properties of an object type by name."""
        if kind not in self._known:
            rows = self._client.get(f"{PROPERTIES}/{kind}").body["results"]
            self._known[kind] = {row["name"]: _facts(row) for row in rows}
        return self._known[kind]

    def forget(self, kind: str) -> None:
        """Ask anew next time, because a property was added."""
        self._known.pop(kind, None)

    def present(self, kind: str, wanted: Iterable[str]) -> list[str]:
        """Those of the wanted properties that exist; the others, which HubSpot silently leaves out, become findings."""
        known = self.properties(kind)
        found = []
        for name in wanted:
            if name in known:
                found.append(name)
            else:
                self._miss(kind, name)
        return found

    def _miss(self, kind: str, name: str) -> None:
        is_own = name.startswith(OWN_PREFIX)
        remedy = "run `inlay provision`" if is_own else "create it, or map another property"
        what = f"HubSpot has no property {name} on {kind}"
        severity: Any = "info" if is_own else "warning"
        where = f"{self._connection}/{kind}.{name}"
        self._findings[(kind, name)] = Finding("field_unknown", severity, what, where, remedy)

    def notice(self, finding: Finding, kind: str, name: str) -> None:
        """Remember a finding about one property."""
        self._findings[(kind, name)] = finding

    def take_findings(self) -> list[Finding]:
        """What was noticed since the last call."""
        found = list(self._findings.values())
        self._findings.clear()
        return found


def _facts(row: dict[str, Any]) -> FieldFacts:
    writable = not (row.get("calculated") or (row.get("modificationMetadata") or {}).get("readOnlyValue"))
    return FieldFacts(
        name=row["name"],
        type=row["type"],
        label=row["label"],
        can_create=writable,
        can_update=writable,
        is_custom=not row.get("hubspotDefined", False),
        is_unique=bool(row.get("hasUniqueValue")),
        length=LONGEST_TEXT if row["type"] == "string" else None,
        options=_options(row),
    )


def _options(row: dict[str, Any]) -> tuple[str, ...] | None:
    """The values that may be written; None where any may, or where the list is kept elsewhere (owners)."""
    if row["type"] not in ("enumeration", "bool") or row.get("externalOptions") or not row.get("options"):
        return None
    return tuple(option["value"] for option in row["options"] if not option.get("hidden"))

"""Learns which properties the account has and which of them can be written: once per run, and again when that is old.

A worker lives for days, so what was learnt is stamped and asked for anew after a while.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from connectors.hubspot.client import PROPERTIES, HubSpotClient
from connectors.hubspot.drift import missing
from connectors.hubspot.kinds import Kind
from connectors.hubspot.requirements import Requirements
from core.sdk import Clock, FieldFacts, Finding

LONGEST_TEXT = 65_536
_LEFT_OUT = "field_left_out"
FRESH = timedelta(minutes=10)
_NEVER_SILENT = frozenset({"hs_object_id", "hs_createdate", "createdate", "hs_lastmodifieddate", "lastmodifieddate"})
"""Calculated by HubSpot, but never changed without the stamp."""


@dataclass(frozen=True)
class Learnt:
    """The properties of one object type as they were at an instant.

    ``choices`` are all values that a property takes, hidden ones too; ``groups`` where it stands.
    """

    at: datetime
    facts: dict[str, FieldFacts]
    choices: dict[str, frozenset[str]]
    groups: dict[str, str]


class Discovery:
    """What the properties API says, remembered, and what it made Inlay leave out."""

    def __init__(self, client: HubSpotClient, kinds: Mapping[str, Kind], clock: Clock, connection: str) -> None:
        self._client = client
        self._kinds = kinds
        self._clock = clock
        self._connection = connection
        self._learnt: dict[str, Learnt] = {}
        self._archived: dict[str, dict[str, Mapping[str, Any]]] = {}
        self._requirements = Requirements(client, connection, self.notice)
        self._findings: dict[tuple[str, str], Finding] = {}

    def properties(self, kind: str) -> dict[str, FieldFacts]:
        """The properties of an object type by name."""
        return self.learnt(kind).facts

    def described(self, kind: str) -> dict[str, FieldFacts]:
        """The same with what new records need, which is told elsewhere."""
        learnt = self.learnt(kind)
        required = self._requirements.of(self._kinds[kind], learnt.at)
        return {name: replace(facts, is_required=name in required) for name, facts in learnt.facts.items()}

    def wanting(self, kind: Kind, names: Iterable[str]) -> None:
        """HubSpot refused a new record for want of these properties."""
        self._requirements.wanting(kind, names, self._clock.now())

    def left_out(self, kind: Kind, faults: Mapping[str, str]) -> None:
        """A record was written without these properties; ``faults`` tells why."""
        for name, code in faults.items():
            place = self._place(kind.name, name)
            known = self._findings.get((kind.name, name))
            times = known.count + 1 if known is not None and known.code == _LEFT_OUT else 1
            what = f"records were written without {name}: {code}"
            remedy = "correct what is mapped to it, or map another property"
            self.notice(Finding(_LEFT_OUT, "warning", what, place, remedy, times), kind.name, name)

    def learnt(self, kind: str, *, not_before: datetime | None = None) -> Learnt:
        """What is known of an object type; asked anew when it is old, or older than ``not_before``."""
        known = self._learnt.get(kind)
        oldest = not_before or self._clock.now() - FRESH
        if known is not None and known.at >= oldest:
            return known
        rows = self._client.get(f"{PROPERTIES}/{kind}").rows
        learnt = self._learnt[kind] = _learnt(rows, self._clock.now())
        self._archived.pop(kind, None)
        return learnt

    def forget(self, kind: str) -> None:
        """Ask anew next time, because Inlay itself changed the properties."""
        self._learnt.pop(kind, None)
        self._archived.pop(kind, None)

    def present(self, kind: str, wanted: Iterable[str]) -> list[str]:
        """Those of the wanted properties that exist; the others, which HubSpot silently leaves out, become findings."""
        known = self.properties(kind)
        names = list(wanted)
        for name in names:
            if name not in known:
                found = missing(name, known, self._archived_of(kind), self._place(kind, name))
                self._findings[(kind, name)] = found
        return [name for name in names if name in known]

    def changes_silently(self, kind: str, names: Iterable[str]) -> bool:
        """Whether one of these properties may change without moving the record's stamp."""
        facts = self.properties(kind)
        return any(facts[name].is_calculated for name in names if name in facts and name not in _NEVER_SILENT)

    def notice(self, finding: Finding, kind: str, name: str) -> None:
        """Remember a finding about one property."""
        self._findings[(kind, name)] = finding

    def take_findings(self) -> list[Finding]:
        """What was noticed since the last call."""
        found = list(self._findings.values())
        self._findings.clear()
        return found

    def _archived_of(self, kind: str) -> dict[str, Mapping[str, Any]]:
        if kind not in self._archived:
            rows = self._client.get(f"{PROPERTIES}/{kind}", [("archived", "true")]).rows
            self._archived[kind] = {row["name"]: row for row in rows}
        return self._archived[kind]

    def _place(self, kind: str, name: str) -> str:
        return f"{self._connection}/{kind}.{name}"


def _learnt(rows: list[dict[str, Any]], at: datetime) -> Learnt:
    listed = [row for row in rows if row.get("name")]
    return Learnt(
        at,
        {row["name"]: _facts(row) for row in listed},
        {row["name"]: frozenset(values) for row in listed if (values := _values(row)) is not None},
        {row["name"]: row.get("groupName") or "" for row in listed},
    )


def _facts(row: Mapping[str, Any]) -> FieldFacts:
    calculated = bool(row.get("calculated"))
    writable = not (calculated or (row.get("modificationMetadata") or {}).get("readOnlyValue"))
    options = _values(row, with_hidden=False)
    return FieldFacts(
        name=row["name"],
        type=row.get("type") or "string",
        label=row.get("label") or row["name"],
        can_create=writable,
        can_update=writable,
        is_custom=not row.get("hubspotDefined", False),
        is_unique=bool(row.get("hasUniqueValue")),
        length=LONGEST_TEXT if row.get("type") == "string" else None,
        options=options,
        is_calculated=calculated,
        is_restricted=options is not None,
    )


def _values(row: Mapping[str, Any], *, with_hidden: bool = True) -> tuple[str, ...] | None:
    """The values that may be written; None where any may, or where the list is kept elsewhere (owners)."""
    if row.get("type") not in ("enumeration", "bool") or row.get("externalOptions") or not row.get("options"):
        return None
    options = [option for option in row["options"] if isinstance(option, dict) and option.get("value") is not None]
    return tuple(str(option["value"]) for option in options if with_hidden or not option.get("hidden"))

"""What new records must be given, learnt without a call that nothing else needs.

Of HubSpot's own object types the object guides tell, and HubSpot itself when it refuses a new record for want of a
property. The schemas API tells only of the account's own types, and only to an app with a scope for those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from connectors.hubspot.client import SCHEMAS, HubSpotClient
from connectors.hubspot.drift import newly_required
from connectors.hubspot.kinds import Kind
from connectors.hubspot.refusals import VendorRefusal
from core.sdk import ConfigError, Finding

_BRIEFLY = (("includePropertyDefinitions", "false"), ("includeAssociationDefinitions", "false"))


@dataclass(frozen=True)
class _Known:
    at: datetime
    names: frozenset[str]


class Requirements:
    """What each object type is known to demand; ``notice`` takes a finding about one property of a type."""

    def __init__(self, client: HubSpotClient, connection: str, notice: Callable[[Finding, str, str], None]) -> None:
        self._client = client
        self._connection = connection
        self._notice = notice
        self._told: dict[str, _Known] = {}
        self._asked: dict[str, _Known] = {}

    def of(self, kind: Kind, since: datetime) -> frozenset[str]:
        """The properties that new records need; what was learnt before ``since`` holds no more."""
        told = self._told.get(kind.name)
        names = told.names if told and told.at >= since else frozenset()
        return frozenset(kind.required) | names | (self._of_own(kind, since) if kind.is_own else frozenset())

    def wanting(self, kind: Kind, names: Iterable[str], at: datetime) -> None:
        """HubSpot has refused a new record for want of these; of several of which one would do it demands none."""
        before = {*kind.required, *(self._told[kind.name].names if kind.name in self._told else ())}
        now = frozenset({*before, *names} - set(kind.one_of))
        self._tell(kind, before, now)
        self._told[kind.name] = _Known(at, now)

    def _of_own(self, kind: Kind, since: datetime) -> frozenset[str]:
        known = self._asked.get(kind.name)
        if known is None or known.at < since:
            now = self._ask(kind)
            self._tell(kind, known.names if known else now, now)
            self._asked[kind.name] = known = _Known(since, now)
        return known.names

    def _tell(self, kind: Kind, before: Iterable[str], now: Iterable[str]) -> None:
        for finding in newly_required(before, now, f"{self._connection}/{kind.name}"):
            self._notice(finding, kind.name, finding.where.rpartition(".")[2])

    def _ask(self, kind: Kind) -> frozenset[str]:
        try:
            told = self._client.get(f"{SCHEMAS}/{kind.name}", _BRIEFLY).body.get("requiredProperties") or ()
        except (ConfigError, VendorRefusal):
            told = ()
        return frozenset(map(str, told))

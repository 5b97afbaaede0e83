"""A connection that Inlay may write to, with what the ledger needs to know of its fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.connector import Connector, FieldFacts, FieldType, RawRecord
from core.errors import AuthError, ConfigError, RetryLater
from core.ledger.operations import Act
from core.mapping import MISSING, FieldWrite, same_value
from core.mapping import Mapping as FieldMapping
from core.sync import ConnectionSetup

EMPTY = (None, "")
UNTOLD: tuple[FieldType, ...] = ("text", "number", "datetime")
"""What a field may be of which the mapping tells no type, such as those of a new task."""


@dataclass(frozen=True)
class Target:
    """One writable connection; ``writes`` finds the mapping's rule for a stream's field."""

    name: str
    connector: Connector
    mapping: FieldMapping
    writes: Mapping[tuple[str, str], FieldWrite]
    unreachable: list[str] = field(default_factory=list)

    def same(self, stream: str, name: str, one: Any, other: Any) -> bool:
        """Tell whether two vendor values mean the same, however they are rendered; null and "" both mean empty."""
        if one == other:
            return True
        if one in EMPTY or other in EMPTY:
            return one in EMPTY and other in EMPTY
        write = self.writes.get((stream, name))
        kinds = (write.type,) if write else UNTOLD
        return any(same_value(one, other, kind) for kind in kinds)

    def value(self, stream: str, raw: RawRecord, name: str) -> Any:
        """One vendor field of a raw record, wherever this vendor keeps it; None when the record does not show it."""
        known = self.mapping.streams.get(stream)
        found = known.value(raw, name) if known else raw.get(name)
        return None if found is MISSING else found

    def stamp(self, stream: str, raw: RawRecord) -> str | None:
        """When the vendor last changed a raw record, as an instant in UTC; None where it does not tell."""
        known = self.mapping.streams.get(stream)
        return known.stamp(raw) if known else None

    def batch_size(self, stream: str, verb: Act) -> int:
        """How many rows one call may carry; merges go one by one."""
        return 1 if verb == "merge" else self.connector.batch_size(stream, verb)

    def calls(self, stream: str, verb: Act, records: int) -> int:
        """About how many calls it takes to write so many records, in batches as large as they may be."""
        if verb == "merge":
            return records
        size = self.batch_size(stream, verb)
        full, rest = divmod(records, size)
        batches = [size] * full + ([rest] if rest else [])
        return sum(self.connector.calls_for(stream, verb, rows) for rows in batches)

    def external_id(self, stream: str, raw: RawRecord) -> str:
        """The id by which the store knows a raw record."""
        known = self.mapping.streams.get(stream)
        return known.external_id(raw) if known else str(raw[self.connector.streams()[stream].id_field])

    def describe(self, stream: str) -> Mapping[str, FieldFacts]:
        """The vendor's word on a stream's fields; empty, and the reason kept, when it cannot be had now."""
        try:
            return self.connector.describe(stream)
        except (RetryLater, AuthError) as problem:
            self.unreachable.append(str(problem))
            return {}


def targets_of(setups: Iterable[ConnectionSetup]) -> dict[str, Target]:
    """All writable connections, in the order of the configuration."""
    return {
        setup.name: Target(
            setup.name,
            setup.connector,
            setup.mapping,
            {(write.stream, write.field): write for write in setup.mapping.writes},
        )
        for setup in setups
        if setup.connector.writes
    }


def target_named(targets: Mapping[str, Target], name: str) -> Target:
    """The target of that name; raises ``ConfigError`` when the configuration no longer holds it."""
    if name not in targets:
        raise ConfigError(
            f"the ledger holds operations for the connection `{name}`, which cannot be written to now",
            where=name,
            remedy="put the connection back into inlay.yaml, or dismiss its operations",
        )
    return targets[name]

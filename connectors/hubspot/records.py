"""What a record looks like to the rest of Inlay: the same however it was read, so that its hash can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connectors.hubspot.client import Json
from connectors.hubspot.kinds import MERGED_IDS, Kind
from core.sdk import RawRecord, Tombstone, iso

BESIDE_PROPERTIES = frozenset({"id", "createdAt", "updatedAt", "archived", "archivedAt"})
_ASSOCIATIONS = "associations."
_OLDEST = "1970-01-01T00:00:00Z"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Question:
    """What of an object type is wanted: properties, and the types whose associated ids belong into each record.

    ``own_targets`` are those that are types of the account's own; ``is_swept`` where a property may change silently.
    """

    kind: Kind
    properties: Sequence[str]
    targets: Sequence[str] = ()
    with_merges: bool = False
    own_targets: frozenset[str] = frozenset()
    is_swept: bool = False

    @property
    def asked(self) -> list[str]:
        """The properties to ask for: always with the stamp, and with that which tells of merges where there are any."""
        extra = [self.kind.modified, *([MERGED_IDS] if self.with_merges else [])]
        return list(dict.fromkeys([*self.properties, *extra]))


def split_fields(fields: Iterable[str]) -> tuple[list[str], list[str]]:
    """Properties and association targets among the fields that a mapping needs."""
    unique = list(dict.fromkeys(fields))
    targets = [name.removeprefix(_ASSOCIATIONS) for name in unique if name.startswith(_ASSOCIATIONS)]
    properties = [name for name in unique if name not in BESIDE_PROPERTIES and not name.startswith(_ASSOCIATIONS)]
    return properties, targets


@dataclass
class Links:
    """Ids of the records associated with each of several records, by object type; a primary one comes first."""

    of: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def put(self, record_id: str, target: str, partners: Mapping[str, bool]) -> None:
        """Note the partners of one type: id -> whether it is the primary one."""
        ordered = sorted(partners, key=lambda partner: (not partners[partner], len(partner), partner))
        self.of.setdefault(record_id, {})[target] = ordered


def to_raw(row: Json, question: Question, links: Links) -> RawRecord:
    """A record as it is stored: what the vendor adds by itself (addresses, paging) is left out."""
    raw: Json = {name: row.get(name) for name in ("id", "createdAt", "updatedAt", "archived")}
    raw["properties"] = row["properties"]
    if question.targets:
        mine = links.of.get(row["id"], {})
        raw["associations"] = {target: mine.get(target, []) for target in question.targets}
    return raw


def merged_away(rows: Iterable[Json]) -> list[Tombstone]:
    """The records that these have swallowed: a merge leaves the old ids in a property of the survivor."""
    return [
        Tombstone(old, "merged", merged_into=row["id"])
        for row in rows
        for old in (row["properties"].get(MERGED_IDS) or "").split(";")
        if old and old != row["id"]
    ]


def to_instant(stamp: str) -> datetime:
    """Read an instant as HubSpot writes it."""
    return datetime.fromisoformat(stamp).astimezone(UTC)


def milliseconds(instant: datetime) -> int:
    """An instant as searches want it."""
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def modified(row: Json, kind: Kind) -> str:
    """When a record was modified, as the store writes instants."""
    return iso(to_instant(stamp_of(row, kind)))


def stamp_of(row: Json, kind: Kind) -> str:
    """The same as the vendor writes it; a record that tells none is as old as can be."""
    return str(row["properties"].get(kind.modified) or row.get("updatedAt") or row.get("createdAt") or _OLDEST)

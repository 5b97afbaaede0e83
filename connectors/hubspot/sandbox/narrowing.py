"""What the filters of a search say at once about where to look, so that a stock of a million is not walked through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.hubspot.sandbox.schema import ObjectType
from connectors.hubspot.sandbox.values import to_instant

_FLOORS = {"GT": "value", "GTE": "value", "EQ": "value", "BETWEEN": "value"}
_CEILINGS = {"LT": "value", "LTE": "value", "EQ": "value", "BETWEEN": "highValue"}

Filters = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Bounds:
    """No hit was modified before ``since`` or after ``until`` (None: unknown), or has an id below ``first``."""

    since: datetime | None = None
    until: datetime | None = None
    first: int = 0


EVERYWHERE = Bounds()


def bounds_of(kind: ObjectType, groups: Sequence[Filters]) -> Bounds:
    """The bounds that hold for every group of filters; hits need only one group."""
    floors = [_limits(filters, kind.modified, _FLOORS) for filters in groups]
    ceilings = [_limits(filters, kind.modified, _CEILINGS) for filters in groups]
    ids = [_limits(filters, "hs_object_id", _FLOORS) for filters in groups]
    return Bounds(
        since=min((max(map(to_instant, each)) for each in floors), default=None) if all(floors) else None,
        until=max((min(map(to_instant, each)) for each in ceilings), default=None) if all(ceilings) else None,
        first=min((max(map(int, each)) for each in ids), default=0) if all(ids) else 0,
    )


def _limits(filters: Filters, name: str, operators: Mapping[str, str]) -> list[str]:
    """The values beyond which nothing passes a group; checked before by the tests made of the same filters."""
    return [
        str(each[operators[each["operator"]]])
        for each in filters
        if each.get("propertyName") == name and each.get("operator") in operators
    ]

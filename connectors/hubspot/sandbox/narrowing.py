"""What the filters of a search say at once about where to look, so that not every record has to be looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.hubspot.sandbox.index import BEGINNING, END, Span
from connectors.hubspot.sandbox.schema import ObjectType
from connectors.hubspot.sandbox.values import milliseconds, to_instant

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


_LOWEST: Mapping[str, tuple[str, int]] = {
    "GT": ("value", 1),
    "GTE": ("value", 0),
    "EQ": ("value", 0),
    "BETWEEN": ("value", 0),
}
_HIGHEST: Mapping[str, tuple[str, int]] = {
    "LT": ("value", -1),
    "LTE": ("value", 0),
    "EQ": ("value", 0),
    "BETWEEN": ("highValue", 0),
}


def span_of(kind: ObjectType, groups: Sequence[Filters], sort: str) -> Span | None:
    """The span that a search asks for and nothing else; None where its filters or its sort look at other values.

    The values have been checked before; an id with a fraction is a value like others.
    """
    if len(groups) > 1 or sort not in (kind.modified, "hs_object_id"):
        return None
    filters = groups[0] if groups else ()
    ids = [each for each in filters if each["propertyName"] == "hs_object_id"]
    times = [each for each in filters if each["propertyName"] == kind.modified]
    if len(ids) + len(times) < len(filters) or not all(_is_bound(each) for each in filters):
        return None
    try:
        since, until = _ends(times, lambda text: milliseconds(to_instant(text)))
        first, last = _ends(ids, int)
    except ValueError:
        return None
    return Span(since, until, first, last, by_id=sort == "hs_object_id")


def _is_bound(given: Mapping[str, Any]) -> bool:
    return given["operator"] in _LOWEST or given["operator"] in _HIGHEST


def _ends(filters: Filters, read: Callable[[str], int]) -> tuple[int, int]:
    lowest = [_end(each, read, _LOWEST) for each in filters if each["operator"] in _LOWEST]
    highest = [_end(each, read, _HIGHEST) for each in filters if each["operator"] in _HIGHEST]
    return max(lowest, default=BEGINNING), min(highest, default=END)


def _end(given: Mapping[str, Any], read: Callable[[str], int], ends: Mapping[str, tuple[str, int]]) -> int:
    name, beyond = ends[given["operator"]]
    return read(str(given[name])) + beyond

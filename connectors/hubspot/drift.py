"""What HubSpot itself tells of properties that went away or are needed by now; all else core finds by comparing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from core.sdk import FieldFacts, Finding

OWN_PREFIX = "inlay_"
"""Properties so named are Inlay's own: that they do not exist yet is `inlay provision`'s business, not a warning."""

Facts = Mapping[str, FieldFacts]


def missing(name: str, known: Facts, archived: Mapping[str, Mapping[str, Any]], where: str) -> Finding:
    """A property that is used and not there: never was, was archived, or was replaced by one of the same label."""
    gone = archived.get(name)
    if gone is None:
        is_own = name.startswith(OWN_PREFIX)
        remedy = "run `inlay provision`" if is_own else "create it, or map another property"
        what = f"HubSpot has no property {name} on {_object(where)}"
        return Finding("field_unknown", "info" if is_own else "warning", what, where, remedy)
    heir = _of_same_label(gone.get("label"), gone.get("type"), known)
    since = f" on {gone['archivedAt'][:10]}" if gone.get("archivedAt") else ""
    if heir is not None:
        what = f"{name} was archived{since}; {heir} has the same label and type"
        return Finding("field_renamed", "warning", what, where, f"map {heir} instead, if it took its place")
    return Finding("field_removed", "warning", f"{name} was archived{since}", where, "restore it, or map another one")


def _of_same_label(label: Any, kind: Any, known: Facts) -> str | None:
    return next((name for name, facts in known.items() if facts.label == label and facts.type == kind), None)


def newly_required(before: Iterable[str], now: Iterable[str], place: str) -> Iterator[Finding]:
    """The properties that new records need now and did not before."""
    for name in sorted(set(now) - set(before)):
        what = f"new records need {name} from now on"
        yield Finding("field_required", "warning", what, f"{place}.{name}", "map it, or make it optional again")


def _object(where: str) -> str:
    return where.rpartition("/")[2].partition(".")[0]

"""One view of several records: which value of each field stands, and where it came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from core.identity.rules import JoinRules, Survivor
from core.store.golden import Provenance
from core.store.linked import LinkedRow

ORDER: Survivor = "order"
SAME_BY = ("address", "e164", "number")


@dataclass(frozen=True, slots=True)
class Merged:
    """The canonical data of a golden record and, per field, the source ids and instants it came from."""

    data: dict[str, Any]
    provenance: Provenance


def merge(members: Sequence[LinkedRow], order: Sequence[str], rules: JoinRules) -> Merged:
    """Merge the live members (all of them when none lives), first connection first, newest first within one.

    A field that one system leaves empty takes another's value; it is null only when nobody has one.
    """
    alive = [member for member in members if member.gone is None] or list(members)
    ranked = sorted(alive, key=lambda member: _rank(member, order))
    data: dict[str, Any] = {}
    origins: dict[str, list[LinkedRow]] = {}
    for name in dict.fromkeys(name for member in ranked for name in member.data):
        holders = [member for member in ranked if member.data.get(name) is not None]
        if not holders:
            data[name] = None
            origins[name] = [member for member in ranked if name in member.data][:1]
            continue
        data[name], origins[name] = RULES[rules.survivors.get(name, ORDER)](name, holders)
    return Merged(data, _provenance(origins))


def _rank(member: LinkedRow, order: Sequence[str]) -> tuple[int, list[int], str]:
    connection = member.source_id.partition("/")[0]
    place = order.index(connection) if connection in order else len(order)
    return place, [-ord(char) for char in member.stamp or ""], member.source_id


Choice = tuple[Any, list[LinkedRow]]


def _first(name: str, holders: Sequence[LinkedRow]) -> Choice:
    return holders[0].data[name], [holders[0]]


def _newest(name: str, holders: Sequence[LinkedRow]) -> Choice:
    """An instant is its own age; any other value is as new as its record."""
    return _best(name, holders, lambda one: one.data[name] if name.endswith("_at") else one.stamp or "")


def _longest(name: str, holders: Sequence[LinkedRow]) -> Choice:
    return _best(name, holders, lambda one: len(one.data[name]) if isinstance(one.data[name], str | list) else 0)


def _best(name: str, holders: Sequence[LinkedRow], worth: Callable[[LinkedRow], Any]) -> Choice:
    best = max(holders, key=worth)  # the first of equals, which is the first in rank
    return best.data[name], [best]


def _union(name: str, holders: Sequence[LinkedRow]) -> Choice:
    values = [holder.data[name] for holder in holders]
    if all(isinstance(value, dict) for value in values):
        return {key: item for value in reversed(values) for key, item in value.items()}, list(holders)
    if all(isinstance(value, list) for value in values):
        return _joined(values), list(holders)
    return _first(name, holders)


def _joined(lists: Sequence[list[Any]]) -> list[Any]:
    """All elements once; of several main ones the first system's stays the main one."""
    joined: dict[bytes, Any] = {}
    for position, elements in enumerate(lists):
        for element in elements:
            plain = {**element, "is_primary": False} if position and _is_primary(element) else element
            joined.setdefault(_identity(element), plain)
    return list(joined.values())


def _is_primary(element: Any) -> bool:
    return isinstance(element, dict) and bool(element.get("is_primary"))


def _identity(element: Any) -> bytes:
    if isinstance(element, dict):
        for name in SAME_BY:
            if element.get(name):
                return orjson.dumps([name, element[name]])
    return orjson.dumps(element, option=orjson.OPT_SORT_KEYS)


def _provenance(origins: Mapping[str, Sequence[LinkedRow]]) -> Provenance:
    """Pairs of source id and instant per field; what most fields have in common is said once, under ``*``."""
    pairs: dict[str, list[str | None]] = {
        name: [part for member in members for part in (member.source_id, member.stamp)]
        for name, members in origins.items()
    }
    counts: dict[str, int] = {}
    for pair in pairs.values():
        counts[repr(pair)] = counts.get(repr(pair), 0) + 1
    most = max(pairs.values(), key=lambda pair: counts[repr(pair)], default=[])
    return {"*": most, **{name: pair for name, pair in pairs.items() if pair != most}}


RULES: Mapping[Survivor, Callable[[str, Sequence[LinkedRow]], Choice]] = {
    "order": _first,
    "newest": _newest,
    "longest": _longest,
    "union": _union,
}

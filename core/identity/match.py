"""Deciding which records are one: strongest keys first, and nothing that speaks against itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from core.identity.index import KeyIndex
from core.identity.keys import ID, NAMES, STRENGTH, TAX_NUMBERS


@dataclass(frozen=True, slots=True)
class Tie:
    """Why a record is where it is: the kind of key, and the sentence an admin reads."""

    rule: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """Records that share a key and were left apart, and why."""

    ids: tuple[str, ...]
    kind: str
    reason: str


@dataclass
class Matches:
    """The outcome: groups of two or more records (in order of id), the tie of each record, and the doubts."""

    groups: list[tuple[str, ...]] = field(default_factory=list)
    ties: dict[str, Tie] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)


def match(index: KeyIndex, order: Sequence[str]) -> Matches:
    """Join what belongs together; the same records give the same outcome in whatever order they were noted.

    ``order`` is that of the connections in the configuration: the first has the last word on what is one client.
    """
    return _Matching(index, order).run()


class _Matching:
    def __init__(self, index: KeyIndex, order: Sequence[str]) -> None:
        self._index = index
        self._order = {name: place for place, name in enumerate(order)}
        self._group_of: dict[str, list[str]] = {}
        self._found = Matches()

    def run(self) -> Matches:
        """Compare every candidate pair once and say what belongs together."""
        for source_id, named in self._index.references(ID):
            self._follow(source_id, named)
        for kind in STRENGTH[1:]:
            for value, holders in self._index.shared(kind):
                self._judge(kind, value, holders)
        groups = {id(group): tuple(sorted(group)) for group in self._group_of.values() if len(group) > 1}
        self._found.groups = sorted(groups.values())
        return self._found

    def _follow(self, source_id: str, named: str) -> None:
        """One record names another outright.

        Two billing customers may name one client of the CRM, which comes first; two clients never become one because
        they share a billing customer.
        """
        group, other = self._group(source_id), self._group(named)
        if group is other:
            return
        first = min(_connection(source_id), _connection(named), key=self._place)
        if first in map(_connection, group) and first in map(_connection, other):
            self._doubt((source_id, named), ID, f"that would make two records of `{first}` one")
        elif reason := self._conflict(group, other):
            self._doubt((source_id, named), ID, reason)
        else:
            self._unite(group, other, ID, f"{source_id} names {named}")

    def _judge(self, kind: str, value: str, holders: Sequence[str]) -> None:
        """Records of several systems share a key: unite them, unless one system has it twice or other keys disagree."""
        groups = list({id(group): group for group in map(self._group, holders)}.values())
        if len(groups) < 2:
            return
        if twice := _twice(groups):
            shown = f"{value} " if kind == "domain" else ""
            self._doubt(holders, kind, f"several records of `{twice}` have the {NAMES[kind]} {shown}".strip())
            return
        first = groups[0]
        for other in groups[1:]:
            if reason := self._conflict(first, other):
                self._doubt((first[0], other[0]), kind, reason)
            else:
                self._unite(first, other, kind, _sentence(kind, value, first[0]))
                first = self._group(first[0])

    def _conflict(self, one: Sequence[str], other: Sequence[str]) -> str:
        mine, theirs = self._index.values(one, TAX_NUMBERS), self._index.values(other, TAX_NUMBERS)
        for kind in TAX_NUMBERS:
            if mine[kind] and theirs[kind] and not mine[kind] & theirs[kind]:
                return f"their {NAMES[kind]}s differ"
        return ""

    def _unite(self, one: list[str], other: list[str], rule: str, evidence: str) -> None:
        names = self._index.names([*one, *other])
        agree = any(names[a] and names[a] == names[b] for a in one for b in other)
        tie = Tie(rule, evidence + ("; the names agree" if agree else ""))
        for source_id in (*one, *other):
            self._found.ties.setdefault(source_id, tie)
        united = [*one, *other]
        for source_id in united:
            self._group_of[source_id] = united

    def _place(self, connection: str) -> tuple[int, str]:
        return self._order.get(connection, len(self._order)), connection

    def _group(self, source_id: str) -> list[str]:
        return self._group_of.setdefault(source_id, [source_id])

    def _doubt(self, ids: Iterable[str], kind: str, reason: str) -> None:
        self._found.doubts.append(Doubt(tuple(sorted(ids)), kind, reason))


def _twice(groups: Iterable[Sequence[str]]) -> str:
    """The connection that several of the groups have a record of; empty when there is none."""
    seen: set[str] = set()
    for group in groups:
        here = set(map(_connection, group))
        if both := sorted(seen & here):
            return both[0]
        seen |= here
    return ""


def _sentence(kind: str, value: str, anchor: str) -> str:
    shown = f" {value}" if kind != "email" else ""
    return f"same {NAMES[kind]}{shown} as {anchor}"


def _connection(source_id: str) -> str:
    return source_id.partition("/")[0]

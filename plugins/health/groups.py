"""Clients that belong to one another: how a parent stands together with all that are below it.

The parent's own score is left as it is; these figures stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from core.sdk import Clients, Column, Signal, Values, counted, signal

DEEPEST = 20  # levels of parents; who is found above that is a mistake in the CRM
NEEDS = {"ids": "group.member", "parents": "group.parent", "scores": "health.score"}
NO_GROUP = "no client is below this one"


@signal("group.member", kind="text", keep="nothing")
def member(clients: Clients) -> Column:
    """The client's own id, by which others name it as their parent."""
    return Column(_texts(clients.ids), "its own id")


@signal("group.name", kind="text", keep="nothing")
def name(clients: Clients) -> Column:
    """What the client is called."""
    return Column(clients.name, "its name")


@signal("group.parent", kind="text", keep="nothing")
def parent(clients: Clients) -> Column:
    """Id of the client above this one, as the CRM says."""
    return Column(
        clients.parent_client_id, lambda i: "has a parent" if clients.parent_client_id[i] else "has no parent"
    )


@dataclass(frozen=True)
class Groups:
    """For every client the row of its parent, or -1: unknown parents and circles are none."""

    parents: Values

    @classmethod
    def of(cls, ids: Values, parents: Values) -> Groups:
        """Find the parents; whoever is its own ancestor has none."""
        row_of = {id_: row for row, id_ in enumerate(ids.tolist())}
        rows = np.array([row_of.get(id_, -1) if id_ else -1 for id_ in parents.tolist()], np.int64)
        above, circle = rows, np.zeros(len(rows), np.bool_)
        for _ in range(DEEPEST):
            circle |= above == np.arange(len(rows))
            above = _parents_of(above, rows)
        return cls(np.where(circle, -1, rows))

    def pairs(self) -> Iterator[tuple[Values, Values]]:
        """Members and, level by level, who is above them; each client is above itself first."""
        members = np.arange(len(self.parents))
        above = members
        for _ in range(DEEPEST + 1):
            yield members, above
            above = _parents_of(above, self.parents)
            members, above = members[above >= 0], above[above >= 0]

    @property
    def is_parent(self) -> Values:
        """Who has somebody below."""
        found = np.zeros(len(self.parents), np.bool_)
        found[self.parents[self.parents >= 0]] = True
        return found


def group_mean(scores: Values, fees: Values, groups: Groups) -> tuple[Values, Values]:
    """Mean score of each parent with all below it, weighted by fees where all of theirs are known; and their number."""
    size = len(scores)
    top, bottom, plain, count, lacking = (np.zeros(size) for _ in range(5))
    for members, above in groups.pairs():
        scored = ~np.isnan(scores[members])
        rows, into = members[scored], above[scored]
        paid = np.nan_to_num(fees[rows])
        for total, parts in ((top, scores[rows] * paid), (bottom, paid), (plain, scores[rows])):
            np.add.at(total, into, parts)
        np.add.at(count, into, 1)
        np.add.at(lacking, into, np.isnan(fees[rows]))
    weighted = (bottom > 0) & (lacking == 0)
    mean = np.where(weighted, top / np.where(weighted, bottom, 1), plain / np.where(count > 0, count, 1))
    return np.where(groups.is_parent & (count > 0), mean, np.nan), count


def group_worst(scores: Values, groups: Groups) -> Values:
    """Row of the member with the lowest score (the first of equals), -1 where nobody is below or none has a score."""
    worst = np.full(len(scores), -1, np.int64)
    lowest = np.full(len(scores), np.inf)
    for members, above in groups.pairs():
        scored = members[~np.isnan(scores[members])]
        into = above[~np.isnan(scores[members])]
        order = np.lexsort((-scored, -scores[scored]))  # the lowest comes last, and stays
        found = np.full(len(scores), -1, np.int64)
        found[into[order]] = scored[order]
        value = np.where(found >= 0, scores[found], np.inf)
        better = (value < lowest) | ((value == lowest) & (found < worst) & (found >= 0))
        worst, lowest = np.where(better, found, worst), np.where(better, value, lowest)
    return np.where(groups.is_parent, worst, -1)


def _mean(ids: Column, parents: Column, scores: Column, fees: Column | None) -> Column:
    paid = np.full(len(ids), np.nan) if fees is None else np.maximum(fees.values, 0)
    mean, count = group_mean(scores.values, paid, Groups.of(ids.values, parents.values))
    return Column(
        mean,
        lambda i: NO_GROUP if np.isnan(mean[i]) else f"{counted(count[i], 'client')} with a score, this one among them",
    )


def _worst(ids: Column, names: Column, parents: Column, scores: Column) -> Column:
    worst = group_worst(scores.values, Groups.of(ids.values, parents.values))
    values = np.where(worst >= 0, scores.values[worst], np.nan)
    return Column(values, lambda i: NO_GROUP if worst[i] < 0 else f"{names.values[worst[i]]} has the lowest score")


def _parents_of(rows: Values, parents: Values) -> Values:
    return np.asarray(np.where(rows >= 0, parents[rows], -1))


def _texts(words: list[str]) -> Values:
    values = np.empty(len(words), "O")
    values[:] = words
    return values


SIGNALS = [
    member,
    name,
    parent,
    Signal(
        "group.health", _mean, MappingProxyType(NEEDS | {"fees": "fees.last_year"}),
        "Mean score of a parent client and all below it, weighted by the fees of twelve months where they are known.",
        "points", digits=0, optional=frozenset({"fees"}), across=True,
    ),
    Signal(
        "group.lowest_health", _worst, MappingProxyType(NEEDS | {"names": "group.name"}),
        "Lowest score among a parent client and all below it.", "points", digits=0, across=True,
    ),
]  # fmt: skip

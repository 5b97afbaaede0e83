"""From matches to what has to change: who moves where, under which golden id, and the writing of it.

A golden id stays as long as its anchor lives and is part of the group; a record that is gone stays with those it was
joined to, so that references to it still lead to the client.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from sqlalchemy import Connection

from core.identity.match import Matches, Tie
from core.identity.rules import JoinRules
from core.identity.survivorship import merge
from core.store import crosswalk, golden, linked
from core.store.linked import LinkedRow
from core.store.sources import stamps

Rank = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Home:
    """Where a record is now, and why."""

    golden_id: str
    rule: str
    evidence: str | None


@dataclass(slots=True)
class Group:
    """The records that are to share one golden record; ``gone`` ones only keep their references alive."""

    live: list[str]
    gone: list[str] = field(default_factory=list)
    golden_id: str = ""

    @property
    def members(self) -> list[str]:
        """All of them, by id."""
        return sorted([*self.live, *self.gone])


@dataclass(frozen=True)
class Change:
    """What a join has to write for one record type: groups to merge, and records that stand alone again."""

    record_type: str
    groups: Sequence[tuple[Group, Mapping[str, Home]]]
    alone: Sequence[str]


def plan_change(conn: Connection, record_type: str, matches: Matches, order: Sequence[str], *, anew: bool) -> Change:
    """Compare the matches with the crosswalk; ``anew`` merges every group again, because the rules have changed."""
    place = {name: position for position, name in enumerate(order)}
    homes = {row[0]: Home(*row[1:]) for row in crosswalk.linked_homes(conn, record_type)}
    gone = linked.gone_members(conn, record_type)
    groups = _with_the_gone([Group(list(group)) for group in matches.groups], homes, gone)
    stale = set(linked.unmerged(conn, record_type))
    wanted: list[tuple[Group, Mapping[str, Home]]] = []
    for group in groups:
        group.golden_id = _anchor(group, homes, place)
        new = {source_id: _home(source_id, group, homes, matches.ties) for source_id in group.members}
        moved = any(homes.get(source_id) != home for source_id, home in new.items())
        if anew or moved or not stale.isdisjoint(new):
            wanted.append((group, new))
    grouped = {source_id for group in groups for source_id in group.members}
    return Change(record_type, wanted, sorted(homes.keys() - grouped))


def stand_alone(conn: Connection, record_type: str, ids: Sequence[str], at: str) -> None:
    """Give records that are linked no more their own golden records back."""
    rows = linked.read_linked(conn, record_type, ids)
    golden.save_golden(conn, [_golden_row(record_type, row, at) for row in rows.values()])
    crosswalk.part(conn, record_type, list(rows))
    linked.remove_linked(conn, record_type, list(rows))


def write_groups(
    conn: Connection, change: Change, part: slice, order: Sequence[str], rules: JoinRules, at: str
) -> None:
    """Merge some of the groups; what their members say now is read in this very transaction."""
    kind = change.record_type
    chosen = change.groups[part]
    said = _said(conn, kind, [source_id for group, _ in chosen for source_id in group.members])
    golden_rows, homes, forms = [], [], []
    for group, new in chosen:
        rows = [said[source_id] for source_id in group.members if source_id in said]
        merged = merge(rows, order, rules)
        gone = None if any(row.gone is None for row in rows) else rows[0].gone
        data, provenance = orjson.dumps(merged.data).decode(), orjson.dumps(merged.provenance).decode()
        golden_rows.append((kind, group.golden_id, merged.data.get("client_id"), data, provenance, at, gone))
        homes += [(kind, key, home.golden_id, home.rule, home.evidence, at) for key, home in new.items()]
        forms += [(kind, row.source_id, orjson.dumps(row.data).decode(), row.stamp, row.gone, 1) for row in rows]
    linked.save_linked(conn, forms)
    golden.remove_golden(conn, kind, [key for group, _ in chosen for key in group.members if key != group.golden_id])
    golden.save_golden(conn, golden_rows)
    crosswalk.link(conn, homes)


def _with_the_gone(groups: list[Group], homes: Mapping[str, Home], gone: set[str]) -> list[Group]:
    """Attach each gone record to the group its former companions are in now."""
    group_of = {source_id: group for group in groups for source_id in group.live}
    for golden_id, former in sorted(_former(homes).items()):
        lost = [source_id for source_id in former if source_id in gone]
        left = [source_id for source_id in former if source_id not in gone]
        if not lost:
            continue
        keeper = golden_id if golden_id in left or golden_id not in homes else min(left, default="")
        group = group_of.get(keeper)
        if group is None:
            group = Group([keeper] if keeper else [], golden_id=golden_id)
            groups.append(group)
            group_of[keeper] = group
        group.gone += lost
    return groups


def _former(homes: Mapping[str, Home]) -> dict[str, list[str]]:
    former: dict[str, list[str]] = {}
    for source_id, home in sorted(homes.items()):
        former.setdefault(home.golden_id, []).append(source_id)
    return former


def _anchor(group: Group, homes: Mapping[str, Home], place: Rank) -> str:
    """The golden id: the one its members have where that still lives, else the first connection's smallest id."""
    if not group.live:
        return group.golden_id
    kept = {homes[source_id].golden_id for source_id in group.live if source_id in homes} & set(group.live)
    return min(kept or group.live, key=lambda one: (place.get(one.partition("/")[0], len(place)), one))


def _home(source_id: str, group: Group, homes: Mapping[str, Home], ties: Mapping[str, Tie]) -> Home:
    tie = ties.get(source_id)
    if tie is not None and source_id in group.live:
        return Home(group.golden_id, tie.rule, tie.evidence)
    before = homes.get(source_id)
    rule, evidence = (before.rule, before.evidence) if before else (crosswalk.ALONE, None)
    return Home(group.golden_id, rule, evidence)


def _said(conn: Connection, kind: str, ids: Sequence[str]) -> dict[str, LinkedRow]:
    """Each member's own canonical form: from its linked form, or from the golden record that is still its own."""
    said = linked.read_linked(conn, kind, ids)
    others = [source_id for source_id in ids if source_id not in said]
    known = stamps(conn, others)
    for source_id, row in golden.lookup(conn, kind, others).items():
        said[source_id] = LinkedRow(source_id, orjson.loads(row.data), known.get(source_id), row.gone)
    return said


def _golden_row(kind: str, row: LinkedRow, at: str) -> tuple[str | None, ...]:
    data = orjson.dumps(row.data).decode()
    return (kind, row.source_id, row.data.get("client_id"), data, golden.OWN, at, row.gone)

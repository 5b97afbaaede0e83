"""Joining: what several systems say of one client, contact or user becomes one golden record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection

from core.clock import Clock, iso
from core.connector import Finding
from core.identity.grouping import plan_change, stand_alone, write_groups
from core.identity.index import KeyIndex
from core.identity.keys import NAMES
from core.identity.match import Doubt, Matches, match
from core.identity.merges import final_survivors, point_at_survivors
from core.identity.reading import Sources, index_records
from core.identity.rules import JoinRules
from core.store import Store, findings, runs
from core.sync import ConnectionSetup

JOINED = ("client", "contact", "user")
DOUBTFUL = "ambiguous_match"
LISTED = 1000
SHOWN = 6
CHUNK = 500
DEFAULT_RULES = JoinRules()


@dataclass
class TypeReport:
    """One record type: groups there are, records in them, golden records written, doubts listed."""

    groups: int = 0
    linked: int = 0
    merged: int = 0
    doubts: int = 0


@dataclass
class JoinReport:
    """What joining did; ``skipped`` when nothing had changed since the last time."""

    run_id: str | None = None
    skipped: bool = False
    types: dict[str, TypeReport] = field(default_factory=dict)

    @property
    def linked(self) -> int:
        """Records that share a golden record with another one."""
        return sum(report.linked for report in self.types.values())

    @property
    def doubts(self) -> int:
        """Matches left for a person to decide."""
        return sum(report.doubts for report in self.types.values())


def join_clients(
    store: Store, setups: Sequence[ConnectionSetup], clock: Clock, rules: JoinRules = DEFAULT_RULES
) -> JoinReport:
    """Link the records of all connections that are one, and merge what they say.

    The order of ``setups`` is that of the configuration. Safe to kill and to repeat; costs nothing when no sync has
    changed anything since the last join.
    """
    terms = {"rules": rules.hash, "order": [setup.name for setup in setups]}
    with store.begin() as conn:
        history = runs.read_runs(conn, limit=LISTED)
        if _nothing_new(history, terms):
            return JoinReport(skipped=True)
        report = JoinReport(runs.start_run(conn, "join", clock, terms))
    work = _Work(setups, rules, iso(clock.now()), anew=not _same_terms(_last_join(history), terms))
    for record_type in JOINED:
        report.types[record_type] = _join_type(store, record_type, work)
    with store.begin() as conn:
        facts = {record_type: asdict(told) for record_type, told in report.types.items()}
        runs.end_run(conn, str(report.run_id), clock, facts={"types": facts})
    return report


@dataclass(frozen=True)
class _Work:
    setups: Sequence[ConnectionSetup]
    rules: JoinRules
    at: str
    anew: bool

    @property
    def order(self) -> list[str]:
        """The names of the connections, in the order of the configuration: where records tie, the first wins."""
        return [setup.name for setup in self.setups]


def _last_join(history: Sequence[runs.Run]) -> runs.Run | None:
    return next((run for run in history if run.kind == "join"), None)


def _same_terms(last: runs.Run | None, terms: Mapping[str, Any]) -> bool:
    return last is not None and all(last.facts.get(name) == value for name, value in terms.items())


def _nothing_new(history: Sequence[runs.Run], terms: Mapping[str, Any]) -> bool:
    """True when the last join ended well under the same terms and every sync since then changed nothing."""
    last = _last_join(history)
    if last is None or last.state != "done" or not _same_terms(last, terms):
        return False
    readings = [run for run in history if run.kind in {"sync", "remap"}]
    since = [run for run in readings if run.ended_at is None or run.ended_at >= last.started_at]
    return len(history) < LISTED and not any(map(_changed_something, since))


def _changed_something(run: runs.Run) -> bool:
    if run.state != "done":
        return True
    streams = run.facts.get("streams", {}).values()
    counted = [stream.get(name, 0) for stream in streams for name in ("changed", "gone")]
    return any(counted) or bool(run.facts.get("remapped") or run.facts.get("released"))


def _join_type(store: Store, record_type: str, work: _Work) -> TypeReport:
    with store.read() as conn:
        merges = final_survivors(conn, record_type)
        matches = _matches(conn, record_type, work, merges)
        change = plan_change(conn, record_type, matches, work.order, anew=work.anew)
    with store.begin() as conn:
        stand_alone(conn, record_type, change.alone, work.at)
    for start in range(0, len(change.groups), CHUNK):
        with store.begin() as conn:
            write_groups(conn, change, slice(start, start + CHUNK), work.order, work.rules, work.at)
    with store.begin() as conn:
        point_at_survivors(conn, record_type, merges, work.at)
        _tell_doubts(conn, record_type, matches.doubts, work.at)
    linked = sum(map(len, matches.groups))
    return TypeReport(len(matches.groups), linked, len(change.groups), len(matches.doubts))


def _matches(conn: Connection, record_type: str, work: _Work, merges: Mapping[str, str]) -> Matches:
    reading = [setup for setup in work.setups if _makes(setup, record_type)]
    if len(reading) < 2:
        return Matches()
    index = KeyIndex()
    try:
        index_records(conn, record_type, Sources(work.setups, work.rules, merges), index)
        return match(index, work.order)
    finally:
        index.close()


def _makes(setup: ConnectionSetup, record_type: str) -> bool:
    return any(record_type in stream.record_types for stream in setup.mapping.streams.values())


def _tell_doubts(conn: Connection, record_type: str, doubts: Sequence[Doubt], at: str) -> None:
    """List what was left apart; what was listed before keeps its first date, what is decided by now goes."""
    told = {_place(record_type, doubt): doubt for doubt in doubts[:LISTED]}
    prefix = f"{record_type}: "
    before = {found.place for found in findings.read_findings(conn) if found.code == DOUBTFUL}
    for place in before - told.keys():
        if place.startswith(prefix):
            findings.settle(conn, DOUBTFUL, place)
    fresh = [_finding(place, doubt) for place, doubt in told.items() if place not in before]
    findings.report(conn, fresh, at)


def _place(record_type: str, doubt: Doubt) -> str:
    shown = ", ".join(doubt.ids[:SHOWN])
    more = f" and {len(doubt.ids) - SHOWN} more" if len(doubt.ids) > SHOWN else ""
    return f"{record_type}: {shown}{more} ({doubt.kind})"


def _finding(place: str, doubt: Doubt) -> Finding:
    return Finding(
        DOUBTFUL,
        "warning",
        f"same {NAMES[doubt.kind]}, but left apart: {doubt.reason}",
        place,
        "store the id of one in the other's record to join them, or correct the shared value",
    )

"""Who wins a field: Inlay, the person in the CRM, or somebody yet to be asked.

One table of policies, one answer each. Above all of them stands one rule: what a person changed after Inlay's last
write is never overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from core.config import Mode
from core.connector import FieldFacts
from core.messages.rules import MessageRules

APPLY = "apply"
NEEDS_APPROVAL = "needs approval"
OBSERVED = "observed"
SIMULATED = "simulated"
BLOCKED = "blocked: "
EDITED = f"{BLOCKED}edited by a person"
ONCE = "once"
"""The policy of messages: sent at most once, and never taken back."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Pilot:
    """The clients a plugin may write for while it is on trial: listed ones, a segment, or a share of all.

    ``segment`` names canonical fields of clients and the values that let one in. Whoever is in by one of them is in.
    """

    clients: frozenset[str] = frozenset()
    segment: Mapping[str, frozenset[str]] = field(default_factory=dict)
    percent: float = 0.0


@dataclass(frozen=True)
class PluginRules:
    """How far one plugin may go: its mode, how many operations one run may carry for it, and for which clients."""

    mode: Mode = "propose"
    operations_per_run: int = 100_000
    pilot: Pilot | None = None


@dataclass(frozen=True)
class PlanRules:
    """What the firm decided about writing: per plugin, per signal's plugin, and per owner of tasks.

    ``operations_per_run`` and ``operations_per_day`` are for all plugins together. A field written more often than
    ``writes_per_field_and_hour`` is part of a loop. ``protected`` are records and clients that Inlay never touches.
    ``zone`` is the firm's: its midnight begins the day that tasks and operations are counted in.
    """

    plugins: Mapping[str, PluginRules] = field(default_factory=dict)
    signal_plugins: Mapping[str, str] = field(default_factory=dict)
    tasks_per_owner_and_day: int = 10
    operations_per_run: int = 500_000
    operations_per_day: int = 1_000_000
    writes_per_field_and_hour: int = 6
    protected: frozenset[str] = frozenset()
    default: PluginRules = PluginRules()
    zone: tzinfo = UTC
    messages: MessageRules = field(default_factory=MessageRules)

    def of(self, plugin: str) -> PluginRules:
        """The rules of one plugin."""
        return self.plugins.get(plugin, self.default)

    def plugin_of(self, signal: str) -> str:
        """Who publishes a signal; the first word of its name when nobody told."""
        return self.signal_plugins.get(signal) or signal.partition(".")[0]


@dataclass(frozen=True, slots=True)
class FieldCase:
    """One field before the judge: what the CRM holds, what Inlay would write, and what happened before.

    ``edited``: the CRM holds something else than Inlay's last write. ``ours``: it still holds that write.
    ``undone_in``: the run whose undo was Inlay's last write here. ``as_of``, ``stamp``: since when the value holds,
    and when the CRM's record changed.
    """

    policy: str
    mode: Mode
    held: Any
    edited: bool = False
    ours: bool = False
    undone_in: str | None = None
    as_of: str = ""
    stamp: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the CRM holds nothing here."""
        return self.held is None or self.held == ""


def judge(case: FieldCase) -> str | None:
    """The verdict on a field whose wanted value differs from the one held; None when the policy asks for nothing."""
    verdict = POLICIES[case.policy](case)
    if verdict is None or verdict.startswith(BLOCKED):
        return verdict
    if case.edited:
        return EDITED
    return by_mode(case.mode, verdict, case.undone_in)


def by_mode(mode: Mode, verdict: str, undone_in: str | None) -> str:
    """Narrow a verdict by how far the plugin may go; what a person had undone comes back only with approval."""
    if mode == "observe":
        return OBSERVED
    if undone_in:
        return f"{NEEDS_APPROVAL}: undone in {undone_in}"
    return NEEDS_APPROVAL if mode == "propose" else verdict


def _owned(_: FieldCase) -> str | None:
    return APPLY


def _fill_if_empty(case: FieldCase) -> str | None:
    return APPLY if case.is_empty else None


def _newest_wins(case: FieldCase) -> str | None:
    if case.ours or case.is_empty or instant(case.as_of) > instant(case.stamp):
        return APPLY
    return f"{BLOCKED}the CRM's record is newer"


def _ask(_: FieldCase) -> str | None:
    return NEEDS_APPROVAL


def _never(_: FieldCase) -> str | None:
    return None


POLICIES: dict[str, Callable[[FieldCase], str | None]] = {
    "owned": _owned,
    "fill_if_empty": _fill_if_empty,
    "newest_wins": _newest_wins,
    "ask": _ask,
    "never": _never,
}


def instant(text: str | None) -> datetime:
    """Read an instant as vendors write it (ISO, ``+0000``, epoch milliseconds); what cannot be read counts as new."""
    if not text:
        return EPOCH
    if text.isdigit():
        return EPOCH + timedelta(milliseconds=int(text))
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def misfit(name: str, value: Any, facts: Mapping[str, FieldFacts]) -> str | None:
    """Say why the vendor's field cannot take a value; None when it can, or when nothing is known of the stream."""
    if not facts:
        return None
    known = facts.get(name)
    if known is None:
        return f"the CRM has no field {name}; run `inlay provision`"
    if not known.can_update:
        return f"Inlay's user may not write {name}"
    if isinstance(value, str) and known.length is not None and len(value) > known.length:
        return f"{len(value)} characters do not fit into the {known.length} of {name}"
    if value not in (None, "") and known.options is not None:
        strange = [
            part for part in str(value).split(";") if part not in known.options
        ]  # multi-picklists use semicolons
        return f"{strange[0][:40]!r} is no option of {name}" if strange else None
    return None

"""The signals of playbooks: how each play stands for each client or contract, and what that is told from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.sdk import Column, Context, Mask, PluginError, Signal, Values
from plugins.playbooks.asked import Asked, asked_name, asked_signal
from plugins.playbooks.conditions import judged
from plugins.playbooks.people import Keeper, keeper_name, keeper_signals
from plugins.playbooks.reading import Listed
from plugins.playbooks.reviews import SIGNALS as REVIEWS
from plugins.playbooks.segment import SIGNALS as SEGMENT
from plugins.playbooks.settings import PlaybookSettings
from plugins.playbooks.standing import KeeperOf, Now, Standing, moved_on


def playbook_signals(settings: PlaybookSettings) -> list[Signal]:
    """All signals under these settings."""
    per_play = [made for one in settings.plays for made in (asked_signal(one), play_signal(one))]
    return [*SEGMENT, *REVIEWS, *keeper_signals(settings), *per_play]


def play_signal(listed: Listed) -> Signal:
    """How one play stands; a signal that a play of the firm names and nobody publishes is told as a fault."""
    play = listed.play
    keepers = {role: keeper_name(role, play.subject) for role in play.roles}
    inputs = {_parameter(name): name for name in play.signals}

    def _stands(
        context: Context, asked: Column, keepers_by_role: dict[str, Column], evidence: dict[str, Column | None]
    ) -> Column:
        stored = context.stored(listed.signal).values
        looked_at = {name: column for name in (*play.when, *play.until) if (column := evidence[name]) is not None}
        if len(looked_at) < len({*play.when, *play.until}):
            return Column(stored, "a signal it looks at is not published")
        _same_subjects(listed, looked_at, len(asked))
        return _moved(listed, looked_at, asked, [keepers_by_role[role] for role in play.roles], stored, context)

    def _compute(context: Context, asked: Column, **columns: Column | None) -> Column:
        by_role = {role: column for role in keepers if (column := columns[f"keeper_{role}"]) is not None}
        evidence = {name: columns[parameter] for parameter, name in inputs.items()}
        return _stands(context, asked, by_role, evidence)

    return Signal(
        listed.signal,
        _compute,
        {"context": "context", "asked": asked_name(listed.name)}
        | {f"keeper_{role}": name for role, name in keepers.items()}
        | inputs,
        f"How the play {listed.name} stands: when it began, its steps, when it ended; none where it never began.",
        kind="text",
        subject=play.subject,
        version=play.version,
        optional=frozenset(inputs),
        wanted=frozenset(inputs if listed.is_own else ()),
    )


def _parameter(name: str) -> str:
    return f"from_{name}"


def _moved(
    listed: Listed,
    looked_at: dict[str, Column],
    asked: Column,
    keepers: Sequence[Column],
    stored: Values,
    context: Context,
) -> Column:
    """Every standing one evaluation further; rows on which nothing happens and nothing ever did are passed over."""
    play = listed.play
    begins = judged(play.when, looked_at, context)
    over = judged(play.until, looked_at, context).holds if play.until else begins.fails
    values = stored.copy()
    for row in np.flatnonzero((_is_open(stored) | begins.holds) & keepers[0].known).tolist():
        standing = None if stored[row] is None else Standing.read(stored[row])
        now = Now(
            bool(begins.holds[row]),
            bool(over[row]),
            Asked.read(asked.values[row]),
            _keeper_of(keepers, row),
        )
        after = moved_on(play, standing, now, context)
        if after is not standing:
            values[row] = str(after)

    def _why(i: int) -> str:
        if values[i] is None:
            return "it never began"
        evidence = "; ".join(f"{name}: {looked_at[name].reason(i)}" for name in play.when if looked_at[name].known[i])
        return f"{Standing.read(values[i]).told}; {evidence}"

    return Column(values, _why)


def _keeper_of(keepers: Sequence[Column], row: int) -> KeeperOf:
    """Who takes a step, by its place in the play."""
    return lambda step: Keeper.read(keepers[step].values[row])


def _is_open(stored: Values) -> Mask:
    """Where a play runs."""
    return np.fromiter((value is not None and Standing.is_open(value) for value in stored), np.bool_, len(stored))


def _same_subjects(listed: Listed, columns: dict[str, Column], size: int) -> None:
    """Raise ``PluginError`` where a play looks at a signal that speaks of something else than the play."""
    for name, column in columns.items():
        if len(column) != size:
            what = f"the play `{listed.name}` is about a {listed.play.subject}, the signal `{name}` is not"
            raise PluginError(what, where=listed.signal, remedy="name another signal, or set the play's `subject`")

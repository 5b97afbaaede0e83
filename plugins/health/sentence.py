"""Health in one sentence that a partner would say: what is good, what is not, and what to mind."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from core.sdk import Column, Signal, Values, cut, listed
from plugins.health.factors import factor_name
from plugins.health.score import holds_down, weigh_all
from plugins.health.settings import HealthSettings
from plugins.health.weighing import rounded

DOC = "The score in one sentence: its strongest gains and losses, caps and red flags."
FLAGS = {
    "flag_payment": "flag.payment",
    "flag_slow_replies": "flag.slow_replies",
    "flag_no_pipeline": "flag.no_pipeline",
    "flag_scope_creep": "flag.scope_creep",
    "flag_less_satisfied": "flag.less_satisfied",
}
STRONG = 88.0  # points from which a factor is worth praise
WEAK = 70.0  # points below which it is worth blame, if it costs enough
COSTS = 3.0  # points of the score that are enough
NAMED = 2  # gains, and losses, that fit into a sentence; one more gain where there is no loss


def reasons_signal(settings: HealthSettings) -> Signal:
    """``health.reasons`` for these settings."""
    factors = {name: factor_name(name) for name in settings.factor_signals}
    evidence = {f"evidence_{name}": source for name, source in settings.factor_signals.items()}
    caps = {f"cap_{at}": cap.signal for at, cap in enumerate(settings.caps)}
    needs = {
        "profiles": "health.profile",
        "score": "health.score",
        "band": "health.band",
        "coverage": "health.coverage",
        "override": "health.override",
    }

    def _reasons(**inputs: Any) -> Column:
        return _Sentences(settings, inputs).column()

    optional = frozenset({*evidence, *caps, *FLAGS})
    return Signal(
        "health.reasons",
        _reasons,
        MappingProxyType(needs | factors | evidence | caps | FLAGS),
        DOC,
        kind="text",
        optional=optional,
        keep="latest",
    )


class _Sentences:
    """The sentences of all clients."""

    def __init__(self, settings: HealthSettings, inputs: Mapping[str, Any]) -> None:
        self._settings = settings
        self._inputs = inputs
        self._names = list(settings.factor_signals)
        self._groups = [settings.group_of(name) for name in self._names]
        points: dict[str, Values] = {name: inputs[name].values for name in self._names}
        weighing = weigh_all(settings, inputs["profiles"], points)
        self._plain = rounded(weighing.score)
        shares = np.array([weighing.weights[name] for name in self._names])
        table = np.array([points[name] for name in self._names])
        self._gain = shares * np.where(table >= STRONG, table, 0)
        self._loss = shares * np.where(table < WEAK, 100 - table, 0)

    def column(self) -> Column:
        """One sentence per client; none where there is no score."""
        known = self._inputs["score"].known
        values = np.full(len(known), None, "O")
        rows = np.flatnonzero(known).tolist()
        gains, losses = self._strongest(self._gain, 0), self._strongest(self._loss, COSTS)
        values[rows] = [
            self._sentence(i, gains[i][: NAMED if losses[i] else NAMED + 1], losses[i][:NAMED]) for i in rows
        ]
        return Column(values, self._inputs["coverage"].reasons)

    def _strongest(self, effects: Values, least: float) -> list[list[str]]:
        """Per client the factors of the greatest effect above ``least``, greatest first, one of each group."""
        order = np.argsort(-effects, axis=0, kind="stable")
        strong = np.take_along_axis(effects, order, axis=0) > least
        return [self._first_of_groups(*pair) for pair in zip(order.T.tolist(), strong.T.tolist(), strict=True)]

    def _first_of_groups(self, order: list[int], strong: list[bool]) -> list[str]:
        found: dict[str, str] = {}
        for at, is_strong in zip(order, strong, strict=True):
            if is_strong:
                found.setdefault(self._groups[at], self._names[at])
        return list(found.values())

    def _sentence(self, i: int, gains: list[str], losses: list[str]) -> str:
        """Put together as: Fair at 59: A and B, but C; capped because D; Jo Smith says 70 ...; mind: E."""
        praise, blame = listed(self._said(gains, i)), listed(self._said(losses, i))
        facts = ", but ".join(said for said in (praise, blame) if said)
        band, score = self._inputs["band"].values[i], f"{self._inputs['score'].values[i]:.0f}"
        head = f"{band} at {score}" if band else f"{score}, on too little for a band"
        caps = [f"capped because {because}" for because in self._caps(i)]
        flags = [why for why in self._flags(i) if why not in facts]
        mind = [f"mind: {listed(flags)}"] if flags else []
        against = [said] if (said := self._inputs["override"].values[i]) else []
        return cut("; ".join([f"{head}: {facts}" if facts else head, *caps, *against, *mind]) + ".")

    def _said(self, names: list[str], i: int) -> list[str]:
        return [self._inputs[f"evidence_{name}"].reason(i) for name in names]

    def _caps(self, i: int) -> list[str]:
        return [
            cap.because
            for at, cap in enumerate(self._settings.caps)
            if holds_down(cap, self._inputs[f"cap_{at}"], self._plain, i)
        ]

    def _flags(self, i: int) -> list[str]:
        raised = [self._inputs[flag] for flag in FLAGS if self._inputs[flag] is not None]
        return [flag.reason(i) for flag in raised if flag.values[i] is True]

"""A figure of the firm: its definition, and the four signals it is told by (value, low, high and n).

A figure of too few is refused: its value and interval are unknown then, n is told, and the reason says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from core.sdk import Column, Estimate, Signal
from plugins.kpi.settings import KpiSettings

Told = tuple[Estimate, str]
PARTS = ("value", "low", "high", "n")


@dataclass(frozen=True)
class Definition:
    """What a figure means. ``id`` tells two definitions of one name apart: it changes when the meaning does.

    ``compute`` takes what ``needs`` name (signals over all clients, or ``context``) and answers with an estimate and
    what it is made of, in words.
    """

    name: str
    id: str
    unit: str
    doc: str
    needs: Mapping[str, str]
    compute: Callable[..., Told]
    of_answers: bool = False
    digits: int = 3

    def signals(self, settings: KpiSettings) -> list[Signal]:
        """The four signals of this figure."""
        return [self._signal(part, settings) for part in PARTS]

    def tell(self, settings: KpiSettings, inputs: Mapping[str, Any]) -> Told:
        """The figure, or why it is refused."""
        estimate, made_of = self.compute(**inputs)
        least = settings.least_answers if self.of_answers else settings.least
        if estimate.n < least:
            why = f"refused: {estimate.n} of the {least} it takes ({made_of})"
            return replace(estimate, value=np.nan, low=np.nan, high=np.nan), why
        return estimate, self._sentence(estimate, made_of)

    def _sentence(self, estimate: Estimate, made_of: str) -> str:
        low, high = (f"{round(edge, self.digits):,g}" for edge in (estimate.low, estimate.high))
        return f"{made_of}; 95 % interval {low} to {high}, n {estimate.n}, definition {self.id}"

    def _signal(self, part: str, settings: KpiSettings) -> Signal:
        def _compute(**inputs: Any) -> Column:
            estimate, why = self.tell(settings, inputs)
            return Column(np.array([float(getattr(estimate, part))]), why)

        doc = self.doc if part == "value" else f"{DOCS[part]} {self.doc[0].lower()}{self.doc[1:]}"
        unit = "clients or answers" if part == "n" else self.unit
        name = f"kpi.{self.name}" if part == "value" else f"kpi.{self.name}.{part}"
        needs = MappingProxyType(dict(self.needs))
        return Signal(name, _compute, needs, doc, unit, subject="firm", version=self.id, digits=self.digits)


DOCS = {
    "low": "Lower end of the 95 % interval of:",
    "high": "Upper end of the 95 % interval of:",
    "n": "Of how many this is made:",
}

"""What a plugin is told beside its inputs: the moment, the firm, its settings and its own past results."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from core.config import FirmSettings
from core.signals.columns import Column, Values
from core.signals.firm import WorkingDays, local_days, local_times
from core.signals.history import History


@dataclass(frozen=True)
class Context:
    """One evaluation or plan: ``as_of`` is its instant, to the second; ``settings`` are the asking plugin's own."""

    as_of: datetime
    firm: FirmSettings
    settings: Any
    history: History = field(repr=False)

    @cached_property
    def today(self) -> date:
        """The calendar day of ``as_of`` in the firm's zone."""
        return self.as_of.astimezone(self.firm.zone).date()

    @cached_property
    def now(self) -> np.datetime64:
        """``as_of`` for comparison with columns of instants."""
        return np.datetime64(self.as_of.astimezone(UTC).replace(tzinfo=None), "s")

    @cached_property
    def working_days(self) -> WorkingDays:
        """The firm's working days."""
        return WorkingDays.around(self.firm, self.today)

    def days_since(self, days: Values) -> Values:
        """Whole days from each date until today, as floats; negative for dates to come, NaN where unknown."""
        gone = np.datetime64(self.today, "D") - days.astype("M8[D]")
        return np.where(np.isnat(gone), np.nan, gone.astype("f8"))

    def local_days(self, instants: Values) -> Values:
        """The firm's calendar day of each instant."""
        return local_days(instants, self.firm.zone)

    def local_times(self, instants: Values) -> Values:
        """The date and time of each instant on the firm's clocks."""
        return local_times(instants, self.firm.zone)

    def past(self, name: str, days: int) -> Column:
        """The values with which the day ``days`` ago ended (1: yesterday), however many runs a day has."""
        begin = datetime.combine(self.today - timedelta(days=days - 1), time(), self.firm.zone)
        return self.history.before(name, min(begin, self.as_of))

    def stored(self, name: str) -> Column:
        """The values as the last evaluation left them, whenever it was."""
        return self.history.stored(name)

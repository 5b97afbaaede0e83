"""The CDNOW data: every order of 23,570 people who first bought in the first quarter of 1997, until June 1998."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from core.sdk import Values
from plugins.kpi.work import Work

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "crm" / "cdnow"
needs_cdnow = pytest.mark.skipif(not FOLDER.exists(), reason="the CDNOW data are not beside this checkout")
CALIBRATED, ENDED = "1997-09-30", "1998-06-30"
HOLDOUT = 273.0  # days: 39 weeks


@dataclass(frozen=True)
class Orders:
    """Who ordered, when (days since 1970), and for how much."""

    client: Values
    day: Values
    amount: Values
    clients: int

    def until(self, day: str) -> Work:
        """What was known at the end of a day."""
        return Work.of(self.client, self.day, self.clients, number(day))

    def later(self) -> tuple[Values, Values]:
        """Orders (several on a day are one) and money of each person in the 39 weeks after the calibration."""
        return self.between(number(CALIBRATED), number(ENDED))

    def between(self, begin: float, end: float) -> tuple[Values, Values]:
        """The same after one day and until another."""
        rows = (self.day > begin) & (self.day <= end)
        orders = np.unique(np.column_stack([self.client[rows], self.day[rows]]), axis=0)
        count = np.bincount(orders[:, 0].astype(np.int64), minlength=self.clients)
        return count, np.bincount(self.client[rows], self.amount[rows], self.clients)

    def repeat_worth(self, work: Work) -> Values:
        """The mean amount of each person's repeated orders in the calibration."""
        rows = (self.day <= work.end) & (self.day > work.first[self.client])
        total = np.bincount(self.client[rows], self.amount[rows], self.clients)
        return np.asarray(np.where(work.repeats > 0, total / np.maximum(work.repeats, 1), np.nan))


@lru_cache
def orders(name: str) -> Orders:
    """``sample`` (a tenth, 2,357 people) or ``master`` (all)."""
    lines = (FOLDER / f"CDNOW_{name}.txt").read_text().split("\n")
    rows = [fields for line in lines if len(fields := line.split()) >= 4 and fields[-3].isdigit()]
    clients, place = np.unique([row[0] for row in rows], return_inverse=True)
    days = np.array([f"{row[-3][:4]}-{row[-3][4:6]}-{row[-3][6:]}" for row in rows], "M8[D]").astype("f8")
    return Orders(place, days, np.array([float(row[-1]) for row in rows]), len(clients))


def number(day: str) -> float:
    """A day as a count of days since 1970."""
    return float(np.datetime64(day, "D").astype(np.int64))

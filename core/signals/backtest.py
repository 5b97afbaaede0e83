"""Past scores against what then happened: did those said to be at risk leave more often than the others?

Nothing that became known later is looked at: a score is the one that was stored at the end of a day in the past, under
the configuration of that day, and a loss counts when it fell into the days that followed. Clients lost before, or
without a band on that day, are left out; clients whose records are gone by now are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import orjson
from sqlalchemy import Connection, func, select

from core.clock import iso
from core.config import FirmSettings
from core.errors import ConfigError
from core.intervals import Estimate, relative, separation, share
from core.store.tables import signal_history, signal_value

LEAST = 20
"""Losses under which nothing is concluded: with ten of two hundred an AUC of 0.75 may as well be 0.57 or 0.93."""


@dataclass(frozen=True)
class Names:
    """The signals compared: bands and scores of the past, and the day a client was lost."""

    band: str = "health.band"
    score: str = "health.score"
    lost: str = "client.lost_on"
    at_risk: str = "At Risk"


@dataclass(frozen=True)
class Backtest:
    """What came of the bands of one day within so many days.

    ``by_band`` is the share lost of each band; ``precision`` the share lost of those at risk, ``recall`` the share at
    risk of those lost, ``lift`` how many times as often those at risk were lost as the others, ``separation`` the AUC.
    """

    known_on: date
    horizon: int
    clients: int
    lost: int
    base: Estimate
    by_band: Mapping[str, Estimate]
    precision: Estimate
    recall: Estimate
    lift: Estimate
    separation: Estimate

    @property
    def says_enough(self) -> bool:
        """Whether so many were lost that something may be concluded."""
        return self.lost >= LEAST


def backtest(
    conn: Connection, firm: FirmSettings, as_of: datetime, horizons: Sequence[int], settle: int, names: Names
) -> list[Backtest]:
    """Test the bands of ``horizon + settle`` days ago, for each horizon.

    The last ``settle`` days are left out of every window: that a client left is often known only weeks later.
    ``ConfigError`` when no losses, or no bands of that time, are stored.
    """
    lost = _lost(conn, names.lost)
    today = as_of.astimezone(firm.zone).date()
    return [_tested(conn, firm, today - timedelta(days=settle + horizon), horizon, lost, names) for horizon in horizons]


def _tested(
    conn: Connection, firm: FirmSettings, day: date, horizon: int, lost: Mapping[str, date], names: Names
) -> Backtest:
    ended = datetime.combine(day + timedelta(days=1), time(), firm.zone)
    bands, scores = (_known_before(conn, name, ended) for name in (names.band, names.score))
    there = sorted(one for one, band in bands.items() if band and not (one in lost and lost[one] <= day))
    if not there:
        remedy = "let Inlay run for longer, or ask for fewer days"
        raise ConfigError(f"no bands are stored of {day} or before", where=names.band, remedy=remedy)
    until = day + timedelta(days=horizon)
    happened = np.array([one in lost and lost[one] <= until for one in there], np.bool_)
    band = np.array([bands[one] for one in there], "O")
    points = np.array([np.nan if scores.get(one) is None else scores[one] for one in there], "f8")
    return _compared(day, horizon, band, points, happened, names.at_risk)


def _compared(
    day: date, horizon: int, band: np.ndarray[Any, Any], points: np.ndarray[Any, Any],
    happened: np.ndarray[Any, np.dtype[np.bool_]], at_risk: str,
) -> Backtest:  # fmt: skip
    warned, size, lost = band == at_risk, len(band), int(happened.sum())
    hits, called = int((warned & happened).sum()), int(warned.sum())
    scored = ~np.isnan(points)
    by_band = {name: share(int(happened[band == name].sum()), int((band == name).sum())) for name in sorted(set(band))}
    return Backtest(
        day, horizon, size, lost, share(lost, size), by_band,
        precision=share(hits, called),
        recall=share(hits, lost),
        lift=relative(hits, called, lost - hits, size - called),
        separation=separation(points[scored], happened[scored]),
    )  # fmt: skip


def _lost(conn: Connection, name: str) -> dict[str, date]:
    """The day each client was lost, of those that were."""
    rows = conn.execute(
        select(signal_value.c.subject_id, signal_value.c.value).where(signal_value.c.name == name)
    ).all()
    if not rows:
        remedy = "enable the plugin `kpi`, which says when a client was lost, and let `inlay sync` compute"
        raise ConfigError(f"no values of `{name}` are stored", where=name, remedy=remedy)
    told = {row[0]: orjson.loads(row[1]) for row in rows}
    return {client: date.fromisoformat(day) for client, day in told.items() if day}


def _known_before(conn: Connection, name: str, instant: datetime) -> dict[str, Any]:
    """The values that held just before an instant."""
    limit, past, now = iso(instant), signal_history.c, signal_value.c
    newest = (
        select(past.subject_id, func.max(past.as_of).label("as_of"))
        .where(past.name == name, past.as_of < limit)
        .group_by(past.subject_id)
        .subquery()
    )
    held = select(past.subject_id, past.value).join(
        newest, (past.subject_id == newest.c.subject_id) & (past.as_of == newest.c.as_of)
    )
    present = select(now.subject_id, now.value).where(now.name == name, now.as_of < limit)
    found = {row[0]: row[1] for row in conn.execute(held.where(past.name == name))}
    found |= {row[0]: row[1] for row in conn.execute(present)}
    return {client: orjson.loads(value) for client, value in found.items()}

"""Judgements that people write into fields of the CRM: those that count, and why others do not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import get_args

import numpy as np

from core.sdk import Clients, spoken_date
from plugins.health.judgement import Band, Override
from plugins.health.settings import HealthSettings

BANDS: tuple[str, ...] = get_args(Band)


def said_in_crm(clients: Clients, today: date, settings: HealthSettings) -> dict[int, Override | str]:
    """Per row of a client of whom somebody says something: the judgement, or why it does not count.

    One whose last day has gone by says nothing any more.
    """
    score = clients.judged_score
    given = np.flatnonzero(clients.judged_band.astype(np.bool_) | ~np.isnan(score)).tolist()
    over = clients.judged_until < np.datetime64(today)
    return {row: _read(clients, row, today, settings) for row in given if not over[row]}


def _read(clients: Clients, row: int, today: date, settings: HealthSettings) -> Override | str:
    band, score, author = clients.judged_band[row], float(clients.judged_score[row]), clients.judged_by[row]
    reason, until = clients.judged_reason[row], clients.judged_until[row]
    problems = (
        (bool(band) == (not np.isnan(score)), "it names a band and a score; one is enough"),
        (bool(band) and band not in BANDS, f"`{band}` is no band; there are {', '.join(BANDS)}"),
        (not band and not 0 <= score <= 100, f"{score:g} is no score from 0 to 100"),
        (not reason, "it has no reason"),
        (not author, "nobody is named who says so"),
        (bool(settings.may_override) and author not in settings.may_override, f"{author} may not override scores"),
        (bool(np.isnat(until)), "it has no last day"),
    )
    problem = next((said for is_wrong, said in problems if is_wrong), None)
    if problem is not None:
        return problem
    last = date.fromisoformat(str(until))
    if last > today + timedelta(days=settings.override_days):
        return f"it counts until {spoken_date(last)}, allowed are {settings.override_days} days"
    return Override.model_construct(
        client=clients.ids[row], band=band or None, score=None if band else score, reason=str(reason),
        author=str(author), made_on=today, until=last,
    )  # fmt: skip

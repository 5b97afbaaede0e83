"""Clients who say that they are less content than they were."""

from __future__ import annotations

import numpy as np

from core.sdk import Column, Context, SurveyResponses, Values, signal
from plugins.health.settings import HealthSettings

TOP = 10.0
KINDS = ("nps", "csat")
UNASKED = "no answer to a survey"


@signal("flag.less_satisfied", kind="flag")
def less_satisfied(survey_responses: SurveyResponses, context: Context) -> Column:
    """The last answer is far below the client's own mean, or the last two each fell."""
    settings: HealthSettings = context.settings
    client, score, _ = answers_of(survey_responses, context)
    size = len(survey_responses.by_client.count())
    counts = np.bincount(client, minlength=size)
    last = np.cumsum(counts) - 1
    latest, earlier, one_before = (_before(score, last, counts, back) for back in (0, 1, 2))
    mean = (np.bincount(client, score, size) - np.nan_to_num(latest)) / np.where(counts > 1, counts - 1, np.nan)
    drop = mean - latest >= settings.flag_satisfaction_drop
    falls = (latest < earlier) & (earlier < one_before)
    values = (drop | falls).astype("O")
    values[counts < 2] = None

    def _why(i: int) -> str:
        if counts[i] < 2:
            return UNASKED if not counts[i] else "a single answer tells no change"
        if falls[i] and not drop[i]:
            return f"satisfaction fell twice, from {one_before[i]:.0f} to {earlier[i]:.0f} to {latest[i]:.0f} of 10"
        return f"the last answer was {latest[i]:.0f} of 10, those before {mean[i]:.1f} on average"

    return Column(values, _why)


def answers_of(answers: SurveyResponses, context: Context) -> tuple[Values, Values, Values]:
    """Client, score (0 to 10) and age in days of the answers of two years, by client and then by time."""
    low = np.where(np.isnan(answers.scale_min), 0.0, answers.scale_min)
    high = np.where(np.isnan(answers.scale_max), TOP, answers.scale_max)
    score = TOP * (answers.score - low) / np.where(high > low, high - low, np.nan)
    age = context.days_since(context.local_days(answers.responded_at))
    counts = answers.linked & np.isin(answers.type, KINDS) & ~np.isnan(score) & (age >= 0) & (age < 730)
    rows = np.flatnonzero(counts)
    order = rows[np.lexsort((answers.responded_at[rows], answers.client[rows]))]
    return answers.client[order], score[order], age[order]


def _before(score: Values, last: Values, counts: Values, back: int) -> Values:
    """Each client's answer so many before the last; unknown where there are fewer."""
    found = np.full(len(counts), np.nan)
    has = counts > back
    found[has] = score[last[has] - back]
    return found


SIGNALS = [less_satisfied]

"""What clients say of the firm when asked: net promoter score and satisfaction, the latest answer of each person."""

from __future__ import annotations

import numpy as np

from core.sdk import Column, Context, Mask, SurveyResponses, Values, counted, net_promoters, share, signal
from plugins.kpi.figure import Definition, Told

PROMOTER, DETRACTOR = 0.85, 0.65  # of the scale from 0 to 1: nine and ten of ten, six and less
TOP_TWO = 1.5  # steps below the top of the scale at which the two best answers end


@signal("voice.promoters", unit="answers", keep="nothing")
def promoters(survey_responses: SurveyResponses, context: Context) -> Column:
    """How many of the client's people would recommend the firm: nine or ten of ten."""
    counts = _latest(survey_responses, "nps", context) & (_place(survey_responses) > PROMOTER)
    return _counted(survey_responses, counts)


@signal("voice.detractors", unit="answers", keep="nothing")
def detractors(survey_responses: SurveyResponses, context: Context) -> Column:
    """How many of the client's people would not: six of ten or less."""
    counts = _latest(survey_responses, "nps", context) & (_place(survey_responses) < DETRACTOR)
    return _counted(survey_responses, counts)


@signal("voice.nps_answers", unit="answers", keep="nothing")
def nps_answers(survey_responses: SurveyResponses, context: Context) -> Column:
    """How many of the client's people answered whether they would recommend the firm."""
    return _counted(survey_responses, _latest(survey_responses, "nps", context))


@signal("voice.satisfied", unit="answers", keep="nothing")
def satisfied(survey_responses: SurveyResponses, context: Context) -> Column:
    """How many of the client's people gave one of the two best answers when asked how satisfied they are."""
    best = survey_responses.score > survey_responses.scale_max - TOP_TWO
    return _counted(survey_responses, _latest(survey_responses, "csat", context) & best)


@signal("voice.csat_answers", unit="answers", keep="nothing")
def csat_answers(survey_responses: SurveyResponses, context: Context) -> Column:
    """How many of the client's people answered how satisfied they are."""
    return _counted(survey_responses, _latest(survey_responses, "csat", context))


def nps(up: Column, down: Column, answers: Column) -> Told:
    """Promoters less detractors, in a hundred answers."""
    for_it, against, n = (int(np.nansum(column.values)) for column in (up, down, answers))
    return net_promoters(for_it, against, n), f"{counted(for_it, 'promoter')} and {counted(against, 'detractor')}"


def csat(happy: Column, answers: Column) -> Told:
    """The two best answers among all."""
    found, n = int(np.nansum(happy.values)), int(np.nansum(answers.values))
    return share(found, n), f"{found} of {counted(n, 'answer')} were one of the two best"


def _place(answers: SurveyResponses) -> Values:
    """Where each answer lies on its scale, 0 to 1; a scale that is not told is that of 0 to 10."""
    low = np.where(np.isnan(answers.scale_min), 0.0, answers.scale_min)
    high = np.where(np.isnan(answers.scale_max), 10.0, answers.scale_max)
    return np.asarray((answers.score - low) / np.where(high > low, high - low, np.nan))


def _latest(answers: SurveyResponses, kind: str, context: Context) -> Mask:
    """The latest answer of each person within the window; one of nobody known stands for itself."""
    age = context.days_since(context.local_days(answers.responded_at))
    asked = (answers.type == kind) & ~np.isnan(answers.score) & (age >= 0) & (age < context.settings.survey_days)
    rows = np.flatnonzero(asked & answers.linked)
    rows = rows[np.argsort(answers.responded_at[rows], kind="stable")]
    who = [answers.contact_id[row] or answers.ids[row] for row in rows.tolist()]
    kept = np.zeros(len(answers), np.bool_)
    kept[list(dict(zip(who, rows.tolist(), strict=True)).values())] = True
    return kept


def _counted(answers: SurveyResponses, counts: Mask) -> Column:
    found = answers.by_client.count(counts)
    if not answers.is_read:
        found[:] = np.nan
    return Column(found, lambda i: counted(found[i], "answer") if answers.is_read else "no surveys are read")


DEFINITIONS = [
    Definition(
        "nps", "S1", "points",
        "Net promoter score: of a hundred people asked, promoters (9 and 10 of 10) less detractors (0 to 6).",
        {"up": "voice.promoters", "down": "voice.detractors", "answers": "voice.nps_answers"},
        nps, of_answers=True, digits=1,
    ),
    Definition(
        "csat", "S2", "share",
        "Share of answers about satisfaction that were one of the two best of the scale.",
        {"happy": "voice.satisfied", "answers": "voice.csat_answers"}, csat, of_answers=True,
    ),
]  # fmt: skip
SIGNALS = [promoters, detractors, nps_answers, satisfied, csat_answers]

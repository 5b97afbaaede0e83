"""The score against what clients themselves say: where the two disagree, and how often they agree in the whole firm."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from core.sdk import Column, Context, Estimate, Signal, SurveyResponses, counted, share, signal
from plugins.health.satisfaction import answers_of
from plugins.health.settings import HealthSettings

SCALE = 10.0  # an answer of ten is a score of a hundred
UNASKED = "no answer to a survey in this time"


@signal("feedback.rating", unit="points", digits=0)
def rating(survey_responses: SurveyResponses, context: Context) -> Column:
    """What the client's people say, from 0 to 100: the mean of their answers of the last months."""
    client, score, age = answers_of(survey_responses, context)
    recent = age < context.settings.feedback_days
    size = len(survey_responses.by_client.count())
    n = np.bincount(client[recent], minlength=size)
    told = np.full(size, np.nan)
    np.divide(SCALE * np.bincount(client[recent], score[recent], size), n, out=told, where=n > 0)
    return Column(told, lambda i: f"the mean of {counted(n[i], 'answer')}" if n[i] else UNASKED)


@signal("feedback.gap", unit="points", digits=0, keep="latest")
def gap(feedback_rating: Column, health_score: Column) -> Column:
    """How much better (or worse, below 0) the client speaks of the firm than the score does."""
    values = feedback_rating.values - health_score.values

    def _why(i: int) -> str:
        if np.isnan(values[i]):
            return UNASKED if np.isnan(feedback_rating.values[i]) else "the client has no score"
        return f"the client says {feedback_rating.values[i]:.0f}, the score is {health_score.values[i]:.0f}"

    return Column(values, _why)


@signal("feedback.disagrees", kind="flag")
def disagrees(feedback_gap: Column, health_band: Column, health_override_band: Column, context: Context) -> Column:
    """Whether the client, or a partner who overrode it, sees things quite differently from the score."""
    settings: HealthSettings = context.settings
    by_client = np.abs(feedback_gap.values) >= settings.feedback_gap
    overridden = health_override_band.known & health_band.known
    by_partner = overridden & (health_override_band.values != health_band.values)
    values = (by_client | by_partner).astype("O")
    values[~(feedback_gap.known | overridden)] = None

    def _why(i: int) -> str:
        if by_partner[i]:
            return f"a partner says {health_override_band.values[i]}, the score {health_band.values[i]}"
        return feedback_gap.reason(i)

    return Column(values, _why)


def agreement_signals() -> list[Signal]:
    """The figure of the firm: the share of clients whose score agrees with what is said of or by them."""
    return [_agreement(part) for part in ("value", "low", "high", "n")]


def _agreement(part: str) -> Signal:
    def _compute(disagreeing: Column, context: Context) -> Column:
        estimate = _agreeing(disagreeing, context.settings.feedback_least)
        return Column(np.array([float(getattr(estimate, part))]), _made_of(disagreeing, context))

    told = {
        "value": "",
        "low": "lower end of the 95 % interval of the ",
        "high": "upper end of the 95 % interval of the ",
    }
    doc = (
        "of how many clients the agreement is made"
        if part == "n"
        else f"{told[part]}share of clients whose score agrees"
    )
    return Signal(
        "health.agreement" if part == "value" else f"health.agreement.{part}",
        _compute,
        MappingProxyType({"disagreeing": "feedback.disagrees", "context": "context"}),
        f"{doc[0].upper()}{doc[1:]} with what they, or partners, say; definition H1.",
        unit="clients" if part == "n" else "share",
        subject="firm",
        version="H1",
        digits=3,
    )


def _agreeing(disagreeing: Column, least: int) -> Estimate:
    """The share with its interval; refused below the least number of clients, of which n is told all the same."""
    n = int(disagreeing.known.sum())
    found = share(n - _apart(disagreeing), n)
    return found if n >= least else Estimate(np.nan, np.nan, np.nan, n)


def _apart(disagreeing: Column) -> int:
    return sum(value is True for value in disagreeing.values.tolist())


def _made_of(disagreeing: Column, context: Context) -> str:
    n, least = int(disagreeing.known.sum()), context.settings.feedback_least
    if n < least:
        return f"refused: {n} of the {least} clients it takes"
    return f"{_apart(disagreeing)} of {counted(n, 'client')} disagree; definition H1"


SIGNALS = [rating, gap, disagrees]

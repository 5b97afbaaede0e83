"""How often clients come back: BG/NBD (Fader, Hardie and Lee 2005), with the ups and downs of the calendar taken out.

Each client gives work at a rate of its own and, after any job, leaves with a chance of its own; both differ between
clients (gamma: ``r``, ``alpha``; beta: ``a``, ``b``). Weeks are the unit of time. The plain model takes a quiet summer
for clients who left, and then foretells too little: on the CDNOW data 12 to 14 % of the orders of 39 weeks. So each
stretch of the calendar may have a pace of its own, one on average and held near it; what is to come begins at the last
pace and soon goes at the average one. Only the past is used for it; with a single stretch it is the plain model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.sdk import Values
from plugins.kpi.minimise import Lowest, minimise
from plugins.kpi.work import Work

WEEK = 7.0
STRETCH = 28  # days of one pace
MOST = 26  # stretches; a longer past has longer ones
HELD = 0.2  # how far a pace usually is from one, as a logarithm
LASTS = 0.7  # of what a pace is off in one stretch, so much is left in the next
START = np.log([0.5, 5.0, 0.8, 2.5])
EVEN = 1e-5  # nearer to one than this, ``a`` leaves nothing to divide by
TERMS = 2000


@dataclass(frozen=True)
class Lifetime:
    """A fitted model; ``edges`` are the days between which the calendar went at each of ``paces``."""

    r: float
    alpha: float
    a: float
    b: float
    edges: Values
    paces: Values
    likelihood: float
    settled: bool

    def alive(self, work: Work) -> Values:
        """The chance that each client will ever give work again; 1 before the second job, as the model has it."""
        x, last, age = self._times(work)
        left = self.a / (self.b + np.maximum(x, 1) - 1) * ((self.alpha + age) / (self.alpha + last)) ** (self.r + x)
        return np.asarray(1 / (1 + np.where(x > 0, left, 0.0)))

    def expected(self, work: Work, days: float) -> Values:
        """How many jobs each client will give in the ``days`` that follow."""
        x, _, age = self._times(work)
        weeks, r, alpha, b = self._even_weeks(days), self.r, self.alpha, self.b
        a = self.a if abs(self.a - 1) > EVEN else 1 + EVEN  # its limit there is smooth
        shrink = ((alpha + age) / (alpha + age + weeks)) ** (a - 1)
        series = _series(a + b - 1 - r, a - 1, a + b + x - 1, weeks / (alpha + age + weeks))
        return np.asarray((a + b + x - 1) / (a - 1) * (1 - shrink * series) * self.alive(work))

    def _even_weeks(self, days: float) -> float:
        """The days to come as weeks of the average pace."""
        length = float(self.edges[-1] - self.edges[-2])
        stretches = np.arange(1, int(np.ceil(days / length)) + 1)
        pace = 1 + (self.paces[-1] - 1) * LASTS**stretches
        return float(pace @ np.minimum(length, days - length * (stretches - 1))) / WEEK

    def _times(self, work: Work) -> tuple[Values, Values, Values]:
        """Repeated jobs, and the weeks from the first job to the last and to the end, at an even pace."""
        end_only = np.array([work.end])
        first, last, end = (_Days(self.edges, days).weeks(self.paces) for days in (work.first, work.last, end_only))
        return work.repeats, last - first, end - first


def fit(work: Work, *, even: bool = False) -> Lifetime:
    """The likeliest model of a past; ``even`` fits the plain one, without a pace for each stretch."""
    edges = _edges(work, even)
    groups, weights = work.grouped()
    likelihood = _Likelihood(groups, weights, edges, work.repeats_between(edges))
    start = np.concatenate([START, np.zeros(len(edges) - 1 if len(edges) > 2 else 0)])
    found: Lowest = minimise(likelihood.of, start)
    r, alpha, a, b = np.exp(found.at[:4]).tolist()
    paces = likelihood.paces(found.at[4:])
    return Lifetime(r, alpha, a, b, edges, paces, -found.value, found.settled)


def _edges(work: Work, even: bool) -> Values:
    begin, end = float(work.first.min(initial=work.end)), float(work.end)
    count = 1 if even else int(np.clip((end - begin) // STRETCH, 1, MOST))
    return np.linspace(begin, max(end, begin + 1), count + 1)


class _Likelihood:
    """Minus the logarithm of the likelihood, with its gradient, by the logarithms of the parameters and the paces."""

    def __init__(self, groups: Work, weights: Values, edges: Values, jobs: Values) -> None:
        self._x, self._weights, self._jobs = groups.repeats, weights, jobs
        self._share = np.diff(edges) / (edges[-1] - edges[0])
        self._first, self._last = _Days(edges, groups.first), _Days(edges, groups.last)
        self._end = _Days(edges, np.array([groups.end]))

    def paces(self, logs: Values) -> Values:
        """The pace of each stretch, one on average over time."""
        raw = np.exp(logs) if len(logs) else np.ones(len(self._share))
        return np.asarray(raw / (raw @ self._share))

    def of(self, at: Values) -> tuple[float, Values]:
        """Value and gradient."""
        pace = self.paces(at[4:])
        first = self._first.weeks(pace)
        last, end = self._last.weeks(pace) - first, self._end.weeks(pace) - first
        plain, slope, by_last, by_end = self._plain(at[:4], last, end)
        if len(at) == 4:
            return plain, slope
        value = plain - float(self._jobs @ np.log(pace)) + float(at[4:] @ at[4:]) / (2 * HELD**2)
        by_first = self._first.by_pace(by_last + by_end)
        by_pace = self._last.by_pace(by_last) + self._end.by_pace(by_end.sum(keepdims=True)) - by_first
        by_pace -= self._jobs / pace
        by_log = pace * by_pace - self._share * pace * (pace @ by_pace) + at[4:] / HELD**2
        return value, np.concatenate([slope, by_log])

    def _plain(self, logs: Values, last: Values, end: Values) -> tuple[float, Values, Values, Values]:
        """The plain model's; and its slope by the time of the last job, and by that of the end."""
        r, alpha, a, b = np.exp(logs)
        x, weights, again = self._x, self._weights, self._x > 0
        back = b + np.maximum(x, 1) - 1
        log_last, log_end = np.log(alpha + last), np.log(alpha + end)
        stays = -(r + x) * log_end
        leaves = np.where(again, np.log(a / back) - (r + x) * log_last, -np.inf)
        nearer = np.exp(-np.abs(leaves - stays))
        gone = np.where(leaves > stays, 1.0, nearer) / (1 + nearer)
        rising = _rising(r, x) + r * math.log(alpha) + _rising(b, x) - _rising(a + b, x)
        value = _total(weights, rising + np.maximum(stays, leaves) + np.log1p(nearer))
        by_last, by_end = -gone * (r + x) / (alpha + last), -(1 - gone) * (r + x) / (alpha + end)
        slopes = (
            _slope(r, x) + math.log(alpha) - gone * log_last - (1 - gone) * log_end,
            r / alpha + by_last + by_end,
            gone / a - _slope(a + b, x),
            _slope(b, x) - _slope(a + b, x) - np.where(again, gone / back, 0.0),
        )
        slope = np.array([_total(weights, part) for part in slopes]) * np.array([r, alpha, a, b])
        return -value, -slope, -weights * by_last, -weights * by_end


def _total(weights: Values, values: Values) -> float:
    """The weighted sum; a product of matrices would wake threads that cost more than they save."""
    return float((weights * values).sum())


class _Days:
    """Days on the calendar, and how many even weeks have passed until each when the stretches go at some pace."""

    def __init__(self, edges: Values, days: Values) -> None:
        self._lengths = np.diff(edges) / WEEK
        self._stretch = np.clip(np.searchsorted(edges, days, "right") - 1, 0, len(edges) - 2)
        self._into = (days - edges[self._stretch]) / WEEK

    def weeks(self, pace: Values) -> Values:
        """Even weeks from the beginning of the calendar to each day."""
        begun = np.concatenate([[0.0], np.cumsum(self._lengths * pace)])
        return np.asarray(begun[self._stretch] + self._into * pace[self._stretch])

    def by_pace(self, slope: Values) -> Values:
        """The slope by each pace of what has this slope by the weeks."""
        size = len(self._lengths)
        inside = np.bincount(self._stretch, slope * self._into, size)
        through = np.bincount(self._stretch, slope, size)
        return np.asarray(inside + self._lengths * (through[::-1].cumsum()[::-1] - through))


def _rising(base: float, x: Values) -> Values:
    """Ln of base (base + 1) ... (base + x - 1), which is lnG(base + x) - lnG(base)."""
    return _summed(np.log(base + np.arange(x.max(initial=0))), x)


def _slope(base: float, x: Values) -> Values:
    """The derivative of ``_rising`` by its base."""
    return _summed(1 / (base + np.arange(x.max(initial=0))), x)


def _summed(terms: Values, x: Values) -> Values:
    return np.concatenate([[0.0], np.cumsum(terms)])[x]


def _series(one: float, two: float, three: Values, z: Values) -> Values:
    """Gauss's hypergeometric series, in the form in which it ends soonest."""
    term = np.ones(len(three))
    total = term.copy()
    for k in range(TERMS):
        term = term * ((one + k) * (two + k) / (k + 1)) / (three + k) * z
        total += term
        if np.abs(term).max(initial=0.0) < 1e-10:
            break
    return total

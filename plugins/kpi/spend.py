"""What a job is worth: Gamma-Gamma (Fader and Hardie 2013). A client's jobs vary around a mean of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.sdk import Values
from plugins.kpi.minimise import by_differences, minimise

START = np.log([3.0, 4.0, 10.0])


@dataclass(frozen=True)
class Spend:
    """A fitted model; amounts are in units of ``scale``, so that it does not matter which currency they are in."""

    p: float
    q: float
    v: float
    scale: float
    settled: bool

    def expected(self, repeats: Values, mean: Values) -> Values:
        """The mean amount of each client's jobs to come: its own past, drawn towards all clients' the less there is.

        A client without a repeated job is expected to spend as clients do on average; needs ``q`` above 1.
        """
        usual = self.p * self.v / (self.q - 1)
        weight = self.p * repeats / (self.p * repeats + self.q - 1)
        return np.asarray(self.scale * ((1 - weight) * usual + weight * np.nan_to_num(mean) / self.scale))


def fit_spend(repeats: Values, mean: Values, *, scale: float | None = None) -> Spend:
    """The likeliest model of the mean amounts of repeated jobs; clients without one, or without worth, are left out."""
    told = (repeats > 0) & (mean > 0)
    x, counts = np.unique(repeats[told], return_inverse=True)
    unit = float(np.median(mean[told])) / 10 if scale is None else scale
    amounts = mean[told] / unit
    found = minimise(by_differences(lambda logs: _against(np.exp(logs), x, counts, amounts)), START)
    p, q, v = np.exp(found.at).tolist()
    return Spend(p, q, v, unit, found.settled and q > 1)


def _against(parameters: Values, x: Values, counts: Values, amounts: Values) -> float:
    """Minus the logarithm of the likelihood."""
    p, q, v = parameters.tolist()
    fixed = np.array([_beta(p * n, q) + q * math.log(v) + p * n * math.log(n) for n in x.tolist()])
    px = p * x[counts]
    parts = fixed[counts] + (px - 1) * np.log(amounts) - (px + q) * np.log(v + x[counts] * amounts)
    return -float(parts.sum())


def _beta(one: float, two: float) -> float:
    return math.lgamma(one + two) - math.lgamma(one) - math.lgamma(two)

"""The lowest point of a smooth function of a few parameters (Broyden, Fletcher, Goldfarb, Shanno).

The parameters are logarithms, and faintly drawn to zero: where few data leave one undecided, it stays a number that
people can read instead of running away. On the published example this moves no parameter by more than 0.0001.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.sdk import Values

Slope = Callable[[Values], tuple[float, Values]]
ROUNDS = 200
FINE = 1e-7  # of the value: what a step may still move it by, where the search ends
FAR = 15.0  # a logarithm beyond it stands for nothing that is ever observed
STEP = 1e-5
SHORTEST = 1e-7
DRAWN = 1e-4


@dataclass(frozen=True)
class Lowest:
    """Where the function is lowest, how low, and whether the search ended there rather than ran away."""

    at: Values
    value: float
    settled: bool


def minimise(function: Slope, start: Values) -> Lowest:
    """Go downhill from ``start``; the function returns its value and its gradient."""
    function = _drawn(function)
    at, (value, slope) = start, function(start)
    inverse = np.eye(len(start)) / max(1.0, np.abs(slope).max())
    for _ in range(ROUNDS):
        if np.abs(slope).max() <= FINE * max(1.0, abs(value)):
            return Lowest(at, value, bool(np.abs(at).max() < FAR))
        found = _downhill(function, at, value, slope, -inverse @ slope)
        if found is None:
            break
        step, value, turned = found
        inverse = _curved(inverse, step, turned - slope)
        at, slope = at + step, turned
    flat = np.abs(slope).max() <= 1e3 * FINE * max(1.0, abs(value))
    return Lowest(at, value, bool(flat and np.abs(at).max() < FAR))


def by_differences(function: Callable[[Values], float]) -> Slope:
    """A function of few parameters together with its gradient, taken from differences."""

    def _both(at: Values) -> tuple[float, Values]:
        steps = np.eye(len(at)) * STEP
        slope = np.array([(function(at + step) - function(at - step)) / (2 * STEP) for step in steps])
        return function(at), slope

    return _both


def _drawn(function: Slope) -> Slope:
    """The function with the faint pull towards zero."""

    def _both(at: Values) -> tuple[float, Values]:
        value, slope = function(at)
        return value + DRAWN * float(at @ at), slope + 2 * DRAWN * at

    return _both


def _downhill(
    function: Slope, at: Values, value: float, slope: Values, direction: Values
) -> tuple[Values, float, Values] | None:
    """The first of ever shorter steps that goes down as far as the slope promises."""
    length = min(1.0, 4.0 / np.abs(direction).max())
    while length > SHORTEST:
        step = length * direction
        lower, turned = function(at + step)
        if np.isfinite(lower) and lower <= value + 1e-4 * float(slope @ step):
            return step, lower, turned
        length /= 2
    return None


def _curved(inverse: Values, step: Values, turn: Values) -> Values:
    """What is known of the curvature after one more step."""
    along = float(step @ turn)
    if along <= 1e-12:
        return inverse
    keep = np.eye(len(step)) - np.outer(step, turn) / along
    return np.asarray(keep @ inverse @ keep.T + np.outer(step, step) / along)

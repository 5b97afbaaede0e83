"""When a play begins and ends: conditions over named signals, for all subjects at once.

An unknown value neither holds nor fails, so that a source that was silent for a day starts and ends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from core.sdk import Column, Context, Mask, PluginError, Values, listed

FLAGS = {"true": True, "false": False}
Days = Annotated[int, Field(ge=0, le=3660)]


class Part(BaseModel):
    """A piece of a play: nothing unknown in it, and it never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Condition(Part):
    """What one signal has to be; a plain word, a flag or a list of words stands for ``is``."""

    one_of: tuple[str, ...] | None = Field(None, alias="is", min_length=1)
    none_of: tuple[str, ...] | None = Field(None, alias="is_not", min_length=1)
    above: float | None = None
    below: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    within_days: Days | None = None
    ahead_days: Days | None = None
    older_than_days: Days | None = None

    @model_validator(mode="before")
    @classmethod
    def _spelt_out(cls, said: Any) -> Any:
        return said if isinstance(said, Mapping | Condition) else {"is": said}

    @field_validator("one_of", "none_of", mode="before")
    @classmethod
    def _words(cls, said: Any) -> Any:
        words = said if isinstance(said, list | tuple) else [said]
        return tuple(str(word).lower() if isinstance(word, bool) else str(word) for word in words if word is not None)

    @model_validator(mode="after")
    def _possible(self) -> Condition:
        if not self.model_fields_set:
            raise ValueError("the condition asks for nothing; write such as {is: At Risk} or {above: 30}")
        if self.one_of and self.none_of and set(self.one_of) <= set(self.none_of):
            raise ValueError(f"the condition can never hold: it is and is not {listed(list(self.one_of))}")
        low, high = self._least, self._most
        strict = self.above == low or self.below == high
        if low is not None and high is not None and (low > high or (low == high and strict)):
            raise ValueError(f"the condition can never hold: no number is above {low:g} and below {high:g} at once")
        if self.ahead_days is not None and (self.older_than_days is not None or self.ahead_days > self._latest):
            raise ValueError("the condition can never hold: no day lies that far ahead and not so far ahead at once")
        return self

    @property
    def _latest(self) -> float:
        return inf if self.within_days is None else self.within_days

    @property
    def _least(self) -> float | None:
        return max((bound for bound in (self.above, self.at_least) if bound is not None), default=None)

    @property
    def _most(self) -> float | None:
        return min((bound for bound in (self.below, self.at_most) if bound is not None), default=None)


@dataclass(frozen=True)
class Answer:
    """Where conditions hold for certain, and where one of them fails for certain."""

    holds: Mask
    fails: Mask


def judged(conditions: Mapping[str, Condition], columns: Mapping[str, Column], context: Context) -> Answer:
    """All conditions together; raises ``PluginError`` for one that does not fit the kind of its signal."""
    answers = [_answer(name, condition, columns[name], context) for name, condition in conditions.items()]
    holds = np.logical_and.reduce([answer.holds for answer in answers])
    fails = np.logical_or.reduce([answer.fails for answer in answers])
    return Answer(np.asarray(holds), np.asarray(fails))


def _answer(name: str, condition: Condition, column: Column, context: Context) -> Answer:
    known = column.known
    met = np.ones(len(column), np.bool_)
    for asked, kinds, test in TESTS:
        wanted = getattr(condition, asked)
        if wanted is None:
            continue
        if column.values.dtype.kind not in kinds:
            raise _unfit(name, asked, kinds)
        met &= test(column.values, wanted, context)
    if condition.none_of and condition.model_fields_set == {"none_of"}:
        met |= ~known
        return Answer(met, ~met)
    return Answer(met & known, ~met & known)


def _among(values: Values, words: tuple[str, ...], _: Context) -> Mask:
    wanted = [FLAGS.get(word, word) for word in words]
    return np.asarray(np.logical_or.reduce([np.asarray(values == word, np.bool_) for word in wanted]))


def _day(values: Values, days: int, context: Context) -> Values:
    return context.days_since(values) + days


def _unfit(name: str, asked: str, kinds: str) -> PluginError:
    fitting = {"f": "a number", "O": "a text or a flag", "M": "a date"}[kinds[0]]
    what = f"`{asked.replace('one_of', 'is').replace('none_of', 'is_not')}` asks for {fitting}, which {name} is not"
    return PluginError(what, where=name, remedy="ask another signal, or compare it in another way")


Test = Callable[[Values, Any, Context], Mask]
TESTS: tuple[tuple[str, str, Test], ...] = (
    ("one_of", "O", _among),
    ("none_of", "O", lambda values, words, context: ~_among(values, words, context)),
    ("above", "fiu", lambda values, bound, _: np.asarray(values > bound)),
    ("below", "fiu", lambda values, bound, _: np.asarray(values < bound)),
    ("at_least", "fiu", lambda values, bound, _: np.asarray(values >= bound)),
    ("at_most", "fiu", lambda values, bound, _: np.asarray(values <= bound)),
    ("within_days", "M", lambda values, days, context: np.asarray(_day(values, days, context) >= 0)),
    ("ahead_days", "M", lambda values, days, context: np.asarray(_day(values, days, context) <= 0)),
    ("older_than_days", "M", lambda values, days, context: np.asarray(_day(values, -days, context) > 0)),
)

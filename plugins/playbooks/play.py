"""What a play is made of: when it begins and ends, the steps on the way, and who takes them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from core.sdk import Priority
from plugins.playbooks.conditions import Condition, Part
from plugins.playbooks.templates import LASTING, fields_of, signals_of

LONGEST_NAME = 40
MOST_STEPS = 20
APART = 5  # working days between steps: a week, within which what was handed out must stay as it is
CATCH_UP = 7  # days for which a task that nobody approved yet is still proposed
Subject = Literal["client", "contract"]
Rival = Literal["health", "renewals", "sla"]
WorkingDays = Annotated[int, Field(ge=0, le=260)]


class Step(Part):
    """A task or a note; it comes so many working days after the play began, unless an earlier task is done."""

    do: str | None = None
    why: str = "{reasons}"
    body: str = "{reasons}"
    note: str | None = None
    after: WorkingDays = 0
    due: WorkingDays = 2
    owner: str | None = None
    priority: Priority | None = None

    @field_validator("do", "why", "body", "note")
    @classmethod
    def _fields_known(cls, text: str | None) -> str | None:
        fields_of(text or "")
        return text

    @field_validator("do")
    @classmethod
    def _lasting(cls, text: str | None) -> str | None:
        passing = [field for field in fields_of(text or "") if field not in LASTING]
        if passing:
            raise ValueError(f"`{{{passing[0]}}}` may change while the task is open: say it in `why` or `body`")
        return text

    @model_validator(mode="after")
    def _either(self) -> Step:
        if bool(self.do) == bool(self.note):
            raise ValueError("a step is either a task (`do: Call {client.name}`) or a note (`note: …`)")
        return self

    @property
    def texts(self) -> tuple[str, ...]:
        """All its templates."""
        return (self.note,) if self.note else (self.do or "", self.why, self.body)


class Play(Part):
    """One play; it begins where ``when`` holds, and ends where ``until`` holds, or where ``when`` surely fails."""

    when: dict[str, Condition] = Field(min_length=1)
    until: dict[str, Condition] = Field({})
    subject: Subject = "client"
    owner: str = "account_manager"
    priority: Priority = "normal"
    cool_down_days: Annotated[int, Field(ge=CATCH_UP, le=3660)] = 30
    repeat_days: Annotated[int, Field(ge=CATCH_UP, le=3660)] | None = None
    steps: tuple[Step, ...]
    outcome: str = ""
    instead_of: Rival | None = None

    @field_validator("steps", mode="before")
    @classmethod
    def _some(cls, steps: object) -> object:
        if isinstance(steps, list | tuple) and not 1 <= len(steps) <= MOST_STEPS:
            raise ValueError(f"a play has between 1 and {MOST_STEPS} steps, not {len(steps)}")
        return steps

    @field_validator("outcome")
    @classmethod
    def _fields_known(cls, text: str) -> str:
        fields_of(text)
        return text

    @model_validator(mode="after")
    def _makes_sense(self) -> Play:
        if self.until and self.until == self.when:
            raise ValueError("`until` is the same as `when`: the play would end as soon as it begins")
        close = [late.after for early, late in pairwise(self.steps) if late.after - early.after < APART]
        if close:
            raise ValueError(f"the step after {close[0]} working days must come {APART} or more after the one before")
        if self.repeat_days is not None and self.repeat_days < self.steps[-1].after * 7 / 5 + CATCH_UP:
            raise ValueError(f"repeat_days must leave a week after the last step, at {self.steps[-1].after} days")
        if self.subject == "client" and any("contract.title" in fields_of(text) for text in self.texts):
            raise ValueError("`{contract.title}` is only known to plays with `subject: contract`")
        return self

    @property
    def texts(self) -> tuple[str, ...]:
        """All its templates."""
        return (*(text for step in self.steps for text in step.texts), self.outcome)

    @property
    def signals(self) -> list[str]:
        """The signals it looks at, whether to decide or to tell."""
        told = [name for text in self.texts for name in signals_of(text)]
        return list(dict.fromkeys([*self.when, *self.until, *told]))

    @property
    def roles(self) -> list[str]:
        """The roles of those who take its steps, in their order."""
        return [step.owner or self.owner for step in self.steps]

    @property
    def version(self) -> str:
        """Eight digits that differ when anything of the play does."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:8]


def same_title(plays: Sequence[tuple[str, Play]]) -> tuple[str, str, str] | None:
    """Two plays that would call their tasks the same, and that title: nobody could tell the tasks apart."""
    seen: dict[str, str] = {}
    for name, play in plays:
        for title in {step.do for step in play.steps if step.do}:
            if seen.setdefault(title, name) != name:
                return seen[title], name, title
    return None

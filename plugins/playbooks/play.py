"""What a play is made of: when it begins and ends, the steps on the way, and who takes them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from core.sdk import Channel, Priority
from plugins.playbooks.conditions import Condition, Part
from plugins.playbooks.templates import LASTING, fields_of, signals_of

LONGEST_NAME = 40
MOST_STEPS = 20
APART = 5  # working days between steps: a week, within which what was handed out must stay as it is
CATCH_UP = 7  # days for which a task that nobody approved yet is still proposed
Subject = Literal["client", "contract"]
Rival = Literal["health", "renewals", "sla"]
WorkingDays = Annotated[int, Field(ge=0, le=260)]


class Message(Part):
    """A message to who takes the step, or to the client's main contact; a template of inlay.yaml, or a text as it is.

    Consent, quiet hours and how much is too much are the ledger's to see to.
    """

    to: Literal["owner", "contact"] = "owner"
    template: str = ""
    values: dict[str, str] = Field({})
    subject: str = ""
    text: str = ""
    channels: tuple[Channel, ...] = ()
    purpose: str = "service"
    urgent: bool = False

    @field_validator("subject", "text")
    @classmethod
    def _fields_known(cls, text: str) -> str:
        fields_of(text)
        return text

    @model_validator(mode="after")
    def _either(self) -> Message:
        if bool(self.template) == bool(self.text.strip()):
            raise ValueError("a message has either a `template` of inlay.yaml or a `text`")
        if self.template and self.subject:
            raise ValueError("the subject of a message is its template's")
        for text in self.values.values():
            fields_of(text)
        return self

    @property
    def texts(self) -> tuple[str, ...]:
        """All its templates."""
        return (self.subject, self.text, *self.values.values())


class Step(Part):
    """A task, note or message; it comes so many working days after the play began, unless an earlier task is done."""

    do: str | None = None
    why: str = "{reasons}"
    body: str = "{reasons}"
    note: str | None = None
    send: Message | None = None
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
        if sum(map(bool, (self.do, self.note, self.send))) != 1:
            raise ValueError("a step is a task (`do: Call {client.name}`), a note (`note: …`) or a message (`send: …`)")
        return self

    @property
    def texts(self) -> tuple[str, ...]:
        """All its templates."""
        if self.send:
            return self.send.texts
        return (self.note,) if self.note else (self.do or "", self.why, self.body)


class Play(Part):
    """One play; it begins where ``when`` holds, and ends where ``until`` holds, or where ``when`` surely fails.

    With ``closes`` its open tasks are completed when it has ended, as far as nobody has touched them.
    """

    when: dict[str, Condition] = Field(min_length=1)
    until: dict[str, Condition] = Field({})
    subject: Subject = "client"
    owner: str = "account_manager"
    priority: Priority = "normal"
    cool_down_days: Annotated[int, Field(ge=CATCH_UP, le=3660)] = 30
    repeat_days: Annotated[int, Field(ge=CATCH_UP, le=3660)] | None = None
    steps: tuple[Step, ...]
    outcome: str = ""
    closes: bool = True
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

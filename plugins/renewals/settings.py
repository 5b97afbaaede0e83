"""What an admin may decide about renewals."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from core.sdk import Channel, nearest

Days = Annotated[int, Field(ge=1, le=3660)]
TEMPLATE_FIELDS = ("contract", "left", "end", "notice")
Choice = Literal["renew", "renegotiate", "let_end", "monitor"]


class Decision(BaseModel):
    """What somebody decided about a contract, and why; it counts for the term that ends within a year of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contract: str
    decision: Choice
    reason: Annotated[str, Field(min_length=3)]
    by: Annotated[str, Field(min_length=1)]
    on: date


class RenewalSettings(BaseModel):
    """The settings of the renewals plugin."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stages: tuple[Days, ...] = Field(
        (180, 120, 90, 60, 30, 14, 7), min_length=1, description="days left at which a contract enters its next stage"
    )
    expiring_days: Days = Field(90, description="a contract with no more days left is Expiring")
    notice_days: Annotated[int, Field(ge=0, le=3660)] = Field(
        0, description="notice period of contracts that do not state one; 0 for none"
    )
    notice_buffer_days: Annotated[int, Field(ge=0, le=90)] = Field(
        10,
        description="working days a notice takes to arrive: the latest day to send it is so many before the deadline",
    )
    task_days: dict[int, Annotated[int, Field(ge=0, le=60)]] = Field(
        {180: 10, 90: 5, 30: 2, 7: 1}, description="working days given for a stage's task, from that stage downwards"
    )
    high_value: Annotated[float, Field(ge=0)] = Field(
        20_000, description="yearly value from which the task has high priority, in the contract's currency"
    )

    tasks: bool = Field(True, description="whether a contract that reaches a stage makes a task here")
    uplift: Annotated[float, Field(ge=-0.5, le=1)] = Field(
        0.0, description="share by which the fee is to rise at a renewal, such as 0.05"
    )
    deal_lead_days: Annotated[int, Field(ge=0, le=3660)] = Field(
        0, description="days left from which a renewal deal is opened where there is none; 0 for never"
    )
    messages: dict[int, tuple[Channel, ...]] = Field(
        {}, description="stages at which who looks after the contract is written to, and by which channels in order"
    )
    message_template: str = Field(
        "", description="template of inlay.yaml for that, with the fields contract, left, end and notice"
    )
    decisions: tuple[Decision, ...] = Field((), description="what people decided about contracts, each with its reason")
    monitor_until: Days = Field(
        90, description="days left from which a decision to monitor keeps no task away any more"
    )
    escalate_from: Days = Field(30, description="stage from which a contract that nobody has acknowledged is escalated")
    escalate_to: str | None = Field(
        None, description="who gets the task then, by user id; the client's owner where nobody is named"
    )

    @field_validator("decisions")
    @classmethod
    def _one_a_day(cls, decisions: tuple[Decision, ...]) -> tuple[Decision, ...]:
        seen: dict[tuple[str, date], Choice] = {}
        for one in decisions:
            if seen.setdefault((one.contract, one.on), one.decision) != one.decision:
                what = f"contract {one.contract} was given two decisions on {one.on}"
                raise ValueError(f"{what}: {seen[one.contract, one.on]} and {one.decision}; keep the one that holds")
        return decisions

    @model_validator(mode="after")
    def _template_is_there(self, info: ValidationInfo) -> RenewalSettings:
        templates = (info.context or {}).get("templates")
        if not self.message_template or templates is None:
            return self
        if self.message_template not in templates:
            known = nearest(self.message_template, list(templates)) if templates else "write it there"
            raise ValueError(f"there is no template `{self.message_template}` under `messages:`; {known}")
        strange = sorted({*templates[self.message_template]} - {*TEMPLATE_FIELDS})
        if strange:
            what = f"the template `{self.message_template}` wants the field `{strange[0]}`, which renewals do not bring"
            raise ValueError(f"{what}; they bring: {', '.join(TEMPLATE_FIELDS)}")
        return self

    @model_validator(mode="after")
    def _stages_of_messages(self) -> RenewalSettings:
        strange = sorted(set(self.messages) - set(self.stages))
        if strange:
            known = ", ".join(map(str, self.stages))
            raise ValueError(f"messages: {strange[0]} is no stage, so that it would never go; the stages are {known}")
        return self

    @field_validator("stages")
    @classmethod
    def _falling(cls, stages: tuple[int, ...]) -> tuple[int, ...]:
        if any(earlier <= later for earlier, later in pairwise(stages)):
            raise ValueError("stages must fall from one to the next, such as 180, 90, 30")
        return stages

    def days_for(self, stage: int) -> int:
        """Working days given for the task of a stage: those of the smallest listed stage not below it."""
        fitting = [listed for listed in self.task_days if listed >= stage]
        return self.task_days[min(fitting)] if fitting else max(self.task_days.values(), default=5)

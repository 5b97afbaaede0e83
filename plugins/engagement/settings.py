"""What an admin may decide about activity, engagement and keeping in touch."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from core.sdk import AUTOMATIC

EventType = Literal["meeting", "visit", "call", "mail_in", "mail", "mail_out", "message_in", "message_out", "portal"]
Status = Literal["prospect", "onboarding", "active", "at_risk", "churned", "other"]
Days = Annotated[int, Field(ge=1, le=3660)]
Weight = Annotated[float, Field(ge=0, le=1000)]
Hour = Annotated[int, Field(ge=0, le=24)]


class Part(BaseModel):
    """A piece of the settings: nothing unknown in it, and it never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Weights(Part):
    """What one event of each type is worth. ``mail`` is one whose direction no system tells."""

    meeting: Weight = 5
    visit: Weight = 5
    call: Weight = 3
    mail_in: Weight = 2
    mail: Weight = 1
    mail_out: Weight = 1
    message_in: Weight = 2
    message_out: Weight = 1
    portal: Weight = 1
    ticket: Weight = 0

    @model_validator(mode="after")
    def _some_weight(self) -> Weights:
        if not any(self.model_dump().values()):
            raise ValueError("at least one type of event must weigh more than 0")
        return self


class Cadence(Part):
    """How often clients in one state are to be touched; every condition that is given must hold.

    ``with_project``: whether a piece of work is going on. ``idle_days``: neither contact nor invoice for so long.
    """

    state: str = Field(min_length=1)
    every_days: Days
    status: tuple[Status, ...] = ()
    tier: tuple[str, ...] = ()
    with_project: bool | None = None
    idle_days: Days | None = None


# Weekly while work is going on, monthly for standing clients, quarterly for inactive ones.
CADENCES = (
    Cadence(state="active project", every_days=7, with_project=True, status=("onboarding", "active", "at_risk")),
    Cadence(state="inactive", every_days=91, status=("onboarding", "active", "at_risk"), idle_days=365),
    Cadence(state="long-term", every_days=30, status=("onboarding", "active", "at_risk")),
    Cadence(state="inactive", every_days=91, status=("churned",)),
)


class EngagementSettings(Part):
    """The settings of the engagement plugin."""

    weights: Weights = Field(Weights(), description="what one event of each type is worth")
    half_life_days: Days = Field(45, description="days after which an event counts half")
    daily_cap: Annotated[int, Field(ge=1, le=1000)] = Field(
        3, description="so many events of one type on one day count for the score"
    )
    least_events: Annotated[int, Field(ge=1, le=1000)] = Field(3, description="with fewer events there is no score")
    saturation: Annotated[float, Field(gt=0)] | None = Field(
        None, description="points that make 63; by default such that half of each segment's clients have 50 or more"
    )
    segment: Literal["tier", "industry", "client_type", "status", "none"] = Field(
        "tier", description="clients alike in this field are compared with each other"
    )
    segment_least: Annotated[int, Field(ge=1)] = Field(
        10, description="a segment with fewer scored clients is compared with all"
    )
    same_within_minutes: Annotated[int, Field(ge=0, le=720)] = Field(
        15, description="one event that two systems hold may differ by so much in time"
    )
    automatic_subjects: tuple[str, ...] = Field(
        AUTOMATIC, description="a mail whose subject begins so was not written by a person"
    )
    bulk_subjects: tuple[str, ...] = Field(
        ("newsletter", "unsubscribe"), description="a mail of ours with one of these in its subject is bulk mail"
    )
    contact_types: tuple[EventType, ...] = Field(
        ("meeting", "visit", "call", "mail_in", "mail", "message_in", "portal"),
        description="events that are two-way contact",
    )
    touch_types: tuple[EventType, ...] = Field(
        ("meeting", "visit", "call", "mail_in", "mail", "mail_out", "message_in", "message_out"),
        description="events after which the next touch is counted anew",
    )
    days: Literal["calendar", "business"] = Field("calendar", description="how days since the last contact are counted")
    answer_days: Days = Field(3, description="a client that comes back within so many days has answered")
    habit_days: Days = Field(365, description="days over which channels and hours are compared")
    habit_least: Annotated[int, Field(ge=1)] = Field(
        5, description="fewer attempts by a channel or in a window tell nothing"
    )
    windows: tuple[tuple[Hour, Hour], ...] = Field(
        ((8, 10), (10, 12), (12, 14), (14, 16), (16, 18)),
        min_length=1,
        description="hours of the day that are compared, from and to",
    )
    cadences: tuple[Cadence, ...] = Field(
        CADENCES, description="how often a client is to be touched: the first that fits its state; none for the others"
    )
    grace_days: Annotated[int, Field(ge=0, le=90)] = Field(
        2, description="working days after which a due touch is overdue"
    )

    @field_validator("windows")
    @classmethod
    def _in_order(cls, windows: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        if any(begin >= end for begin, end in windows):
            raise ValueError("a window must end after it begins, such as [8, 10]")
        if any(earlier[1] > later[0] for earlier, later in pairwise(sorted(windows))):
            raise ValueError("the windows must not overlap")
        return windows

    @field_validator("cadences")
    @classmethod
    def _one_rhythm_each(cls, cadences: tuple[Cadence, ...]) -> tuple[Cadence, ...]:
        rhythms: dict[str, int] = {}
        for cadence in cadences:
            every = rhythms.setdefault(cadence.state, cadence.every_days)
            if every != cadence.every_days:
                raise ValueError(f"state {cadence.state} cannot be every {every} and every {cadence.every_days} days")
        return cadences

    @field_validator("automatic_subjects", "bulk_subjects")
    @classmethod
    def _no_empty_word(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        if any(not word.strip() for word in words):
            raise ValueError("an empty text would fit every subject")
        return tuple(word.casefold() for word in words)

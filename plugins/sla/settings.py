"""What an admin may decide about response times: targets, the clock they are counted on, calendars, what is a reply."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from core.sdk import AUTOMATIC, ConfigError, OfficeHours, public_holidays

Clock = Literal["business_hours", "calendar_rolled", "business_days"]
Urgency = Literal["urgent", "important", "regular"]
TicketPriority = Literal["low", "normal", "high", "urgent"]
TicketStatus = Literal["new", "open", "pending", "on_hold"]
Message = Literal["email", "chat", "sms", "portal"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Stage = Literal["due_soon", "breached"]
Days = Annotated[int, Field(ge=1, le=365)]
Hours = Annotated[float, Field(gt=0, le=24 * 60)]

WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
A_DAY = 24


class Part(BaseModel):
    """A piece of the settings: nothing unknown in it, and it never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Targets(Part):
    """Hours within which the first reply of a person is due, by urgency."""

    urgent: Hours = 2
    important: Hours = 24
    regular: Hours = 48

    @model_validator(mode="after")
    def _rising(self) -> Targets:
        if not self.urgent <= self.important <= self.regular:
            raise ValueError("the targets must rise: urgent, important, regular")
        return self


class Calendar(Part):
    """Office hours of some people: those of its ``zone``, and those named by user id in ``people``.

    Holidays are the firm's where none are given; ``""`` for none.
    """

    zone: str
    opens: time = time(9)
    closes: time = time(17)
    days: tuple[Weekday, ...] = Field(("mon", "tue", "wed", "thu", "fri"), min_length=1)
    holidays: str | None = None
    people: tuple[str, ...] = ()

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError(f"no such time zone: {zone}; write one such as Europe/London")
        return zone

    @field_validator("holidays")
    @classmethod
    def _known_holidays(cls, code: str | None) -> str | None:
        try:
            public_holidays(code or "GB", range(2026, 2027))
        except ConfigError as error:
            raise ValueError(f"{error.what}; {error.remedy}") from error
        return code

    @model_validator(mode="after")
    def _some_hours(self) -> Calendar:
        if self.opens >= self.closes:
            raise ValueError("the office must close after it opens, on the same day")
        return self

    def hours(self, holidays: str | None) -> OfficeHours:
        """The same as office hours; ``holidays`` are the firm's."""
        weekdays = tuple(sorted({WEEK.index(day) for day in self.days}))
        own = holidays if self.holidays is None else (self.holidays or None)
        return OfficeHours(self.zone, self.opens, self.closes, weekdays, own)


class SlaSettings(Part):
    """The settings of the sla plugin."""

    targets: Targets = Field(Targets(), description="hours to the first reply: urgent, important, regular")
    clock: Clock = Field(
        "business_days",
        description="how hours are counted: business_hours, calendar_rolled (to the next opening), or business_days "
        "(24 hours are one working day)",
    )
    opens: time = Field(time(9), description="when the office opens, where no calendar says otherwise")
    closes: time = Field(time(17), description="when it closes")
    calendars: tuple[Calendar, ...] = Field((), description="office hours of people in other zones, or with other days")
    ticket_priorities: dict[TicketPriority, Urgency] = Field(
        {"urgent": "urgent", "high": "important"}, description="urgency of tickets; all other priorities are regular"
    )
    urgent_words: tuple[str, ...] = Field(
        ("urgent", "asap"), description="a message with one of these in its subject is urgent, where no system says"
    )
    important_words: tuple[str, ...] = Field(
        ("important", "deadline"), description="and with one of these it is important"
    )
    message_kinds: tuple[Message, ...] = Field(
        ("email", "chat", "sms"), description="messages of clients that ask for a reply"
    )
    pause_states: tuple[TicketStatus, ...] = Field(
        ("pending", "on_hold"), description="while an unanswered ticket is in one of these its clock stands still"
    )
    conversation_days: Days = Field(14, description="a message within so many days after another is part of its thread")
    follow_ups: bool = Field(False, description="whether further messages of a thread ask for a reply too")
    forget_days: Days = Field(
        30, description="a message that was due longer ago waits no more: it failed, and nobody will answer it"
    )
    talk_answers: bool = Field(
        True, description="whether a call, meeting or visit answers the messages that the client wrote before it"
    )
    automatic_subjects: tuple[str, ...] = Field(
        AUTOMATIC, description="a mail whose subject begins so was not written by a person"
    )
    thanks_subjects: tuple[str, ...] = Field(
        ("thank you for", "thanks for", "many thanks for"),
        description="a message whose subject begins so asks for nothing",
    )
    due_soon_share: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.25, description="a reply is due soon when no more than this share of its time is left"
    )
    tasks: tuple[Stage, ...] = Field(("due_soon", "breached"), description="stages at which a task is made")
    breach_to: Literal["person", "account_manager"] = Field(
        "account_manager", description="who gets the task of a breach: who was asked, or who looks after the client"
    )
    breach_task_days: Days = Field(7, description="breaches older than so many days make no task any more")

    @model_validator(mode="after")
    def _countable(self) -> SlaSettings:
        if self.opens >= self.closes:
            raise ValueError("the office must close after it opens, on the same day")
        uneven = [hours for hours in self.targets.model_dump().values() if hours > A_DAY and hours % A_DAY]
        if self.clock == "business_days" and uneven:
            raise ValueError(f"business_days counts whole days: {uneven[0]:g} hours are no multiple of 24")
        return self

    @field_validator("urgent_words", "important_words", "automatic_subjects", "thanks_subjects")
    @classmethod
    def _no_empty_word(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        if any(not word.strip() for word in words):
            raise ValueError("an empty text would fit every subject")
        return tuple(word.casefold() for word in words)

    def hours_in(self, zone: str, holidays: str | None) -> OfficeHours:
        """The office hours of a zone for which there is no calendar."""
        return OfficeHours(zone, self.opens, self.closes, holidays=holidays)

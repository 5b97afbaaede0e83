"""What a person says of a client against the score: shown beside it, for a while, never in its place."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from plugins.health.profile import Part

Band = Literal["Excellent", "Good", "Fair", "At Risk"]


class Override(Part):
    """One judgement: of which client (its id), a score or a band, why, by whom, and from when until when it counts."""

    client: str = Field(min_length=1)
    score: Annotated[float, Field(ge=0, le=100)] | None = None
    band: Band | None = None
    reason: str = Field(min_length=5)
    author: str = Field(min_length=1)
    made_on: date
    until: date

    @model_validator(mode="after")
    def _one_thing(self) -> Override:
        if (self.score is None) == (self.band is None):
            raise ValueError(f"the override of {self.client} has to name a score or a band, and not both")
        if self.until < self.made_on:
            raise ValueError(f"the override of {self.client} ends before it begins")
        return self

    @property
    def days(self) -> int:
        """How long it counts."""
        return (self.until - self.made_on).days

    def counts_on(self, day: date) -> bool:
        """Whether it counts on a day; both its days do."""
        return self.made_on <= day <= self.until


def not_too_long(overrides: tuple[Override, ...], days: int) -> None:
    """Refuse a judgement that counts for longer than is allowed."""
    for override in overrides:
        if override.days > days:
            raise ValueError(f"the override of {override.client} counts for {override.days} days, allowed are {days}")


def one_each(overrides: tuple[Override, ...]) -> None:
    """Refuse two judgements of one client at the same time."""
    for at, override in enumerate(overrides):
        for other in overrides[:at]:
            if other.client == override.client and other.made_on <= override.until and override.made_on <= other.until:
                raise ValueError(f"two overrides of {override.client} count at the same time")


def by_those_who_may(overrides: tuple[Override, ...], people: tuple[str, ...]) -> None:
    """Refuse the judgement of somebody who may not judge; when nobody is named, everybody may."""
    for override in overrides:
        if people and override.author not in people:
            raise ValueError(f"{override.author} may not override scores; {', '.join(people)} may")

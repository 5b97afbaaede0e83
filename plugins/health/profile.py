"""A profile: which factors make up the health of a kind of client, and how much each weighs.

Factors stand in groups. Weight that a missing factor leaves goes to the rest of its group first; only a group without
any factor known leaves its weight to the other groups.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

ClientField = Literal["status", "client_type", "tier", "industry", "currency"]
Missing = Literal["redistribute", "neutral", "zero", "block"]
Point = tuple[float, float]
NEUTRAL = 50.0
FRESH, STALE = 90.0, 365.0  # days of age up to which evidence counts in full, and from which it does not count at all


class Part(BaseModel):
    """A piece of the settings: nothing unknown in it, and it never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Factor(Part):
    """One signal turned into points: straight lines between ``points`` (value, points 0 to 100), flat beyond them.

    ``missing`` says what happens where the signal is unknown: its weight goes to the others (the default), it counts as
    50 or as 0 points, or the client gets no score at all.

    ``age`` names a signal that tells how old the evidence is: a number of days, or a date. Up to ``fresh_days`` it
    counts in full for the coverage, from ``stale_days`` on the factor is as good as unknown, and in between in
    proportion.
    """

    age: str | None = None
    fresh_days: float = Field(FRESH, ge=0)
    stale_days: float = Field(STALE, gt=0)
    signal: str
    points: tuple[Point, ...] = Field(min_length=2)
    weight: float = Field(gt=0, le=1000)
    missing: Missing = "redistribute"

    @property
    def stand_in(self) -> float | None:
        """The points that a missing one counts as; None where its weight goes to the others."""
        return {"neutral": NEUTRAL, "zero": 0.0}.get(self.missing)

    @model_validator(mode="after")
    def _grows_old(self) -> Factor:
        if self.fresh_days >= self.stale_days:
            raise ValueError(f"fresh_days ({self.fresh_days:g}) must be less than stale_days ({self.stale_days:g})")
        if self.age is None and (self.fresh_days, self.stale_days) != (FRESH, STALE):
            raise ValueError("fresh_days and stale_days need `age`: a signal that tells how old the evidence is")
        return self

    @field_validator("points")
    @classmethod
    def _ordered(cls, points: tuple[Point, ...]) -> tuple[Point, ...]:
        if any(left[0] >= right[0] for left, right in pairwise(points)):
            raise ValueError("the values of the points must rise from one to the next")
        if any(not 0 <= y <= 100 for _, y in points):
            raise ValueError("points lie between 0 and 100")
        return points


class Group(Part):
    """Factors that speak of the same thing; ``weight`` is what they count together."""

    weight: float = Field(gt=0, le=1000)
    factors: dict[str, Factor] = Field(min_length=1)

    @property
    def whole(self) -> float:
        """The weights of its factors together."""
        return sum(factor.weight for factor in self.factors.values())


class Profile(Part):
    """How the health of some clients is made up.

    ``when`` limits it to clients whose field has one of the listed values. ``bonus`` factors only ever add.
    """

    name: str
    when: dict[ClientField, tuple[str, ...]] = {}
    groups: dict[str, Group] = Field(min_length=1)
    bonus: dict[str, Factor] = {}

    @model_validator(mode="after")
    def _named_once(self) -> Profile:
        names = [name for group in self.groups.values() for name in group.factors] + list(self.bonus)
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"factor {twice[0]} stands in profile {self.name} twice")
        return self

    def covers(self, other: Profile) -> bool:
        """Whether it fits every client that the other one fits."""
        return all(
            field in other.when and set(other.when[field]) <= set(allowed) for field, allowed in self.when.items()
        )

    @property
    def factors(self) -> dict[str, Factor]:
        """All factors by name, bonus ones last."""
        grouped = {name: factor for group in self.groups.values() for name, factor in group.factors.items()}
        return grouped | self.bonus


def all_of_use(profiles: tuple[Profile, ...]) -> None:
    """Refuse profiles of one name, a signal counted twice in one, and one that another before it leaves no clients."""
    for at, profile in enumerate(profiles):
        _count_once(profile)
        for before in profiles[:at]:
            if before.name == profile.name:
                raise ValueError(f"two profiles are called {profile.name}")
            if before.covers(profile):
                what = f"profile {profile.name} is never used: {before.name} stands before it"
                raise ValueError(f"{what} and fits every client it fits")


def _count_once(profile: Profile) -> None:
    weighed: dict[str, str] = {}
    for name, factor in profile.factors.items():
        if weighed.setdefault(factor.signal, name) != name:
            other = weighed[factor.signal]
            raise ValueError(f"profile {profile.name} counts {factor.signal} twice, as {other} and as {name}")


def _factor(signal: str, weight: float, *points: Point) -> Factor:
    return Factor(signal=signal, points=points, weight=weight)


PROFESSIONAL_SERVICES = Profile(
    name="professional services",
    groups={
        "relationship": Group(
            weight=40,
            factors={
                "recency": _factor("contact.days_since", 15, (14, 100), (30, 85), (60, 60), (90, 35), (180, 0)),
                "frequency": _factor("contact.count_90d", 10, (0, 0), (1, 40), (3, 70), (6, 100)),
                "responsiveness": _factor("contact.reply_days", 15, (1, 100), (3, 75), (7, 40), (14, 0)),
            },
        ),
        "money": Group(
            weight=25,
            factors={
                "lateness": _factor("payments.days_late", 15, (0, 100), (7, 85), (15, 65), (30, 40), (60, 10), (90, 0)),
                "punctuality": _factor("payments.on_time_share", 10, (0.3, 0), (0.6, 40), (0.9, 85), (1, 100)),
            },
        ),
        "satisfaction": Group(
            weight=15, factors={"satisfaction": _factor("survey.satisfaction", 15, (0, 0), (10, 100))}
        ),
        "support": Group(
            weight=10,
            factors={"tickets": _factor("support.pressure", 10, (0, 95), (0.5, 86), (3, 60), (6, 30), (10, 0))},
        ),
        "commitment": Group(
            weight=10,
            factors={"cover": _factor("contract.cover_days", 10, (0, 10), (30, 50), (90, 80), (180, 100))},
        ),
    },
    bonus={"referrals": _factor("referral.made", 10, (0, 0), (1, 90), (2, 100))},
)

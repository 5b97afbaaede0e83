"""What an admin may decide about health."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from plugins.health.judgement import Override, by_those_who_may, not_too_long, one_each
from plugins.health.profile import PROFESSIONAL_SERVICES, Part, Profile, all_of_use

ContactKind = Literal["call", "email", "meeting", "sms", "chat", "portal", "visit"]
DealType = Literal["new", "renewal", "expansion", "cross_sell"]
Days = Annotated[int, Field(ge=1, le=3660)]
Share = Annotated[float, Field(ge=0, le=1)]
Score = Annotated[float, Field(ge=0, le=100)]


class Cap(Part):
    """No score above ``score`` while ``signal`` is above ``above``; ``because`` is said to the reader."""

    signal: str
    above: float
    score: Score
    because: str


UNPAID_CAP = Cap(signal="revenue.days_late", above=90, score=59, because="an invoice is unpaid for more than 90 days")


class HealthSettings(Part):
    """The settings of the health plugin."""

    profiles: tuple[Profile, ...] = Field(
        (PROFESSIONAL_SERVICES,),
        min_length=1,
        description="what health is made of; a client gets the first that fits it",
    )
    not_scored: tuple[str, ...] = Field(("prospect", "churned"), description="clients of these statuses have no health")
    excellent: Score = Field(80, description="from this score on a client is Excellent")
    good: Score = Field(60, description="from this score on a client is Good")
    fair: Score = Field(40, description="from this score on a client is Fair; below it is At Risk")
    band_margin: Score = Field(
        2, description="points beyond a band's edge at which the band changes at once, not after two days"
    )
    provisional_below: Share = Field(0.6, description="with less coverage the band is Provisional")
    no_band_below: Share = Field(0.4, description="with less coverage there is no band")
    caps: tuple[Cap, ...] = Field((UNPAID_CAP,), description="what keeps a score down whatever else is well")
    contact_kinds: tuple[ContactKind, ...] = Field(
        ("call", "email", "meeting", "sms", "chat", "portal", "visit"), description="interactions that count as contact"
    )
    outbound_messages_count: bool = Field(False, description="whether a message nobody answered counts as contact")
    contact_window_days: Days = Field(90, description="days over which contacts are counted")
    reply_window_days: Days = Field(90, description="days over which the client's replies are timed")
    reply_longest_days: Days = Field(21, description="a message this long after ours is no reply to it")
    reply_least: Annotated[int, Field(ge=1)] = Field(3, description="fewer replies than this tell nothing")
    payment_window_days: Days = Field(365, description="days over which payment is judged")
    grace_days: Annotated[int, Field(ge=0, le=90)] = Field(
        3, description="days after the due date that still count as on time"
    )
    flag_overdue_days: Days = Field(30, description="red flag: an invoice is overdue for more days")
    flag_on_time_drop: Share = Field(0.25, description="red flag: the share paid on time in 90 days fell by more")
    flag_reply_days: Days = Field(7, description="red flag: the client takes more days to reply")
    flag_reply_times: Annotated[float, Field(gt=1)] = Field(
        2.0, description="red flag: replies take this many times as long as before"
    )
    flag_hours_over: Annotated[float, Field(ge=0)] = Field(
        0.15, description="red flag: a project took this share more hours than agreed, without a change order"
    )
    change_order_types: tuple[DealType, ...] = Field(
        ("expansion",), description="deals of these types are change orders"
    )
    flag_satisfaction_drop: Annotated[float, Field(gt=0, le=10)] = Field(
        2.0, description="red flag: the last answer lies so many points of ten below the client's own mean"
    )
    flag_pipeline_days: Days = Field(90, description="red flag: nothing agreed or in sight beyond so many days")
    feedback_days: Days = Field(180, description="days over which clients' answers are compared with the score")
    feedback_gap: Annotated[float, Field(gt=0, le=100)] = Field(
        30, description="points by which answers and score differ when they disagree"
    )
    feedback_least: Annotated[int, Field(ge=2)] = Field(10, description="of fewer clients no agreement is told")
    tasks: bool = Field(True, description="whether it asks for a call to clients At Risk; playbooks may do so instead")
    at_risk_due_days: Annotated[int, Field(ge=0, le=30)] = Field(
        2, description="working days given for the call to a client At Risk"
    )

    overrides: tuple[Override, ...] = Field(
        (), description="what people say of a client against its score, shown beside it for a while"
    )
    override_days: Days = Field(90, description="at most so many days an override counts")
    overrides_from_crm: bool = Field(
        False, description="whether fields of the CRM are read for it, as the mapping's `judged_…` say"
    )
    may_override: tuple[str, ...] = Field((), description="who may override a score; everybody when nobody is named")

    @model_validator(mode="after")
    def _in_order(self) -> HealthSettings:
        if not self.excellent > self.good > self.fair:
            raise ValueError("the scores of the bands must fall: excellent, good, fair")
        if self.no_band_below > self.provisional_below:
            raise ValueError("no_band_below must not be above provisional_below")
        return self

    @model_validator(mode="after")
    def _judged_well(self) -> HealthSettings:
        not_too_long(self.overrides, self.override_days)
        one_each(self.overrides)
        by_those_who_may(self.overrides, self.may_override)
        return self

    @field_validator("caps")
    @classmethod
    def _caps_agree(cls, caps: tuple[Cap, ...]) -> tuple[Cap, ...]:
        for one in caps:
            for other in caps:
                if one.signal == other.signal and one.above < other.above and one.score <= other.score:
                    what = f"the cap at {other.score:g} for {other.signal} above {other.above:g} never matters"
                    raise ValueError(f"{what}: above {one.above:g} the score is capped at {one.score:g} already")
        return caps

    @field_validator("profiles")
    @classmethod
    def _same_signals(cls, profiles: tuple[Profile, ...]) -> tuple[Profile, ...]:
        meant: dict[str, str] = {}
        ages: dict[str, str | None] = {}
        for profile in profiles:
            for name, factor in profile.factors.items():
                if meant.setdefault(name, factor.signal) != factor.signal:
                    raise ValueError(f"factor {name} reads {meant[name]} in one profile and {factor.signal} in another")
                if ages.setdefault(name, factor.age) != factor.age:
                    raise ValueError(
                        f"factor {name} is dated by {ages[name]} in one profile and {factor.age} in another"
                    )
        all_of_use(profiles)
        return profiles

    @property
    def edges(self) -> dict[str, float]:
        """The lowest score of each band, best band first."""
        return {"Excellent": self.excellent, "Good": self.good, "Fair": self.fair, "At Risk": 0.0}

    def is_bonus(self, factor: str) -> bool:
        """Whether a factor only ever adds, in every profile that has it."""
        return all(factor in profile.bonus for profile in self.profiles if factor in profile.factors)

    def group_of(self, factor: str) -> str:
        """The group a factor stands in, in the first profile that has it; its own name for a bonus factor."""
        groups = [(name, group) for profile in self.profiles for name, group in profile.groups.items()]
        return next((name for name, group in groups if factor in group.factors), factor)

    @property
    def factor_ages(self) -> dict[str, str]:
        """The signal that tells how old a factor's evidence is, by factor; only of those that have one."""
        factors = [pair for profile in self.profiles for pair in profile.factors.items()]
        return {name: factor.age for name, factor in factors if factor.age is not None}

    @property
    def factor_signals(self) -> dict[str, str]:
        """The signal that each factor reads, by factor."""
        return {name: factor.signal for profile in self.profiles for name, factor in profile.factors.items()}

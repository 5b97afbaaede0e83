"""What an admin may decide about revenue: exchange rates, what recurs, how sure renewals and sales are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[int, Field(ge=1, le=3660)]


class Part(BaseModel):
    """A piece of the settings: nothing unknown in it, and it never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Chance(Part):
    """A share of what comes true, with the bounds between which it probably lies."""

    rate: Share
    low: Share
    high: Share

    @model_validator(mode="after")
    def _inside(self) -> Chance:
        if not self.low <= self.rate <= self.high:
            raise ValueError("low, rate and high must rise")
        return self


class RevenueSettings(Part):
    """The settings of the revenue plugin."""

    rates: dict[Currency, dict[date, Rate]] = Field(
        {}, description="units of the firm's currency for one of another, by the date from which each rate holds"
    )
    rate_longest_days: Days = Field(400, description="a rate older than so many days is none")
    recurring_from: Literal["contracts", "subscriptions", "both"] = Field(
        "contracts",
        description="where recurring fees stand: in contracts, and in subscriptions of clients without any; the other "
        "way round; or in both, added up",
    )
    renewals: Chance = Field(
        Chance(rate=0.9, low=0.8, high=0.97), description="share of renewals that succeed, while too few were decided"
    )
    sales: Chance = Field(
        Chance(rate=0.3, low=0.2, high=0.4), description="share of deals that are won, while too few were decided"
    )
    rates_least: Annotated[int, Field(ge=1)] = Field(
        20, description="so many renewals or deals must have been decided for the firm's own share to count"
    )
    rates_days: Days = Field(730, description="days over which they are counted")
    stale_deal_days: Days = Field(90, description="an open deal expected before so many days is no pipeline")
    change_days: Days = Field(30, description="the forecast's change is told against so many days ago")
    payment_days: Days = Field(365, description="days over which payment and sales are judged")
    grace_days: Annotated[int, Field(ge=0, le=90)] = Field(
        3, description="days after the due date that still count as on time"
    )

    @field_validator("rates", mode="before")
    @classmethod
    def _dates_as_written(cls, rates: Any) -> Any:
        """Dates as text, so that a mistake names the place as the file has it."""
        if not isinstance(rates, Mapping):
            return rates
        return {
            currency: {str(day): rate for day, rate in dated.items()} if isinstance(dated, Mapping) else dated
            for currency, dated in rates.items()
        }

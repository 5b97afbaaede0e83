"""What an admin may decide about the firm's figures."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.sdk import Rates

Days = Annotated[int, Field(ge=1, le=3660)]
Share = Annotated[float, Field(ge=0, le=1)]


class KpiSettings(BaseModel):
    """The settings of the kpi plugin."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    least: Annotated[int, Field(ge=2, le=10_000)] = Field(
        20, description="a figure of fewer clients or answers than this is not told"
    )
    least_answers: Annotated[int, Field(ge=2, le=10_000)] = Field(
        10, description="a score of fewer survey answers than this is not told"
    )
    fee_months: Annotated[int, Field(ge=1, le=120)] = Field(
        18, description="without an agreement, a client is lost when no fee was billed for so many months"
    )
    grace_days: Days = Field(30, description="days after the end of the last agreement before a client is lost")
    work: Literal["invoices", "projects"] = Field(
        "invoices", description="what counts as a job: days with an invoice, or projects"
    )
    survey_days: Days = Field(365, description="days over which answers to surveys count")
    tier_a: Share = Field(0.5, description="tier A: the largest clients that together pay this share of the fees")
    tier_b: Share = Field(0.8, description="tier B: those after them, up to this share of the fees")
    fixed_tiers: dict[str, Literal["A", "B", "C"]] = Field(
        {}, description="tiers that the firm has fixed, by client id (connection/stream/id)"
    )
    steady: Share = Field(0.1, description="fees that moved by no more than this share are steady")
    least_peers: Annotated[int, Field(ge=2)] = Field(5, description="a sector of fewer clients has no median")
    margin: Share = Field(0.5, description="share of a fee that is left after the cost of the work")
    discount: Share = Field(0.1, description="interest a year at which money to come is counted less")
    least_for_lifetime: Annotated[int, Field(ge=50)] = Field(
        100, description="the model of jobs to come is not fitted to fewer clients"
    )
    rates: dict[str, dict[date, float]] = Field(
        {}, description="units of the firm's currency for one of another, from each date on"
    )

    @model_validator(mode="after")
    def _in_order(self) -> KpiSettings:
        if self.tier_a >= self.tier_b:
            raise ValueError("tier_b must be a greater share of the fees than tier_a")
        return self

    def rates_into(self, currency: str) -> Rates:
        """The rates into the firm's currency."""
        return Rates(currency, self.rates)

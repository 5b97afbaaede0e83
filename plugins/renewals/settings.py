"""What an admin may decide about renewals."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

Days = Annotated[int, Field(ge=1, le=3660)]


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

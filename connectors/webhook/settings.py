"""What an admin writes about an automation: where it listens, and what it checks our signature with."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from core.sdk import ConfigError, check_secret, read_target


class WebhookSettings(BaseModel):
    """One automation that takes changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(description="where the automation listens, https")
    secrets: tuple[SecretStr, ...] = Field(min_length=1, description="to sign with: two while one is changed")
    private: bool = Field(False, description="it lies in the firm's own network: private addresses, plain http")
    seconds: float = Field(30.0, ge=1, le=60, description="how long it may take to answer")

    @field_validator("secrets")
    @classmethod
    def _can_sign(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for secret in value:
            try:
                check_secret(secret.get_secret_value())
            except ConfigError as mistake:
                raise ValueError(f"{mistake.what}; {mistake.remedy}") from mistake
        return value

    @model_validator(mode="after")
    def _may_go_there(self) -> WebhookSettings:
        try:
            read_target(self.url, may_be_private=self.private)
        except ConfigError as mistake:
            raise ValueError(f"{mistake.what}; {mistake.remedy}") from mistake
        return self

"""What an admin writes about a HubSpot connection in ``inlay.yaml``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OAuthSettings(_Section):
    """An app that somebody has installed in the account, and the refresh token it got by that."""

    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr


class HubSpotSettings(_Section):
    """One HubSpot account."""

    token: SecretStr | None = Field(None, description="private-app token or service key (pat-…); name it as ${…}")
    oauth: OAuthSettings | None = Field(None, description="instead of a token: an installed app")
    base_url: str = Field("https://api.hubapi.com", description="another address: a sandbox or a proxy")
    objects: tuple[str, ...] = Field((), description="further object types to read, by type id such as 2-1234567")
    overlap_seconds: int = Field(300, ge=0, description="how far before the cursor each read begins; the index lags")
    searches_per_second: int = Field(5, ge=1, le=20, description="HubSpot allows five to an account")
    quota_ceiling: int = Field(
        90, ge=1, le=100, description="percent of the account's daily calls, by anybody, after which Inlay waits"
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> HubSpotSettings:
        if (self.token is None) == (self.oauth is None):
            raise ValueError("give either `token` or `oauth`")
        return self

"""What an admin writes about a HubSpot connection in ``inlay.yaml``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

VENDOR = "https://api.hubapi.com"
LEAST_SCOPES = (
    "oauth",
    "crm.objects.companies.read",
    "crm.objects.companies.write",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.deals.read",
    "crm.objects.owners.read",
    "crm.schemas.companies.write",
    "crm.schemas.contacts.write",
    "tickets",
)
MORE_SCOPES = ("crm.objects.custom.read", "crm.schemas.custom.read", "sales-email-read", "files")


def _without_sign(given: Any) -> Any:
    """Take `30%` for 30."""
    return given.strip().removesuffix("%") if isinstance(given, str) else given


Percent = Annotated[int, BeforeValidator(_without_sign), Field(ge=1, le=100)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OAuthSettings(_Section):
    """An app of the firm's own; who may use it comes from `inlay connect`, or by hand as a refresh token."""

    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr | None = Field(None, description="only where `inlay connect` cannot be used")
    scopes: tuple[str, ...] = Field(LEAST_SCOPES, description="what the app asks for; as on its page in HubSpot")
    optional_scopes: tuple[str, ...] = Field(MORE_SCOPES, description="asked for where the account has them")


class EventsAppSettings(_Section):
    """The app whose events Inlay is sent, for `inlay provision` to set up; found in the developer account."""

    id: int = Field(gt=0, description="App ID, as on the app's page")
    developer_key: SecretStr = Field(description="developer API key of the account that owns the app")


class HubSpotSettings(_Section):
    """One HubSpot account."""

    token: SecretStr | None = Field(None, description="private-app token or service key (pat-…); name it as ${…}")
    oauth: OAuthSettings | None = Field(None, description="instead of a token: an app that people let in")
    events_app: EventsAppSettings | None = Field(None, description="the app that sends Inlay the account's events")
    base_url: str = Field(VENDOR, description="another address: a sandbox or a proxy")
    overlap_seconds: int = Field(300, ge=0, description="how far before the cursor each read begins; the index lags")
    sweep_days: float = Field(
        7, ge=0, description="how often records with calculated properties are all read anew; 0: only by `--full`"
    )
    searches_per_second: int = Field(5, ge=1, le=20, description="HubSpot allows five to an account")
    quota_share: Percent = Field(50, description="percent of the account's daily calls that Inlay may take")

    @model_validator(mode="after")
    def _one_way_in(self) -> HubSpotSettings:
        if (self.token is None) == (self.oauth is None):
            raise ValueError("give either `token` or `oauth`")
        return self

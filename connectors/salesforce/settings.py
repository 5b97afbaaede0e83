"""What an admin writes about a Salesforce connection in ``inlay.yaml``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

NEWEST_SOAP_LOGIN = 64.0
"""The legacy login with a security token is absent from API version 65 on and ends in Summer '27."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Login(_Section):
    domain: str = Field("login", description="`login`, `test`, or the org's own domain such as `acme.my`")


class JwtLogin(_Login):
    """A certificate and a pre-authorised user: what Salesforce recommends for servers."""

    flow: Literal["jwt"]
    client_id: str = Field(description="consumer key of the connected app")
    username: str
    key_file: str = Field(description="PEM private key, relative to inlay.yaml")


class ClientCredentialsLogin(_Login):
    """A secret only; the app's settings name the user. ``domain`` must be the org's own."""

    flow: Literal["client_credentials"]
    client_id: str
    client_secret: SecretStr
    domain: str = Field(description="the org's own domain such as `acme.my`; the common login host is refused here")


class RefreshTokenLogin(_Login):
    """What somebody granted in the browser: by `inlay connect`, or as a refresh token written here to begin with."""

    flow: Literal["refresh_token"]
    client_id: str
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = Field(None, description="left out when `inlay connect` gets it")


class PasswordLogin(_Login):
    """Legacy: user name, password and security token over SOAP."""

    flow: Literal["password"]
    username: str
    password: SecretStr
    security_token: SecretStr


class TokenLogin(_Login):
    """An access token that somebody else keeps fresh; Inlay cannot renew it."""

    flow: Literal["token"]
    token: SecretStr
    domain: str = Field(description="the org's own domain such as `acme.my`")


Login = Annotated[
    JwtLogin | ClientCredentialsLogin | RefreshTokenLogin | PasswordLogin | TokenLogin, Field(discriminator="flow")
]


class SalesforceSettings(_Section):
    """One Salesforce org."""

    auth: Login
    api_version: str = Field("64.0", pattern=r"^\d{2}\.0$", description="REST API version, 46.0 or later")
    base_url: str | None = Field(None, description="a simulator or proxy to speak to instead of Salesforce")
    overlap_seconds: int = Field(300, ge=0, description="how far before the cursor each read begins")
    quota_share: str = Field(
        "50%", pattern=r"^(100|[1-9]\d?)%$", description="how much of the org's daily API calls Inlay may use, as `30%`"
    )
    bulk_above: int = Field(20_000, ge=2_000, description="rows from which a reading goes on as a Bulk API 2.0 job")
    write_batch: int = Field(
        10_000,
        ge=1,
        le=10_000,
        description="rows handed over at once: 2,000 or more go as one Bulk API 2.0 job; with 200 there are no jobs",
    )
    sweep_days: int = Field(7, ge=0, description="how often formula and roll-up fields are read again; 0: never")
    change_events: bool = Field(False, description="listen to change events, so that changes are here within seconds")
    event_channel: str = Field(
        "ChangeEvents", pattern=r"^[A-Za-z]\w*$", description="channel to listen to; one of your own ends with `__chn`"
    )
    events_url: str = Field(
        "https://api.pubsub.salesforce.com:7443",
        pattern=r"^(https://|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$)",
        description="the Pub/Sub API, for data that stays in Europe https://api.deu.pubsub.salesforce.com:7443",
    )

    @property
    def share(self) -> float:
        """The part of the org's day, 0 to 1, that Inlay may use."""
        return int(self.quota_share.removesuffix("%")) / 100

    @model_validator(mode="after")
    def _legacy_login_needs_old_version(self) -> SalesforceSettings:
        if isinstance(self.auth, PasswordLogin) and float(self.api_version) > NEWEST_SOAP_LOGIN:
            raise ValueError("the legacy password flow ends with API version 64.0; use flow: jwt or client_credentials")
        if float(self.api_version) < 46:
            raise ValueError("upserts of many records need API version 46.0 or later")
        return self

"""What an admin writes about mail, SMS and chats; each of them may be left out."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from connectors.messages.chat import is_address

Security = Literal["starttls", "tls", "none"]


class Section(BaseModel):
    """A part of the settings whose keys are all known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MailSettings(Section):
    """A mail server that takes our mails."""

    host: str = Field(description="such as smtp.firm.example")
    port: int = Field(587, ge=1, le=65535)
    security: Security = Field("starttls", description="tls: from the first byte on; none: only on one's own machine")
    user: str | None = Field(None, description="where the server wants a login")
    password: SecretStr | None = Field(None, description="name it as ${SMTP_PASSWORD}")
    sender: str = Field(description="such as Hartwell & Co <inlay@firm.example>")
    reply_to: str | None = Field(None, description="where answers go, if not to the sender")
    seconds: float = Field(30.0, gt=0, le=300, description="how long one exchange may take")

    @field_validator("sender", "reply_to")
    @classmethod
    def _has_address(cls, value: str | None) -> str | None:
        if value is not None and ("@" not in parseaddr(value)[1] or not value.isprintable()):
            raise ValueError("no mail address: write it as Name <name@firm.example>")
        return value

    @property
    def address(self) -> str:
        """The sender's bare address."""
        return parseaddr(self.sender)[1]

    @property
    def domain(self) -> str:
        """The sender's domain: our name in the greeting and in the ids of mails."""
        return self.address.rpartition("@")[2]


class SmsSettings(Section):
    """A Twilio account."""

    account: str = Field(pattern=r"^AC[0-9a-f]{32}$", description="the account's SID, AC…")
    token: SecretStr = Field(description="its auth token; name it as ${TWILIO_TOKEN}")
    sender: str = Field(pattern=r"^(\+[1-9][0-9]{6,14}|[A-Za-z0-9 ]{1,11})$", description="one of its numbers or names")


class MessagesSettings(Section):
    """The ways out; ``chats`` are addresses as apprise knows them (slack://…, workflows://…), by names of your own."""

    mail: MailSettings | None = None
    sms: SmsSettings | None = None
    chats: dict[str, SecretStr] = Field({}, description="name: address; name the address as ${SLACK_URL}, it is secret")
    base_url: str | None = Field(None, description="another address of the SMS API: a sandbox or a proxy")

    @field_validator("chats")
    @classmethod
    def _are_addresses(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        strange = [name for name, url in value.items() if not is_address(url.get_secret_value())]
        if strange:
            raise ValueError(f"the address of `{strange[0]}` is none that apprise knows, such as slack://… or json://…")
        return value

    @model_validator(mode="after")
    def _has_a_way_out(self) -> MessagesSettings:
        if not (self.mail or self.sms or self.chats):
            raise ValueError("no way out: set up mail, sms or chats")
        return self

"""What the firm decided about messages, as the ledger asks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from core.messages.acknowledge import Acknowledgements
from core.messages.quiet import QuietHours
from core.messages.recipients import Channel
from core.messages.template import Text, compile_text

if TYPE_CHECKING:
    from core.config import FirmSettings, MessageSettings


@runtime_checkable
class Carrier(Protocol):
    """A connector that carries messages: a stream for each of its channels, of which each row is one message."""

    def channels(self) -> tuple[Channel, ...]:
        """What it is set up for."""


@runtime_checkable
class Reporter(Protocol):
    """A connector whose provider tells afterwards which messages did not arrive."""

    def reports(self) -> tuple[Channel, ...]:
        """The channels of which that is known."""

    def undelivered(self, channel: Channel, since: datetime) -> Mapping[str, str]:
        """What did not arrive of all that was sent since an instant: the provider's code for the reason, by its id."""


@dataclass(frozen=True)
class Template:
    """Subject and text of one kind of message, checked."""

    subject: Text
    text: Text


@dataclass(frozen=True)
class MessageRules:
    """Quiet hours, how much is too much, who is who, and what may be said.

    ``per_contact`` counts ``contact_days``; ``directory`` holds addresses of people at the firm, by mail address.
    """

    firm: str = ""
    quiet: QuietHours = field(default_factory=QuietHours)
    per_contact: int = 4
    contact_days: int = 30
    per_person_and_day: int = 10
    directory: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    admins: tuple[str, ...] = ()
    templates: Mapping[str, Template] = field(default_factory=dict)
    acknowledgements: Acknowledgements | None = None
    link_days: int = 7


def rules_of(settings: MessageSettings, firm: FirmSettings) -> MessageRules:
    """The rules that the configuration says."""
    quiet, link = settings.quiet, settings.acknowledge
    secrets = tuple(secret.get_secret_value() for secret in link.secrets) if link else ()
    people = {mail.lower(): one.model_dump(exclude_none=True) for mail, one in settings.people.items()}
    return MessageRules(
        firm=firm.name,
        quiet=QuietHours(quiet.begins, quiet.ends, quiet.weekends),
        per_contact=settings.per_contact,
        contact_days=settings.contact_days,
        per_person_and_day=settings.per_person_and_day,
        directory=people,
        admins=tuple(mail.lower() for mail in settings.admins),
        templates={
            name: Template(compile_text(one.subject, one.fields), compile_text(one.text, one.fields))
            for name, one in settings.templates.items()
        },
        acknowledgements=Acknowledgements(link.url, secrets) if link else None,
        link_days=link.days if link else 0,
    )

"""Mail, SMS and chats as one connection: each channel is a stream, each row a message, none ever sent twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

from pydantic import SecretStr

from connectors.messages.chat import say
from connectors.messages.mail import greet, send_mail, written
from connectors.messages.settings import MailSettings, MessagesSettings
from connectors.messages.sms import LOOK_BACK, Sms
from core.sdk import (
    LINE_BREAKS,
    AuthError,
    Channel,
    Connector,
    ConnectorContext,
    Cursor,
    Finding,
    Outcome,
    Page,
    RawRecord,
    RetryLater,
    Stream,
    Verb,
    WriteRow,
)

KEY = "key"
RECENT = timedelta(days=2)
STAYS = "a message that was sent cannot be taken back"
Values = Mapping[str, Any]
Send = Callable[[Values, str], Outcome]


class MessagesConnector(Connector):
    """Sends what the ledger hands over, one message per call, so that one lost answer puts one message in doubt."""

    kind: ClassVar[str] = "messages"
    settings_model: ClassVar[type[MessagesSettings]] = MessagesSettings
    writes: ClassVar[bool] = True

    def __init__(self, settings: MessagesSettings, context: ConnectorContext) -> None:
        super().__init__(settings, context)
        self._settings = settings
        where = f"{context.connection}/sms"
        self._sms = Sms(settings.sms, context.transport.session(), where) if settings.sms else None
        self._ways: dict[Channel, Send] = {}
        if settings.mail:
            self._ways["mail"] = partial(self._send_mail, settings.mail)
        if self._sms:
            self._ways["sms"] = partial(_send_sms, self._sms)
        if settings.chats:
            self._ways["chat"] = partial(_send_chat, settings.chats)

    def channels(self) -> tuple[Channel, ...]:
        """What is set up, of mail, sms and chat."""
        return tuple(self._ways)

    def reports(self) -> tuple[Channel, ...]:
        """Texts: of mails and chats nobody tells us what became of them."""
        return ("sms",) if self._sms else ()

    def undelivered(self, channel: Channel, since: datetime) -> Mapping[str, str]:
        """The texts since an instant that did not arrive, by their id, with Twilio's code for the reason."""
        lost = self._sms.undelivered(since) if self._sms and channel == "sms" else []
        return {message["sid"]: str(message["error_code"]) for message in lost}

    def check(self) -> list[Finding]:
        """Say whether mail server and SMS account let us in, and which texts of the last days did not arrive.

        Chats cannot be asked without writing into them.
        """
        return [*self._check_mail(), *self._check_sms()]

    def streams(self) -> Mapping[str, Stream]:
        """One per channel; of texts alone can be read what became of them."""
        return {name: Stream(name, "sid" if name == "sms" else KEY, mode="full") for name in self.channels()}

    def read(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        """The texts of the last days with their status, as Twilio shows them; of mails and chats nothing is known."""
        del fields, since
        if stream == "sms" and self._sms:
            yield Page(list(self._sms.listed(self.context.clock.now() - LOOK_BACK)))
            return
        yield Page([])

    def fetch(self, stream: str, ids: Sequence[str], fields: Sequence[str]) -> list[RawRecord]:
        """Texts as they stand now: ``status`` is queued, sent, delivered, undelivered or failed."""
        del fields
        if stream != "sms" or self._sms is None:
            return []
        return [record for sid in ids if (record := self._sms.fetch(sid)) is not None]

    def find_by_key(self, stream: str, field: str, values: Sequence[str]) -> dict[str, str]:
        """The texts with these keys; mails and chats cannot be found again, so their end stays unknown."""
        del field
        return self._sms.find(values, self.context.clock.now()) if stream == "sms" and self._sms else {}

    def batch_size(self, stream: str, verb: Verb) -> int:
        """One message per call."""
        del stream, verb
        return 1

    def write(self, stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        """Send each row as a message; what was sent is not changed or taken back."""
        if verb != "upsert":
            return [Outcome("rejected", code="SENT", message=STAYS) for _ in rows]
        return [self._send(stream, row) for row in rows]

    def _send(self, stream: str, row: WriteRow) -> Outcome:
        values, key = row.values, row.key[1] if row.key else ""
        if any(LINE_BREAKS.search(str(values.get(name) or "")) for name in ("to", "subject")):
            return Outcome("rejected", code="HEADER", message="a line break in the address or subject")
        way = next((send for name, send in self._ways.items() if name == stream), None)
        if way is None:
            return Outcome("rejected", code="CHANNEL", message=f"{stream} is not set up for this connection")
        return way(values, key)

    def _send_mail(self, settings: MailSettings, values: Values, key: str) -> Outcome:
        try:
            mail = written(settings, values["to"], values["subject"], values["text"], key, self.context.clock.now())
        except ValueError as error:
            return Outcome("rejected", code="HEADER", message=f"no mail can be made of it: {error}"[:200])
        return send_mail(settings, mail, values["to"])

    def _check_mail(self) -> list[Finding]:
        if self._settings.mail is None:
            return []
        try:
            greet(self._settings.mail)
        except (RetryLater, AuthError) as error:
            return [Finding("mail", "error", error.what, self.context.connection, error.remedy)]
        return []

    def _check_sms(self) -> list[Finding]:
        if self._sms is None:
            return []
        where = f"{self.context.connection}/sms"
        try:
            if not self._sms.is_active():
                return [Finding("sms", "error", "the Twilio account is not active", where, "look into its console")]
            lost = self._sms.undelivered(self.context.clock.now() - RECENT)
        except (RetryLater, AuthError) as error:
            return [Finding("sms", "error", error.what, where, error.remedy)]
        remedy = "look the code up at twilio.com/docs/api/errors and write by another channel"
        found = ((one["sid"], one["error_code"]) for one in lost)
        return [
            Finding("sms_undelivered", "warning", f"not delivered, code {code}", f"{where}/{sid}", remedy)
            for sid, code in found
        ]


def _send_sms(sms: Sms, values: Values, key: str) -> Outcome:
    return sms.send(values["to"], values["subject"], values["text"], key)


def _send_chat(chats: Mapping[str, SecretStr], values: Values, key: str) -> Outcome:
    """Apprise says yes or no, and with no it does not say whether anything arrived."""
    address = chats.get(values["to"])
    if address is None:
        return Outcome("rejected", code="CHAT", message="no chat of that name is set up")
    if say(address.get_secret_value(), values["subject"], values["text"]):
        return Outcome("applied", key, created=True)
    return Outcome("unknown", message="the chat's service did not say yes")

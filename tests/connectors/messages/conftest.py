"""One connection with all ways out, each to a server on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.messages.connector import MessagesConnector
from connectors.messages.sandbox import ACCOUNT, NUMBER, TOKEN, TwilioSandbox
from connectors.messages.settings import MessagesSettings
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.server import serve
from core.clock import FixedClock
from core.connector import ConnectorContext, Outcome, WriteRow
from core.http import Transport
from tests.connectors.messages.servers import Chat, MailServer, chat_server, mail_server

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
KEY = "inlay-" + "0123456789" * 4


@dataclass
class Post:
    """The connector, and what stands at the other end of each way."""

    connector: MessagesConnector
    mail: MailServer
    chat: Chat
    twilio: TwilioSandbox
    clock: FixedClock

    def send(self, stream: str, key: str = KEY, **values: Any) -> Outcome:
        """Send one message."""
        row = {"to": ADDRESSES[stream], "subject": "Renewal", "text": "Due in 30 days.", **values}
        [outcome] = self.connector.write(stream, "upsert", [WriteRow(row, key=("key", key))])
        return outcome


ADDRESSES = {"mail": "ann@client.example", "sms": "+447700900123", "chat": "partners"}


@pytest.fixture
def post() -> Iterator[Post]:
    """All three ways, working."""
    twilio, clock = TwilioSandbox(SandboxClock(NOON)), FixedClock(NOON)
    with mail_server() as mail, chat_server() as chat, serve(twilio) as running:
        settings = MessagesSettings.model_validate(
            {
                "mail": {"host": "127.0.0.1", "port": mail.port, "security": "none", "seconds": 5,
                         "sender": "Hartwell & Co <inlay@firm.example>", "reply_to": "office@firm.example"},
                "sms": {"account": ACCOUNT, "token": TOKEN, "sender": NUMBER},
                "chats": {"partners": chat.url},
                "base_url": running.base_url,
            }
        )  # fmt: skip
        context = ConnectorContext("messages", clock, Transport(clock=clock, redirect=running.base_url))
        yield Post(MessagesConnector(settings, context), mail, chat, twilio, clock)

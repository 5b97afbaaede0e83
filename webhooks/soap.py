"""Reading a SOAP message without trusting it: no document type, no entities, no depth, no more than was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from webhooks.request import Refusal

DEEPEST = 32
MOST_ELEMENTS = 100_000  # a message has a hundred notifications at most, each with the fields that an admin chose
LONGEST_TEXT = 255
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
OUTBOUND = "http://soap.sforce.com/2005/09/outbound"
TYPE = "http://www.w3.org/2001/XMLSchema-instance type"
TOP = (f"{ENVELOPE} Envelope", f"{ENVELOPE} Body", f"{OUTBOUND} notifications")
NOTIFICATION, RECORD = f"{OUTBOUND} Notification", f"{OUTBOUND} sObject"


@dataclass
class Notification:
    """One record that changed: its notification's id, its type and id, and where in the message it stands."""

    id: str = ""
    type: str = ""
    record: str = ""
    start: int = 0
    end: int = 0


@dataclass
class Message:
    """An outbound message of Salesforce."""

    organization: str = ""
    notifications: list[Notification] = field(default_factory=list)


def read_message(body: bytes) -> Message:
    """Read an outbound message; raises ``Refusal`` for anything else."""
    reader = _Reader()
    try:
        reader.parser.Parse(body.decode().encode(), True)  # a mark at its beginning could choose another encoding
    except (expat.ExpatError, ValueError):
        raise Refusal("the body is no XML") from None
    if not reader.is_message:
        raise Refusal("the body is no outbound message")
    return reader.message


class _Reader:
    """Follows the path of elements and picks up the few texts that are wanted."""

    def __init__(self) -> None:
        self.message = Message()
        self.is_message = False
        self._path: list[str] = []
        self._elements = 0
        self._text: list[str] = []
        self.parser: Any = expat.ParserCreate("UTF-8", " ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = _refuse
        self.parser.EntityDeclHandler = _refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text.append

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._path.append(name)
        self._elements += 1
        if len(self._path) > DEEPEST or self._elements > MOST_ELEMENTS:
            raise Refusal("the message is nested too deeply, or too long")
        self._text.clear()
        self.is_message = self.is_message or tuple(self._path) == TOP
        below = self._below()
        if below == [NOTIFICATION]:
            self.message.notifications.append(Notification(start=self.parser.CurrentByteIndex))
        elif below == [NOTIFICATION, RECORD]:
            self._current().type = _short(attributes.get(TYPE, "").rpartition(":")[2])

    def _end(self, _name: str) -> None:
        below, text = self._below(), "".join(self._text).strip()
        if below == [f"{OUTBOUND} OrganizationId"]:
            self.message.organization = _short(text)
        elif below == [NOTIFICATION, f"{OUTBOUND} Id"]:
            self._current().id = _short(text)
        elif below[:-1] == [NOTIFICATION, RECORD] and below[-1].endswith(" Id"):
            self._current().record = _short(text)
        elif below == [NOTIFICATION]:
            self._current().end = self.parser.CurrentByteIndex
        self._path.pop()
        self._text.clear()

    def _below(self) -> list[str]:
        """The path below the notifications; elsewhere there is nothing of interest."""
        return self._path[len(TOP) :] if tuple(self._path[: len(TOP)]) == TOP else []

    def _current(self) -> Notification:
        return self.message.notifications[-1]


def _refuse(*_: object) -> None:
    raise Refusal("the message has a document type, which SOAP forbids")


def _short(text: str) -> str:
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise Refusal("an id of the message is too long")
    return text

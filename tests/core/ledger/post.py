"""A firm that writes messages: a CRM with people in it, and a post office in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.clock import Clock
from core.connector import Cursor, Finding, Outcome, Page, RawRecord, Stream, Verb, WriteRow
from core.ledger import PluginRules
from core.mapping import Mapping as FieldMapping
from core.messages.acknowledge import Acknowledgements
from core.messages.recipients import CHANNELS, Channel
from core.messages.rules import MessageRules, Template
from core.messages.template import compile_text
from core.proposals import SendMessage
from core.sync import ConnectionSetup
from tests.core.ledger.world import AUTO, HERE, World
from tests.doubles.crm import Call, MemoryCrm

LINKS = Acknowledgements("https://inlay.firm.example", ("secret",))
TEMPLATE = Template(
    compile_text("{{ client.name }} ends in {{ days }} days", ["days"]),
    compile_text("Dear {{ recipient.first_name }}, {{ link }}"),
)
RULES = MessageRules(
    firm="Hartwell & Co",
    per_contact=3,
    per_person_and_day=4,
    directory={"tom@firm.example": {"sms": "+447700900002", "chat": "partners"}},
    admins=("admin@firm.example",),
    templates={"renewal": TEMPLATE},
    acknowledgements=LINKS,
    link_days=7,
)


class PostOffice(MemoryCrm):
    """Carries messages; remembers each that left, also those whose answer was lost."""

    def __init__(self, name: str, clock: Clock, channels: tuple[Channel, ...] = CHANNELS) -> None:
        super().__init__(name, clock)
        self._channels = channels
        self.left: list[dict[str, Any]] = []
        self.answers: list[Outcome] = []
        self.can_be_asked = True

    def channels(self) -> tuple[Channel, ...]:
        return self._channels

    def check(self) -> list[Finding]:
        return []

    def streams(self) -> Mapping[str, Stream]:
        return {name: Stream(name, "key", mode="full") for name in self._channels}

    def read(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        del stream, fields, since
        yield Page([])

    def fetch(self, stream: str, ids: Sequence[str], fields: Sequence[str]) -> list[RawRecord]:
        del stream, ids, fields
        return []

    def find_by_key(self, stream: str, field: str, values: Sequence[str]) -> dict[str, str]:
        del field
        there = {one["key"] for one in self.left if one["stream"] == stream} if self.can_be_asked else set()
        return {value: value for value in values if value in there}

    def batch_size(self, stream: str, verb: Verb) -> int:
        del stream, verb
        return 1

    def write(self, stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        """Answer as the test said, else with yes; what is refused does not leave."""
        [row] = rows
        self.calls.append(Call(verb, stream, rows))
        key = row.key[1] if row.key else ""
        answer = self.answers.pop(0) if self.answers else Outcome("applied", key, created=True)
        if answer.state in ("applied", "unknown"):
            self.left.append({"stream": stream, "key": key, **row.values})
        return [answer]


def settle_in(world: World) -> tuple[MemoryCrm, PostOffice]:
    """Two clients of Tom's with a contact each, all synced, and a post office."""
    crm = MemoryCrm("crm", world.clock)
    crm.records.update(Contact={}, Mail={})
    for number, owner in ((1, "U1"), (2, "U1"), (3, "U9")):
        crm.add("Account", f"A{number}", Name=f"Client {number}", OwnerId=owner)
    crm.add("User", "U1", Name="Tom Hart", Email="tom@firm.example", Active=True, Zone="Europe/London")
    crm.add("Contact", "C1", AccountId="A1", First="Ann", Last="Lee", Email="ann@one.example", Phone="+447700900011")
    crm.add("Contact", "C2", AccountId="A2", First="Bo", Email="bo@two.example", Zone="America/New_York")
    office = PostOffice("post", world.clock)
    world.setups = [
        ConnectionSetup("crm", crm, FieldMapping.load(HERE / "people.yaml", "crm")),
        ConnectionSetup("post", office, FieldMapping.load("messages", "post")),
    ]
    world.rules = replace(AUTO, messages=RULES, plugins={"alerts": PluginRules("auto")})
    world.sync()
    return crm, office


def letter(key: str = "k", **changes: Any) -> SendMessage:
    """A message to the contact of client 1."""
    values: dict[str, Any] = {
        "to": "contact",
        "recipient_id": "crm/Contact/C1",
        "subject": f"About {key}",
        "text": f"Text of {key}",
        "key": key,
        "reason": "because",
        **changes,
    }
    return SendMessage(**values)


def to_owner(key: str = "k", client: str = "crm/Account/A1", **changes: Any) -> SendMessage:
    """A message to the owner of a client."""
    return letter(key, **{"to": "owner", "recipient_id": None, "client_id": client, **changes})

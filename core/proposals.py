"""What plugins would like done, and what they look at to decide it.

A proposal is a value. Whether, where and when it is carried out is the ledger's to decide; ``key`` makes sure that it
is carried out once: the same key never makes a second record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, TypeVar

from pydantic import BaseModel

from core.config import FirmSettings
from core.messages.recipients import Channel
from core.signals.columns import Column
from core.signals.context import Context
from core.signals.dag import Arrangement
from core.signals.history import History
from core.signals.loading import Tables
from core.signals.tables import Clients, Table, Users
from core.store import Store

KEY_LENGTH = 80  # what the key fields in the CRMs hold
Priority = Literal["low", "normal", "high"]

T = TypeVar("T", bound=Table)


@dataclass(frozen=True)
class CreateTask:
    """A to-do for somebody at the firm about one client.

    ``client_id`` and ``assignee_id`` are golden or source ids; without assignee the record's owner in the CRM gets it.
    ``reason`` says in one sentence why; ``inputs`` name the signals and records it rests on.
    """

    client_id: str
    subject: str
    body: str
    due: date
    priority: Priority
    key: str
    reason: str
    assignee_id: str | None = None
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class CompleteTask:
    """A task that the plugin asked for before and that has become needless: completed in the CRM, if nobody touched it.

    ``key`` is the one it was proposed with. A task whose subject, text, owner, due date or status a person has changed
    stays open: it is that person's now.
    """

    client_id: str
    key: str
    reason: str
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class CreateRecord:
    """A record of another kind for one client, such as a deal; ``values`` are canonical fields, dates as ISO texts.

    ``owner_id`` is a golden or source id; without it the client's account manager or owner gets it.
    """

    client_id: str
    record_type: Literal["deal"]
    values: Mapping[str, str | float]
    key: str
    reason: str
    owner_id: str | None = None
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class LogNote:
    """A note on a client's record, for an event worth reading later."""

    client_id: str
    body: str
    key: str
    reason: str
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class MergeRecords:
    """Records of one CRM that are the same thing, to be made one there; a person has to approve it.

    Ids are those of vendor records (``connection/stream/id``). No vendor takes a merge back as it was: what the losers
    held is kept, and undo makes them again under new ids.
    """

    survivor_id: str
    loser_ids: tuple[str, ...]
    key: str
    reason: str
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SendMessage:
    """A message to one person: a contact, somebody at the firm, the owner of a client, or the admins of Inlay.

    ``recipient_id`` names the contact or user (golden or source id). The text is either that of a template from
    inlay.yaml, with ``values`` for the fields it brings, or ``text`` as it stands. ``channels`` are wishes in their
    order; the person's own preference and consent come first. ``purpose`` is what a contact has consented to, such as
    ``service`` or ``marketing``. ``urgent`` messages reach people of the firm in quiet hours too. A message is not sent
    once the earlier one with the key ``unless_acknowledged``, of the same plugin and to one person, is acknowledged.
    """

    to: Literal["contact", "user", "owner", "admin"]
    key: str
    reason: str
    client_id: str | None = None
    recipient_id: str | None = None
    template: str = ""
    subject: str = ""
    text: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    channels: tuple[Channel, ...] = ()
    purpose: str = "service"
    urgent: bool = False
    unless_acknowledged: str | None = None
    inputs: tuple[str, ...] = ()


Proposal = CreateTask | CompleteTask | CreateRecord | LogNote | MergeRecords | SendMessage


def proposal_key(*parts: str) -> str:
    """Join what identifies a proposal into a key that fits the CRMs' key fields; a long one ends in a hash."""
    key = ":".join(parts)
    if len(key) <= KEY_LENGTH:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()[:20]
    return f"{key[: KEY_LENGTH - 21]}~{digest}"


class Portfolio:
    """All clients of the firm with their stored signals and records, as columns."""

    def __init__(self, tables: Tables, history: History) -> None:
        self._tables = tables
        self._history = history
        self._signals: dict[str, Column] = {}

    @property
    def clients(self) -> Clients:
        """All live clients; the row numbers of everything else point into it."""
        return self._tables.clients

    def table(self, kind: type[T]) -> T:
        """The record table of this type."""
        return self._tables.table(kind)

    def signal(self, name: str) -> Column:
        """A signal's stored values, one per subject; raises ``PluginError`` for one that nobody publishes."""
        if name not in self._signals:
            self._signals[name] = self._history.stored(name)
        return self._signals[name]

    def client_rows(self, clients: Sequence[str]) -> list[int]:
        """The row of each client, whatever system's id it is said by; -1 for strangers."""
        rows = {id_: row for row, id_ in enumerate(self.clients.ids)}
        return [rows.get(golden or "", -1) for golden in self._tables.resolve("client", clients)]

    def unknown_people(self, people: Iterable[str]) -> list[str]:
        """Those of the user ids that name nobody who works at the firm."""
        asked = list(dict.fromkeys(people))
        return [one for one, person in zip(asked, self.assignees(asked), strict=True) if person is None]

    def assignees(self, *choices: Sequence[str | None]) -> list[str | None]:
        """Row by row the first of several people who still works at the firm, as golden id; None if none does.

        Without choices: of each client its account manager, else its owner.
        """
        users = self._tables.table(Users)
        active = {id_ for id_, works in zip(users.ids, users.is_active.tolist(), strict=True) if works}
        asked = choices or (self.clients.account_manager_id.tolist(), self.clients.owner_id.tolist())
        resolved = [self._tables.resolve("user", people) for people in asked]
        return [next((person for person in row if person in active), None) for row in zip(*resolved, strict=True)]


class Desk:
    """What the ``propose`` hook is handed: one portfolio for all plugins, and each plugin's own context."""

    def __init__(self, portfolio: Portfolio, history: History, firm: FirmSettings, as_of: datetime) -> None:
        self.portfolio = portfolio
        self._history = history
        self._firm = firm
        self._as_of = as_of

    def context(self, settings: BaseModel) -> Context:
        """The context of the plugin with these settings."""
        return Context(self._as_of, self._firm, settings, self._history)


@contextmanager
def open_desk(store: Store, arrangement: Arrangement, firm: FirmSettings, as_of: datetime) -> Iterator[Desk]:
    """Open one consistent view of the store for proposing; it can be read until the block ends."""
    with store.read() as conn:
        tables = Tables(conn)
        history = History(conn, tables, arrangement.signals)
        yield Desk(Portfolio(tables, history), history, firm, as_of.replace(microsecond=0))

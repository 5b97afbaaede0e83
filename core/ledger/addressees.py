"""From "the owner of this client" to people with names and addresses, looked up for all messages together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import orjson
from sqlalchemy import Connection

from core.ledger.creates import owners_of
from core.messages.recipients import Recipient, contact_of, person_of
from core.messages.rules import MessageRules
from core.proposals import SendMessage
from core.store.crosswalk import resolve
from core.store.golden import lookup

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Known:
    """Records of one type that messages are about: what an id resolves to, and the canonical data of those there."""

    golden: Mapping[str, str]
    data: Mapping[str, Data]

    @classmethod
    def read(cls, conn: Connection, record_type: str, ids: Sequence[str]) -> Known:
        """Look up these ids; what is gone is left out of ``data``."""
        golden = resolve(conn, record_type, ids)
        rows = lookup(conn, record_type, sorted(set(golden.values()))) if golden else {}
        return cls(golden, {name: orjson.loads(row.data) for name, row in rows.items() if row.gone is None})

    def get(self, id_: str | None) -> tuple[str, Data] | None:
        """The golden id and data of an id; None when there is no such record now."""
        golden = self.golden.get(id_ or "", "")
        return (golden, self.data[golden]) if golden in self.data else None


class Addressees:
    """Finds the people whom messages are for, and the clients they are about."""

    def __init__(self, conn: Connection, rules: MessageRules, zone: tzinfo, wishes: Sequence[SendMessage]) -> None:
        self._rules, self._zone = rules, zone
        contacts = sorted({one.recipient_id for one in wishes if one.to == "contact" and one.recipient_id})
        self._contacts = Known.read(conn, "contact", contacts)
        clients = {one.client_id for one in wishes if one.client_id}
        clients |= {data["client_id"] for data in self._contacts.data.values() if data.get("client_id")}
        self._clients = Known.read(conn, "client", sorted(clients))
        self._owners = owners_of(conn, sorted({one.client_id for one in wishes if one.to == "owner" and one.client_id}))
        users = {person for people in self._owners.values() for person in people}
        users |= {one.recipient_id for one in wishes if one.to == "user" and one.recipient_id}
        self._users = Known.read(conn, "user", sorted(users))

    def of(self, wish: SendMessage) -> list[Recipient] | str:
        """The people whom a message is for, or why nobody can be found."""
        if wish.to == "admin":
            admins = [self._person(mail, {"email": mail}) for mail in self._rules.admins]
            return admins or "no admins are named under `messages:` in inlay.yaml"
        if wish.to == "contact":
            found = self._contacts.get(wish.recipient_id)
            missing = f"there is no contact {wish.recipient_id}"
            return [contact_of(*found, wish.purpose, self._zone)] if found else missing
        is_named = wish.to == "user"
        asked = [wish.recipient_id] if is_named else self._owners.get(wish.client_id or "", [])
        people = [self._person(*one) for id_ in asked if (one := self._users.get(id_))]
        working = [one for one in people if one.refusal is None] or people
        missing = f"there is no user {wish.recipient_id}" if is_named else f"{wish.client_id} has no known owner"
        return working[:1] or missing

    def _person(self, id_: str, data: Data) -> Recipient:
        return person_of(id_, data, self._rules.directory, self._zone)

    def client_of(self, wish: SendMessage) -> tuple[str | None, str]:
        """The golden client a message is about and its name; a message to a contact is about the contact's client."""
        contact = self._contacts.get(wish.recipient_id) if wish.to == "contact" else None
        found = self._clients.get(wish.client_id or (contact[1].get("client_id") if contact else None))
        return (found[0], found[1].get("name") or found[0]) if found else (None, "")

    def is_strange(self, wish: SendMessage) -> bool:
        """Whether the message is about one client and its recipient is another client's contact."""
        contact = self._contacts.get(wish.recipient_id) if wish.to == "contact" else None
        theirs = self._clients.golden.get((contact[1].get("client_id") or "") if contact else "")
        mine = self._clients.golden.get(wish.client_id or "")
        return theirs is not None and mine is not None and theirs != mine

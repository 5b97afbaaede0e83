"""Who takes a step: the first of a role who works here and is not away, else a deputy, else the fallback.

A keeper is written as the zone he works in and his id, so that the day of a step is told by his own calendar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from core.sdk import Clients, Column, Context, Contracts, Signal, Users
from plugins.playbooks.play import Subject
from plugins.playbooks.settings import STANDING_ROLES, PlaybookSettings

NOBODY = "nobody who could take it is there"
Person = str | None


@dataclass(frozen=True)
class Keeper:
    """Who takes a step: a golden user id, empty for nobody, and the zone of his days."""

    id: str
    zone: ZoneInfo

    @classmethod
    def read(cls, written: str) -> Keeper:
        """From the value of a keeper's signal."""
        zone, _, person = written.partition(" ")
        return cls(person, ZoneInfo(zone))


class Staff:
    """The firm's people as they are today: who works, who is away, who stands in."""

    def __init__(self, users: Users, context: Context) -> None:
        self._users = users
        self._context = context
        self._settings: PlaybookSettings = context.settings
        away = [one.person for one in self._settings.absences if one.first <= context.today <= one.last]
        self._away = {int(row) for row in users.rows_of(away)} - {-1}
        pairs = self._settings.deputies
        self._deputy = dict(zip(users.rows_of(list(pairs)).tolist(), users.rows_of(list(pairs.values())), strict=True))

    def first(self, people: Sequence[Person]) -> str:
        """The first of these, or of their deputies, who is there, else the fallback; as zone and id."""
        for row in self._users.rows_of([*people, self._settings.fallback]).tolist():
            for candidate in (row, int(self._deputy.get(row, -1))):
                if row >= 0 and self._is_there(candidate):
                    return f"{self._zone(candidate)} {self._users.ids[candidate]}"
        return f"{self._context.firm.time_zone} "

    def _is_there(self, row: int) -> bool:
        return row >= 0 and bool(self._users.is_active[row]) and row not in self._away

    def _zone(self, row: int) -> str:
        return zone_name(self._users, row, self._context)


def zone_name(users: Users, row: int, context: Context) -> str:
    """The zone of a person by row; the firm's for nobody, and where the CRM tells none that is known."""
    zone = users.time_zone[row] if row >= 0 else None
    return str(zone) if zone and _is_zone(zone) else context.firm.time_zone


def keeper_name(role: str, subject: Subject) -> str:
    """The signal that tells who has a role for each client or contract."""
    return f"keeper.{subject}.{role}"


def keeper_signals(settings: PlaybookSettings) -> list[Signal]:
    """One signal for every role that some play needs, for clients or contracts."""
    wanted = {(role, one.play.subject): None for one in settings.plays for role in one.play.roles}
    return [_keeper_signal(role, subject, settings) for role, subject in wanted]


def _keeper_signal(role: str, subject: Subject, settings: PlaybookSettings) -> Signal:
    def _of_clients(clients: Clients, users: Users, context: Context) -> Column:
        return _keepers(_choices(role, clients, settings), Staff(users, context))

    def _of_contracts(clients: Clients, contracts: Contracts, users: Users, context: Context) -> Column:
        of_client = _choices("account_manager" if role == "contract_owner" else role, clients, settings)
        chosen = [of_client[row] if row >= 0 else () for row in contracts.client.tolist()]
        if role == "contract_owner":
            owners = _who_look_after_clients(contracts.owner_id.tolist(), clients, users)
            chosen = [(owner, *people) for owner, people in zip(owners, chosen, strict=True)]
        found = _keepers(chosen, Staff(users, context))
        found.values[~contracts.linked] = None
        return found

    compute = _of_clients if subject == "client" else _of_contracts
    tables = ["clients", "users", "context"] + (["contracts"] if subject == "contract" else [])
    return Signal(
        keeper_name(role, subject),
        compute,
        {name: name for name in tables},
        f"Zone and id of the {role.replace('_', ' ')} who takes steps for the {subject} today.",
        kind="text",
        subject=subject,
        keep="nothing",
    )


def _choices(role: str, clients: Clients, settings: PlaybookSettings) -> list[tuple[Person, ...]]:
    """Who comes into question for each client, in order."""
    if role not in STANDING_ROLES:
        return [settings.roles[role]] * len(clients)
    pairs = list(zip(clients.account_manager_id.tolist(), clients.owner_id.tolist(), strict=True))
    return [(owner, manager) for manager, owner in pairs] if role == "owner" else list(pairs)


def _who_look_after_clients(people: Sequence[Person], clients: Clients, users: Users) -> list[Person]:
    """Those of the people who own or manage some client; None for the others, such as the user of a data load."""
    known = set(users.rows_of([*clients.account_manager_id.tolist(), *clients.owner_id.tolist()]).tolist()) - {-1}
    rows = users.rows_of(people).tolist()
    return [person if row in known else None for person, row in zip(people, rows, strict=True)]


def _keepers(choices: Sequence[tuple[Person, ...]], staff: Staff) -> Column:
    known: dict[tuple[Person, ...], str] = {}
    values = np.empty(len(choices), "O")
    values[:] = [known.get(people) or known.setdefault(people, staff.first(people)) for people in choices]
    return Column(values, lambda i: _told(values[i]))


def _told(keeper: str | None) -> str:
    if keeper is None:
        return "its client is not known"
    person = keeper.partition(" ")[2]
    return f"{person} is there" if person else NOBODY


@lru_cache(maxsize=256)
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True

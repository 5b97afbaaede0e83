"""What merge fields stand for: the client, the contract, the people, the days, and the signals of one subject."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.sdk import Column, Contacts, Context, Contracts, PluginError, Portfolio, Users, spoken_date
from plugins.playbooks.asked import called, title_of
from plugins.playbooks.reading import Listed
from plugins.playbooks.standing import Standing
from plugins.playbooks.templates import filled

UNKNOWN = "unknown"
SAID = {True: "yes", False: "no"}


@dataclass(frozen=True)
class Telling:
    """One subject of one play, for filling its templates."""

    portfolio: Portfolio
    context: Context
    listed: Listed
    row: int
    standing: Standing

    def filled(self, text: str) -> str:
        """A template with its fields replaced; what is not known is called so."""
        return filled(text, self._value)

    @property
    def client(self) -> int:
        """The row of the client."""
        return self.row if self.listed.play.subject == "client" else int(self._contracts.client[self.row])

    @property
    def client_id(self) -> str:
        """The golden id of the client."""
        return self.portfolio.clients.ids[self.client]

    @property
    def subject_id(self) -> str:
        """The golden id of the client or contract that the play is about."""
        return self.client_id if self.listed.play.subject == "client" else self._contracts.ids[self.row]

    @property
    def main_contact(self) -> str | None:
        """The golden id of the client's main contact who has not opted out: the one marked so, else the first by id."""
        contacts = self.portfolio.table(Contacts)
        rows = np.flatnonzero((contacts.client == self.client) & ~contacts.opted_out).tolist()
        return contacts.ids[min(rows, key=lambda row: not contacts.is_primary[row])] if rows else None

    @property
    def inputs(self) -> tuple[str, ...]:
        """The signals and records that a proposal rests on."""
        record = (self.subject_id,) if self.listed.play.subject == "contract" else ()
        return (self.listed.signal, *self.listed.play.when, *record)

    @cached_property
    def reasons(self) -> str:
        """Why the play began, in the words of its signals."""
        columns = [column for name in self.listed.play.when if (column := self._column(name)) is not None]
        said = [column.reason(self.row) for column in columns if column.known[self.row]]
        return "; ".join(dict.fromkeys(reason for reason in said if reason))

    def _value(self, field: str) -> str:
        known: dict[str, Callable[[], str]] = {
            "client.name": lambda: called(self.portfolio.clients, self.client),
            "contract.title": lambda: title_of(self._contracts, self.row),
            "owner.name": self._owner,
            "firm.name": lambda: self.context.firm.name,
            "today": lambda: spoken_date(self.context.today),
            "began": lambda: spoken_date(self.standing.began),
            "reasons": lambda: self.reasons,
        }
        return known[field]() if field in known else self._signal(field)

    def _signal(self, name: str) -> str:
        column = self._column(name)
        return UNKNOWN if column is None or not column.known[self.row] else shown(column.values[self.row])

    def _column(self, name: str) -> Column | None:
        """A signal's values; None where nobody publishes it, or where it keeps none."""
        try:
            return self.portfolio.signal(name)
        except PluginError:
            return None

    def _owner(self) -> str:
        users = self.portfolio.table(Users)
        [row] = users.rows_of([self.standing.owner or None])
        return str(users.name[row] or UNKNOWN) if row >= 0 else "nobody"

    @property
    def _contracts(self) -> Contracts:
        return self.portfolio.table(Contracts)


def shown(value: object) -> str:
    """One value as people write it."""
    if isinstance(value, np.datetime64):
        return spoken_date(value)
    if isinstance(value, float | np.floating):
        return f"{value:,.2f}".removesuffix(".00")
    return SAID[value] if isinstance(value, bool) else str(value)

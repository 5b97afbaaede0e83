"""What is true whatever the hub believes: who wrote what, what was promised, and where a promise was broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.connector import Outcome, WriteRow

Place = tuple[str, str, str]
"""Connection, record, field."""
ALWAYS_PEOPLES = frozenset({"status", "secret"})
PEOPLES = range(100)
"""Scores that people write; Inlay's are higher."""
FILL_ONLY = frozenset({"tier"})
FOREIGN = "I8 it rests on another client's data"


@dataclass(frozen=True)
class Edit:
    """What a person wrote, and when, to the second; ``given_back``: Inlay did it for them, by somebody's leave."""

    value: Any
    at: datetime
    given_back: bool = False


@dataclass
class Look:
    """What one worker knew when it claimed a batch: people's edits that a sync or a look of its own had shown.

    ``read``: what it had seen in the CRM before it decided anything, as undo does. ``merged``: clients of the first CRM
    of which the store knew that they were merged away.
    """

    known: set[Place] = field(default_factory=set)
    at: int = 0
    read: set[Place] = field(default_factory=set)
    merged: set[str] = field(default_factory=set)


@dataclass
class Truth:
    """Kept by the vendors as things happen; ``broken`` lists the promises that were not kept.

    ``people``: fields whose last change was a person's. ``ours``: fields that Inlay had written before that.
    ``in_the_gap``: edits that were written over before Inlay could see them, with what was written; given back, a value
    is that person's again. ``refused``: keys the vendor will not have. ``shaken``: records that were deleted, restored,
    merged or copied into, whose values are nobody's any more.
    ``merged``: clients of the first CRM that were merged away. ``lost``: fields that an admin has taken away once.
    ``delivering``: a batch is on its way; what is read from the CRM at other times is read to decide by.
    """

    broken: list[str] = field(default_factory=list)
    people: dict[Place, Edit] = field(default_factory=dict)
    ours: set[Place] = field(default_factory=set)
    in_the_gap: dict[Place, Any] = field(default_factory=dict)
    made: Counter[str] = field(default_factory=Counter)
    refused: set[str] = field(default_factory=set)
    forbidden: dict[str, str] = field(default_factory=dict)
    looks: list[Look] = field(default_factory=lambda: [Look()])
    told: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    told_rows: dict[str, datetime] = field(default_factory=dict)
    clock_of_claims: int = 0
    delivering: bool = False
    shaken: set[tuple[str, str]] = field(default_factory=set)
    lost: set[Place] = field(default_factory=set)
    one_worker: bool = True
    seen_in_store: Callable[[Mapping[Place, Edit]], set[Place]] = lambda _: set()
    merged_in_store: Callable[[Collection[str]], set[str]] = lambda _: set()
    merged: set[str] = field(default_factory=set)

    def breaks(self, what: str) -> None:
        """A promise was broken."""
        if what not in self.broken:
            self.broken.append(what)

    # --- people and Inlay -------------------------------------------------------------------------------------------

    def person_wrote(self, place: Place, value: Any, at: datetime, *, given_back: bool = False) -> None:
        """A person's word on a field."""
        self.people[place] = Edit(value, at.replace(microsecond=0), given_back)
        for look in self.looks:
            look.known.discard(place)
            look.read.discard(place)

    def inlay_writes(self, crm: str, row: WriteRow, held: Mapping[str, Any], at: datetime) -> None:
        """A row of Inlay's is about to take effect on a record that holds these values."""
        for name, value in row.values.items():
            place = (crm, row.external_id or "", name)
            if name in ALWAYS_PEOPLES:
                self.breaks(f"I3 {place} is for people to decide, and was written")
            if place in self.people and held.get(name) != value:
                self._written_over(place, name, value)
            self.people.pop(place, None)
            self.ours.add(place)
            if value in PEOPLES and self.in_the_gap.get(place) == value:
                self.person_wrote(place, value, at, given_back=True)

    def _written_over(self, place: Place, name: str, value: Any) -> None:
        edit = self.people[place]
        protected = place in self.ours or (name in FILL_ONLY and edit.value not in (None, ""))
        if place not in self.looks[-1].known:
            self.in_the_gap[place] = edit.value
        elif protected and not (edit.given_back and value in PEOPLES):  # to give back can be undone like anything
            self.breaks(f"I3 a person's {edit.value} at {place} was known and became {value}")

    def inlay_saw(self, crm: str, record: str, names: Mapping[str, Any]) -> None:
        """A delivery has looked at a record in the CRM itself."""
        for name in names:
            place = (crm, record, name)
            if place in self.people:
                self.looks[-1].known.add(place)
                if not self.delivering:
                    self.looks[-1].read.add(place)

    def shakes(self, crm: str, record_id: str) -> None:
        """A record was deleted, restored or merged, or got values from elsewhere: nobody's last word stands there."""
        self.shaken.add((crm, record_id))
        for place in [one for one in self.people if one[:2] == (crm, record_id)]:
            del self.people[place]
        self.ours = {one for one in self.ours if one[:2] != (crm, record_id)}
        self._nobodys({one for one in self.in_the_gap if one[:2] == (crm, record_id)})

    def shakes_field(self, place: Place) -> None:
        """A field was taken away with what it held."""
        self.people.pop(place, None)
        self.ours.discard(place)
        self.lost.add(place)
        self._nobodys({place})

    def _nobodys(self, places: set[Place]) -> None:
        """What people wrote there is not asked for any more."""
        self.in_the_gap = {one: value for one, value in self.in_the_gap.items() if one not in places}

    def claimed(self) -> None:
        """A worker has claimed a batch: from now on it acts on what is known by now."""
        self.clock_of_claims += 1
        known = self.seen_in_store(self.people) if self.people else set()
        merged = self.merged_in_store(self.merged) if self.merged else set()
        read = self.looks[-1].read & self.people.keys()
        self.looks[-1] = Look(known | read, self.clock_of_claims, read, merged)

    def points_at(self, client: str) -> None:
        """A new record is sent for a client of the first CRM."""
        if client in self.looks[-1].merged:
            self.breaks(f"I4 a task was sent for {client}, of which Inlay knew that it was merged away")

    def made_record(self, key: str) -> None:
        """A record of Inlay's came into the world."""
        self.made[key] += 1
        if self.made[key] > 1:
            self.breaks(f"I2 {key} was made {self.made[key]} times")
        why = self.forbidden.get(key)
        if why is not None and not (why == FOREIGN and self.merged):  # since then, what is another's may be its own
            self.breaks(f"{why}: {key} was made")

    # --- what the vendor told ---------------------------------------------------------------------------------------

    def told_to_wait(self, crm: str, until: datetime) -> None:
        """The vendor's answer names an instant, and the hub heard it while delivering."""
        if self.delivering:
            self.told[crm] = (until, self.clock_of_claims)

    def told_just_now(self) -> dict[str, tuple[datetime, int]]:
        """Take away what the present worker has heard with its batch and not written down: no other can know of it."""
        mine = {crm: told for crm, told in self.told.items() if told[1] >= self.looks[-1].at}
        self.told = {crm: told for crm, told in self.told.items() if crm not in mine}
        return mine

    def told_rows_to_wait(self, crm: str, rows: Sequence[WriteRow], outcomes: Sequence[Outcome]) -> None:
        """The same for single rows, where one worker alone is there to hear it."""
        for row, outcome in zip(rows, outcomes, strict=True):
            if outcome.retry_at is not None and self.one_worker:
                self.told_rows[_name(crm, row)] = outcome.retry_at

    def checks_patience(self, crm: str, rows: list[WriteRow], now: datetime) -> None:
        """A write comes: is it earlier than told?"""
        until, at = self.told.get(crm, (now, 0))
        if now < until and at < self.looks[-1].at:
            self.breaks(f"I7 {crm} was written to {(until - now).total_seconds():.0f} s earlier than told")
        for row in rows:
            name = _name(crm, row)
            if name in self.told_rows and now < self.told_rows[name]:
                self.breaks(f"I7 {name} was sent again earlier than told")

    def forgets(self) -> None:
        """The process died: what it had not written down, nobody knows."""
        self.looks = [Look()]
        self.told.clear()
        self.told_rows.clear()
        self.delivering = False


def _name(crm: str, row: WriteRow) -> str:
    return f"{crm}/{row.external_id or (row.key or ('', ''))[1]}"

"""What is true whatever the hub believes: who wrote what, what was promised, and where a promise was broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.connector import Outcome, WriteRow

Place = tuple[str, str, str]
"""Connection, record, field."""
ALWAYS_PEOPLES = frozenset({"status", "secret"})
FILL_ONLY = frozenset({"tier"})


@dataclass(frozen=True)
class Edit:
    """What a person wrote, and when, to the second."""

    value: Any
    at: datetime


@dataclass
class Look:
    """What one worker knew when it claimed a batch: people's edits that a sync or a look of its own had shown.

    ``read``: what it had seen in the CRM before it decided anything, as undo does.
    """

    known: set[Place] = field(default_factory=set)
    at: int = 0
    read: set[Place] = field(default_factory=set)


@dataclass
class Truth:
    """Kept by the vendors as things happen; ``broken`` lists the promises that were not kept.

    ``people``: fields whose last change was a person's. ``ours``: fields that Inlay had written before that.
    ``in_the_gap``: edits that were written over before Inlay could see them. ``refused``: keys the vendor will not
    have. ``shaken``: records that were deleted, restored, merged or copied into, whose values are nobody's any more.
    ``lost``: fields that an admin has taken away once.
    ``delivering``: a batch is on its way; what is read from the CRM at other times is read to decide by.
    """

    broken: list[str] = field(default_factory=list)
    people: dict[Place, Edit] = field(default_factory=dict)
    ours: set[Place] = field(default_factory=set)
    in_the_gap: list[Place] = field(default_factory=list)
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

    def breaks(self, what: str) -> None:
        """A promise was broken."""
        if what not in self.broken:
            self.broken.append(what)

    # --- people and Inlay -------------------------------------------------------------------------------------------

    def person_wrote(self, place: Place, value: Any, at: datetime) -> None:
        """A person's word on a field."""
        self.people[place] = Edit(value, at.replace(microsecond=0))
        for look in self.looks:
            look.known.discard(place)
            look.read.discard(place)

    def inlay_writes(self, crm: str, row: WriteRow, held: Mapping[str, Any]) -> None:
        """A row of Inlay's is about to take effect on a record that holds these values."""
        for name, value in row.values.items():
            place = (crm, row.external_id or "", name)
            if name in ALWAYS_PEOPLES:
                self.breaks(f"I3 {place} is for people to decide, and was written")
            if place in self.people and held.get(name) != value:
                self._written_over(place, name, value)
            self.people.pop(place, None)
            self.ours.add(place)

    def _written_over(self, place: Place, name: str, value: Any) -> None:
        edit = self.people[place]
        protected = place in self.ours or (name in FILL_ONLY and edit.value not in (None, ""))
        if not protected:
            return
        if place in self.looks[-1].known:
            self.breaks(f"I3 a person's {edit.value} at {place} was known and became {value}")
        else:
            self.in_the_gap.append(place)

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
        self.in_the_gap = [one for one in self.in_the_gap if one[:2] != (crm, record_id)]

    def shakes_field(self, place: Place) -> None:
        """A field was taken away with what it held."""
        self.people.pop(place, None)
        self.ours.discard(place)
        self.lost.add(place)
        self.in_the_gap = [one for one in self.in_the_gap if one != place]

    def claimed(self) -> None:
        """A worker has claimed a batch: from now on it acts on what is known by now."""
        self.clock_of_claims += 1
        known = self.seen_in_store(self.people) if self.people else set()
        read = self.looks[-1].read & self.people.keys()
        self.looks[-1] = Look(known | read, self.clock_of_claims, read)

    def made_record(self, key: str) -> None:
        """A record of Inlay's came into the world."""
        self.made[key] += 1
        if self.made[key] > 1:
            self.breaks(f"I2 {key} was made {self.made[key]} times")
        if key in self.forbidden:
            self.breaks(f"{self.forbidden[key]}: {key} was made")

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

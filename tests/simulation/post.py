"""A post office with moods: mails that nobody can ask about, and texts that can be found by their key."""

from __future__ import annotations

from collections.abc import Sequence

from core.connector import Outcome, WriteRow
from core.messages.recipients import Channel
from core.messages.rules import MessageRules
from core.proposals import SendMessage
from tests.simulation.fate import Fate
from tests.simulation.hours import WorldClock
from tests.simulation.truth import Truth
from tests.simulation.vendor import SimCrm
from tests.simulation.worlds import Temper

ADMIN = "admin@firm.example"
CHANNELS: tuple[Channel, ...] = ("mail", "sms")
RULES = MessageRules(firm="Firm", per_person_and_day=100, directory={ADMIN: {"sms": "+447700900001"}}, admins=(ADMIN,))


class SimPost(SimCrm):
    """Carries one message per call, and carries it again when it is told again; it keeps whatever left."""

    def __init__(self, name: str, clock: WorldClock, fate: Fate, truth: Truth, temper: Temper) -> None:
        super().__init__(name, clock, fate, truth, temper)
        self.records = {channel: {} for channel in CHANNELS}
        self.batch = 1

    def channels(self) -> tuple[Channel, ...]:
        """What it is set up for."""
        return CHANNELS

    def find_by_key(self, stream: str, field: str, values: Sequence[str]) -> dict[str, str]:
        found = super().find_by_key(stream, field, values)
        return found if stream == "sms" else {}

    def _upsert(self, stream: str, row: WriteRow) -> Outcome:
        key = row.key[1] if row.key else ""
        self.truth.made_record(key)
        self._made += 1
        record_id = f"{stream}-{self._made}"
        self.records[stream][record_id] = {**row.values, "key": key}
        self._touch(stream, record_id)
        return Outcome("applied", external_id=record_id, created=True)

    @property
    def left(self) -> list[str]:
        """The texts of everything that left."""
        return [str(one["text"]) for sent in self.records.values() for one in sent.values()]


def message(channel: Channel, key: str) -> SendMessage:
    """Something that the admin has to be told at once."""
    return SendMessage(
        to="admin", key=key, reason="because", subject="Look", text=key, channels=(channel,), urgent=True
    )

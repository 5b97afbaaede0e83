"""A vendor with moods: what real ones do to their callers, on top of the ledger tests' CRM in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from core.clock import FixedClock, iso
from core.connector import Cursor, FieldChange, FieldFacts, Outcome, Page, RawRecord, Verb, WriteRow
from core.errors import AuthError, RetryLater, UnknownOutcome
from core.pulse import beat
from tests.doubles.crm import Call, Fault, MemoryCrm, PropertyCrm, shuffled, truncated
from tests.simulation.fate import Fate
from tests.simulation.schema import WANTING, Schema
from tests.simulation.truth import Truth
from tests.simulation.worlds import Temper

PAGE = 3
OVERLAP = timedelta(seconds=30)
NO_FAULTS: list[Fault | None] = []
REFUSAL = "FIELD_CUSTOM_VALIDATION_EXCEPTION"


class SimCrm(MemoryCrm):
    """One simulated vendor: paged keyset reading with overlap, batches of two, per-row answers, and bad days."""

    def __init__(self, name: str, clock: FixedClock, fate: Fate, truth: Truth, temper: Temper) -> None:
        super().__init__(name, clock, batch=2)
        self.records = {"Account": {}, "Task": {}}
        self.ticks = clock
        self.fate = fate
        self.truth = truth
        self.temper = temper
        self.honours_conditions = temper.conditional
        self.keeps_history = temper.history
        self.down_until: datetime | None = None
        self.locked_out = False
        self.used: dict[str, int] = {}
        self.outgoing: list[str] = []
        self.other: SimCrm | None = None
        self.answered: Callable[[str], None] | None = None
        self.meanwhile: Callable[[], None] = lambda: None
        self.schema = Schema()
        self.by_hand = False

    # --- people -----------------------------------------------------------------------------------------------------

    def edit(self, stream: str, record_id: str, **fields: Any) -> None:
        """A person edits a record; the vendor sends an event."""
        super().edit(stream, record_id, **fields)
        for name, value in fields.items():
            self.truth.person_wrote((self.name, record_id, name), value, self.clock.now())
        self._tell(stream, record_id)
        self._mirror(record_id, fields)

    def remove(self, stream: str, record_id: str) -> None:
        super().remove(stream, record_id)
        self._tell(stream, record_id)

    def restore(self, stream: str, record_id: str, fields: dict[str, Any]) -> None:
        """A person takes a record out of the bin."""
        self.graves[stream] = [one for one in self.graves.get(stream, []) if one.external_id != record_id]
        self.records[stream][record_id] = fields
        self._touch(stream, record_id)
        self._tell(stream, record_id)

    def merge(self, stream: str, survivor: str, losers: Sequence[str]) -> Outcome:
        for record_id in (survivor, *losers):
            self.truth.shakes(self.name, record_id)
        if stream == "Account" and self.name == "crm":
            self.truth.merged.update(losers)
        return super().merge(stream, survivor, losers)

    def merge_by_hand(self, stream: str, survivor: str, loser: str) -> None:
        """A person merges two records."""
        self.by_hand = True
        self.merge(stream, survivor, [loser])
        self.by_hand = False
        self._tell(stream, survivor)

    def heal(self) -> None:
        """The bad days are over."""
        self.down_until, self.locked_out = None, False
        self.schema.required.clear()
        self.truth.refused.clear()

    def _tell(self, stream: str, record_id: str) -> None:
        self.outgoing.append(f"{stream}/{record_id}/{len(self.outgoing)}/{iso(self.clock.now())}")

    def _mirror(self, record_id: str, values: Mapping[str, Any]) -> None:
        """Somebody's tool copies a score to the other CRM, rounded; what it wrote itself it does not copy back."""
        twin = {"A": "M", "M": "A"}[record_id[0]] + record_id[1:] if record_id[0] in "AM" else ""
        score = values.get("score")
        if not self.temper.mirrors or self.other is None or score in (None, ""):
            return
        held = self.other.records["Account"].get(twin)
        rounded = int(float(score)) // 10 * 10
        if held is not None and held.get("score") != rounded:
            held["score"] = rounded
            self.truth.shakes(self.other.name, twin)
            self.other._touch("Account", twin)
            self.other._tell("Account", twin)

    # --- reading ----------------------------------------------------------------------------------------------------

    def read(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        start = self._before_the_cursor(since)
        self._call(Call("read", stream), NO_FAULTS)
        shown = [one for one in sorted(self.records[stream], key=self._age(stream)) if self._shows(stream, one, start)]
        graves = self.graves.get(stream, []) if self.temper.buries else []
        fresh = [one for one in graves if start is None or (one.at or "") >= start]
        for at in range(0, max(len(shown), 1), PAGE):
            if at:
                self._call(Call("read on", stream), NO_FAULTS)
            records = [self._raw(stream, one, fields) for one in shown[at : at + PAGE]]
            last = Cursor(self._stamp(records[-1]), str(records[-1][self.id_field])) if records else since
            yield Page(records, last, () if at else fresh, total=len(shown))

    def _before_the_cursor(self, since: Cursor | None) -> str | None:
        return iso(datetime.fromisoformat(since.stamp) - OVERLAP) if since is not None else None

    def _shows(self, stream: str, record_id: str, start: str | None) -> bool:
        """Whether a list or search shows a record now; a fresh change may be missing for a while."""
        stamp = str(self.records[stream][record_id][self.stamp_field])
        if start is not None and stamp < start:
            return False
        young = datetime.fromisoformat(stamp) > self.clock.now() - timedelta(seconds=self.temper.lag)
        return not (self.temper.lag and young and self.fate.chance(0.5))

    def fetch(self, stream: str, ids: Sequence[str], fields: Sequence[str]) -> list[RawRecord]:
        found = super().fetch(stream, ids, fields)
        for one in ids:
            if one in self.records[stream]:
                self.truth.inlay_saw(self.name, one, dict.fromkeys(fields))
        return found

    def find_by_key(self, stream: str, field: str, values: Sequence[str]) -> dict[str, str]:
        found = super().find_by_key(stream, field, values)
        return {key: one for key, one in found.items() if self._shows(stream, one, None)}

    def describe(self, stream: str) -> Mapping[str, FieldFacts]:
        """What an admin has left of the fields, in a system whose admins change them."""
        if stream != "Account" or not (self.temper.drifts or self.temper.keys_everywhere):
            return {}
        return self.schema.described(with_keys=self.temper.keys_everywhere)

    def take_field(self, name: str) -> None:
        """An admin deletes a field, with all that it holds."""
        self.schema.missing.add(name)
        for record_id, held in self.records["Account"].items():
            held.pop(name, None)
            self._touch("Account", record_id)
            self.truth.shakes_field((self.name, record_id, name))

    def history(self, stream: str, ids: Sequence[str], fields: Sequence[str]) -> list[FieldChange]:
        return super().history(stream, ids, fields) if self.keeps_history else []

    # --- writing ----------------------------------------------------------------------------------------------------

    def write(self, stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        self.faults.spoil = None
        outcomes = super().write(stream, verb, rows)
        if self.faults.spoil is None:
            self.truth.told_rows_to_wait(self.name, rows, outcomes)
        self.fate.note(f"      {self.name} {verb} {stream}: {', '.join(map(_said, outcomes))}")
        return outcomes

    def _write_one(self, stream: str, verb: Verb, row: WriteRow) -> Outcome:
        name = row.external_id or (row.key or ("", ""))[1]
        if name in self.truth.refused:
            return Outcome("rejected", code=REFUSAL, message="not with us")
        if self.fate.chance(self.temper.trouble / 3):
            return self._sent_back()
        if verb == "upsert":
            self.truth.points_at(str(row.values.get("client")))
            if lacking := self.schema.lacks(row.values):
                return Outcome("rejected", code=WANTING, message="a field is required", fields=lacking)
        row, lost = self._without_faulty(row)
        held = dict(self.records[stream].get(row.external_id or "", {}))
        if verb == "update" and row.external_id in self.records[stream] and not self._is_newer(stream, row):
            self.truth.inlay_writes(self.name, row, held, self.clock.now())
        outcome = super()._write_one(stream, verb, row)
        if outcome.state == "applied" and verb != "delete":
            self._after_write(stream, outcome.external_id or "", row)
        if outcome.state == "applied" and lost:
            return replace(outcome, code=next(iter(lost.values())), message="left out", fields=tuple(lost))
        return outcome

    def _without_faulty(self, row: WriteRow) -> tuple[WriteRow, dict[str, str]]:
        """The row as far as its fields can take it, and why the others cannot: a good connector sends the rest."""
        lost = self.schema.faults(row.values)
        return replace(row, values={name: row.values[name] for name in row.values if name not in lost}), lost

    def _sent_back(self) -> Outcome:
        """A locked row; at times the vendor says until when."""
        until = self.clock.now() + timedelta(seconds=90) if self.fate.chance(0.5) else None
        return Outcome("retry", code="UNABLE_TO_LOCK_ROW", message="come again", retry_at=until)

    def _after_write(self, stream: str, record_id: str, row: WriteRow) -> None:
        self._tell(stream, record_id)
        if stream == "Account":
            self._mirror(record_id, row.values)
            if self.answered is not None and "score" in row.values:
                self.answered(f"{self.name}/Account/{record_id}")

    def _upsert(self, stream: str, row: WriteRow) -> Outcome:
        """With unique keys find or create; without, create whatever is asked for."""
        known = row.key is not None and any(old.get(row.key[0]) == row.key[1] for old in self.records[stream].values())
        if known and self.temper.keyed:
            return super()._upsert(stream, row)
        key = row.key[1] if row.key else ""
        self.truth.made_record(key or f"{row.values.get('subject')}")
        self._made += 1
        record_id = f"{self.name}-{stream}-{self._made}"
        self.records[stream][record_id] = {**row.values, "key": key}
        self._touch(stream, record_id)
        self.effects.append(("create", stream, key))
        return Outcome("applied", external_id=record_id, created=True)

    def _touch(self, stream: str, record_id: str) -> None:
        """Stamps of whole seconds, as Salesforce keeps them."""
        self.records[stream][record_id][self.stamp_field] = iso(self.clock.now().replace(microsecond=0))

    # --- bad days ---------------------------------------------------------------------------------------------------

    def _call(self, call: Call, faults: list[Fault | None]) -> None:  # noqa: ARG002
        """Every call passes here on its way in."""
        if self.by_hand:
            return
        self.calls.append(call)
        self.fate.counts_call()
        self.ticks.sleep(self.fate.between(1, 3))
        site = f"{call.verb} {call.stream}"
        self.fate.passes(f"before {site}")
        self._let_people_work(call)
        if call.rows:
            self.truth.checks_patience(self.name, list(call.rows), self.clock.now())
        self._refuse_entry()
        if self.fate.chance(self.temper.trouble / 2):
            self._go_wrong(call)
        if call.rows and self.temper.slow and self.fate.chance(0.6):
            self._take_long()

    def _take_long(self) -> None:
        """A job that is looked at every quarter of a minute, until it is done."""
        for _ in range(self.fate.between(4, 16)):
            self.ticks.sleep(15)
            beat()
            self.meanwhile()

    def _refuse_entry(self) -> None:
        """The vendor is down, its quota is used up, or our credentials are void."""
        now = self.clock.now()
        if self.locked_out:
            raise AuthError("the token was revoked", where=self.name)
        if self.down_until is not None and now < self.down_until:
            raise RetryLater("503", where=self.name)
        day = now.date().isoformat()
        self.used[day] = self.used.get(day, 0) + 1
        if self.temper.quota is not None and self.used[day] > self.temper.quota:
            midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            self.truth.told_to_wait(self.name, midnight)
            raise RetryLater("REQUEST_LIMIT_EXCEEDED", where=self.name, retry_at=midnight)

    def _go_wrong(self, call: Call) -> None:
        """Something happens to a call before the vendor has acted on it."""
        kind = self.fate.weighed(("busy", "told", "lost", "down", "revoked"), (3, 3, 4, 2, 0.3))
        self.fate.note(f"      {self.name} {call.verb} {call.stream}: {kind}")
        if kind == "told":
            until = self.clock.now() + timedelta(seconds=self.fate.between(5, 300))
            self.truth.told_to_wait(self.name, until)
            raise RetryLater("429", where=self.name, retry_at=until)
        if kind == "down":
            self.down_until = self.clock.now() + timedelta(seconds=self.fate.pick((60, 900, 21_600)))
        if kind == "revoked":
            self.locked_out = True
            raise AuthError("the token was revoked", where=self.name)
        if kind == "lost" and (call.rows or call.verb == "merge"):
            raise UnknownOutcome("200 with a page of HTML", where=self.name)
        raise RetryLater("503", where=self.name)

    def _take(self, faults: list[Fault | None], call: Call) -> None:  # noqa: ARG002
        """Every write passes here on its way out: done, and perhaps nobody hears of it."""
        if self.by_hand:
            return
        self.fate.passes(f"after {call.verb} {call.stream}")
        if self.fate.chance(self.temper.trouble / 3):
            self.fate.note(f"      {self.name} {call.verb} {call.stream}: done, and the answer lost")
            raise UnknownOutcome("the answer was lost", where=self.name)
        are_new = len(call.rows) > 1 and all(row.external_id is None for row in call.rows)
        spoils = self.fate.chance(self.temper.trouble * (2 if are_new else 1 / 6))
        self.faults.spoil = self.fate.pick((truncated, shuffled)) if spoils else None

    def _let_people_work(self, call: Call) -> None:
        """Somebody edits a record of this very batch between our look and our write."""
        busy = 0.3 if self.temper.history else 0.1
        if call.verb == "update" and call.stream == "Account" and self.fate.chance(busy):
            target = self.fate.pick(call.rows).external_id or ""
            if target in self.records["Account"]:
                self.fate.note(f"      somebody edits {self.name} {target} at this very moment")
                self.ticks.sleep(1)
                self.edit("Account", target, score=self.fate.between(0, 99))
                self.ticks.sleep(1)


class SimPropertyCrm(SimCrm, PropertyCrm):
    """The same, speaking like HubSpot."""


def _said(outcome: Outcome) -> str:
    plain = replace(outcome, retry_at=None)
    return f"{plain.state} {plain.external_id or ''}".strip()

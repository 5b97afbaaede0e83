"""A CRM in memory: a connector with state, a log of every call, and faults that tests choose.

It is the only stand-in for a vendor in these tests; the vendors' sandboxes speak HTTP and have tests of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from core.clock import Clock, iso
from core.connector import (
    Connector,
    ConnectorContext,
    Cursor,
    FieldChange,
    FieldFacts,
    Finding,
    Outcome,
    Page,
    RawRecord,
    Stream,
    Tombstone,
    Verb,
    WriteRow,
)
from core.errors import InlayError, RetryLater, UnknownOutcome

Fields = dict[str, Any]


class CrmSettings(BaseModel):
    """The double needs none."""


class KilledError(BaseException):
    """Stands for kill -9: nothing may catch it."""


@dataclass
class Call:
    """One call as the vendor saw it."""

    verb: str
    stream: str
    rows: Sequence[WriteRow] = ()
    ids: Sequence[str] = ()


Fault = Callable[["MemoryCrm", Call], None]


@dataclass
class Faults:
    """What goes wrong, in the order it is asked for: each write takes one from ``before`` and one from ``after``.

    ``reject`` decides for ever which rows are refused, ``send_back`` which are told to come again, ``spoil`` what
    becomes of the list of outcomes.
    """

    before: list[Fault | None] = field(default_factory=list)
    after: list[Fault | None] = field(default_factory=list)
    on_read: list[Fault | None] = field(default_factory=list)
    on_describe: list[InlayError] = field(default_factory=list)
    reject: Callable[[WriteRow], str | None] = lambda _: None
    send_back: Callable[[WriteRow], str | None] = lambda _: None
    reject_whole_batch: bool = False
    spoil: Callable[[list[Outcome]], list[Outcome]] | None = None


class MemoryCrm(Connector):
    """Keeps records of a few streams; speaks like Salesforce: flat fields, typed values."""

    kind = "salesforce"
    settings_model = CrmSettings
    writes = True
    id_field = "Id"
    stamp_field = "SystemModstamp"

    def __init__(self, name: str, clock: Clock, *, batch: int = 200) -> None:
        super().__init__(CrmSettings(), ConnectorContext(name, clock, None))  # type: ignore[arg-type]  # no HTTP in memory
        self.name = name
        self.clock = clock
        self.batch = batch
        self.records: dict[str, dict[str, Fields]] = {"Account": {}, "User": {}, "Task": {}, "Contract": {}}
        self.calls: list[Call] = []
        self.effects: list[tuple[str, str, str]] = []
        self.faults = Faults()
        self.facts: dict[str, dict[str, FieldFacts]] = {}
        self.graves: dict[str, list[Tombstone]] = {}
        self.honours_conditions = False
        self.keeps_history = False
        self.past: list[FieldChange] = []
        self._made = 0
        self._keyed: dict[tuple[str, str], str] = {}

    # --- what tests and people do ---------------------------------------------------------------------------------

    def add(self, stream: str, record_id: str, **fields: Any) -> None:
        """A record that was there before Inlay."""
        self.records[stream][record_id] = {**fields}
        self._touch(stream, record_id)
        self._remember(record_id, fields)

    def edit(self, stream: str, record_id: str, **fields: Any) -> None:
        """A person edits a record in the CRM."""
        self.records[stream][record_id].update(fields)
        self._touch(stream, record_id)
        self._remember(record_id, fields)

    def remove(self, stream: str, record_id: str) -> None:
        """A person deletes a record in the CRM."""
        del self.records[stream][record_id]
        self.graves.setdefault(stream, []).append(Tombstone(record_id, "deleted", iso(self.clock.now())))

    def content(self) -> dict[str, dict[str, Fields]]:
        """All records without what time and order of arrival leave on them; tasks by key."""
        return {
            stream: {
                str(fields.get("Inlay_Key__c") or record_id): {
                    name: value for name, value in fields.items() if name != self.stamp_field
                }
                for record_id, fields in records.items()
            }
            for stream, records in self.records.items()
        }

    def tasks(self) -> list[Fields]:
        """All tasks, as people see them."""
        return list(self.records["Task"].values())

    def writes_made(self) -> list[Call]:
        """The calls that carried rows."""
        return [call for call in self.calls if call.rows]

    # --- the connector ----------------------------------------------------------------------------------------------

    def check(self) -> list[Finding]:
        return []

    def streams(self) -> Mapping[str, Stream]:
        return {name: Stream(name, self.id_field, self.stamp_field) for name in self.records}

    def read(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        self._call(Call("read", stream), self.faults.on_read)
        found = [self._raw(stream, one, fields) for one in sorted(self.records[stream], key=self._age(stream))]
        fresh = [one for one in found if since is None or self._stamp(one) >= since.stamp]
        last = Cursor(self._stamp(fresh[-1]), str(fresh[-1][self.id_field])) if fresh else since
        yield Page(fresh, last, self.graves.get(stream, ()), total=len(fresh))

    def fetch(self, stream: str, ids: Sequence[str], fields: Sequence[str]) -> list[RawRecord]:
        self._call(Call("fetch", stream, ids=ids), self.faults.on_read)
        return [self._raw(stream, one, fields) for one in ids if one in self.records[stream]]

    def find_by_key(self, stream: str, field: str, values: Sequence[str]) -> dict[str, str]:
        self._call(Call("find", stream, ids=values), self.faults.on_read)
        return {fields[field]: one for one, fields in self.records[stream].items() if fields.get(field) in set(values)}

    def describe(self, stream: str) -> Mapping[str, FieldFacts]:
        if self.faults.on_describe:
            raise self.faults.on_describe.pop(0)
        return self.facts.get(stream, {})

    def batch_size(self, stream: str, verb: Verb) -> int:  # noqa: ARG002
        return self.batch

    def write(self, stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        assert len(rows) <= self.batch, "more rows than one call may carry"
        call = Call(verb, stream, rows)
        self._call(call, self.faults.before)
        refusals = [self.faults.reject(row) for row in rows]
        if self.faults.reject_whole_batch and any(refusals):
            return [Outcome("rejected", code="BATCH", message="one of the rows is bad")] * len(rows)
        if verb == "upsert":
            self._keyed = self._by_key(stream, {row.key[0] for row in rows if row.key})
        outcomes = [self._write_one(stream, verb, row) for row in rows]
        self._take(self.faults.after, call)
        return self.faults.spoil(outcomes) if self.faults.spoil else outcomes

    def _write_one(self, stream: str, verb: Verb, row: WriteRow) -> Outcome:
        if refusal := self.faults.reject(row):
            return Outcome("rejected", code=refusal, message=f"{row.external_id or row.key} is refused")
        if wait := self.faults.send_back(row):
            return Outcome("retry", code=wait, message="come again")
        if verb == "upsert":
            return self._upsert(stream, row)
        if self._is_newer(stream, row):
            return Outcome("rejected", code="CHANGED_MEANWHILE", message="412")
        if row.external_id not in self.records[stream]:
            return Outcome("rejected", code="ENTITY_IS_DELETED", message="no such record")
        name = str(self.records[stream][row.external_id].get("Inlay_Key__c") or row.external_id)
        if verb == "delete":
            self.remove(stream, row.external_id)
        else:
            self.records[stream][row.external_id].update(row.values)
            self._touch(stream, row.external_id)
            self._remember(row.external_id, row.values)
        self.effects.append((verb, stream, name))
        return Outcome("applied", external_id=row.external_id)

    def history(self, stream: str, ids: Sequence[str], fields: Sequence[str]) -> list[FieldChange]:
        self._call(Call("history", stream, ids=ids), self.faults.on_read)
        return [one for one in self.past if one.external_id in ids and one.field in fields]

    def merge(self, stream: str, survivor: str, losers: Sequence[str]) -> Outcome:
        """Fill the survivor's empty fields, give it whatever pointed at the losers, and bury them."""
        call = Call("merge", stream, ids=[survivor, *losers])
        self._call(call, self.faults.before)
        kept = self.records[stream][survivor]
        for loser in losers:
            for name, value in self.records[stream][loser].items():
                if kept.get(name) in (None, ""):
                    kept[name] = value
            self._hand_over(loser, survivor)
            del self.records[stream][loser]
            self.graves.setdefault(stream, []).append(
                Tombstone(loser, "merged", iso(self.clock.now()), merged_into=survivor)
            )
            self.effects.append(("merge", stream, loser))
        self._touch(stream, survivor)
        self._take(self.faults.after, call)
        return Outcome("applied", external_id=survivor)

    def _hand_over(self, loser: str, survivor: str) -> None:
        """Lead what pointed at the loser to the survivor; automated changes move the stamp that readings go by."""
        children = [(stream, name) for stream, records in self.records.items() for name in records]
        for stream, name in children:
            child = self.records[stream][name]
            moved = {field: survivor for field, value in child.items() if value == loser}
            if moved:
                child.update(moved)
                self._touch(stream, name)

    def _is_newer(self, stream: str, row: WriteRow) -> bool:
        known = self.records[stream].get(row.external_id or "")
        if not self.honours_conditions or row.unmodified_since is None or known is None:
            return False
        return datetime.fromisoformat(str(known[self.stamp_field])) > datetime.fromisoformat(row.unmodified_since)

    def _remember(self, record_id: str, values: Mapping[str, Any]) -> None:
        if self.keeps_history:
            at = iso(self.clock.now())
            self.past += [FieldChange(record_id, name, value, at) for name, value in values.items()]

    def _upsert(self, stream: str, row: WriteRow) -> Outcome:
        assert row.key is not None
        field, key = row.key
        known = self._keyed.get((field, key))
        if known is None:
            self._made += 1
        record_id = known or f"{self.name}-{stream}-{self._made}"
        self._keyed[field, key] = record_id
        links = {f"link_{link.stream}": link.external_id for link in row.links}
        self.records[stream].setdefault(record_id, {}).update({**row.values, field: key, **links})
        self._touch(stream, record_id)
        self.effects.append(("upsert" if known else "create", stream, key))
        return Outcome("applied", external_id=record_id, created=known is None)

    def _by_key(self, stream: str, fields: set[str]) -> dict[tuple[str, str], str]:
        """The unique index that vendors have; the first record with a key is the one that counts."""
        found: dict[tuple[str, str], str] = {}
        for one, held in self.records[stream].items():
            for name in fields & held.keys():
                found.setdefault((name, held[name]), one)
        return found

    def _raw(self, stream: str, record_id: str, fields: Sequence[str]) -> RawRecord:
        known = self.records[stream][record_id]
        shown = {name: known.get(name) for name in fields}
        return {**shown, self.id_field: record_id, self.stamp_field: known[self.stamp_field]}

    def _stamp(self, raw: RawRecord) -> str:
        return str(raw[self.stamp_field])

    def _age(self, stream: str) -> Callable[[str], tuple[str, str]]:
        return lambda one: (str(self.records[stream][one][self.stamp_field]), one)

    def _touch(self, stream: str, record_id: str) -> None:
        self.records[stream][record_id][self.stamp_field] = iso(self.clock.now())

    def _call(self, call: Call, faults: list[Fault | None]) -> None:
        self.calls.append(call)
        self._take(faults, call)

    def _take(self, faults: list[Fault | None], call: Call) -> None:
        fault = faults.pop(0) if faults else None
        if fault is not None:
            fault(self, call)


class PropertyCrm(MemoryCrm):
    """Speaks like HubSpot: fields under ``properties``, every value a text."""

    kind = "hubspot"
    id_field = "id"
    stamp_field = "updatedAt"

    def _raw(self, stream: str, record_id: str, fields: Sequence[str]) -> RawRecord:
        known = self.records[stream][record_id]
        texts = {name: None if known.get(name) in (None, "") else str(known[name]) for name in fields}
        stamp = known[self.stamp_field]
        return {"id": record_id, "updatedAt": stamp, "properties": texts}


def busy(seconds: float | None = None) -> Fault:
    """The system does not let us in for a while."""

    def fault(crm: MemoryCrm, _: Call) -> None:
        until = None if seconds is None else crm.clock.now() + timedelta(seconds=seconds)
        raise RetryLater(f"{crm.name} is busy", where=crm.name, retry_at=until)

    return fault


def answer_lost(crm: MemoryCrm, _: Call) -> None:
    """The connection breaks; before the write or after it, by the list the fault is in."""
    raise UnknownOutcome(f"the answer of {crm.name} was lost", where=crm.name)


def killed(_: MemoryCrm, __: Call) -> None:
    """The process dies during the call."""
    raise KilledError


def person(stream: str, record_id: str, **fields: Any) -> Fault:
    """Somebody edits a record at this very moment."""
    return lambda crm, _: crm.edit(stream, record_id, **fields)


def shuffled(outcomes: list[Outcome]) -> list[Outcome]:
    """Results in another order than the rows."""
    return list(reversed(outcomes))


def truncated(outcomes: list[Outcome]) -> list[Outcome]:
    """Fewer results than rows."""
    return outcomes[:-1]


def without_ids(outcomes: list[Outcome]) -> list[Outcome]:
    """Results that do not say which record they speak of."""
    return [replace(outcome, external_id=None) for outcome in outcomes]

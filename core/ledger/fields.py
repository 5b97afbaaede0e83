"""What the CRM's fields should hold: signals through the mapping's ``writes:``, compared with what they hold now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, select

from core.connector import FieldFacts
from core.errors import RejectedError
from core.ledger.current import Holding, Written, holdings
from core.ledger.operations import Operation, operation_id
from core.ledger.policy import BLOCKED, FieldCase, PlanRules, judge, misfit
from core.ledger.target import Target
from core.mapping import FieldWrite, to_vendor_value
from core.store.among import among
from core.store.crosswalk import resolve
from core.store.golden import lookup
from core.store.tables import signal_value

Taken = set[tuple[str, str, str, str]]
VALUE = signal_value.c
SIGNALS = select(VALUE.subject_id, VALUE.name, VALUE.value, VALUE.reason, VALUE.as_of).where(
    VALUE.subject_type == bindparam("kind"),
    among(VALUE.name, "names"),
    among(VALUE.subject_id, "ids"),
)


@dataclass(frozen=True, slots=True)
class SignalNow:
    """A signal's value for one subject, why it is so, and since when."""

    subject: str
    value: Any
    reason: str
    as_of: str


@dataclass(frozen=True)
class FieldPlanner:
    """Plans the fields of one target; ``taken`` are the targets of operations on their way."""

    target: Target
    rules: PlanRules
    taken: Taken

    def operations(self, conn: Connection) -> Iterator[Operation]:
        """Every field whose wanted value differs from what the CRM holds, judged."""
        writes = sorted(self.target.mapping.writes, key=_section)
        for (record_type, stream), section in groupby(writes, key=_section):
            yield from self._section(conn, record_type, stream, list(section))

    def _section(
        self, conn: Connection, record_type: str, stream: str, writes: Sequence[FieldWrite]
    ) -> Iterator[Operation]:
        facts = self.target.describe(stream)
        names = [write.signal for write in writes]
        for page, golden in holdings(conn, record_type, self.target, stream):
            subjects = sorted(set(golden.values()))
            signals = signals_of(conn, record_type, names, subjects)
            clients = clients_of(conn, record_type, subjects)
            for record in page:
                subject = golden[record.external_id]
                yield from self._record(writes, record, signals.get(subject, {}), clients.get(subject), facts)

    def _record(
        self,
        writes: Sequence[FieldWrite],
        record: Holding,
        signals: Mapping[str, SignalNow],
        client: str | None,
        facts: Mapping[str, FieldFacts],
    ) -> Iterator[Operation]:
        for write in writes:
            now = signals.get(write.signal)
            if now is not None:
                yield from self._field(write, now, record, client, facts)

    def _field(
        self, write: FieldWrite, now: SignalNow, record: Holding, client: str | None, facts: Mapping[str, FieldFacts]
    ) -> Iterator[Operation]:
        target = (self.target.name, write.stream, record.external_id, write.field)
        held = record.value(write.field)
        wanted, problem = self._vendor_value(write, now.value)
        if target in self.taken or (problem is None and self.target.same(write.stream, write.field, held, wanted)):
            return
        written = record.written.get(write.field)
        verdict = self._verdict(write, now, record, held, written)
        if verdict is None:
            return
        problem = problem or misfit(write.field, wanted, facts)
        yield Operation(
            id=operation_id("set_field", target, held, wanted, written.operation_id if written else None),
            kind="set_field",
            connection=self.target.name,
            stream=write.stream,
            external_id=record.external_id,
            field=write.field,
            client_id=client,
            before=held,
            after=wanted,
            reason=now.reason,
            plugin=self.rules.plugin_of(write.signal),
            inputs=(f"{now.subject}#{write.signal}",),
            policy=write.policy,
            verdict=f"{BLOCKED}{problem}" if problem else verdict,
        )

    def _vendor_value(self, write: FieldWrite, value: Any) -> tuple[Any, str | None]:
        """The value as the vendor wants it, or the plain value and why the vendor cannot have it."""
        try:
            return to_vendor_value(write, value, self.target.connector.kind), None
        except RejectedError as problem:
            return value, problem.what

    def _verdict(
        self, write: FieldWrite, now: SignalNow, record: Holding, held: Any, written: Written | None
    ) -> str | None:
        ours = written is not None and self.target.same(write.stream, write.field, held, written.value)
        ours = ours and not (written and written.is_persons)
        case = FieldCase(
            policy=write.policy,
            mode=self.rules.of(self.rules.plugin_of(write.signal)).mode,
            held=held,
            edited=written is not None and not ours,
            ours=ours,
            undone_in=written.undone_in if written else None,
            as_of=now.as_of,
            stamp=record.stamp,
        )
        return judge(case)


def _section(write: FieldWrite) -> tuple[str, str]:
    return (write.record_type, write.stream)


def signals_of(
    conn: Connection, subject_type: str, names: Sequence[str], subjects: Sequence[str]
) -> dict[str, dict[str, SignalNow]]:
    """The present values of these signals: subject -> name -> value."""
    found: dict[str, dict[str, SignalNow]] = {}
    for row in conn.execute(SIGNALS, {"kind": subject_type, "names": names, "ids": subjects}).all():
        found.setdefault(row[0], {})[row[1]] = SignalNow(row[0], orjson.loads(row[2]), row[3], row[4])
    return found


def clients_of(conn: Connection, record_type: str, subjects: Sequence[str]) -> dict[str, str]:
    """The golden client that each golden record belongs to; a client belongs to itself."""
    if record_type == "client":
        return {subject: subject for subject in subjects}
    said = {row.id: row.client_ref for row in lookup(conn, record_type, subjects).values() if row.client_ref}
    golden = resolve(conn, "client", sorted(set(said.values())))
    return {subject: golden[reference] for subject, reference in said.items()}

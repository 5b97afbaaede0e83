"""Mistakes on the way to the CRM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Connection, Select, bindparam, select, update

from core.connector import Connector, Outcome, Verb, WriteRow
from core.errors import UnknownOutcome
from core.ledger import answers, carry, endings, outbox, parcel, readback
from core.ledger import breaker as resting
from core.ledger.endings import Ending
from core.ledger.heirs import Redirection
from core.ledger.operations import Operation
from core.ledger.outbox import Claim
from core.ledger.policy import ONCE
from core.ledger.send import _Sender
from core.ledger.target import Target
from core.ledger.unmerge import Unmerge
from core.store.tables import outbox as outbox_table
from tests.simulation.vendor import SimCrm


def marked_before_call(patch: pytest.MonkeyPatch) -> None:
    """Operations count as applied before they are sent."""
    send = carry.Carrier._send

    def marked_first(self: Any, target: Any, batch: Any, ready: Any, stamps: Any, claims: Any, carried: Any) -> None:
        at = self.clock.now()
        if batch.verb == "update":
            done = [Ending(one, "applied", external_id=one.external_id, due_at=at) for one in ready]
            self._write_down(done, claims, carried)
        send(self, target, batch, ready, stamps, claims, carried)

    patch.setattr(carry.Carrier, "_send", marked_first)


def _on_unknown(patch: pytest.MonkeyPatch, outcome: Callable[[WriteRow], Outcome]) -> None:
    class Hasty:
        def __init__(self, connector: Connector) -> None:
            self._connector = connector

        def write(self, name: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
            try:
                return self._connector.write(name, verb, rows)
            except UnknownOutcome:
                return [outcome(row) for row in rows]

    call = _Sender._call

    def hasty(self: Any, parcels: Any) -> Any:
        real, self._connector = self._connector, Hasty(self._connector)
        try:
            return call(self, parcels)
        finally:
            self._connector = real

    patch.setattr(_Sender, "_call", hasty)


def timeout_is_success(patch: pytest.MonkeyPatch) -> None:
    """A lost answer is taken for a good one."""
    _on_unknown(patch, lambda row: Outcome("applied", external_id=row.external_id or f"made-{row.key}"))


def timeout_is_failure(patch: pytest.MonkeyPatch) -> None:
    """A lost answer is taken for a failure, and sent again blindly."""
    _on_unknown(patch, lambda _: Outcome("retry", code="TIMEOUT"))


def partial_is_success(patch: pytest.MonkeyPatch) -> None:
    """A batch of which one row passed is taken for passed."""
    write = SimCrm.write

    def all_or_none(self: SimCrm, name: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        said = write(self, name, verb, rows)
        if not any(one.state == "applied" for one in said):
            return said
        pairs = zip(rows, said, strict=False)
        made = [
            replace(one, state="applied", external_id=one.external_id or row.external_id or "x") for row, one in pairs
        ]
        return [*made, *said[len(made) :]]

    patch.setattr(SimCrm, "write", all_or_none)


def create_without_key(patch: pytest.MonkeyPatch) -> None:
    """New records carry no key."""
    upsert = parcel.ROWS["create_record"]
    patch.setitem(parcel.ROWS, "create_record", lambda group: replace(upsert(group), key=None))


def readback_assumes_success(patch: pytest.MonkeyPatch) -> None:
    """What was sent before a crash counts as arrived, without a look."""

    def assumed(_: Target, operations: Sequence[Operation], now: datetime) -> list[Ending]:
        return [Ending(one, "applied", external_id=one.external_id or "x", due_at=now) for one in operations]

    patch.setattr(carry, "settle", assumed)


def fence_ignored(patch: pytest.MonkeyPatch) -> None:
    """A worker that was thought dead writes down its end all the same."""
    patch.setattr(endings, "still_ours", lambda _, claims: set(claims))


def lease_ignored(patch: pytest.MonkeyPatch) -> None:
    """Two workers may claim the same operation."""
    conditions = (outbox.ROW.due_at <= outbox.NOW, ~outbox.IS_HELD_UP)
    patch.setattr(outbox, "DUE", _due(*conditions))
    patch.setattr(outbox, "TAKE", _take(*conditions))


def retried_before_told(patch: pytest.MonkeyPatch) -> None:
    """The vendor's word on when to come again is not heard."""
    fail = resting.fail

    def at_once(conn: Connection, name: str, cause: str, now: datetime, until: datetime | None) -> Any:
        del until
        return fail(conn, name, cause, now, now)

    patch.setattr(carry, "fail", at_once)


def breaker_never_opens(patch: pytest.MonkeyPatch) -> None:
    """A system that is down is called again and again."""
    patch.setattr(carry, "fail", lambda *_: None)
    patch.setattr(carry, "admit", lambda *_: resting.Admission())


def breaker_never_closes(patch: pytest.MonkeyPatch) -> None:
    """A system that failed once is left alone for ever."""

    def admit(conn: Connection, name: str, now: datetime) -> resting.Admission:
        """Nobody is ever sent to try."""
        admission = resting.admit(conn, name, now)
        return admission if admission.leave == "free" else resting.Admission("rest")

    patch.setattr(carry, "admit", admit)


def drift_unchecked(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks whether what a plan was made of still holds when it is applied."""
    patch.setattr(carry, "drift", lambda *_: [])


def row_retried_before_told(patch: pytest.MonkeyPatch) -> None:
    """The vendor's word on when a single row may come again is not heard."""
    ending = endings._ending

    def hasty(one: Operation, outcome: Outcome, claim: Claim, now: datetime) -> Ending:
        return ending(one, replace(outcome, retry_at=None), claim, now)

    patch.setattr(endings, "_ending", hasty)


def lease_not_renewed(patch: pytest.MonkeyPatch) -> None:
    """A worker that waits for a long job does not say that it is alive."""
    patch.setattr(carry, "renew", lambda _, claims, *__: set(claims))


def lost_field_counts_as_written(patch: pytest.MonkeyPatch) -> None:
    """A row that went through without one of its fields is taken for a row that went through."""
    ending = endings._ending

    def blind(one: Operation, outcome: Outcome, claim: Claim, now: datetime) -> Ending:
        return ending(one, replace(outcome, fields=()), claim, now)

    patch.setattr(endings, "_ending", blind)


def answers_believed_in_their_order(patch: pytest.MonkeyPatch) -> None:
    """The answers on new records are taken for those of the rows in the same places."""
    patch.setattr(answers, "_read_back", lambda _, outcomes, __: outcomes)


def message_sent_again(patch: pytest.MonkeyPatch) -> None:
    """A message of which nobody knows whether it went is sent again, like everything else."""
    ending = readback._create_ending
    patch.setattr(readback, "_create_ending", lambda one, *more: ending(replace(one, policy=""), *more))


def message_taken_for_sent(patch: pytest.MonkeyPatch) -> None:
    """A message of which nobody knows whether it went counts as sent."""
    ending = readback._create_ending

    def hopeful(one: Operation, external_id: str | None, now: datetime) -> Ending:
        return ending(one, external_id or (one.key if one.policy == ONCE else None), now)

    patch.setattr(readback, "_create_ending", hopeful)


def merge_without_snapshot(patch: pytest.MonkeyPatch) -> None:
    """Records are merged, and nobody has kept what they were like."""
    patch.setattr(carry, "keep_snapshots", lambda *_: None)


def children_stay_with_the_survivor(patch: pytest.MonkeyPatch) -> None:
    """A merge is taken back without what belonged to the loser."""
    patch.setattr(Unmerge, "_children", lambda *_: iter(()))


def merge_not_followed_by_what_waits(patch: pytest.MonkeyPatch) -> None:
    """What waits for a merged record is sent to it all the same."""
    patch.setattr(carry, "follow", lambda _, __, waiting: Redirection(going=list(waiting)))


def _due(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    row, columns = outbox.ROW, outbox.DUE.selected_columns
    due = select(*columns).join_from(*outbox.JOINED).where(*conditions)
    return due.order_by(row.priority, row.seq, row.position, row.operation_id)


def _take(*conditions: ColumnElement[bool]) -> Any:
    row = outbox.ROW
    taken = update(outbox_table).where(outbox.CHOSEN, *conditions)
    return taken.values(lease_until=bindparam("until"), fence=row.fence + 1).returning(
        row.operation_id, row.fence, row.attempts
    )

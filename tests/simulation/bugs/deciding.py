"""Mistakes of what may be written, and of what is remembered of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import Connection

from core.clock import Clock
from core.connector import Outcome, RawRecord
from core.errors import RetryLater
from core.ledger import (
    apply,
    carry,
    creates,
    current,
    endings,
    fences,
    fields,
    lookback,
    outbox,
    plan,
    policy,
    restores,
)
from core.ledger.apply import Approval
from core.ledger.endings import Ending
from core.ledger.inverse import Inverse, inverse
from core.ledger.look import Seen
from core.ledger.operations import Operation
from core.ledger.policy import APPLY, NEEDS_APPROVAL
from core.ledger.restores import Lost
from core.ledger.send import _Sender
from core.ledger.target import Target
from core.store import Store
from core.store.audit import Head, head
from tests.simulation.firm import Firm


def dead_letter_swallowed(patch: pytest.MonkeyPatch) -> None:
    """What the vendor refuses is dropped without a word."""
    ending = endings._ending

    def swallowed(*given: Any) -> Ending:
        told = ending(*given)
        return replace(told, state="skipped") if told.state == "rejected" else told

    patch.setattr(endings, "_ending", swallowed)


def own_writes_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Nobody keeps what Inlay itself has written."""
    patch.setattr(endings, "upsert_rows", lambda *_: None)


def edits_do_not_count(patch: pytest.MonkeyPatch) -> None:
    """That a person has changed Inlay's value is not held against a new one."""
    judge = policy.judge
    patch.setattr(fields, "judge", lambda case: judge(replace(case, edited=False)))


def audit_skipped(patch: pytest.MonkeyPatch) -> None:
    """Runs that write leave no entry in the audit log."""
    patch.setattr(apply, "append", lambda *_: 0)


def audit_out_of_turn(patch: pytest.MonkeyPatch) -> None:
    """An entry is not sealed with the one before it."""
    patch.setattr("core.store.audit.head", _without_hash)


def _without_hash(conn: Connection) -> Head | None:
    last = head(conn)
    return Head(last.seq, "") if last else None


def approvals_ignored(patch: pytest.MonkeyPatch) -> None:
    """What needs approval goes without."""
    patch.setattr(Approval, "covers", lambda _, one: one.verdict.startswith((APPLY, NEEDS_APPROVAL)))


def caps_ignored(patch: pytest.MonkeyPatch) -> None:
    """Runs carry as much as there is."""
    patch.setattr(plan, "capped", lambda operations, *_: iter(operations))


def foreign_data_let_in(patch: pytest.MonkeyPatch) -> None:
    """A proposal may rest on another client's data."""
    patch.setattr(creates, "foreign", lambda *_: {})


def past_forgotten(patch: pytest.MonkeyPatch) -> None:
    """A task that a person has removed is made anew, for nobody remembers the first."""
    patch.setattr(creates, "_past", lambda *_: {})
    patch.setattr(creates, "keys_held", lambda *_: set())


def trouble_is_final(patch: pytest.MonkeyPatch) -> None:
    """A connection that is busy once has its operations refused for good, without a dead letter."""
    call = _Sender._call

    def impatient(self: Any, parcels: Any) -> Any:
        said = call(self, parcels)
        if isinstance(self.trouble, RetryLater):
            self.trouble = None
            return [Outcome("applied", external_id=one.row.external_id or "x") for one in parcels]
        return said

    patch.setattr(_Sender, "_call", impatient)


def outbox_in_a_second_transaction(patch: pytest.MonkeyPatch) -> None:
    """Operations are marked as queued first, and put into the outbox afterwards."""
    late: list[Sequence[Operation]] = []
    deliver = apply.deliver

    def enqueued_first(store: Store, setups: Any, clock: Clock, *rest: Any) -> Any:
        while late:
            with store.begin() as conn:
                outbox.enqueue(conn, late.pop(), clock.now())
        return deliver(store, setups, clock, *rest)

    patch.setattr(apply, "enqueue", lambda _, operations, __: late.append(operations))
    patch.setattr(apply, "deliver", enqueued_first)
    patch.setattr(import_module("core.ledger.undo"), "deliver", enqueued_first)
    patch.setattr(Firm, "forget", _forgetting(Firm.forget, late))


def _forgetting(forget: Callable[[Firm], None], late: list[Sequence[Operation]]) -> Callable[[Firm], None]:
    def dead(firm: Firm) -> None:
        late.clear()
        forget(firm)

    return dead


def echo_taken_for_an_edit(patch: pytest.MonkeyPatch) -> None:
    """What Inlay has written comes back by a reading, and counts as somebody else's."""
    judge = policy.judge
    patch.setattr(fields, "judge", lambda case: judge(replace(case, edited=case.edited or case.ours, ours=False)))


def undo_overwrites_edits(patch: pytest.MonkeyPatch) -> None:
    """Taking back does not ask whether somebody has worked on it since."""

    def restore(_: Inverse, one: Operation, record: RawRecord) -> Operation:
        del record
        return inverse(one, kind="set_field", field=one.field, before=one.after, after=one.before)

    patch.setattr(Inverse, "_restore", restore)


def undone_comes_back(patch: pytest.MonkeyPatch) -> None:
    """What a person has taken back is written again by the next run."""
    judge = policy.judge
    patch.setattr(fields, "judge", lambda case: judge(replace(case, undone_in=None)))


def undone_task_comes_back(patch: pytest.MonkeyPatch) -> None:
    """A task that a person has had taken back is made again by the next run."""
    patch.setattr(creates, "by_mode", lambda mode, verdict, _: policy.by_mode(mode, verdict, None))


def history_not_asked(patch: pytest.MonkeyPatch) -> None:
    """Nobody asks the vendor's history for edits that were written over."""
    patch.setattr(lookback, "_written_over", lambda *_: iter(()))


def given_back_and_taken_again(patch: pytest.MonkeyPatch) -> None:
    """What was given back to a person counts as Inlay's own, for Inlay has written it."""
    written = current.Written

    def own(*given: Any) -> current.Written:
        told = written(*given)
        return replace(told, is_persons=False, undone_in=None) if told.is_persons else told

    patch.setattr(current, "Written", own)


def given_back_over_an_edit(patch: pytest.MonkeyPatch) -> None:
    """What a person wrote in the gap is given back, whatever somebody has written there since."""
    patch.setattr(restores, "_of_stream", _without_a_look)
    patch.setattr(carry, "drift", lambda *_: [])
    patch.setattr(carry, "look", lambda *_: Seen())


def _without_a_look(_: Connection, target: Target, lost: Sequence[Lost]) -> Iterator[Operation]:
    del target
    yield from (restores._restore(one, one.operation.after) for one in lost)


def loop_not_seen(patch: pytest.MonkeyPatch) -> None:
    """Two systems may answer each other for ever."""
    patch.setattr(fences, "_written_often", lambda *_: {})

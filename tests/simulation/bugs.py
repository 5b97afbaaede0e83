"""Planted bugs: the mistakes that such hubs are known to make, each switched on to see that the simulation notices.

Each names the world in which no other safety net hides it and the first seed of that world in which it was caught.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection

from core.connector import Connector, Outcome, Verb, WriteRow
from core.engine import jobs
from core.errors import RetryLater, UnknownOutcome
from core.ledger import apply, carry, creates, deliver, endings, fields, outbox, parcel, plan, policy
from core.ledger import breaker as resting
from core.ledger.apply import Approval
from core.ledger.endings import Ending
from core.ledger.operations import Operation
from core.ledger.policy import APPLY, NEEDS_APPROVAL
from core.ledger.send import _Sender
from core.ledger.target import Target
from core.store import Store
from core.store.audit import Head, head
from core.store.inbox import settle_until, waiting
from core.store.tables import outbox as outbox_table
from core.sync import gone, stream, sync_connection
from core.sync.batches import Batcher
from core.sync.foreign import read_pages
from tests.simulation.firm import Firm
from tests.simulation.storm import Ended, run_seed
from tests.simulation.vendor import SimCrm

Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Bug:
    """One mistake: where it shows, how it is made, and the first seed that catches it."""

    name: str
    world: str
    plant: Plant
    seed: int

    def run(self, seed: int) -> Ended:
        """One run of its world."""
        return run_seed(self.world, seed)

    @contextmanager
    def planted(self) -> Iterator[None]:
        """The hub with this mistake."""
        with pytest.MonkeyPatch.context() as patch:
            self.plant(patch)
            yield


# --- intake and reading ---------------------------------------------------------------------------------------------


def answer_before_commit(patch: pytest.MonkeyPatch) -> None:
    """The webhook's sender is told 2xx, then the event is kept."""
    keep = Firm.door

    def door(self: Firm, crm: SimCrm, event: str, answer: Callable[[], None]) -> None:
        answer()
        keep(self, crm, event, answer)

    patch.setattr(Firm, "door", door)


def cursor_before_rows(patch: pytest.MonkeyPatch) -> None:
    """The position is saved in a transaction of its own, before what was read."""

    def store_all(self: Any, intake: Any, seen: Any) -> None:
        fields_ = self._origin.mapping.fields
        pages = read_pages(self._setup.connector, self._origin.stream, fields_, self._reading.since)
        batcher = Batcher(self._origin, seen, unique=False)
        for batch in batcher.batches(pages):
            if batch.cursor is not None:
                with self._store.begin() as conn:
                    self._save_position(conn, batch.cursor)
            with self._store.begin() as conn:
                self._store_batch(conn, intake, batch, True)

    patch.setattr(stream.StreamSync, "_store_all", store_all)
    patch.setattr("tests.simulation.vendor.OVERLAP", datetime.resolution)


def no_overlap(patch: pytest.MonkeyPatch) -> None:
    """Reading goes on exactly where it ended, though lists show changes late."""
    patch.setattr("tests.simulation.vendor.OVERLAP", datetime.resolution)


def event_done_before_read(patch: pytest.MonkeyPatch) -> None:
    """Events are settled first, then what they told of is read."""
    read = sync_connection

    def settled_first(store: Store, setup: Any, clock: Any, **more: Any) -> Any:
        with store.begin() as conn:
            for connection, newest in waiting(conn).items():
                settle_until(conn, connection, newest, "done")
        return read(store, setup, clock, **more)

    patch.setattr(jobs, "sync_connection", settled_first)


def tombstones_ignored(patch: pytest.MonkeyPatch) -> None:
    """What the vendor lists as deleted stays in the model."""
    patch.setattr(stream, "bury", lambda *_: 0)


def merge_not_followed(patch: pytest.MonkeyPatch) -> None:
    """What pointed at a merged record points at nothing."""
    patch.setattr(gone, "_follow_merges", lambda *_: None)


# --- sending --------------------------------------------------------------------------------------------------------


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
    patch.setattr(outbox, "_free", lambda at: (outbox_table.c.due_at <= at,))


def retried_before_told(patch: pytest.MonkeyPatch) -> None:
    """The vendor's word on when to come again is not heard."""
    fail = resting.fail

    def at_once(conn: Connection, name: str, cause: str, now: datetime, until: datetime | None) -> Any:
        del until
        return fail(conn, name, cause, now, now)

    patch.setattr(deliver, "fail", at_once)


def breaker_never_opens(patch: pytest.MonkeyPatch) -> None:
    """A system that is down is called again and again."""
    patch.setattr(deliver, "fail", lambda *_: None)
    patch.setattr(carry, "admit", lambda *_: "free")


def breaker_never_closes(patch: pytest.MonkeyPatch) -> None:
    """A system that failed once is left alone for ever."""
    patch.setattr(
        carry, "admit", lambda conn, name, now: "free" if resting.admit(conn, name, now) == "free" else "rest"
    )


# --- bookkeeping ----------------------------------------------------------------------------------------------------


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


BUGS = (
    Bug("answer before commit", "events", answer_before_commit, 20),
    Bug("cursor saved before rows", "plain", cursor_before_rows, 22),
    Bug("no overlap", "lagging", no_overlap, 4),
    Bug("event done before it was read", "events", event_done_before_read, 11),
    Bug("tombstones ignored", "plain", tombstones_ignored, 3),
    Bug("merge not followed", "plain", merge_not_followed, 4),
    Bug("marked before the call", "plain", marked_before_call, 0),
    Bug("time-out taken as success", "plain", timeout_is_success, 0),
    Bug("time-out taken as failure", "keyless", timeout_is_failure, 2),
    Bug("partial batch taken as success", "plain", partial_is_success, 25),
    Bug("create without key", "plain", create_without_key, 0),
    Bug("read-back assumes success", "plain", readback_assumes_success, 0),
    Bug("fence ignored", "racing", fence_ignored, 21),
    Bug("lease ignored", "racing keyless", lease_ignored, 34),
    Bug("retried before told", "plain", retried_before_told, 5),
    Bug("breaker never opens", "plain", breaker_never_opens, 5),
    Bug("breaker never closes", "plain", breaker_never_closes, 4),
    Bug("dead letter swallowed", "plain", dead_letter_swallowed, 0),
    Bug("own writes forgotten", "plain", own_writes_forgotten, 2),
    Bug("edits do not count", "plain", edits_do_not_count, 2),
    Bug("audit entry skipped", "plain", audit_skipped, 0),
    Bug("audit entry out of turn", "plain", audit_out_of_turn, 0),
    Bug("approvals ignored", "plain", approvals_ignored, 1),
    Bug("caps ignored", "starved", caps_ignored, 0),
    Bug("foreign data let in", "plain", foreign_data_let_in, 9),
    Bug("past forgotten", "plain", past_forgotten, 0),
    Bug("busy taken as done", "plain", trouble_is_final, 5),
)

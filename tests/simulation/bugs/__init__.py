"""Planted bugs: the mistakes that such hubs are known to make, each switched on to see that the simulation notices.

Each names the world in which no other safety net hides it and the first seed of that world in which it was caught.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.simulation.bugs import deciding, reading, sending
from tests.simulation.storm import Ended, run_seed

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


BUGS = (
    Bug("answer before commit", "events", reading.answer_before_commit, 7),
    Bug("cursor saved before rows", "plain", reading.cursor_before_rows, 28),
    Bug("no overlap", "lagging", reading.no_overlap, 12),
    Bug("event done before it was read", "events", reading.event_done_before_read, 72),
    Bug("tombstones ignored", "plain", reading.tombstones_ignored, 1),
    Bug("merge not followed", "plain", reading.merge_not_followed, 4),
    Bug("marked before the call", "plain", sending.marked_before_call, 2),
    Bug("time-out taken as success", "plain", sending.timeout_is_success, 7),
    Bug("time-out taken as failure", "keyless", sending.timeout_is_failure, 3),
    Bug("partial batch taken as success", "plain", sending.partial_is_success, 1),
    Bug("create without key", "plain", sending.create_without_key, 0),
    Bug("read-back assumes success", "plain", sending.readback_assumes_success, 1),
    Bug("fence ignored", "racing", sending.fence_ignored, 51),
    Bug("lease ignored", "racing keyless", sending.lease_ignored, 12),
    Bug("retried before told", "plain", sending.retried_before_told, 8),
    Bug("breaker never opens", "plain", sending.breaker_never_opens, 8),
    Bug("breaker never closes", "plain", sending.breaker_never_closes, 4),
    Bug("dead letter swallowed", "plain", deciding.dead_letter_swallowed, 0),
    Bug("own writes forgotten", "plain", deciding.own_writes_forgotten, 3),
    Bug("edits do not count", "plain", deciding.edits_do_not_count, 3),
    Bug("audit entry skipped", "plain", deciding.audit_skipped, 0),
    Bug("audit entry out of turn", "plain", deciding.audit_out_of_turn, 0),
    Bug("approvals ignored", "plain", deciding.approvals_ignored, 2),
    Bug("caps ignored", "starved", deciding.caps_ignored, 0),
    Bug("foreign data let in", "plain", deciding.foreign_data_let_in, 10),
    Bug("past forgotten", "plain", deciding.past_forgotten, 0),
    Bug("busy taken as done", "plain", deciding.trouble_is_final, 6),
    Bug("intake not synced", "power", reading.intake_not_synced, 3),
    Bug("lease not renewed", "slow", sending.lease_not_renewed, 16),
    Bug("lost field counts as written", "drifting", sending.lost_field_counts_as_written, 26),
    Bug("drift unchecked", "plain", sending.drift_unchecked, 11),
    Bug("row retried before told", "plain", sending.row_retried_before_told, 24),
    Bug("outbox in a second transaction", "plain", deciding.outbox_in_a_second_transaction, 15),
    Bug("echo taken for an edit", "plain", deciding.echo_taken_for_an_edit, 1),
    Bug("undo overwrites edits", "plain", deciding.undo_overwrites_edits, 7),
    Bug("undone comes back", "plain", deciding.undone_comes_back, 7),
    Bug("undone task comes back", "plain", deciding.undone_task_comes_back, 7),
    Bug("history not asked", "looking back", deciding.history_not_asked, 3),
    Bug("loop not seen", "answering", deciding.loop_not_seen, 1),
)

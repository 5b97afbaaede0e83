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
    Bug("answer before commit", "events", reading.answer_before_commit, 5),
    Bug("cursor saved before rows", "plain", reading.cursor_before_rows, 28),
    Bug("no overlap", "lagging", reading.no_overlap, 3),
    Bug("event done before it was read", "events", reading.event_done_before_read, 38),
    Bug("tombstones ignored", "plain", reading.tombstones_ignored, 1),
    Bug("merge not followed", "plain", reading.merge_not_followed, 4),
    Bug("marked before the call", "plain", sending.marked_before_call, 1),
    Bug("time-out taken as success", "plain", sending.timeout_is_success, 0),
    Bug("time-out taken as failure", "keyless", sending.timeout_is_failure, 3),
    Bug("partial batch taken as success", "plain", sending.partial_is_success, 22),
    Bug("create without key", "plain", sending.create_without_key, 0),
    Bug("read-back assumes success", "plain", sending.readback_assumes_success, 0),
    Bug("fence ignored", "racing", sending.fence_ignored, 63),
    Bug("lease ignored", "racing keyless", sending.lease_ignored, 5),
    Bug("retried before told", "plain", sending.retried_before_told, 5),
    Bug("breaker never opens", "plain", sending.breaker_never_opens, 5),
    Bug("breaker never closes", "plain", sending.breaker_never_closes, 3),
    Bug("dead letter swallowed", "plain", deciding.dead_letter_swallowed, 0),
    Bug("own writes forgotten", "plain", deciding.own_writes_forgotten, 0),
    Bug("edits do not count", "plain", deciding.edits_do_not_count, 4),
    Bug("audit entry skipped", "plain", deciding.audit_skipped, 0),
    Bug("audit entry out of turn", "plain", deciding.audit_out_of_turn, 0),
    Bug("approvals ignored", "plain", deciding.approvals_ignored, 0),
    Bug("caps ignored", "starved", deciding.caps_ignored, 0),
    Bug("foreign data let in", "plain", deciding.foreign_data_let_in, 0),
    Bug("past forgotten", "plain", deciding.past_forgotten, 0),
    Bug("busy taken as done", "plain", deciding.trouble_is_final, 3),
    Bug("intake not synced", "power", reading.intake_not_synced, 1),
    Bug("lease not renewed", "slow", sending.lease_not_renewed, 46),
    Bug("lost field counts as written", "drifting", sending.lost_field_counts_as_written, 42),
    Bug("drift unchecked", "plain", sending.drift_unchecked, 11),
    Bug("answers believed in their order", "plain", sending.answers_believed_in_their_order, 8),
    Bug("message sent again", "mailing", sending.message_sent_again, 20),
    Bug("message taken for sent", "mailing", sending.message_taken_for_sent, 24),
    Bug("merge without snapshot", "merging", sending.merge_without_snapshot, 2),
    Bug("children stay with the survivor", "merging", sending.children_stay_with_the_survivor, 3),
    Bug("merge not followed by what waits", "merging", sending.merge_not_followed_by_what_waits, 40),
    Bug("row retried before told", "plain", sending.row_retried_before_told, 0),
    Bug("outbox in a second transaction", "plain", deciding.outbox_in_a_second_transaction, 1),
    Bug("echo taken for an edit", "plain", deciding.echo_taken_for_an_edit, 0),
    Bug("undo overwrites edits", "keyless", deciding.undo_overwrites_edits, 11),
    Bug("undone comes back", "plain", deciding.undone_comes_back, 0),
    Bug("undone task comes back", "plain", deciding.undone_task_comes_back, 37),
    Bug("history not asked", "looking back", deciding.history_not_asked, 0),
    Bug("given back and taken again", "looking back", deciding.given_back_and_taken_again, 10),
    Bug("given back over an edit", "looking back", deciding.given_back_over_an_edit, 16),
    Bug("loop not seen", "answering", deciding.loop_not_seen, 9),
)

"""kill -9 at every place where something is left behind: each commit, each call, each step, the first hits of each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation import happenings
from tests.simulation.fate import CrashPoint
from tests.simulation.firm import Firm
from tests.simulation.storm import Storm
from tests.simulation.worlds import Temper, World

HITS = 3
SLICE = 11
QUIET = World("quiet", "nothing goes wrong but the one kill", Temper(trouble=0.0), deadly=0.0)
SEED = 1


def undo_all(firm: Firm) -> None:
    """A person takes the last run back."""
    for run_id in firm.undoable()[:1]:
        firm.undo(run_id)


def refuse_and_replay(firm: Firm) -> None:
    """The vendor refuses a task, and takes it when it is sent again."""
    happenings.propose(firm)
    happenings.work(firm)
    for crm in firm.crms:
        crm.heal()
    firm.replay()


SCRIPT = (
    happenings.propose,
    happenings.compute,
    happenings.work,
    happenings.edit,
    happenings.merge_clients,
    happenings.compute,
    refuse_and_replay,
    undo_all,
    happenings.work,
)


def undisturbed() -> Storm:
    storm = Storm(QUIET, SEED)
    ended = storm.run(SCRIPT)
    assert ended.broken == ()
    return storm


def points() -> Iterator[CrashPoint]:
    """Every site that the undisturbed story passes, as often as it does, three times at most."""
    for site, times in sorted(undisturbed().fate.passed.items()):
        yield from (CrashPoint(site, hit) for hit in range(1, min(times, HITS) + 1))


POINTS = tuple(points())


def dies_at(point: CrashPoint) -> None:
    storm = Storm(QUIET, SEED, doom=point)
    ended = storm.run(SCRIPT)
    assert ended.crashes == 1, f"{point} was never reached"
    assert ended.broken == (), str(ended)


def test_there_is_a_point_before_and_after_each_kind_of_commit_call_and_step() -> None:
    sites = {point.site for point in POINTS}
    for wanted in (
        "before core.sync.run:_begin", "after core.sync.stream:_store_all", "before core.sync.stream:_read",
        "before core.ledger.plan:make_plan", "after core.ledger.apply:apply_plan", "before core.ledger.carry:_claim",
        "after core.ledger.carry:_write_down", "after core.ledger.apply:deliver", "before core.ledger.undo:_queue",
        "before update Account", "after update Account", "before upsert Task", "after upsert Task",
        "after delete Task", "before read Account", "step claimed", "step sent", "step written down",
    ):  # fmt: skip
        assert wanted in sites
    assert len(POINTS) > 100


@pytest.mark.parametrize("point", POINTS[::SLICE], ids=str)
def test_killed_at_a_point_it_ends_well(point: CrashPoint) -> None:
    dies_at(point)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_killed_at_every_point_it_ends_well() -> None:
    for point in POINTS:
        dies_at(point)

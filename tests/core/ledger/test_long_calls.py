"""Calls that take longer than a lease, and records that are called otherwise when the answer comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from core.connector import Outcome, Verb, WriteRow
from core.errors import AuthError
from core.ledger import Delivery, resume
from core.ledger.book import operations_by_id
from core.ledger.breaker import rests
from core.ledger.current import written_values
from core.ledger.outbox import claim, due, enqueue, renew
from core.ledger.readback import GONE
from core.ledger.target import targets_of
from core.pulse import beat, heard_by
from core.store import Store
from tests.core.ledger.test_outbox import both, operation
from tests.core.ledger.world import START, World
from tests.doubles.crm import Call, MemoryCrm, busy

__all__ = ["both"]
LEASE = 60.0


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


# --- signs of life --------------------------------------------------------------------------------------------------


def test_a_sign_of_life_is_heard_by_who_listens_and_by_nobody_else() -> None:
    heard: list[str] = []
    beat()
    with heard_by(lambda: heard.append("outer")):
        beat()
        with heard_by(lambda: heard.append("inner")):
            beat()
        beat()
    beat()
    assert heard == ["outer", "inner", "outer"]


def test_a_listener_is_gone_after_a_call_that_failed() -> None:
    heard: list[str] = []
    with pytest.raises(ValueError, match="lost"), heard_by(lambda: heard.append("late")):
        raise ValueError("lost")
    beat()
    assert heard == []


def test_a_renewed_claim_holds_from_now_on_for_a_whole_lease(both: Store) -> None:
    with both.begin() as conn:
        mine = claim(conn, ["a", "b"], START, LEASE)
        renew(conn, mine, START + after(50), LEASE)
        assert claim(conn, ["a", "b"], START + after(109), LEASE) == {}
        assert set(claim(conn, ["a", "b"], START + after(110), LEASE)) == {"a", "b"}


def test_a_claim_that_was_taken_over_is_not_renewed(both: Store) -> None:
    with both.begin() as conn:
        mine = claim(conn, ["a", "b"], START, LEASE)
        theirs = claim(conn, ["a"], START + after(61), LEASE)
        assert theirs["a"].fence == mine["a"].fence + 1
        renew(conn, mine, START + after(100), LEASE)
        assert claim(conn, ["a"], START + after(121), LEASE) != {}, "their lease ends when it ended before"
        assert claim(conn, ["b"], START + after(121), LEASE) == {}, "what is still ours was renewed"


def test_what_is_not_in_the_outbox_any_more_is_not_put_back_by_renewing_it(both: Store) -> None:
    with both.begin() as conn:
        mine = claim(conn, ["a"], START, LEASE)
        renew(conn, {**mine, "zz": mine["a"]}, START + after(30), LEASE)
        assert [one.operation_id for one in due(conn, START + after(200))] == ["a", "b", "c"]


def a_job(world: World, minutes: int, looks: Callable[[], None] = lambda: None, *, is_alive: bool = True) -> None:
    """The vendor's next write takes so many minutes; the connector looks every twenty seconds."""

    def takes_long(_: MemoryCrm, __: Call) -> None:
        for _look in range(3 * minutes):
            world.clock.sleep(20)
            if is_alive:
                beat()
            looks()

    for setup in world.setups:
        assert isinstance(setup.connector, MemoryCrm)
        setup.connector.faults.before = [takes_long]


def another_worker(world: World, found: list[int]) -> Callable[[], None]:
    """A second worker that looks into the same outbox."""
    hurried = Delivery(patience_seconds=0)

    def comes_by() -> None:
        told = resume(world.store, world.setups, world.clock, delivery=hurried)
        found.append(told.applied + told.rejected + told.skipped)

    return comes_by


def test_a_job_of_ten_minutes_stays_with_its_worker(world: World, crm: MemoryCrm) -> None:
    world.signal("crm/Account/A1", "health.score", 50)
    world.plan()
    found: list[int] = []
    a_job(world, 10, another_worker(world, found))
    assert world.apply().applied == 1
    assert (len(found), sum(found)) == (30, 0), "somebody else has taken it"
    assert [call.verb for call in crm.writes_made()] == ["update"]


def test_a_worker_that_gives_no_sign_of_life_loses_its_batch_to_the_next(world: World, crm: MemoryCrm) -> None:
    world.signal("crm/Account/A1", "health.score", 50)
    world.plan()
    found: list[int] = []
    a_job(world, 2, another_worker(world, found), is_alive=False)
    report = world.apply()
    assert sum(found) == 1
    assert report.applied == 0, "its claim is void when it comes back"
    assert crm.records["Account"]["A1"]["Score__c"] == 50


# --- the survivor of a merge ----------------------------------------------------------------------------------------


class MergedMeanwhile(MemoryCrm):
    """Somebody has merged A1 into A2: writes to A1 go to A2, and the answer says so, as HubSpot does."""

    def write(self, stream: str, verb: Verb, rows: Sequence[WriteRow]) -> list[Outcome]:
        said: list[Outcome] = []
        for row in rows:
            home = "A2" if row.external_id == "A1" else row.external_id
            self.records[stream][home or ""].update(row.values)
            self._touch(stream, home or "")
            said.append(Outcome("applied", external_id=row.external_id, merged_into=home if home == "A2" else None))
        self.calls.append(Call(verb, stream, rows))
        return said


@pytest.fixture
def merged(crm: MemoryCrm) -> MemoryCrm:
    crm.__class__ = MergedMeanwhile
    return crm


def test_a_write_to_a_record_that_was_merged_away_counts_as_applied_on_the_survivor(
    world: World, merged: MemoryCrm
) -> None:
    world.signal("crm/Account/A1", "health.score", 50)
    [planned] = world.plan().operations
    report = world.apply()
    assert (report.applied, report.unknown, report.ok) == (1, 0, True)
    with world.store.read() as conn:
        one = operations_by_id(conn, [planned.id])[planned.id]
        assert (one.state, one.external_id) == ("applied", "A1")
        written = written_values(conn, "crm", "Account", ["A1", "A2"])
    assert set(written) == {"A2"}
    assert written["A2"]["Score__c"].value == 50
    assert len(merged.writes_made()) == 1


def test_undo_leaves_the_survivor_alone_for_nobody_knows_what_it_held_before(world: World, merged: MemoryCrm) -> None:
    merged.records["Account"]["A2"]["Score__c"] = 70
    world.signal("crm/Account/A1", "health.score", 50)
    world.plan()
    run = world.apply().run_id
    merged.__class__ = MemoryCrm
    merged.merge("Account", "A2", ["A1"])
    report = world.undo(run)
    assert report.undone == 0
    assert [one.why for one in report.left_alone] == [GONE]
    assert merged.records["Account"]["A2"]["Score__c"] == 50


def test_the_survivors_value_is_inlays_own_when_it_is_read(world: World, merged: MemoryCrm) -> None:
    world.signal("crm/Account/A1", "health.score", 50)
    world.plan()
    world.apply()
    merged.__class__ = MemoryCrm
    merged.merge("Account", "A2", ["A1"])
    world.sync()
    world.signal("crm/Account/A2", "health.score", 60)
    [planned] = [one for one in world.plan().operations if one.external_id == "A2"]
    assert (planned.before, planned.after, planned.verdict) == (50, 60, "apply")


def test_where_both_were_written_in_one_batch_the_survivors_own_value_is_remembered(
    world: World, merged: MemoryCrm
) -> None:
    world.signal("crm/Account/A1", "health.score", 50)
    world.signal("crm/Account/A2", "health.score", 70)
    world.plan()
    assert world.apply().applied == 2
    assert len(merged.writes_made()) == 1
    with world.store.read() as conn:
        written = written_values(conn, "crm", "Account", ["A1", "A2"])
    assert {record: {name: one.value for name, one in found.items()} for record, found in written.items()} == {
        "A2": {"Score__c": 70}
    }


def test_operations_are_read_by_any_number_of_ids(both: Store) -> None:
    names = [f"n{number}" for number in range(2500)]
    with both.begin() as conn:
        enqueue(conn, [operation(name, "crm") for name in names], START)
        claims = claim(conn, names, START, LEASE)
        assert len(claims) == 2500
        assert operations_by_id(conn, names) == {}, "they wait, and the ledger does not know them"


# --- what it costs, and who hears of trouble ------------------------------------------------------------------------


class JobCrm(MemoryCrm):
    """Two hundred rows fill a call; from a thousand on a batch is a job of eight calls."""

    def calls_for(self, stream: str, verb: Verb, rows: int) -> int:
        del stream, verb
        return 8 if rows >= 1000 else -(-rows // 200)


@pytest.mark.parametrize(
    ("records", "batch", "calls"),
    [(1, 200, 1), (200, 200, 1), (201, 200, 2), (1000, 1000, 8), (1001, 1000, 9), (2500, 1000, 19), (999, 1000, 5)],
)
def test_a_plan_knows_what_jobs_cost(world: World, records: int, batch: int, calls: int) -> None:
    crm = world.connect(JobCrm("crm", world.clock, batch=batch))
    target = targets_of(world.setups)["crm"]
    assert target.calls("Account", "update", records) == calls
    assert target.calls("Account", "merge", records) == records
    assert crm.calls == []


def test_the_moment_a_connection_is_told_to_wait_every_worker_knows(world: World, crm: MemoryCrm) -> None:
    """There is no moment between the end of a call and the rest of its connection at which another might call."""
    seen: list[list[str]] = []

    def look(step: str) -> None:
        if step == "written down":
            with world.store.read() as conn:
                seen.append([one.connection for one in rests(conn)])

    world.delivery = Delivery(patience_seconds=0, reached=look)
    world.signal("crm/Account/A1", "health.score", 50)
    world.plan()
    crm.faults.before = [busy(300)]
    assert world.apply().waiting == 1
    assert seen == [["crm"]]


def test_a_refusal_for_good_opens_no_breaker(world: World, crm: MemoryCrm) -> None:
    def revoked(_: MemoryCrm, __: Call) -> None:
        raise AuthError("the token was revoked", where="crm")

    world.signal("crm/Account/A1", "health.score", 50)
    world.plan()
    crm.faults.before = [revoked]
    assert list(world.apply().stopped) == ["crm"]
    with world.store.read() as conn:
        assert rests(conn) == []

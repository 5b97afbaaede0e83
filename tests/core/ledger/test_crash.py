"""kill -9 at every commit and every call: started again, it ends like an undisturbed run, and no task is made twice."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from core.clock import FixedClock
from core.errors import ConfigError
from core.ledger import list_runs
from core.store import Store
from tests.core.ledger.world import START, World, task
from tests.doubles.crm import Call, Fault, KilledError, MemoryCrm, answer_lost, killed

Prepare = Callable[[World, MemoryCrm], None]
LEASE = 61


class MortalStore(Store):
    """A store whose process dies at one of its commits, right before or right after it."""

    def __init__(self, url: str, dies_at: tuple[int, str] | None = None) -> None:
        super().__init__(Store.open(url).engine)
        self.dies_at = dies_at
        self.commits = 0

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        self.commits += 1
        at = self.commits
        with super().begin() as conn:
            yield conn
            if self.dies_at == (at, "before"):
                raise KilledError
        if self.dies_at == (at, "after"):
            raise KilledError


class Play:
    """The same small story again and again: three clients, four fields and three tasks, planned; batches of two."""

    def __init__(self, empty: Path, folder: Path, prepare: Prepare) -> None:
        self._folder, self._prepare = folder, prepare
        self._number = 0
        self._planned = folder / "planned.db"
        shutil.copy(empty, self._planned)
        self._first = World(Store.open(f"sqlite:///{self._planned}"), FixedClock(START))
        crm = self._first.connect(MemoryCrm("crm", self._first.clock))
        for number in (1, 2, 3):
            crm.add("Account", f"A{number}", Name=f"Client {number}")
        self._first.sync()
        for number in (1, 2, 3):
            self._first.signal(f"crm/Account/A{number}", "health.score", 80 + number)
        self._first.signal("crm/Account/A1", "health.band", "Good")
        tasks = [task(f"crm/Account/A{number}", f"k{number}") for number in (1, 2, 3)]
        self._first.proposals = {"renewals": tasks}
        self._first.plan()
        self._first.store.close()

    def begin(self) -> World:
        """A copy of that beginning, ready to apply."""
        self._number += 1
        path = shutil.copy(self._planned, self._folder / f"{self._number}.db")
        clock = FixedClock(self._first.clock.now())
        world = World(MortalStore(f"sqlite:///{path}"), clock, proposals=self._first.proposals)
        crm = world.connect(MemoryCrm("crm", clock, batch=2))
        crm.records = copy.deepcopy(crm_of(self._first).records)
        self._prepare(world, crm)
        return world


def crm_of(world: World) -> MemoryCrm:
    crm = world.setups[0].connector
    assert isinstance(crm, MemoryCrm)
    return crm


def mortal(world: World) -> MortalStore:
    assert isinstance(world.store, MortalStore)
    return world.store


def start_again(world: World) -> None:
    """A new process: no memory, the same file, after the dead one's lease."""
    mortal(world).dies_at = None
    crm_of(world).faults.before.clear()
    crm_of(world).faults.after.clear()
    crm_of(world).faults.on_read.clear()
    world.clock.sleep(LEASE)


def carry_on(world: World) -> None:
    """What `inlay apply` does when it is started again."""
    start_again(world)
    world.resume()
    world.plan()
    world.apply()


def assert_as_undisturbed(world: World, expected: dict[str, Any]) -> None:
    crm = crm_of(world)
    assert crm.content() == expected
    made = [key for verb, _, key in crm.effects if verb == "create"]
    assert sorted(made) == sorted(set(made)), "a task was made twice"
    assert world.resume().applied == 0
    world.sync()
    assert world.plan().operations == ()
    assert {line.state for line in list_runs(world.store)} == {"done"}


def calm(_: World, __: MemoryCrm) -> None:
    """No fault but the kill."""


def stormy(_: World, crm: MemoryCrm) -> None:
    """Answers are lost too, after and before the write."""
    crm.faults.after = [answer_lost, None, answer_lost]
    crm.faults.before = [None, None, answer_lost, None, answer_lost]


@pytest.mark.parametrize("prepare", [calm, stormy])
def test_killed_at_any_commit(empty_store: Path, tmp_path: Path, prepare: Prepare) -> None:
    play = Play(empty_store, tmp_path, prepare)
    undisturbed = play.begin()
    before = mortal(undisturbed).commits
    undisturbed.apply()
    commits = range(before + 1, mortal(undisturbed).commits + 1)
    expected = crm_of(undisturbed).content()
    assert len(crm_of(undisturbed).tasks()) == 3
    assert len(commits) >= 10
    for at in commits:
        for moment in ("before", "after"):
            world = play.begin()
            mortal(world).dies_at = (at, moment)
            with pytest.raises(KilledError):
                world.apply()
            carry_on(world)
            assert_as_undisturbed(world, expected)


def at_call(number: int) -> list[Fault | None]:
    return [*[None] * number, killed]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_during_any_write(empty_store: Path, tmp_path: Path, moment: str) -> None:
    play = Play(empty_store, tmp_path, calm)
    undisturbed = play.begin()
    undisturbed.apply()
    expected = crm_of(undisturbed).content()
    writes = len(crm_of(undisturbed).writes_made())
    assert writes == 4
    for number in range(writes):
        world = play.begin()
        setattr(crm_of(world).faults, moment, at_call(number))
        with pytest.raises(KilledError):
            world.apply()
        carry_on(world)
        assert_as_undisturbed(world, expected)


def test_killed_while_reading_back(empty_store: Path, tmp_path: Path) -> None:
    play = Play(empty_store, tmp_path, calm)
    undisturbed = play.begin()
    undisturbed.apply()
    for number in range(4):
        world = play.begin()
        crm_of(world).faults.after = [*[None] * number, answer_lost]
        crm_of(world).faults.on_read = [killed]
        with pytest.raises(KilledError):
            world.apply()
        carry_on(world)
        assert_as_undisturbed(world, crm_of(undisturbed).content())


def test_killed_again_and_again(empty_store: Path, tmp_path: Path) -> None:
    play = Play(empty_store, tmp_path, calm)
    undisturbed = play.begin()
    undisturbed.apply()
    world = play.begin()
    for _ in range(60):
        mortal(world).dies_at = (mortal(world).commits + 2, "after")
        try:
            if world.apply().run_id is None:
                break
        except KilledError:
            world.clock.sleep(LEASE)
    carry_on(world)
    assert_as_undisturbed(world, crm_of(undisturbed).content())


def test_killed_undo_ends_like_an_undisturbed_one(empty_store: Path, tmp_path: Path) -> None:
    def applied() -> World:
        world = play.begin()
        world.apply()
        return world

    play = Play(empty_store, tmp_path, calm)
    undisturbed = applied()
    before = mortal(undisturbed).commits
    assert undisturbed.undo("apply-000001").undone == 7
    expected = crm_of(undisturbed).content()
    assert expected["Task"] == {}
    for at in range(before + 1, mortal(undisturbed).commits + 1):
        for moment in ("before", "after"):
            world = applied()
            mortal(world).dies_at = (at, moment)
            with pytest.raises(KilledError):
                world.undo("apply-000001")
            start_again(world)
            world.resume()
            undo_rest(world)
            assert crm_of(world).content() == expected


def undo_rest(world: World) -> None:
    with suppress(ConfigError):  # nothing may be left of the run by now
        world.undo("apply-000001")


def test_a_worker_thought_dead_cannot_write_down_its_end(empty_store: Path, tmp_path: Path) -> None:
    """The zombie's write arrived; meanwhile another worker has read it back, and a third run changed the value."""
    world = Play(empty_store, tmp_path, calm).begin()

    def sleeps_while_others_work(_: MemoryCrm, __: Call) -> None:
        world.clock.sleep(LEASE)
        assert world.resume().applied == 7

    crm = crm_of(world)
    crm.faults.after = [sleeps_while_others_work]
    report = world.apply()
    assert report.applied == 0
    assert list_runs(world.store)[0].counts == {"applied": 7}
    assert len(crm.tasks()) == 3
    assert len([effect for effect in crm.effects if effect[1] == "Account"]) == 3


def test_a_zombie_whose_write_arrives_late_changes_nothing(empty_store: Path, tmp_path: Path) -> None:
    world = Play(empty_store, tmp_path, calm).begin()
    crm = crm_of(world)

    def sleeps_before_the_vendor_sees_it(_: MemoryCrm, __: Call) -> None:
        world.clock.sleep(LEASE)
        world.resume()

    crm.faults.before = [None, None, sleeps_before_the_vendor_sees_it]
    world.apply()
    assert len(crm.tasks()) == 3
    assert list_runs(world.store)[0].counts == {"applied": 7}
    world.sync()
    assert world.plan().operations == ()


def test_a_living_lease_is_respected(empty_store: Path, tmp_path: Path) -> None:
    world = Play(empty_store, tmp_path, calm).begin()
    seen: list[int] = []

    def another_worker_looks(_: MemoryCrm, __: Call) -> None:
        world.clock.sleep(1)
        world.delivery = type(world.delivery)(patience_seconds=0)
        seen.append(world.resume().applied)

    crm_of(world).faults.before = [another_worker_looks]
    world.apply()
    assert seen == [4]  # not the two records that are just being sent, with three fields together
    assert [row.external_id for row in crm_of(world).writes_made()[0].rows] == ["A1", "A2"]

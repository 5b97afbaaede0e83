"""Killed anywhere and started again, a sync ends in the store that an undisturbed one makes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from core.clock import FixedClock
from core.connector import Cursor, Page, Tombstone
from core.store import Store
from core.store.runs import read_runs
from core.sync import batches, remap, sync_connection
from tests.core.sync.feed import MAPPING, START, CrashingStore, Feed, KilledError, commits, content, opened, setup_of

Scenario = Callable[[], Feed]


def first_load() -> Feed:
    feed = Feed(page=4)
    for number in range(12):
        feed.put("Account", f"a{number:02d}", number, name=f"Client {number}" if number % 5 else "", people=-number)
        feed.put("Person", f"p{number:02d}", number, name="P", account=f"a{number:02d}")
    feed.put("Deal", "d1", name="Audit", won=True)
    return feed


def changed_since() -> Feed:
    feed = first_load()
    for number in range(0, 12, 3):
        feed.put("Account", f"a{number:02d}", 30 + number, name=f"Client {number} renamed", people=-1)
    feed.put("Deal", "d1", 30, name="Audit", won=False)
    feed.drop("Person", "p05")
    feed.tombstones["Person"] = [Tombstone("p05", "deleted", "2026-06-29T00:00:00Z")]
    feed.tombstones["Account"] = [Tombstone("a01", "merged", merged_into="a02")]
    feed.drop("Account", "a01")
    return feed


def files() -> Feed:
    feed = Feed(mode="full", page=4)
    for number in range(12):
        feed.append("Account", id=f"a{number:02d}", name=f"Client {number}")
    feed.append("Account", id="a03", name="Somebody else")
    feed.append("Account", name="Without id")
    return feed


def files_later() -> Feed:
    feed = files()
    for record_id in ("a00", "a07", "a11"):
        feed.drop("Account", record_id)
    feed.append("Account", id="a20", name="New")
    return feed


STORIES: dict[str, list[Scenario]] = {
    "first load": [first_load],
    "changes and deletions": [first_load, changed_since],
    "files": [files],
    "files with rows removed": [files, files_later],
}


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "RECORDS", 4)


def play(store: Store, story: list[Scenario]) -> None:
    """All of a story but its last step, which the test disturbs."""
    for step in story[:-1]:
        sync_connection(store, setup_of(step()), FixedClock(START))


@pytest.mark.parametrize("after", [False, True], ids=["before the commit", "after the commit"])
@pytest.mark.parametrize("name", STORIES)
def test_killed_at_every_commit(tmp_path: Path, name: str, after: bool) -> None:
    story = STORIES[name]
    with opened(f"sqlite:///{tmp_path / 'calm.db'}") as calm:
        play(calm, story)
        counting, seen = commits(calm)
        sync_connection(counting, setup_of(story[-1]()), FixedClock(START))
        wanted = content(calm)
    with opened(f"sqlite:///{tmp_path / 'start.db'}") as store:
        play(store, story)
    for number in range(1, len(seen) + 1):
        shutil.copy(tmp_path / "start.db", tmp_path / "killed.db")
        with Store.open(f"sqlite:///{tmp_path / 'killed.db'}") as store:
            with pytest.raises(KilledError):
                sync_connection(CrashingStore(store, number, after=after), setup_of(story[-1]()), FixedClock(START))
            sync_connection(store, setup_of(story[-1]()), FixedClock(START))
            assert content(store) == wanted, f"killed at write transaction {number} of {len(seen)}"


def test_killed_at_every_commit_on_postgresql(postgres_store: Store, sqlite_store: Store) -> None:
    story = STORIES["changes and deletions"]
    play(sqlite_store, story)
    counting, seen = commits(sqlite_store)
    sync_connection(counting, setup_of(story[-1]()), FixedClock(START))
    play(postgres_store, story)
    for number in range(1, len(seen) + 1):
        with suppress(KilledError):  # what the earlier ones left needs ever fewer commits
            sync_connection(
                CrashingStore(postgres_store, number, after=False), setup_of(story[-1]()), FixedClock(START)
            )
    sync_connection(postgres_store, setup_of(story[-1]()), FixedClock(START))
    assert _without_payloads(content(postgres_store)) == _without_payloads(content(sqlite_store))


def _without_payloads(found: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """Both databases hold the same bytes, but one hands them out as memoryview."""
    return {
        name: [tuple(bytes(value) if isinstance(value, bytes | memoryview) else value for value in row) for row in rows]
        for name, rows in found.items()
    }


@pytest.mark.parametrize("after", [False, True], ids=["before the commit", "after the commit"])
def test_remap_killed_at_every_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: bool) -> None:
    monkeypatch.setattr(import_module("core.sync.remap"), "CHUNK", 5)
    changed = tmp_path / "changed.yaml"
    changed.write_text(MAPPING.read_text().replace("last_name: name", "first_name: name"))
    with opened(f"sqlite:///{tmp_path / 'calm.db'}") as calm:
        play(calm, [first_load, first_load])
        counting, seen = commits(calm)
        remap(counting, [setup_of(Feed(), changed)], FixedClock(START))
        wanted = content(calm)
    with opened(f"sqlite:///{tmp_path / 'start.db'}") as store:
        play(store, [first_load, first_load])
    for number in range(1, len(seen) + 1):
        shutil.copy(tmp_path / "start.db", tmp_path / "killed.db")
        with Store.open(f"sqlite:///{tmp_path / 'killed.db'}") as store:
            with pytest.raises(KilledError):
                remap(CrashingStore(store, number, after=after), [setup_of(Feed(), changed)], FixedClock(START))
            remap(store, [setup_of(Feed(), changed)], FixedClock(START))
            assert content(store) == wanted, f"killed at write transaction {number} of {len(seen)}"


def test_killed_runs_are_told_as_interrupted(sqlite_store: Store) -> None:
    with pytest.raises(KilledError):
        sync_connection(CrashingStore(sqlite_store, 3, after=True), setup_of(first_load()), FixedClock(START))
    sync_connection(sqlite_store, setup_of(first_load()), FixedClock(START))
    with sqlite_store.read() as conn:
        assert [(run.id, run.state) for run in read_runs(conn)] == [
            ("sync-000002", "done"),
            ("sync-000001", "interrupted"),
        ]


def test_real_kills_at_random_moments(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'calm.db'}") as calm:
        sync_connection(calm, setup_of(first_load()), FixedClock(START))
        wanted = content(calm)
    url = f"sqlite:///{tmp_path / 'killed.db'}"
    opened(url).close()
    moments = random.Random(20260630)
    killed = [_sync_and_kill(url, moments.uniform(0.0, 0.3)) for _ in range(10)]
    with opened(url) as store:
        sync_connection(store, setup_of(first_load()), FixedClock(START))
        assert content(store) == wanted
        with store.read() as conn:
            assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert killed.count(signal.SIGKILL) >= 3, "the kills came too late to prove anything"


def _sync_and_kill(url: str, seconds: float) -> int:
    """Start a sync in a process of its own, kill it so long after, and return the signal that ended it."""
    child = os.fork()
    if child == 0:
        try:
            with Store.open(url) as store:
                sync_connection(store, setup_of(_SlowFeed.like(first_load())), FixedClock(START))
        finally:
            os._exit(0)
    time.sleep(seconds)  # the moment of the kill is what is being tried
    os.kill(child, signal.SIGKILL)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


class _SlowFeed(Feed):
    """A vendor that takes its time for every page."""

    @classmethod
    def like(cls, feed: Feed) -> _SlowFeed:
        slow = cls(page=feed.page)
        slow.records = feed.records
        return slow

    def read(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        for page in super().read(stream, fields, since):
            time.sleep(0.02)
            yield page

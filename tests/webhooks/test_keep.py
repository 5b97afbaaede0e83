"""Keeping events: one commit for many requests, and what happens to each of them when it fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from core.store import Store
from core.store.inbox import Arrival, read_events
from tests.webhooks.senders import by_stripe
from webhooks.keep import MOST_WAITING, Keeper, NotKeptError, arrival_of, keep_all
from webhooks.request import Received
from webhooks.schemes.stripe import STRIPE

AT = "2026-06-30T09:00:00Z"


def arrival(number: int, body: bytes = b"{}") -> Arrival:
    return arrival_of("billing", Received(f"evt_{number}", "invoice.paid", body), AT)


def names(store: Store) -> list[str]:
    with store.read() as conn:
        return sorted(event.event_id for event in read_events(conn, limit=1000))


class SlowStore:
    """A store whose commits wait until the test lets them go, and are counted."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.commits = 0
        self.begun = threading.Event()
        self.may_end = threading.Event()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        self.begun.set()
        assert self.may_end.wait(10)
        self.commits += 1
        with self._store.begin() as conn:
            yield conn


def keeping(keeper: Keeper, pool: ThreadPoolExecutor, numbers: Sequence[int]) -> list[Any]:
    return [pool.submit(keeper.keep, [arrival(number)]) for number in numbers]


def gathered(keeper: Keeper, count: int) -> None:
    """Wait until so many requests wait for the disk."""
    for _ in range(2000):
        if len(keeper._gathered) == count:
            return
        threading.Event().wait(0.002)
    raise AssertionError(f"{len(keeper._gathered)} requests wait, not {count}")


def test_requests_that_wait_for_one_commit_share_the_next(store: Store) -> None:
    slow = SlowStore(store)
    keeper = Keeper(slow)  # type: ignore[arg-type]  # all that it needs of a store
    with ThreadPoolExecutor(12) as pool:
        first = keeping(keeper, pool, [0])
        assert slow.begun.wait(10)
        others = keeping(keeper, pool, range(1, 11))
        gathered(keeper, 10)
        slow.may_end.set()
        for one in first + others:
            one.result(timeout=10)
    assert slow.commits == 2
    assert len(names(store)) == 11


def test_nobody_is_answered_before_the_commit(store: Store) -> None:
    slow = SlowStore(store)
    keeper = Keeper(slow)  # type: ignore[arg-type]  # all that it needs of a store
    with ThreadPoolExecutor(4) as pool:
        waiting = keeping(keeper, pool, range(3))
        assert slow.begun.wait(10)
        gathered(keeper, 2)
        assert [one.done() for one in waiting] == [False] * 3
        assert names(store) == []
        slow.may_end.set()
        for one in waiting:
            one.result(timeout=10)
            assert len(names(store)) >= 1
    assert len(names(store)) == 3


def test_too_many_that_wait_are_told_to_come_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhooks.keep.MOST_WAITING", 2)
    assert MOST_WAITING > 100
    slow = SlowStore(store)
    keeper = Keeper(slow)  # type: ignore[arg-type]  # all that it needs of a store
    with ThreadPoolExecutor(4) as pool:
        first = keeping(keeper, pool, [0])
        assert slow.begun.wait(10)
        others = keeping(keeper, pool, [1, 2])
        gathered(keeper, 2)
        with pytest.raises(NotKeptError):
            keeper.keep([arrival(3)])
        slow.may_end.set()
        for one in first + others:
            one.result(timeout=10)
    assert names(store) == ["evt_0", "evt_1", "evt_2"]


def test_one_request_the_database_refuses_harms_no_other(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def picky(target: Store, arrivals: Sequence[Arrival]) -> None:
        if any(one.event_id == "evt_5" for one in arrivals):
            raise OperationalError("INSERT", {}, Exception("no"))
        keep_all(target, arrivals)

    monkeypatch.setattr("webhooks.keep.keep_all", picky)
    keeper = Keeper(store)
    with ThreadPoolExecutor(16) as pool:
        told = {number: pool.submit(keeper.keep, [arrival(number)]) for number in range(16)}
    refused = [number for number, one in told.items() if isinstance(one.exception(), NotKeptError)]
    assert refused == [5]
    assert len(names(store)) == 15


def test_a_full_disk_is_told_to_everybody_and_over_when_there_is_room(store: Store) -> None:
    keeper = Keeper(store)
    with store.engine.connect() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
    store.engine.dispose()
    with limited(store, pages + 1), pytest.raises(NotKeptError):
        keeper.keep([arrival(1, b"x" * 100_000)])
    assert names(store) == []
    keeper.keep([arrival(1, b"x" * 100_000)])
    assert names(store) == ["evt_1"]


@contextmanager
def limited(store: Store, pages: int) -> Iterator[None]:
    """No room for more than so many pages."""
    with store.engine.connect() as conn:
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    yield
    with store.engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA max_page_count = 1073741823")


def test_a_mistake_in_the_one_who_writes_leaves_nobody_waiting(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    keeper = Keeper(store)
    monkeypatch.setattr("webhooks.keep.keep_all", broken)
    with ThreadPoolExecutor(8) as pool:
        ended = [one.exception(timeout=10) for one in [pool.submit(keeper.keep, [arrival(n)]) for n in range(8)]]
    assert {type(one) for one in ended} <= {ZeroDivisionError, NotKeptError}
    monkeypatch.undo()
    keeper.keep([arrival(9)])
    assert names(store) == ["evt_9"]


def test_a_crowd_at_once_is_kept_whole(each_store: Store) -> None:
    keeper = Keeper(each_store)
    with ThreadPoolExecutor(16) as pool:
        for one in [pool.submit(keeper.keep, [arrival(number), arrival(number % 7)]) for number in range(200)]:
            one.result(timeout=30)
    assert len(names(each_store)) == 200


def test_contradictions_in_one_commit_are_set_aside_on_every_database(each_store: Store) -> None:
    for body in (b"a", b"b", b"a", b"b"):
        Keeper(each_store).keep([arrival(1, body)])
    with each_store.read() as conn:
        assert [event.body for event in read_events(conn)] == [b"a"]
        assert [event.body for event in read_events(conn, "conflict")] == [b"b"]


def test_keys_and_newlines_and_other_scripts_survive_both_databases(each_store: Store) -> None:
    body = '{"id": "evt_1", "type": "a", "data": {"object": {"name": "Söhne 日本\\u0000\\n"}}}'.encode()
    [event] = STRIPE.events(by_stripe(body))
    keep_all(each_store, [arrival_of("billing", event, AT)])
    with each_store.read() as conn:
        [kept] = read_events(conn)
    assert (kept.body, kept.digest, kept.touches) == (body, event.digest, "[]")


def test_no_events_cost_no_commit(store: Store) -> None:
    slow = SlowStore(store)
    Keeper(slow).keep([])  # type: ignore[arg-type]  # all that it needs of a store
    assert not slow.begun.is_set()

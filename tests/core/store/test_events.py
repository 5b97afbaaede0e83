"""Events and deliveries on both databases: entered once, claimed by one, settled, sent again, forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from core.clock import iso
from core.store import Store
from core.store.events import (
    Attempt,
    Delivery,
    Event,
    Standing,
    attempts_of,
    claim,
    counts,
    enter,
    forget,
    log,
    position,
    read_event,
    resend,
    save_position,
    set_standing,
    settle,
    standing,
)

NOW = datetime(2026, 6, 30, 9, tzinfo=UTC)
AT, LATER = iso(NOW), NOW + timedelta(minutes=5)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as opened:
        opened.migrate()
        yield opened


def events(count: int, *, first: int = 0, day: int = 30) -> list[Event]:
    at = f"2026-06-{day:02}T08:00:00Z"
    return [Event(f"evt_{number}", "endpoint.test", at, b'{"n":%d}' % number) for number in range(first, first + count)]


def attempt(one: Delivery, status: int) -> Attempt:
    return Attempt(one.subscriber, one.seq, one.attempts + 1, AT, status, 12, "", "words")


def test_an_event_is_entered_once_and_told_to_whom_it_concerns(store: Store) -> None:
    with store.begin() as conn:
        assert enter(conn, events(3), lambda one: ["a", "b"] if one.id == "evt_1" else ["a"], AT) == 3
        assert enter(conn, events(5), lambda _: ["a"], AT) == 2
        assert counts(conn) == {"a": {"waiting": 5}, "b": {"waiting": 1}}
        assert [one.event.id for one in claim(conn, "a", NOW, LATER, 9)] == [f"evt_{n}" for n in range(5)]


def test_an_event_twice_in_one_look_is_one(store: Store) -> None:
    with store.begin() as conn:
        assert enter(conn, [*events(2), *events(2)], lambda _: ["a"], AT) == 2


def test_what_one_has_claimed_another_does_not_get_until_the_lease_ends(store: Store) -> None:
    with store.begin() as conn:
        enter(conn, events(4), lambda _: ["a"], AT)
        assert len(claim(conn, "a", NOW, LATER, 3)) == 3
        assert [one.event.id for one in claim(conn, "a", NOW, LATER, 3)] == ["evt_3"]
        assert [one.fence for one in claim(conn, "a", LATER, LATER, 9)] == [2, 2, 2, 2]


def test_in_order_the_first_that_is_not_free_holds_up_the_rest(store: Store) -> None:
    with store.begin() as conn:
        enter(conn, events(3), lambda _: ["a"], AT)
        [first] = claim(conn, "a", NOW, LATER, 1, in_order=True)
        assert claim(conn, "a", NOW, LATER, 1, in_order=True) == []
        assert settle(conn, first, attempt(first, 500), LATER)
        assert claim(conn, "a", NOW, LATER, 1, in_order=True) == []
        [again] = claim(conn, "a", LATER, LATER, 1, in_order=True)
        assert settle(conn, again, attempt(again, 500), None)
        assert [one.event.id for one in claim(conn, "a", LATER, LATER, 1, in_order=True)] == ["evt_1"]


def test_only_the_holder_of_the_present_claim_writes_down_how_it_ended(store: Store) -> None:
    with store.begin() as conn:
        enter(conn, events(1), lambda _: ["a"], AT)
        [late] = claim(conn, "a", NOW, NOW, 1)
        [present] = claim(conn, "a", NOW, LATER, 1)
        assert not settle(conn, late, attempt(late, 200), None)
        assert counts(conn) == {"a": {"waiting": 1}}
        assert settle(conn, present, attempt(present, 204), None)
        assert counts(conn) == {"a": {"delivered": 1}}
        assert [one.status for one in attempts_of(conn, "evt_0")] == [204]


def test_the_log_and_one_event_can_be_read(store: Store) -> None:
    with store.begin() as conn:
        enter(conn, events(2), lambda _: ["a", "b"], AT)
        [first, _] = claim(conn, "a", NOW, LATER, 2)
        settle(conn, first, attempt(first, 404), LATER)
        newest = next(log(conn))
        assert (newest.event_id, newest.status) == ("evt_1", None)
        [tried] = [one for one in log(conn, "a") if one.attempts]
        assert (tried.event_id, tried.status, tried.state, tried.due_at) == ("evt_0", 404, "waiting", iso(LATER))
        found = read_event(conn, "evt_1")
        assert found is not None
        assert found.body == b'{"n":1}'
        assert read_event(conn, "evt_9") is None


def test_sending_again_voids_the_claim_of_who_is_at_it(store: Store) -> None:
    with store.begin() as conn:
        enter(conn, events(1), lambda _: ["a"], AT)
        [late] = claim(conn, "a", NOW, LATER, 1)
        assert resend(conn, "a", AT, {"ids": ["evt_0"]}) == 1
        assert not settle(conn, late, attempt(late, 200), None)
        [again] = claim(conn, "a", NOW, LATER, 1)
        assert (again.attempts, again.base) == (0, 0)


def test_sending_again_concerns_one_subscriber_and_the_chosen_events(store: Store) -> None:
    with store.begin() as conn:
        enter(conn, [*events(2, day=1), *events(2, first=2, day=29)], lambda _: ["a", "b"], AT)
        for one in [*claim(conn, "a", NOW, LATER, 9), *claim(conn, "b", NOW, LATER, 9)]:
            settle(conn, one, attempt(one, 200 if one.seq % 2 else 500), None)
        assert resend(conn, "a", AT, {"state": "failed", "since": "2026-06-02"}) == 1
        assert counts(conn)["b"] == {"delivered": 2, "failed": 2}
        assert [(one.event.id, one.attempts, one.base) for one in claim(conn, "a", NOW, LATER, 9)] == [("evt_3", 1, 1)]


def test_old_events_are_forgotten_unless_somebody_waits_for_them(store: Store) -> None:
    with store.begin() as conn:
        enter(conn, [*events(2, day=1), *events(1, first=2, day=29)], lambda _: ["a"], AT)
        [first, *_] = claim(conn, "a", NOW, LATER, 9)
        settle(conn, first, attempt(first, 200), None)
        assert forget(conn, "2026-06-15T00:00:00Z") == 1
        assert read_event(conn, "evt_0") is None
        assert attempts_of(conn, "evt_0") == []
        assert counts(conn) == {"a": {"waiting": 2}}


def test_standing_and_position_are_kept(store: Store) -> None:
    with store.begin() as conn:
        assert standing(conn, "a") == Standing()
        assert position(conn, "signals") is None
        set_standing(conn, "a", Standing(AT, None, "answered 500"))
        set_standing(conn, "a", Standing(AT, AT, "answered 410"))
        save_position(conn, "signals", "one")
        save_position(conn, "signals", "two")
    with store.read() as conn:
        assert standing(conn, "a") == Standing(AT, AT, "answered 410")
        assert position(conn, "signals") == "two"

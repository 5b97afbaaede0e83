"""Sending to real receivers: signed for the public library, retried on time, in order where that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from core.clock import FixedClock, iso
from core.outbound.guard import read_target
from core.outbound.line import Line
from core.store import Store
from core.store.events import (
    Attempt,
    Standing,
    attempts_of,
    claim,
    counts,
    enter,
    log,
    resend,
    set_standing,
    settle,
    standing,
)
from core.store.findings import read_findings
from tests.webhooks.outgoing.receiver import SECRET, Receiver, receiving
from webhooks.outgoing.catalogue import Ping
from webhooks.outgoing.courier import LEASE, Courier
from webhooks.outgoing.schedule import ATTEMPTS, GIVE_UP_AFTER
from webhooks.outgoing.subscribers import Subscriber
from webhooks.outgoing.wording import event_of


class Times(FixedClock):
    """Stands at the machine's own time when it was made, for the public library compares with that; tests move it."""

    def __init__(self) -> None:
        super().__init__(datetime.now(UTC))


@pytest.fixture
def clock() -> Times:
    return Times()


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    with Store.open(sqlite_url) as opened:
        opened.migrate()
        yield opened


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def subscriber(receiver: Receiver, name: str = "till", *, in_order: bool = False) -> Subscriber:
    return Subscriber(name, read_target(receiver.url, may_be_private=True), (SECRET,), in_order=in_order)


def courier(store: Store, clock: FixedClock, *subscribers: Subscriber) -> Courier:
    return Courier(store, clock, {one.name: one for one in subscribers}, lambda one: Line(one.target))


def happen(store: Store, clock: FixedClock, count: int, *names: str, first: int = 0) -> list[str]:
    at = iso(clock.now())
    events = [event_of("endpoint.test", str(n), at, Ping(subscriber="till")) for n in range(first, first + count)]
    with store.begin() as conn:
        enter(conn, events, lambda _: names, at)
    return [one.id for one in events]


def states(store: Store, name: str = "till") -> dict[str, int]:
    with store.read() as conn:
        return counts(conn).get(name, {})


def test_the_public_library_verifies_what_arrives(store: Store, clock: Times, receiver: Receiver) -> None:
    ids = happen(store, clock, 45, "till")
    assert courier(store, clock, subscriber(receiver)).send_due() == 45
    assert sorted(one.id for one in receiver.got) == sorted(ids)
    assert all(one.is_genuine for one in receiver.got)
    assert states(store) == {"delivered": 45}
    assert receiver.most_at_once <= 4


def test_what_was_delivered_is_not_sent_again(store: Store, clock: Times, receiver: Receiver) -> None:
    happen(store, clock, 3, "till")
    happen(store, clock, 3, "till")  # noticed a second time
    sender = courier(store, clock, subscriber(receiver))
    assert sender.send_due() == 3
    assert sender.send_due() == 0


def test_a_failure_is_tried_again_when_its_time_has_come_with_the_same_id(
    store: Store, clock: Times, receiver: Receiver
) -> None:
    [event] = happen(store, clock, 1, "till")
    receiver.script.append((503, {}, b"busy with the month's end"))
    sender = courier(store, clock, subscriber(receiver))
    assert sender.send_due() == 1
    assert sender.send_due() == 0
    clock.sleep(7)
    assert sender.send_due() == 1
    assert [one.id for one in receiver.got] == [event, event]
    with store.read() as conn:
        first, second = attempts_of(conn, event)
    assert (first.status, first.reply) == (503, "busy with the month's end")
    assert (second.number, second.status) == (2, 200)


def test_it_is_given_up_after_all_attempts_and_told(store: Store, clock: Times, receiver: Receiver) -> None:
    happen(store, clock, 1, "till")
    receiver.default = (500, {}, b"")
    sender = courier(store, clock, subscriber(receiver))
    for _ in range(ATTEMPTS + 3):
        sender.send_due()
        clock.sleep(timedelta(hours=30).total_seconds())
        with store.begin() as conn:  # other events got through meanwhile: the subscriber lives
            set_standing(conn, "till", Standing())
    assert len(receiver.got) == ATTEMPTS
    assert states(store) == {"failed": 1}
    with store.read() as conn:
        [lost] = [one for one in read_findings(conn) if one.code == "webhook_failed"]
    assert lost.place == "subscribers/till"
    assert "resend till --failed" in lost.remedy


def test_a_subscriber_that_says_gone_is_left_alone_and_nothing_is_lost(
    store: Store, clock: Times, receiver: Receiver
) -> None:
    happen(store, clock, 1, "till")
    receiver.default = (410, {}, b"")
    sender = courier(store, clock, subscriber(receiver))
    sender.send_due()
    happen(store, clock, 2, "till", first=1)
    clock.sleep(10_000_000)
    assert sender.send_due() == 0
    with store.read() as conn:
        assert standing(conn, "till").disabled_at
        assert [one.code for one in read_findings(conn)] == ["webhook_disabled"]
    receiver.default = (200, {}, b"")
    with store.begin() as conn:
        set_standing(conn, "till", Standing())
    assert sender.send_due() == 3
    assert states(store) == {"delivered": 3}


def test_five_days_without_a_success_disable_it(store: Store, clock: Times, receiver: Receiver) -> None:
    receiver.default = (500, {}, b"")
    sender = courier(store, clock, subscriber(receiver))
    happen(store, clock, 1, "till")
    sender.send_due()
    clock.sleep(GIVE_UP_AFTER.total_seconds() - 60)
    happen(store, clock, 1, "till", first=1)
    sender.send_due()
    with store.read() as conn:
        assert standing(conn, "till").disabled_at is None
    clock.sleep(GIVE_UP_AFTER.total_seconds())
    sender.send_due()
    with store.read() as conn:
        assert standing(conn, "till").disabled_at
    asked = len(receiver.got)
    clock.sleep(10**6)
    assert (sender.send_due(), len(receiver.got)) == (0, asked)


def test_one_success_and_the_days_are_counted_anew(store: Store, clock: Times, receiver: Receiver) -> None:
    sender = courier(store, clock, subscriber(receiver))
    receiver.script.append((500, {}, b""))
    happen(store, clock, 1, "till")
    sender.send_due()
    with store.read() as conn:
        assert standing(conn, "till").failing_since
    clock.sleep(7)
    sender.send_due()
    with store.read() as conn:
        assert standing(conn, "till").failing_since is None


def test_in_order_means_nothing_overtakes_what_failed(store: Store, clock: Times, receiver: Receiver) -> None:
    ids = happen(store, clock, 4, "till")
    receiver.script.extend([(200, {}, b""), (500, {}, b"")])
    sender = courier(store, clock, subscriber(receiver, in_order=True))
    assert sender.send_due() == 2
    clock.sleep(7)
    assert sender.send_due() == 3
    assert [one.id for one in receiver.got] == [ids[0], ids[1], ids[1], ids[2], ids[3]]
    assert receiver.most_at_once == 1


def test_without_order_the_others_go_on(store: Store, clock: Times, receiver: Receiver) -> None:
    happen(store, clock, 4, "till")
    receiver.script.append((500, {}, b""))
    courier(store, clock, subscriber(receiver)).send_due()
    assert states(store) == {"delivered": 3, "waiting": 1}


def test_a_dead_subscriber_delays_nobody_else(store: Store, clock: Times, receiver: Receiver) -> None:
    happen(store, clock, 5, "till", "dead")
    dead = Subscriber("dead", read_target("http://127.9.9.9:40404/", may_be_private=True), (SECRET,))
    courier(store, clock, subscriber(receiver), dead).send_due()
    assert states(store) == {"delivered": 5}
    assert states(store, "dead") == {"waiting": 5}


def test_a_sender_that_died_is_followed_by_another_when_its_lease_ends(
    store: Store, clock: Times, receiver: Receiver
) -> None:
    happen(store, clock, 2, "till")
    with store.begin() as conn:
        lost = claim(conn, "till", clock.now(), clock.now() + LEASE, 20)
    sender = courier(store, clock, subscriber(receiver))
    assert (len(lost), sender.send_due()) == (2, 0)
    clock.sleep(LEASE.total_seconds())
    assert sender.send_due() == 2


def test_a_sender_that_wakes_up_late_cannot_undo_what_the_other_wrote(
    store: Store, clock: Times, receiver: Receiver
) -> None:
    [event] = happen(store, clock, 1, "till")
    with store.begin() as conn:
        [late] = claim(conn, "till", clock.now(), clock.now() + LEASE, 20)
    clock.sleep(LEASE.total_seconds())
    courier(store, clock, subscriber(receiver)).send_due()
    attempt = Attempt("till", late.seq, 1, iso(clock.now()), 500, 1, "", "")
    with store.begin() as conn:
        assert not settle(conn, late, attempt, clock.now())
    assert states(store) == {"delivered": 1}
    with store.read() as conn:
        assert [one.status for one in attempts_of(conn, event)] == [200]


def chosen_by(store: Store, **chosen: str | list[str]) -> Callable[[Times], int]:
    def again(clock: Times) -> int:
        with store.begin() as conn:
            return resend(conn, "till", iso(clock.now()), chosen)

    return again


def test_events_are_sent_again_by_id_by_state_and_by_time(store: Store, clock: Times, receiver: Receiver) -> None:
    early = happen(store, clock, 2, "till")
    sender = courier(store, clock, subscriber(receiver))
    sender.send_due()
    clock.sleep(3600)
    later = iso(clock.now())
    happen(store, clock, 3, "till", first=10)
    sender.send_due()
    assert chosen_by(store, ids=[early[0]])(clock) == 1
    assert chosen_by(store, since=later)(clock) == 3
    assert chosen_by(store, until=later, state="delivered")(clock) == 1  # of the two early ones, one waits already
    assert sender.send_due() == 5
    assert states(store) == {"delivered": 5}


def test_what_is_sent_again_has_all_its_attempts_again(store: Store, clock: Times, receiver: Receiver) -> None:
    [event] = happen(store, clock, 1, "till")
    sender = courier(store, clock, subscriber(receiver))
    sender.send_due()
    chosen_by(store, ids=[event])(clock)
    receiver.script.append((500, {}, b""))
    sender.send_due()
    clock.sleep(7)
    assert sender.send_due() == 1
    with store.read() as conn:
        assert [(one.number, one.status) for one in attempts_of(conn, event)] == [(1, 200), (2, 500), (3, 200)]


def test_a_test_event_tells_at_once_how_it_went(store: Store, clock: Times, receiver: Receiver) -> None:
    happen(store, clock, 1, "till")
    sender = courier(store, clock, subscriber(receiver))
    assert sender.ping("till").status == 200
    [got] = receiver.got
    assert got.is_genuine
    assert got.said["type"] == "endpoint.test"
    assert states(store) == {"delivered": 1, "waiting": 1}
    receiver.default = (401, {}, b"who are you?")
    clock.sleep(1)
    assert sender.ping("till").text == "who are you?"


def test_the_log_shows_the_latest_first_with_what_went_wrong(store: Store, clock: Times, receiver: Receiver) -> None:
    happen(store, clock, 1, "till")
    receiver.script.append((404, {}, b""))
    courier(store, clock, subscriber(receiver)).send_due()
    happen(store, clock, 1, "till", first=1)
    with store.read() as conn:
        newest, oldest = log(conn, "till")
        waiting = list(log(conn, state="delivered"))
    assert (newest.status, newest.attempts, oldest.status, oldest.attempts) == (None, 0, 404, 1)
    assert waiting == []

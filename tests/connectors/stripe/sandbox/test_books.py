from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF
from connectors.stripe.sandbox.books import API_VERSION, Books
from connectors.stripe.sandbox.problems import StripeProblemError

NOW = int(AS_OF.timestamp())


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock(AS_OF)


@pytest.fixture
def books(clock: SandboxClock) -> Books:
    return Books(clock)


def thing(object_id: str, **more: Any) -> dict[str, Any]:
    return {"id": object_id, "object": "customer", "name": object_id.upper(), **more}


def events(books: Books) -> list[dict[str, Any]]:
    return list(books.of("event"))


def test_time_is_in_seconds_and_ticks(books: Books, clock: SandboxClock) -> None:
    assert books.now() == NOW
    assert books.tick() == NOW + 1
    assert clock.now() == AS_OF + timedelta(seconds=1)


def test_lists_are_newest_first(books: Books) -> None:
    for name in "abc":
        books.put(thing(name))
    assert [record["id"] for record in books.of("customer")] == ["a", "b", "c"]
    assert [record["id"] for record in books.newest_first("customer")] == ["c", "b", "a"]


def test_kinds_are_kept_apart(books: Books) -> None:
    books.put(thing("a"))
    books.put({"id": "b", "object": "invoice"})
    assert [record["id"] for record in books.of("invoice")] == ["b"]
    assert books.get("invoice", "a") is None
    assert list(books.of("charge")) == []


def test_ranks_follow_the_order_and_survive_a_change(books: Books) -> None:
    for name in "abc":
        books.put(thing(name))
    books.change(books.need("customer", "a"), {"name": "Z"}, "customer.updated")
    books.put(books.need("customer", "a"))
    assert [books.rank(name) for name in "abc"] == [0, 1, 2]


def test_new_ids_never_repeat(books: Books) -> None:
    assert len({books.new_id("cus") for _ in range(300)}) == 300


def test_new_ids_are_the_same_in_another_account(books: Books, clock: SandboxClock) -> None:
    other = Books(clock)
    assert [books.new_id("cus") for _ in range(3)] == [other.new_id("cus") for _ in range(3)]


@pytest.mark.parametrize(("param", "status"), [("id", 404), ("customer", 400)])
def test_what_is_needed_must_exist(books: Books, param: str, status: int) -> None:
    with pytest.raises(StripeProblemError) as caught:
        books.need("customer", "nobody", param)
    assert caught.value.code == status
    assert caught.value.body["error"]["param"] == param
    assert caught.value.body["error"]["code"] == "resource_missing"


def test_what_is_deleted_is_no_longer_there_to_use(books: Books) -> None:
    books.delete(books.put(thing("a")), "customer.deleted")
    with pytest.raises(StripeProblemError):
        books.need("customer", "a")
    assert books.newest_first("customer") == []
    assert books.get("customer", "a") == {"id": "a", "object": "customer", "deleted": True}


def test_creation_is_told_with_every_event_named(books: Books) -> None:
    books.create(thing("a"), "customer.created", "customer.noticed")
    assert [event["type"] for event in events(books)] == ["customer.created", "customer.noticed"]
    assert all(event["data"] == {"object": thing("a")} for event in events(books))


def test_a_change_tells_only_what_differs(books: Books) -> None:
    record = books.put(thing("a", city="London", age=3))
    books.change(record, {"name": "B", "city": "London", "age": 4}, "customer.updated")
    assert record == thing("a", name="B", city="London", age=4)
    assert events(books)[0]["data"]["previous_attributes"] == {"name": "A", "age": 3}


def test_only_updates_tell_what_was_before(books: Books) -> None:
    record = books.put(thing("a"))
    books.change(record, {"name": "B"}, "customer.paid", "customer.updated")
    assert ["previous_attributes" in event["data"] for event in events(books)] == [False, True]


def test_no_change_is_not_told(books: Books) -> None:
    books.change(books.put(thing("a")), {"name": "A"}, "customer.updated")
    assert events(books) == []


def test_a_change_without_an_event_is_silent(books: Books) -> None:
    record = books.put(thing("a"))
    books.change(record, {"name": "B"})
    assert record["name"] == "B"
    assert events(books) == []


def test_snapshots_are_deep(books: Books) -> None:
    record = books.create(thing("a", inner={"list": [1]}), "customer.created")
    record["inner"]["list"].append(2)
    assert events(books)[0]["data"]["object"]["inner"] == {"list": [1]}


def test_events_carry_version_time_and_caller(books: Books) -> None:
    books.caller = {"id": "req_1", "idempotency_key": "k"}
    books.tick()
    books.tell("customer.created", thing("a"))
    books.caller = None
    books.tell("customer.updated", thing("a"), {"name": "old"}, at=5)
    first, second = events(books)
    assert (first["api_version"], first["created"], first["request"]["id"]) == (API_VERSION, NOW + 1, "req_1")
    assert (second["created"], second["request"]) == (5, {"id": None, "idempotency_key": None})
    assert first["id"] != second["id"]
    assert first["id"].startswith("evt_")

"""The ids met in one reading of a stream."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.sync.seen import SeenIds


@pytest.fixture
def seen() -> Iterator[SeenIds]:
    found = SeenIds()
    yield found
    found.close()


def test_first_hash_of_an_id_stays(seen: SeenIds) -> None:
    seen.add([("a", b"1"), ("b", b"2"), ("a", b"3")])
    seen.add([("a", b"4")])
    assert seen.among(["a", "b", "c"]) == {"a": b"1", "b": b"2"}
    assert len(seen) == 2


def test_missing_ids_keep_their_order(seen: SeenIds) -> None:
    seen.add((f"id{number}", b"") for number in range(0, 10_000, 2))
    missing = list(seen.missing(f"id{number}" for number in range(10_000)))
    assert missing == [f"id{number}" for number in range(1, 10_000, 2)]


def test_nothing_seen_misses_everything(seen: SeenIds) -> None:
    assert list(seen.missing(["x", "y"])) == ["x", "y"]
    assert seen.among([]) == {}

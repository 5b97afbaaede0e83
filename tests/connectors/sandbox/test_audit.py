from __future__ import annotations

from typing import Any

from connectors.sandbox.audit import applied_twice, struck, too_early
from connectors.sandbox.log import LogEntry, RequestLog


def log(*entries: dict[str, Any]) -> tuple[LogEntry, ...]:
    kept = RequestLog()
    for entry in entries:
        kept.add(entry.pop("method", "POST"), entry.pop("path", "/a"), status=entry.pop("status", 200), **entry)
    return kept.entries()


def test_a_call_before_the_time_told_is_early() -> None:
    seen = log({"at": 10, "status": 429, "wait": 5}, {"at": 12}, {"at": 15}, {"at": 16})
    assert [entry.at for entry in too_early(seen)] == [12]


def test_the_very_instant_told_is_not_early_whatever_the_rounding() -> None:
    assert too_early(log({"at": 0.1, "wait": 0.2}, {"at": 0.3})) == []
    assert too_early(log({"at": 0.1, "wait": 0.2}, {"at": 0.2999})) != []


def test_the_longest_wait_told_counts() -> None:
    seen = log({"at": 0, "wait": 10}, {"at": 4, "wait": 1}, {"at": 6}, {"at": 10})
    assert [entry.at for entry in too_early(seen)] == [4, 6]


def test_nobody_is_early_where_nothing_was_told() -> None:
    assert too_early(log({"at": 0, "status": 429}, {"at": 0})) == []


def test_the_same_write_carried_out_twice_is_found() -> None:
    seen = log(
        {"applied": True, "digest": "x"},
        {"applied": True, "digest": "y"},
        {"applied": False, "digest": "y", "status": 503},
        {"applied": True, "digest": "x", "status": 0},
    )
    assert [[entry.number for entry in group] for group in applied_twice(seen)] == [[1, 4]]


def test_equal_bodies_to_other_addresses_are_other_writes() -> None:
    seen = log({"applied": True, "path": "/a"}, {"applied": True, "path": "/b"}, {"applied": True, "method": "PUT"})
    assert applied_twice(seen) == []


def test_faults_are_counted_by_kind() -> None:
    assert struck(log({"fault": "cut"}, {}, {"fault": "cut"}, {"fault": "drop"})) == {"cut": 2, "drop": 1}

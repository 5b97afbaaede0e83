"""Every kind of fault as a client meets it, and what the log keeps of it."""

from __future__ import annotations

import http.client
import json

import pytest

from connectors.sandbox.audit import applied_twice, too_early
from connectors.sandbox.log import LogEntry
from tests.connectors.sandbox.toy import Line, Shelf


def last(shelf: Shelf) -> LogEntry:
    return shelf.log.entries()[-1]


def test_a_dropped_request_is_not_carried_out(line: Line, shelf: Shelf) -> None:
    line.control("POST", "faults", [{"do": "drop"}])
    with pytest.raises(http.client.RemoteDisconnected):
        line.ask("POST", "/words", "ash")
    assert shelf.words == []
    assert (last(shelf).status, last(shelf).fault, last(shelf).applied) == (0, "drop", False)


@pytest.mark.parametrize(
    ("do", "applied"),
    [("status", False), ("html", False), ("empty", True), ("wrong_json", True), ("truncate", True), ("hang", True)],
)
def test_the_log_tells_whether_a_write_was_applied(line: Line, shelf: Shelf, do: str, applied: bool) -> None:
    line.control("POST", "faults", [{"do": do, "seconds": 0}])
    line.ask("POST", "/words", "ash")
    assert (last(shelf).fault, last(shelf).applied, shelf.words == ["ash"]) == (do, applied, applied)


@pytest.mark.parametrize("do", ["cut", "apply_then_cut"])
def test_a_write_may_be_applied_although_its_answer_broke_off(line: Line, shelf: Shelf, do: str) -> None:
    line.control("POST", "faults", [{"do": do}])
    with pytest.raises(http.client.HTTPException):
        line.ask("POST", "/words", "ash")
    assert (last(shelf).applied, shelf.words) == (True, ["ash"])


def test_reads_and_refused_writes_are_not_applied(line: Line, shelf: Shelf) -> None:
    line.ask("GET", "/words")
    line.ask("POST", "/nowhere", "ash")
    assert [entry.applied for entry in shelf.log.entries()] == [False, False]


def test_an_empty_answer_is_a_success_without_a_word(line: Line) -> None:
    line.control("POST", "faults", [{"do": "empty"}])
    assert line.ask("POST", "/words", "ash") == (200, b"")
    assert line.json("GET", "/words") == {"words": ["ash"]}


def test_wrong_json_is_well_formed_but_tells_nothing(line: Line) -> None:
    line.control("POST", "faults", [{"do": "wrong_json"}])
    assert line.ask("GET", "/words") == (200, b'{"ok":true}')


@pytest.mark.parametrize(
    ("do", "expected"),
    [("shuffle", [{"n": 3}, {"n": 2}, {"n": 1}]), ("lose", [{"n": 1}, {"n": 2}])],
)
def test_results_come_in_another_order_or_too_few(line: Line, shelf: Shelf, do: str, expected: list[object]) -> None:
    shelf.rows = [{"n": 1}, {"n": 2}, {"n": 3}]
    line.control("POST", "faults", [{"do": do, "times": 2}])
    assert line.json("GET", "/rows")["results"] == expected
    assert line.json("GET", "/rows/bare") == expected
    assert line.json("GET", "/rows")["results"] == shelf.rows


def test_lists_of_plain_values_stay_as_they_are(line: Line, shelf: Shelf) -> None:
    shelf.words = ["ash", "elm"]
    line.control("POST", "faults", [{"do": "lose"}])
    assert line.json("GET", "/words") == {"words": ["ash", "elm"]}


def test_an_expired_session_is_refused_by_the_vendors_own_rule(line: Line, shelf: Shelf) -> None:
    line.control("POST", "faults", [{"do": "expire", "nth": 2}])
    assert line.ask("GET", "/words")[0] == 200
    assert line.ask("GET", "/words")[0] == 401
    assert line.ask("GET", "/words")[0] == 401, "the session stays over until the client signs in again"
    assert [entry.fault for entry in shelf.log.entries()] == [None, "expire", None]


def test_a_status_without_a_body_speaks_the_vendors_words(line: Line) -> None:
    line.control("POST", "faults", [{"do": "status", "status": 429}, {"do": "status", "body": "own"}])
    assert line.ask("GET", "/words") == (429, b"shelf says 429")
    assert line.ask("GET", "/words") == (200, b'{"words":[]}')


def test_drip_may_come_in_larger_pieces(line: Line) -> None:
    line.control("POST", "faults", [{"do": "drip", "seconds": 0, "piece": 5}])
    assert line.ask("GET", "/words") == (200, b'{"words":[]}')


def test_who_comes_before_the_time_told_is_found(line: Line, shelf: Shelf) -> None:
    line.control("POST", "faults", [{"do": "status", "status": 429, "headers": {"Retry-After": "60"}}])
    line.ask("GET", "/words")
    line.control("POST", "clock", {"advance_seconds": 59})
    line.ask("GET", "/words")
    line.control("POST", "clock", {"advance_seconds": 1})
    line.ask("GET", "/words")
    assert [entry.number for entry in too_early(shelf.log.entries())] == [2]


def test_who_repeats_a_write_that_was_applied_is_found(line: Line, shelf: Shelf) -> None:
    line.control("POST", "faults", [{"do": "empty"}, {"do": "status", "nth": 2}])
    for word in ("ash", "ash", "ash", "elm"):
        line.ask("POST", "/words", word)
    assert shelf.words == ["ash", "ash", "elm"]
    assert [[entry.number for entry in group] for group in applied_twice(shelf.log.entries())] == [[1, 3]]


def test_the_log_stands_for_bodies_without_telling_them(line: Line) -> None:
    line.ask("POST", "/words", "ann@example.org")
    (entry,) = line.control("GET", "requests")
    assert "ann@example.org" not in json.dumps(entry)
    assert len(entry["digest"]) == 16


def test_a_storm_can_be_ordered_over_the_control_plane(line: Line) -> None:
    line.control("POST", "faults", {"storm": 7})
    kinds = {fault["do"] for fault in line.control("GET", "faults")}
    assert {"status", "drop", "apply_then_cut", "lose", "expire"} <= kinds
    line.control("DELETE", "faults")
    assert line.control("GET", "faults") == []


def test_a_storm_needs_a_number(line: Line) -> None:
    assert line.ask("POST", "/__sandbox__/faults", '{"gale": 7}')[0] == 400

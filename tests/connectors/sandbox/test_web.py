from __future__ import annotations

import json

import pytest

from connectors.sandbox.web import SandboxApp
from tests.connectors.sandbox.toy import START, Line, Shelf


def test_requests_are_routed_and_logged(line: Line, shelf: Shelf) -> None:
    assert line.ask("POST", "/words", "ash") == (201, b'{"added":"ash"}')
    assert line.json("GET", "/words?x=a%20b") == {"words": ["ash"]}
    logged = [(entry.method, entry.path, entry.query, entry.status, entry.rows) for entry in shelf.log.entries()]
    assert logged == [("POST", "/words", "", 201, 1), ("GET", "/words", "x=a b", 200, 1)]


def test_text_outside_ascii_survives_both_ways(line: Line) -> None:
    line.ask("POST", "/words", "Zoë £5".encode())
    assert line.json("GET", "/words") == {"words": ["Zoë £5"]}


def test_percent_signs_in_paths_are_undone_once(line: Line) -> None:
    line.ask("POST", "/words", "a/b %41")
    assert line.json("GET", "/words/a%2Fb%20%2541") == {"known": True, "word": "a/b %41"}


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/words", 405)])
def test_unknown_routes_are_refused_and_logged(line: Line, shelf: Shelf, method: str, path: str, status: int) -> None:
    assert line.ask(method, path)[0] == status
    assert [(entry.path, entry.status) for entry in shelf.log.entries()] == [(path, status)]


def test_a_trailing_slash_does_not_matter(line: Line) -> None:
    assert line.ask("GET", "/words/")[0] == 200


def test_a_bug_of_the_simulator_is_shown(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    status, text = line.ask("GET", "/bug")
    assert status == 500
    assert b"the shelf broke" in text
    assert "bug in a sandbox at GET /bug" in caplog.text
    assert line.ask("GET", "/words")[0] == 200


def test_control_plane_is_not_logged(line: Line, shelf: Shelf) -> None:
    line.control("GET", "state")
    line.control("GET", "requests")
    assert shelf.log.entries() == ()


def test_log_over_the_control_plane(line: Line) -> None:
    line.ask("GET", "/words")
    assert [entry["path"] for entry in line.control("GET", "requests")] == ["/words"]
    assert line.control("DELETE", "requests") is None
    assert line.control("GET", "requests") == []


def test_state_and_edit(line: Line) -> None:
    line.ask("POST", "/words", "ash")
    assert line.control("POST", "edit", {"at": 0, "word": "elm"}) == ["elm"]
    assert line.control("GET", "state") == {"words": ["elm"]}


def test_clock_over_the_control_plane(line: Line) -> None:
    assert line.control("GET", "clock") == {"now": START.isoformat()}
    assert line.control("POST", "clock", {"advance_seconds": 86400}) == {"now": "2026-07-01T09:00:00+00:00"}
    line.ask("POST", "/words", "ash")
    assert line.control("GET", "clock") == {"now": "2026-07-01T09:00:01+00:00"}


def test_faults_over_the_control_plane(line: Line) -> None:
    added = line.control("POST", "faults", [{"do": "status", "status": 429, "headers": {"Retry-After": "1"}}])
    assert [(fault["do"], fault["status"]) for fault in added] == [("status", 429)]
    assert line.ask("GET", "/words")[0] == 429
    assert line.ask("GET", "/words")[0] == 200
    assert line.control("DELETE", "faults") is None
    assert line.control("GET", "faults") == []


def test_options(line: Line, shelf: Shelf) -> None:
    line.control("POST", "options", {"limit": 3})
    assert shelf.limit == 3


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("faults", [{"do": "explode"}], "unknown fault"),
        ("clock", {"advance_seconds": -5}, "backwards"),
        ("clock", {}, "advance_seconds"),
        ("options", {"speed": 1}, "no options"),
        ("edit", {"at": 0}, "KeyError"),
    ],
)
def test_wrong_control_requests_say_why(line: Line, name: str, body: object, words: str) -> None:
    status, text = line.ask("POST", f"/__sandbox__/{name}", json.dumps(body))
    assert status == 400
    assert words in json.loads(text)["error"]


@pytest.mark.parametrize(
    ("method", "name", "status"), [("GET", "nothing", 404), ("PUT", "state", 405), ("POST", "clock", 400)]
)
def test_malformed_control_requests(line: Line, method: str, name: str, status: int) -> None:
    assert line.ask(method, f"/__sandbox__/{name}", "{not json")[0] == status


def test_a_simulator_without_options_says_so(shelf: Shelf) -> None:
    with pytest.raises(ValueError, match="no options"):
        SandboxApp.configure(shelf, {"a": 1})


@pytest.mark.parametrize("method", ["state", "rules"])
def test_the_base_serves_no_vendor(method: str) -> None:
    bare = SandboxApp(Shelf().clock)
    with pytest.raises(NotImplementedError):
        getattr(bare, method)()

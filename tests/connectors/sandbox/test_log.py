from __future__ import annotations

from connectors.sandbox.log import LogEntry, RequestLog


def test_entries_are_numbered_in_order() -> None:
    log = RequestLog()
    log.add("GET", "/a", status=200, rows=3)
    log.add("POST", "/b", query="x=1", status=201)
    assert log.entries() == (
        LogEntry(1, "GET", "/a", "", 200, 3),
        LogEntry(2, "POST", "/b", "x=1", 201, 0),
    )


def test_clear_starts_numbering_anew() -> None:
    log = RequestLog()
    log.add("GET", "/a", status=200)
    log.clear()
    assert log.entries() == ()
    assert log.add("GET", "/b", status=200).number == 1


def test_dump_holds_all_that_an_entry_knows() -> None:
    log = RequestLog()
    log.add("POST", "/a", query="q=2", status=0, rows=5, fault="cut", applied=True, at=3.5, wait=2.0, digest="ab12")
    assert log.dump() == [
        {
            "number": 1,
            "method": "POST",
            "path": "/a",
            "query": "q=2",
            "status": 0,
            "rows": 5,
            "fault": "cut",
            "applied": True,
            "at": 3.5,
            "wait": 2.0,
            "digest": "ab12",
        }
    ]


def test_entries_given_out_do_not_change_later() -> None:
    log = RequestLog()
    log.add("GET", "/a", status=200)
    before = log.entries()
    log.add("GET", "/b", status=200)
    assert len(before) == 1

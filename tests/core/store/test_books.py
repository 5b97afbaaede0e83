"""The small tables: runs, findings, audit, inbox, cursors, parked records."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from core.clock import FixedClock, iso
from core.connector import Cursor, Finding
from core.store import Store, audit, cursors, findings, inbox, parked, runs, tables
from core.store.touches import Touch, read_touches, touches_text

AT, LATER = "2026-06-30T09:00:00Z", "2026-07-01T09:00:00Z"

# --- runs -------------------------------------------------------------------------------------------------------------


def test_runs_are_numbered_by_kind(store: Store, clock: FixedClock) -> None:
    with store.begin() as conn:
        started = [runs.start_run(conn, kind, clock) for kind in ("sync", "plan", "sync", "sync")]
    assert started == ["sync-000001", "plan-000001", "sync-000002", "sync-000003"]


def test_run_keeps_its_facts_and_its_end(store: Store, clock: FixedClock) -> None:
    with store.begin() as conn:
        run_id = runs.start_run(conn, "apply", clock, {"plan": "p1"})
        clock.sleep(90)
        runs.end_run(conn, run_id, clock, "failed", {"sent": 3})
        [run] = runs.read_runs(conn)
    assert (run.state, run.started_at, run.ended_at) == ("failed", AT, iso(clock.now()))
    assert run.facts == {"plan": "p1", "sent": 3}


def test_runs_are_listed_newest_first(store: Store, clock: FixedClock) -> None:
    with store.begin() as conn:
        for kind in ("sync", "plan", "sync"):
            runs.start_run(conn, kind, clock)
            clock.sleep(1)
        assert [run.id for run in runs.read_runs(conn)] == ["sync-000002", "plan-000001", "sync-000001"]
        assert [run.id for run in runs.read_runs(conn, kind="sync", limit=1)] == ["sync-000002"]


def test_only_runs_of_that_connection_are_interrupted(store: Store, clock: FixedClock) -> None:
    with store.begin() as conn:
        mine = runs.start_run(conn, "sync", clock, {"connection": "crm"})
        other = runs.start_run(conn, "sync", clock, {"connection": "billing"})
        assert runs.interrupt_running(conn, "sync", "crm", clock) == [mine]
        assert {run.id: run.state for run in runs.read_runs(conn)} == {mine: "interrupted", other: "running"}


# --- findings ---------------------------------------------------------------------------------------------------------


def finding(code: str = "bad_value", where: str = "crm/Account/Rating", **changes: object) -> Finding:
    return Finding(code, changes.get("severity", "warning"), str(changes.get("message", "odd")), where, "mend it")  # type: ignore[arg-type]  # of the kind


def test_same_finding_is_counted_not_repeated(store: Store) -> None:
    with store.begin() as conn:
        findings.report(conn, [finding(), finding(message="odder")], AT)
    with store.begin() as conn:
        findings.report(conn, [finding(message="oddest")], LATER)
        [found] = findings.read_findings(conn)
    assert (found.count, found.message, found.first_at, found.last_at) == (3, "oddest", AT, LATER)


def test_findings_are_told_apart_by_code_and_place(store: Store) -> None:
    with store.begin() as conn:
        findings.report(conn, [finding(), finding("other"), finding(where="crm/Account/Name")], AT)
        assert len(findings.read_findings(conn)) == 3


def test_errors_come_first(store: Store) -> None:
    with store.begin() as conn:
        findings.report(conn, [finding("a", severity="info"), finding("b"), finding("c", severity="error")], AT)
        assert [found.code for found in findings.read_findings(conn)] == ["c", "b", "a"]
        assert [found.code for found in findings.read_findings(conn, "info")] == ["a"]


def test_settled_findings_are_gone(store: Store) -> None:
    with store.begin() as conn:
        findings.report(conn, [finding(where=place) for place in ("crm/A/x", "crm/A/y", "crm_2/A/x", "crm%/A/x")], AT)
        findings.settle(conn, "bad_value", "crm/A/x")
        assert len(findings.read_findings(conn)) == 3
        findings.settle_under(conn, "bad_value", "crm/")
        assert [found.place for found in findings.read_findings(conn)] == ["crm%/A/x", "crm_2/A/x"]


# --- audit ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def log(store: Store) -> Store:
    with store.begin() as conn:
        for number in range(4):
            audit.append(conn, AT, "ada", "apply", f"plan-{number}", {"operations": number})
    return store


def test_audit_keeps_who_did_what(log: Store) -> None:
    with log.read() as conn:
        entries = list(audit.read_audit(conn, since_seq=2))
        assert audit.verify(conn) is None
    assert [(entry.seq, entry.actor, entry.subject, entry.facts) for entry in entries] == [
        (3, "ada", "plan-2", {"operations": 2}),
        (4, "ada", "plan-3", {"operations": 3}),
    ]


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        ("UPDATE audit SET actor = 'eve' WHERE seq = 2", 2),
        ("UPDATE audit SET facts = '{}' WHERE seq = 3", 3),
        ("DELETE FROM audit WHERE seq = 2", 2),
        ("DELETE FROM audit WHERE seq = 1", 1),
        ("UPDATE audit SET previous = '' WHERE seq = 4", 4),
    ],
)
def test_tampering_breaks_the_chain(log: Store, tampering: str, broken: int) -> None:
    with log.begin() as conn:
        conn.exec_driver_sql(tampering)
        assert audit.verify(conn) == broken


def test_empty_log_is_whole(store: Store) -> None:
    with store.read() as conn:
        assert audit.verify(conn) is None


# --- inbox ------------------------------------------------------------------------------------------------------------


def arrival(event_id: str, body: bytes = b"{}", connection: str = "billing", touches: str = "") -> inbox.Arrival:
    return inbox.Arrival(connection, event_id, "invoice.paid", body, AT, body[:16], touches)


def kept(conn: Connection, state: inbox.EventState = "new") -> list[tuple[str, str, bytes]]:
    return [(event.connection, event.event_id, event.body) for event in inbox.read_events(conn, state)]


def test_event_is_kept_once(store: Store) -> None:
    with store.begin() as conn:
        assert inbox.receive(conn, [arrival("evt_1"), arrival("evt_2"), arrival("evt_1")]) == []
        assert inbox.receive(conn, [arrival("evt_1"), arrival("evt_1", b"\x00\xff", "crm")]) == []
        assert kept(conn) == [
            ("billing", "evt_1", b"{}"), ("billing", "evt_2", b"{}"), ("crm", "evt_1", b"\x00\xff"),
        ]  # fmt: skip


def test_an_event_that_says_something_else_under_a_known_id_is_set_aside_once(store: Store) -> None:
    other = arrival("evt_1", b"{other}")
    with store.begin() as conn:
        inbox.receive(conn, [arrival("evt_1")])
        assert inbox.receive(conn, [other, arrival("evt_2")]) == [other]
        assert inbox.receive(conn, [other]) == []
        assert kept(conn) == [("billing", "evt_1", b"{}"), ("billing", "evt_2", b"{}")]
        assert kept(conn, "conflict") == [("billing", f"evt_1#{b'{other}'.hex()}", b"{other}")]


def test_two_contradicting_events_in_one_batch_are_told_apart(store: Store) -> None:
    with store.begin() as conn:
        assert len(inbox.receive(conn, [arrival("evt_1", b"a"), arrival("evt_1", b"b")])) == 1
        assert kept(conn) == [("billing", "evt_1", b"a")]
        assert kept(conn, "conflict") == [("billing", "evt_1#62", b"b")]


def test_an_event_kept_before_digests_were_contradicts_nothing(store: Store) -> None:
    with store.begin() as conn:
        inbox.receive(conn, [arrival("evt_1")])
        conn.execute(tables.inbox.update().values(digest=None))
        assert inbox.receive(conn, [arrival("evt_1", b"{other}")]) == []
        assert kept(conn, "conflict") == []


def test_settled_event_is_not_new(store: Store) -> None:
    with store.begin() as conn:
        inbox.receive(conn, [arrival(f"evt_{number}") for number in range(3)])
        first = next(iter(inbox.read_events(conn)))
        inbox.settle_events(conn, [first.id], "done")
        assert [event.event_id for event in inbox.read_events(conn)] == ["evt_1", "evt_2"]
        assert [event.event_id for event in inbox.read_events(conn, "done")] == ["evt_0"]
        assert [event.event_id for event in inbox.read_events(conn, after=first.id + 1)] == ["evt_2"]
        assert list(inbox.read_events(conn, connection="crm")) == []


def test_what_an_event_touches_comes_back_as_it_was(store: Store) -> None:
    touches = [Touch("Account", "001", "merged", "002"), Touch("Task", "00T"), Touch("form", "7", record={"a": [1]})]
    with store.begin() as conn:
        inbox.receive(conn, [arrival("evt_1", touches=touches_text(touches)), arrival("evt_2", touches="[]")])
        assert [read_touches(event.touches) for event in inbox.read_events(conn)] == [touches, []]
    assert read_touches(touches_text(None)) is None


# --- cursors ----------------------------------------------------------------------------------------------------------


def test_cursor_is_kept_per_stream(store: Store) -> None:
    with store.begin() as conn:
        cursors.save_cursor(conn, "crm", "Account", Cursor("2026-06-01", "a1"), ["Id", "Name"], "m1", AT)
        cursors.save_cursor(conn, "crm", "Contact", None, ["Id"], "m1", AT)
        cursors.save_cursor(conn, "crm", "Account", Cursor("2026-06-02", "a9"), ["Name", "Id"], "m2", LATER)
        saved = cursors.read_cursor(conn, "crm", "Account")
        assert saved == cursors.SavedCursor(Cursor("2026-06-02", "a9"), frozenset({"Id", "Name"}), "m2")
        assert cursors.read_cursor(conn, "crm", "Contact") == cursors.SavedCursor(None, frozenset({"Id"}), "m1")
        assert cursors.read_cursor(conn, "billing", "Account") is None
        cursors.forget_cursor(conn, "crm", "Account")
        assert list(cursors.read_cursors(conn, "crm")) == ["Contact"]


# --- parked records ---------------------------------------------------------------------------------------------------


def refused(name: str, problem: str = "no name", at: str = AT) -> parked.Parked:
    return parked.Parked(
        name, {"Id": name, "text": "é"}, problem, "customers.csv:7", "give it one", "m1", "sync-000001", at
    )


def test_parked_record_is_kept_whole(store: Store) -> None:
    with store.begin() as conn:
        parked.park(conn, [refused("crm/Account/a"), refused("crm/Account/b")])
        assert list(parked.read_parked(conn)) == [refused("crm/Account/a"), refused("crm/Account/b")]


def test_parked_again_for_the_same_reason_keeps_its_first_date(store: Store) -> None:
    with store.begin() as conn:
        parked.park(conn, [refused("crm/Account/a")])
        parked.park(conn, [refused("crm/Account/a", at=LATER)])
        assert [row.parked_at for row in parked.read_parked(conn)] == [AT]
        parked.park(conn, [refused("crm/Account/a", "no id", LATER)])
        assert [(row.problem, row.parked_at) for row in parked.read_parked(conn)] == [("no id", LATER)]


def test_released_record_is_no_longer_open(store: Store) -> None:
    with store.begin() as conn:
        parked.park(conn, [refused("crm/Account/a"), refused("crm/Account/b"), refused("crm/Accounts/c")])
        assert parked.count_open(conn, "crm", "Account") == 2
        assert parked.release(conn, ["crm/Account/a", "crm/Account/unknown"], "dismissed") == 1
        assert parked.release(conn, ["crm/Account/a"], "replayed") == 0
        assert list(parked.open_ids(conn, "crm", "Account")) == ["crm/Account/b"]
        assert [row.id for row in parked.read_parked(conn, "dismissed")] == ["crm/Account/a"]


def test_released_record_may_be_parked_again(store: Store) -> None:
    with store.begin() as conn:
        parked.park(conn, [refused("crm/Account/a")])
        parked.release(conn, ["crm/Account/a"], "replayed")
        parked.park(conn, [refused("crm/Account/a", at=LATER)])
        assert [row.parked_at for row in parked.read_parked(conn)] == [LATER]

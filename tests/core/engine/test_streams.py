"""Listening as the engine does it: one process a line, event and place in one commit, cut lines taken up again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from core.clock import FixedClock
from core.connector import Connector, ConnectorContext, Cursor, Finding, Page, Stream
from core.engine import streams
from core.engine.lease import hold_lease, holder
from core.engine.streams import CUT, GAP, STAND_BY_SECONDS, STREAM, StreamLoop
from core.errors import AuthError, RetryLater
from core.http import Transport
from core.listening import Heard, Listener, ToldChange
from core.mapping import Mapping
from core.store import Store, jobs
from core.store.events import position, save_position
from core.store.findings import StoredFinding, read_findings
from core.store.inbox import Event, read_events
from core.store.touches import Touch, read_touches
from core.sync import ConnectionSetup

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
MAPPING = Mapping.load("salesforce", "crm", None, currency="GBP", region="GB")
CHANGE = ToldChange("1/a/1", "Account.UPDATE", "Account", ["001A"], fields=frozenset({"Phone"}), told=b'{"a": 1}')
Said = Heard | Exception


class Speaker(Connector, Listener):
    """Says what it was given, line after line; then it is silent, and wishes that nobody listened any more."""

    is_listening = True

    def __init__(self, lines: Sequence[Sequence[Said]], clock: FixedClock) -> None:
        super().__init__(None, ConnectorContext("crm", clock, Transport(clock=clock)))
        self.lines = list(lines)
        self.wish = Wish()
        self.asked_from: list[str | None] = []
        self.closed = 0

    def check(self) -> list[Finding]:
        return []

    def streams(self) -> dict[str, Stream]:
        return {}

    def read(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        del stream, fields, since
        return iter(())

    def listen(self, since: str | None) -> Iterator[Heard]:
        self.asked_from.append(since)
        try:
            for one in self.lines.pop(0):
                if isinstance(one, Exception):
                    raise one
                yield one
            self.wish.set()
            while True:
                yield Heard()
        finally:
            self.closed += 1


class Wish(threading.Event):
    """The wish to stop, which notes how long somebody wanted to wait for it, and makes nobody wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        return self.is_set()


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A store with nothing in it, made once: migrating takes longer than any of these tests."""
    path = tmp_path_factory.mktemp("empty") / "inlay.db"
    with Store.open(f"sqlite:///{path}") as made:
        made.migrate()
        made.close()
    return path.read_bytes()


@pytest.fixture
def store(migrated: bytes, tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "inlay.db").write_bytes(migrated)
    with Store.open(f"sqlite:///{tmp_path / 'inlay.db'}") as opened:
        yield opened


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def loop_of(store: Store, clock: FixedClock) -> Callable[[Speaker], StreamLoop]:
    def made(speaker: Speaker, kept: Callable[[], object] = lambda: None) -> StreamLoop:
        return StreamLoop(store, clock, ConnectionSetup("crm", speaker, MAPPING), speaker, kept)

    return made


@pytest.fixture
def listen(loop_of: Callable[[Speaker], StreamLoop], clock: FixedClock) -> Callable[..., Speaker]:
    """Listen to somebody until everything is said."""

    def to(*lines: Sequence[Said]) -> Speaker:
        speaker = Speaker(lines, clock)
        loop_of(speaker).run(speaker.wish)
        return speaker

    return to


def inbox(store: Store) -> list[Event]:
    with store.read() as conn:
        return list(read_events(conn))


def place(store: Store) -> str | None:
    with store.read() as conn:
        return position(conn, STREAM + "crm")


def findings(store: Store) -> dict[str, StoredFinding]:
    with store.read() as conn:
        return {one.code: one for one in read_findings(conn)}


def is_reading_wanted(store: Store) -> bool:
    with store.read() as conn:
        known = jobs.read_jobs(conn).get("sync:crm")
    return known is not None and known.wanted_at is not None


# --- keeping ----------------------------------------------------------------------------------------------------------


def test_what_is_heard_is_in_the_inbox_with_the_place_after_it(listen: Callable[..., Speaker], store: Store) -> None:
    speaker = listen([Heard([CHANGE], "p1"), Heard((), "p2")])
    (event,) = inbox(store)
    assert (event.connection, event.event_id, event.event_type) == ("crm", "1/a/1", "Account.UPDATE")
    assert (event.body, event.received_at) == (b'{"a": 1}', "2026-06-30T12:00:00Z")
    assert read_touches(event.touches) == [Touch("Account", "001A")]
    assert place(store) == "p2"
    assert (speaker.asked_from, speaker.closed) == ([None], 1)


def test_listening_goes_on_from_the_place_that_was_kept(listen: Callable[..., Speaker]) -> None:
    listen([Heard([CHANGE], "p1")])
    assert listen([Heard((), "p2")]).asked_from == ["p1"]
    assert listen([]).asked_from == ["p2"]


def test_an_event_told_twice_is_kept_once_and_contradicts_nothing(listen: Callable[..., Speaker], store: Store) -> None:
    listen(
        [Heard([CHANGE, CHANGE], "p1"), Heard([CHANGE], "p1")],
    )
    listen([Heard([CHANGE], "p2")])
    assert len(inbox(store)) == 1
    assert findings(store) == {}


def test_an_event_that_says_something_else_under_a_known_name_is_set_aside(
    listen: Callable[..., Speaker], store: Store
) -> None:
    listen([Heard([CHANGE], "p1"), Heard([replace(CHANGE, told=b'{"a": 2}')], "p2")])
    assert len(inbox(store)) == 1
    assert findings(store).keys() == {"event_contradicts"}


@pytest.mark.parametrize(
    ("change", "touches"),
    [
        (replace(CHANGE, records=["a", "b"]), [Touch("Account", "a"), Touch("Account", "b")]),
        (replace(CHANGE, records=["a"], gone="deleted"), [Touch("Account", "a", "deleted")]),
        (
            replace(CHANGE, records=["a", "b"], gone="deleted", merged={"b": "c"}),
            [Touch("Account", "a", "deleted"), Touch("Account", "b", "merged", "c")],
        ),
        (replace(CHANGE, records=[]), [Touch("Account", "")]),
        (replace(CHANGE, stream="", records=[]), None),
    ],
)
def test_what_an_event_is_about_is_what_will_be_asked_for(
    listen: Callable[..., Speaker], store: Store, change: ToldChange, touches: list[Touch] | None
) -> None:
    listen([Heard([change], "p1")])
    assert read_touches(inbox(store)[0].touches) == touches


def test_an_event_and_its_place_are_kept_together_or_not_at_all(
    listen: Callable[..., Speaker], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [OperationalError("disk full", None, Exception("full"))]

    def save(*asked: Any) -> None:
        if failures:
            raise failures.pop()
        save_position(*asked)

    monkeypatch.setattr(streams, "save_position", save)
    speaker = listen([Heard([CHANGE], "p1")], [Heard([CHANGE], "p1")])
    assert speaker.asked_from == [None, None]
    assert speaker.closed == 2
    assert (len(inbox(store)), place(store)) == (1, "p1")


def test_whoever_waits_for_events_is_woken_once_they_are_kept(
    loop_of: Callable[..., StreamLoop], store: Store, clock: FixedClock
) -> None:
    woken: list[int] = []
    speaker = Speaker([[Heard((), "p0"), Heard([CHANGE], "p1"), Heard((), "p2")]], clock)
    loop_of(speaker, lambda: woken.append(len(inbox(store)))).run(speaker.wish)
    assert woken == [1]


# --- echo -------------------------------------------------------------------------------------------------------------

OURS = replace(CHANGE, is_ours=True, fields=frozenset({"Inlay_Health_Score__c", "Inlay_Health_Reasons__c"}))


def test_our_own_writing_told_back_is_no_news(listen: Callable[..., Speaker], store: Store) -> None:
    assert OURS.fields is not None
    assert OURS.fields <= {one.field for one in MAPPING.writes if one.stream == "Account"}
    listen([Heard([OURS], "p1")])
    assert inbox(store) == []
    assert place(store) == "p1"


@pytest.mark.parametrize(
    "change",
    [
        replace(OURS, is_ours=False),
        replace(OURS, fields=frozenset({"Inlay_Health_Score__c", "Rating"})),  # a flow of the firm's did more
        replace(OURS, fields=frozenset()),  # a formula or an address: nobody says what changed
        replace(OURS, fields=None),  # a record that is new, or gone
        replace(OURS, stream="Contact"),
    ],
)
def test_whatever_else_changed_is_news_whoever_did_it(
    listen: Callable[..., Speaker], store: Store, change: ToldChange
) -> None:
    listen([Heard([change], "p1")])
    assert len(inbox(store)) == 1


# --- gaps -------------------------------------------------------------------------------------------------------------


def test_a_first_listening_has_the_connection_read_in_silence(listen: Callable[..., Speaker], store: Store) -> None:
    listen([Heard(is_gap=True), Heard((), "p1")])
    assert is_reading_wanted(store)
    assert findings(store) == {}


def test_a_gap_has_the_connection_read_and_is_told_until_it_was(listen: Callable[..., Speaker], store: Store) -> None:
    listen([Heard((), "p1")])
    listen([Heard(is_gap=True), Heard((), "p9")])
    assert is_reading_wanted(store)
    assert findings(store)[GAP].place == "crm/stream"
    listen([Heard((), "p10")])
    assert GAP in findings(store)
    with store.begin() as conn:
        jobs.end(conn, jobs.begin(conn, "sync:crm", NOON), NOON)
    assert listen([Heard((), "p11")]).asked_from == ["p10"]
    assert findings(store) == {}


def test_a_place_that_is_lost_is_not_asked_for_again(listen: Callable[..., Speaker]) -> None:
    listen([Heard((), "p1")])
    assert listen([Heard(is_gap=True), RetryLater("cut")], [Heard((), "p2")]).asked_from == ["p1", None]


# --- trouble ----------------------------------------------------------------------------------------------------------

CUTS = RetryLater("the line was cut", remedy="wait")


def test_a_line_that_is_cut_is_taken_up_again_ever_more_patiently(listen: Callable[..., Speaker], store: Store) -> None:
    speaker = listen([Heard([CHANGE], "p1"), CUTS], [Heard((), "p2"), CUTS], [CUTS], [CUTS], [])
    assert speaker.wish.waits[:-1] == [1.0, 1.0, 2.0, 4.0]
    assert speaker.asked_from == [None, "p1", "p2", "p2", "p2"]
    assert findings(store)[CUT].message == "cannot listen: the line was cut"


def test_a_cut_now_and_then_is_nothing_to_tell(listen: Callable[..., Speaker], store: Store) -> None:
    listen([Heard((), "p1"), CUTS], [Heard((), "p2"), CUTS], [Heard((), "p3"), CUTS], [])
    assert findings(store) == {}


def test_what_was_told_of_a_line_is_taken_back_once_it_stands(listen: Callable[..., Speaker], store: Store) -> None:
    listen([CUTS], [CUTS], [CUTS], [])
    assert CUT in findings(store)
    listen([Heard((), "p1")])
    assert findings(store) == {}


def test_nobody_tries_before_the_instant_a_vendor_named(listen: Callable[..., Speaker]) -> None:
    later = RetryLater("no events are left", retry_at=NOON + timedelta(hours=1))
    assert listen([later], []).wish.waits[0] == 3600


def test_no_pause_is_longer_than_five_minutes(listen: Callable[..., Speaker]) -> None:
    assert max(listen(*[[CUTS]] * 30, []).wish.waits) == 300


def test_what_a_person_has_to_mend_is_told_at_once(listen: Callable[..., Speaker], store: Store) -> None:
    speaker = listen([AuthError("refused", remedy="run `inlay connect crm`")], [])
    told = findings(store)[CUT]
    assert (told.message, told.remedy) == ("cannot listen: refused", "run `inlay connect crm`")
    assert speaker.wish.waits[0] == 300


def test_a_bug_of_a_connector_ends_nothing_else(listen: Callable[..., Speaker]) -> None:
    with capture_logs() as logs:
        assert len(listen([ZeroDivisionError()], [Heard((), "p1")]).asked_from) == 2
    assert [one["event"] for one in logs if one["log_level"] == "error"] == ["stream broke"]


# --- one process at a time --------------------------------------------------------------------------------------------


def test_only_one_process_listens_and_another_takes_over(
    loop_of: Callable[..., StreamLoop], store: Store, clock: FixedClock
) -> None:
    speaker = Speaker([[Heard((), "p1")]], clock)
    with hold_lease(store, clock, name=STREAM + "crm") as other:
        assert other is not None
        speaker.wish.set()
        loop_of(speaker).run(speaker.wish)
        assert speaker.asked_from == []
    speaker.wish.clear()
    loop_of(speaker).run(speaker.wish)
    assert speaker.asked_from == [None]
    assert holder(store, clock, STREAM + "crm") is None


def test_a_process_stands_by_while_another_listens(
    loop_of: Callable[..., StreamLoop], store: Store, clock: FixedClock
) -> None:
    speaker = Speaker([], clock)
    with hold_lease(store, clock, name=STREAM + "crm"):
        waiting = threading.Thread(target=loop_of(speaker).run, args=(speaker.wish,))
        waiting.start()
        while len(speaker.wish.waits) < 3:
            assert waiting.is_alive()
        speaker.wish.set()
        waiting.join()
    assert set(speaker.wish.waits) == {STAND_BY_SECONDS}
    assert speaker.asked_from == []


def test_a_lease_that_is_lost_ends_the_listening(
    loop_of: Callable[..., StreamLoop], store: Store, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lost:
        def __init__(self) -> None:
            self.lost = threading.Event()
            self.lost.set()

    @contextmanager
    def lose(*_: Any, **__: Any) -> Iterator[Lost]:
        yield Lost()

    monkeypatch.setattr(streams, "hold_lease", lose)
    speaker = Speaker([[Heard((), "p1"), Heard([CHANGE], "p2")], []], clock)
    loop_of(speaker).run(speaker.wish)
    assert speaker.asked_from == [None, "p1"]
    assert inbox(store) == []

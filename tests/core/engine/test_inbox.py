"""From the inbox to the store: what events tell of is asked for again, whatever order and shape they come in."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from core.clock import FixedClock, iso
from core.connector import RawRecord
from core.engine.inbox import FAILED, take_in_events
from core.errors import AuthError, InlayError, PluginError, RejectedError, RetryLater
from core.store import Store
from core.store.crosswalk import resolve
from core.store.findings import read_findings
from core.store.golden import read_golden
from core.store.inbox import Arrival, EventState, read_events, receive
from core.store.parked import read_parked
from core.store.runs import read_runs
from core.store.sources import read_sources
from core.store.touches import Touch, touches_text
from core.sync import sync_connection
from core.sync.refetch import ASKED_AT_ONCE
from tests.core.conftest import START
from tests.core.sync.feed import Feed, setup_of

Tell = Callable[..., None]


class AskableFeed(Feed):
    """A feed that can be asked for single records; ``refusal`` is raised instead where the test wants that."""

    def __init__(self, name: str = "crm") -> None:
        super().__init__(name)
        self.fetched: list[tuple[str, tuple[str, ...]]] = []
        self.refusal: InlayError | None = None

    def fetch(self, stream: str, ids: Sequence[str], fields: Sequence[str]) -> list[RawRecord]:
        assert "id" in fields
        self.fetched.append((stream, tuple(ids)))
        if self.refusal is not None:
            raise self.refusal
        return [record for record in self.records[stream] if record["id"] in ids]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated store, to be copied: migrating one for each test would take most of their time."""
    path = tmp_path_factory.mktemp("migrated") / "inlay.db"
    with Store.open(f"sqlite:///{path}") as store:
        store.migrate()
    return path


@pytest.fixture
def store(migrated: Path, tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{shutil.copy(migrated, tmp_path / 'inlay.db')}") as opened:
        yield opened


@pytest.fixture(params=["store", "postgres_store"])
def each_store(request: pytest.FixtureRequest) -> Store:
    """Both databases, for what they decide."""
    found: Store = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def feed() -> AskableFeed:
    feed = AskableFeed()
    for number in range(4):
        feed.put("Account", f"a{number}", number, name=f"Client {number}", type="Customer")
    feed.put("Person", "p1", 1, name="Ada", account="a1")
    return feed


@pytest.fixture
def tell(store: Store) -> Tell:
    """Puts an event into the inbox, as the door does."""
    return teller(store)


def teller(store: Store) -> Tell:
    def put(event_id: str, *touches: Touch, unclear: bool = False) -> None:
        about = touches_text(None if unclear else touches)
        with store.begin() as conn:
            receive(conn, [Arrival("crm", event_id, "changed", b"{}", iso(START), b"", about)])

    return put


def take_in(store: Store, feed: Feed, clock: FixedClock) -> bool:
    return take_in_events(store, setup_of(feed), clock)


def states(store: Store) -> dict[str, EventState]:
    with store.read() as conn:
        every: tuple[EventState, ...] = ("new", "done", "ignored", "dead")
        return {event.event_id: state for state in every for event in read_events(conn, state)}


def names(store: Store) -> dict[str, str]:
    with store.read() as conn:
        return {row.id: orjson.loads(row.data)["name"] for row in read_golden(conn, "client")}


def failures(store: Store) -> list[str]:
    with store.read() as conn:
        return [found.place for found in read_findings(conn) if found.code == FAILED]


# --- the plain way ----------------------------------------------------------------------------------------------------


def test_what_an_event_is_about_is_asked_for_and_stored(
    each_store: Store, feed: AskableFeed, clock: FixedClock
) -> None:
    store, tell = each_store, teller(each_store)
    tell("e1", Touch("Account", "a1"))
    tell("e2", Touch("Account", "a2"), Touch("Person", "p1"))
    assert take_in(store, feed, clock) is False
    assert names(store) == {"crm/Account/a1": "Client 1", "crm/Account/a2": "Client 2"}
    assert feed.fetched == [("Account", ("a1", "a2")), ("Person", ("p1",))]
    assert feed.asked == []
    assert states(store) == {"e1": "done", "e2": "done"}


def test_a_record_told_of_a_hundred_times_is_asked_for_once(
    store: Store, feed: AskableFeed, clock: FixedClock, tell: Tell
) -> None:
    for number in range(100):
        tell(f"e{number}", Touch("Account", "a1"))
    take_in(store, feed, clock)
    assert feed.fetched == [("Account", ("a1",))]
    assert set(states(store).values()) == {"done"}


def test_a_flood_is_asked_for_in_handfuls(store: Store, feed: AskableFeed, clock: FixedClock, tell: Tell) -> None:
    tell("e1", *(Touch("Account", f"x{number}") for number in range(ASKED_AT_ONCE + 1)))
    take_in(store, feed, clock)
    assert [len(ids) for _, ids in feed.fetched] == [ASKED_AT_ONCE, 1]
    assert names(store) == {}


def test_what_was_taken_in_is_no_news_to_the_next_reading(
    store: Store, feed: AskableFeed, clock: FixedClock, tell: Tell
) -> None:
    sync_connection(store, setup_of(feed), clock)
    feed.put("Account", "a1", 30, name="Renamed")
    tell("e1", Touch("Account", "a1"))
    take_in(store, feed, clock)
    assert names(store)["crm/Account/a1"] == "Renamed"
    assert sync_connection(store, setup_of(feed), clock).changed == 0


def test_streams_nobody_maps_are_nobodys_business(
    store: Store, feed: AskableFeed, clock: FixedClock, tell: Tell
) -> None:
    tell("e1", Touch("Product", "p1"))
    tell("e2")
    assert take_in(store, feed, clock) is False
    assert feed.fetched == []
    assert states(store) == {"e1": "ignored", "e2": "ignored"}


def test_a_refused_record_is_parked_and_the_others_go_on(
    store: Store, feed: AskableFeed, clock: FixedClock, tell: Tell
) -> None:
    feed.put("Account", "a1", 5)
    tell("e1", Touch("Account", "a1"), Touch("Account", "a2"))
    take_in(store, feed, clock)
    with store.read() as conn:
        assert [row.id for row in read_parked(conn)] == ["crm/Account/a1"]
    assert names(store) == {"crm/Account/a2": "Client 2"}
    feed.put("Account", "a1", 6, name="Mended")
    tell("e2", Touch("Account", "a1"))
    take_in(store, feed, clock)
    with store.read() as conn:
        assert list(read_parked(conn)) == []


# --- gone, merged, back again -----------------------------------------------------------------------------------------


def test_a_record_said_to_be_gone_is_gone_once_the_vendor_shows_it_no_more(
    store: Store, feed: AskableFeed, clock: FixedClock, tell: Tell
) -> None:
    sync_connection(store, setup_of(feed), clock)
    feed.drop("Account", "a1")
    tell("e1", Touch("Account", "a1", "deleted"))
    tell("e2", Touch("Account", "a2", "deleted"))
    take_in(store, feed, clock)
    assert set(names(store)) == {"crm/Account/a0", "crm/Account/a2", "crm/Account/a3"}


def test_a_record_that_is_not_shown_and_not_said_to_be_gone_stays(
    store: Store, feed: AskableFeed, clock: FixedClock, tell: Tell
) -> None:
    sync_connection(store, setup_of(feed), clock)
    feed.drop("Account", "a1")
    tell("e1", Touch("Account", "a1"))
    take_in(store, feed, clock)
    assert "crm/Account/a1" in names(store)


def test_a_merged_record_leads_to_its_survivor(each_store: Store, feed: AskableFeed, clock: FixedClock) -> None:
    store, tell = each_store, teller(each_store)
    sync_connection(store, setup_of(feed), clock)
    feed.drop("Account", "a1")
    tell("e1", Touch("Account", "a1", "merged", "a2"), Touch("Account", "a2"))
    take_in(store, feed, clock)
    with store.read() as conn:
        [row] = read_sources(conn, ["crm/Account/a1"])
        assert resolve(conn, "client", ["crm/Account/a1"]) == {"crm/Account/a1": "crm/Account/a2"}
    assert (row.gone, row.merged_into) == ("merged", "crm/Account/a2")


@pytest.mark.parametrize("seed", range(2))
def test_any_order_and_any_repeats_end_in_the_vendors_truth(
    store: Store, feed: AskableFeed, clock: FixedClock, tell: Tell, seed: int
) -> None:
    dice = random.Random(seed)
    sync_connection(store, setup_of(feed), clock)
    told: list[Touch] = []
    for step in range(20):
        account = f"a{dice.randrange(6)}"
        if dice.random() < 0.3:
            feed.drop("Account", account)
            told.append(Touch("Account", account, "deleted"))
        else:
            feed.put("Account", account, step, name=f"Name {step}")
            told.append(Touch("Account", account))
        if dice.random() < 0.3:
            some = dice.sample(told, dice.randint(1, len(told)))
            tell(f"e{step}", *some)
            take_in(store, feed, clock)
    dice.shuffle(told)
    for number, touch in enumerate([*told, *told]):
        tell(f"late {number}", touch)
    take_in(store, feed, clock)
    truth = {f"crm/Account/{record['id']}": record["name"] for record in feed.records["Account"]}
    assert names(store) == truth


# --- events that do not say enough ------------------------------------------------------------------------------------


def test_an_event_that_names_nothing_waits_for_a_reading(
    store: Store, feed: AskableFeed, clock: FixedClock, tell: Tell
) -> None:
    tell("e1", unclear=True)
    tell("e2", Touch("Account", "a1"))
    tell("e3", Touch("Account", ""))
    assert take_in(store, feed, clock) is True
    assert states(store) == {"e1": "new", "e2": "new", "e3": "new"}
    assert names(store) == {"crm/Account/a1": "Client 1"}


def test_a_system_that_cannot_be_asked_is_read_on(store: Store, clock: FixedClock, tell: Tell) -> None:
    plain = Feed()
    plain.put("Account", "a1", name="Client 1")
    tell("e1", Touch("Account", "a1"), Touch("Account", "a9", "deleted"))
    assert take_in(store, plain, clock) is True
    assert states(store) == {"e1": "new"}


def test_without_any_clear_event_no_run_is_entered(
    store: Store, feed: AskableFeed, clock: FixedClock, tell: Tell
) -> None:
    tell("e1", unclear=True)
    take_in(store, feed, clock)
    with store.read() as conn:
        assert list(read_runs(conn)) == []


def test_what_no_event_told_of_is_found_by_the_next_reading(
    store: Store, feed: AskableFeed, clock: FixedClock, tell: Tell
) -> None:
    sync_connection(store, setup_of(feed), clock)
    feed.put("Account", "a1", 20, name="Told")
    feed.put("Account", "a2", 21, name="Event lost")
    tell("e1", Touch("Account", "a1"))
    take_in(store, feed, clock)
    assert (names(store)["crm/Account/a1"], names(store)["crm/Account/a2"]) == ("Told", "Client 2")
    assert sync_connection(store, setup_of(feed), clock).changed == 1
    assert names(store)["crm/Account/a2"] == "Event lost"


# --- trouble ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [RetryLater("away"), AuthError("no access")])
def test_events_of_a_system_that_is_away_stay_new(
    store: Store, feed: AskableFeed, clock: FixedClock, tell: Tell, refusal: InlayError
) -> None:
    tell("e1", Touch("Account", "a1"))
    feed.refusal = refusal
    take_in(store, feed, clock)
    assert states(store) == {"e1": "new"}
    assert failures(store) == ["crm/Account"]
    feed.refusal = None
    take_in(store, feed, clock)
    assert states(store) == {"e1": "done"}
    assert failures(store) == []


def test_an_event_that_breaks_its_reader_is_dead_and_told(
    store: Store, feed: AskableFeed, clock: FixedClock, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = feed.fetch

    def breaking(stream: str, ids: Sequence[str], fields: Sequence[str]) -> Any:
        if stream == "Account":
            raise ZeroDivisionError
        return fetch(stream, ids, fields)

    monkeypatch.setattr(feed, "fetch", breaking)
    tell("e1", Touch("Account", "a1"))
    tell("e2", Touch("Person", "p1"))
    take_in(store, feed, clock)
    assert states(store) == {"e1": "dead", "e2": "done"}
    assert failures(store) == ["crm/Account"]


def test_one_record_nobody_can_read_keeps_no_other_from_being_read(
    store: Store, feed: AskableFeed, clock: FixedClock, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = feed.fetch

    def picky(stream: str, ids: Sequence[str], fields: Sequence[str]) -> list[RawRecord]:
        if "a2" in ids:
            raise RejectedError("MALFORMED_ID")
        return fetch(stream, ids, fields)

    monkeypatch.setattr(feed, "fetch", picky)
    for number in range(4):
        tell(f"e{number}", Touch("Account", f"a{number}"))
    take_in(store, feed, clock)
    assert states(store) == {"e0": "done", "e1": "done", "e2": "dead", "e3": "done"}
    assert set(names(store)) == {"crm/Account/a0", "crm/Account/a1", "crm/Account/a3"}
    assert failures(store) == ["crm/Account"]


@pytest.mark.parametrize("odd", ["../customers", "a1?expand[]=x", "a1/b", "a 1", "a1'", "ä1", "a" * 201])
def test_ids_that_could_change_an_address_or_a_query_are_not_asked_for(
    store: Store, feed: AskableFeed, clock: FixedClock, tell: Tell, odd: str
) -> None:
    tell("e1", Touch("Account", odd), Touch("Account", "a1"))
    assert take_in(store, feed, clock) is True
    assert feed.fetched == [("Account", ("a1",))]
    assert states(store) == {"e1": "new"}


def test_killed_between_store_and_settling_the_event_is_taken_in_again(
    store: Store, feed: AskableFeed, clock: FixedClock, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell("e1", Touch("Account", "a1"))
    monkeypatch.setattr("core.engine.inbox.settle_events", _die)
    with pytest.raises(KeyboardInterrupt):
        take_in(store, feed, clock)
    monkeypatch.undo()
    assert states(store) == {"e1": "new"}
    take_in(store, feed, clock)
    assert states(store) == {"e1": "done"}
    assert names(store) == {"crm/Account/a1": "Client 1"}


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_plugin_errors_of_a_connector_are_no_reason_to_try_for_ever(
    store: Store, feed: AskableFeed, clock: FixedClock, tell: Tell
) -> None:
    feed.refusal = PluginError("broken")
    tell("e1", Touch("Account", "a1"))
    take_in(store, feed, clock)
    take_in(store, feed, clock)
    assert len(feed.fetched) == 1


# --- records that come with the event ---------------------------------------------------------------------------------


def brought(minute: int, name: str) -> Touch:
    record = {"id": "a1", "changed": f"2026-06-01T00:{minute:02d}:00Z", "name": name}
    return Touch("Account", "a1", record=record)


def test_a_record_that_comes_with_its_event_is_stored_without_asking(
    store: Store, feed: AskableFeed, clock: FixedClock, tell: Tell
) -> None:
    tell("e1", brought(1, "Brought"))
    take_in(store, feed, clock)
    assert names(store) == {"crm/Account/a1": "Brought"}
    assert feed.fetched == []
    assert states(store) == {"e1": "done"}


def test_a_late_event_does_not_bring_back_an_old_state(
    store: Store, feed: AskableFeed, clock: FixedClock, tell: Tell
) -> None:
    tell("e2", brought(2, "Second"))
    take_in(store, feed, clock)
    tell("e1", brought(1, "First"))
    take_in(store, feed, clock)
    assert names(store) == {"crm/Account/a1": "Second"}
    tell("e3", brought(3, "Third"))
    take_in(store, feed, clock)
    assert names(store) == {"crm/Account/a1": "Third"}

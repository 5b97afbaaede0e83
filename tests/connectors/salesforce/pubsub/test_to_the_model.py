"""From a change in Salesforce to the model, by events alone: the simulator, the line, the inbox, the records."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from signal import SIGKILL
from subprocess import Popen
from threading import Event as Wish
from time import monotonic

import orjson
import pytest

from connectors.salesforce.sandbox import TOKEN
from connectors.salesforce.sandbox.pubsub.server import RunningPubSub
from connectors.sandbox.server import RunningSandbox
from core.cli.web import listening
from core.clock import SystemClock
from core.engine.inbox import take_in_events
from core.engine.lease import holder
from core.engine.streams import GAP, STREAM, StreamLoop, streams_of
from core.hub import Hub
from core.mapping import Mapping
from core.sdk import WriteRow
from core.store import Store, jobs
from core.store.events import position
from core.store.findings import read_findings
from core.store.golden import read_golden
from core.store.inbox import Event, EventState, read_events
from core.sync import ConnectionSetup, sync_connection
from tests.connectors.salesforce.links import SCORE, Link
from tests.connectors.salesforce.orgs import Api

MAPPING = Mapping.load("salesforce", "crm", None, currency="GBP", region="GB")
PATIENCE_SECONDS = 30.0


class Firm:
    """A store, a connection, and somebody who listens to it."""

    def __init__(self, store: Store, link: Link, events: RunningPubSub) -> None:
        self.store, self.link, self.events = store, link, events
        self.setup = ConnectionSetup("crm", link.connector, MAPPING)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen in a thread, as `inlay run` does, from when the line stands to the end of the block."""
        wish, before = Wish(), self.place()
        loop = StreamLoop(self.store, self.link.clock, self.setup, self.link.connector)
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(loop.run, wish)
            try:
                self.await_(lambda: self.place() not in ("", None, before))
                yield
            finally:
                wish.set()
                running.result()

    def await_(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so."""
        until = monotonic() + PATIENCE_SECONDS
        while not is_so():
            assert monotonic() < until, "it never came"
            self.events.pause()

    def kinds(self, state: EventState = "new") -> list[str]:
        """What is in the inbox."""
        return [one.event_type for one in self.inbox(state)]

    def inbox(self, state: EventState = "new") -> list[Event]:
        """The events of a state."""
        with self.store.read() as conn:
            return list(read_events(conn, state))

    def take_in(self, events: int) -> bool:
        """Wait for so many new events and do with them what a worker does."""
        self.await_(lambda: len(self.inbox()) >= events)
        assert len(self.inbox()) == events
        return take_in_events(self.store, self.setup, self.link.clock)

    def clients(self) -> set[str]:
        """The names of the model's clients."""
        with self.store.read() as conn:
            return {orjson.loads(row.data)["name"] for row in read_golden(conn, "client")}

    def place(self) -> str | None:
        """Where listening goes on."""
        with self.store.read() as conn:
            return position(conn, STREAM + "crm")

    def is_reading_wanted(self) -> bool:
        """Whether the connection is to be read on."""
        with self.store.read() as conn:
            known = jobs.read_jobs(conn).get("sync:crm")
        return known is not None and known.wanted_at is not None


@pytest.fixture
def firm(store: Store, listening: Callable[..., Link], events: RunningPubSub) -> Firm:
    return Firm(store, listening(), events)


def test_what_people_do_in_salesforce_is_in_the_model_without_a_reading(firm: Firm, api: Api) -> None:
    with firm.listening():
        made = [api.create("Account", Name=name) for name in ("Alfa", "Bravo", "Charlie")]
        assert firm.take_in(3) is False
        assert firm.clients() == {"Alfa", "Bravo", "Charlie"}

        api.update("Account", made[0], Name="Alfa Joinery")
        api.call("DELETE", f"sobjects/Account/{made[1]}")
        assert firm.take_in(2) is False
        assert firm.clients() == {"Alfa Joinery", "Charlie"}

        api.app.edit({"object": "Account", "id": made[1], "action": "restore"})
        assert firm.take_in(1) is False
    assert firm.clients() == {"Alfa Joinery", "Bravo", "Charlie"}
    assert firm.kinds("done") == [f"Account.{kind}" for kind in ("CREATE",) * 3 + ("UPDATE", "DELETE", "UNDELETE")]
    assert sync_connection(firm.store, firm.setup, firm.link.clock, streams=["Account"]).changed == 0


def test_a_merge_leaves_one_of_two_and_says_which(firm: Firm, api: Api) -> None:
    kept, lost = api.create("Account", Name="Alfa"), api.create("Account", Name="Alpha")
    sync_connection(firm.store, firm.setup, firm.link.clock, streams=["Account"])
    with firm.listening():
        api.app.edit({"object": "Account", "id": lost, "action": "merge", "into": kept})
        firm.take_in(2)
    assert firm.clients() == {"Alfa"}
    with firm.store.read() as conn:
        facts = conn.exec_driver_sql("SELECT id, gone, merged_into FROM source_record WHERE gone IS NOT NULL").all()
    assert [tuple(row) for row in facts] == [(f"crm/Account/{lost}", "merged", f"crm/Account/{kept}")]


def test_an_object_that_the_mapping_does_not_read_is_nobodys_business(firm: Firm, api: Api) -> None:
    with firm.listening():
        api.create("Lead", LastName="Lee", Company="Elsewhere")
        firm.take_in(1)
    assert firm.kinds("ignored") == ["Lead.CREATE"]


def test_a_gap_event_brings_the_record_too(firm: Firm, api: Api) -> None:
    with firm.listening():
        firm.events.bus.tells_gaps = True
        api.create("Account", Name="Alfa")
        assert firm.take_in(1) is False
    assert firm.clients() == {"Alfa"}
    assert firm.kinds("done") == ["Account.GAP_CREATE"]


def test_an_overflow_has_the_connection_read_on(firm: Firm, api: Api) -> None:
    sync_connection(firm.store, firm.setup, firm.link.clock, streams=["Account"])
    with firm.listening():
        firm.events.bus.most_changes = 1
        records = [{"attributes": {"type": "Account"}, "Name": f"Firm {one}"} for one in range(3)]
        api.call("POST", "composite/sobjects", {"records": records})
        assert firm.take_in(2) is True
    assert firm.clients() == {"Firm 0"}
    sync_connection(firm.store, firm.setup, firm.link.clock, streams=["Account"])
    assert firm.clients() == {"Firm 0", "Firm 1", "Firm 2"}


def test_what_happened_while_nobody_listened_is_heard_afterwards(firm: Firm, api: Api) -> None:
    with firm.listening():
        pass
    made = api.create("Account", Name="Meanwhile")
    with firm.listening():
        firm.take_in(1)
    assert firm.clients() == {"Meanwhile"}
    assert json.loads(firm.inbox("done")[0].body)["recordIds"] == [made]


def test_three_days_of_silence_cost_a_reading_and_nothing_else(firm: Firm, api: Api) -> None:
    sync_connection(firm.store, firm.setup, firm.link.clock, streams=["Account"])
    with firm.listening(), firm.store.begin() as conn:  # the reading that a first listening asks for
        jobs.end(conn, jobs.begin(conn, "sync:crm", firm.link.clock.now()), firm.link.clock.now())
    api.create("Account", Name="Missed")
    api.app.clock.advance(timedelta(hours=73))
    with firm.listening():
        assert firm.is_reading_wanted()
        with firm.store.read() as conn:
            assert GAP in {one.code for one in read_findings(conn)}
        assert firm.inbox() == []
        sync_connection(firm.store, firm.setup, firm.link.clock, streams=["Account"])
        assert firm.clients() == {"Missed"}
        api.create("Account", Name="Heard")
        firm.take_in(1)
    assert firm.clients() == {"Missed", "Heard"}


def test_an_event_told_twice_is_taken_in_once(firm: Firm, api: Api) -> None:
    with firm.listening():
        api.create("Account", Name="Alfa")
        firm.await_(lambda: len(firm.inbox()) == 1)
        firm.events.tell_again(1)
        api.create("Account", Name="Bravo")
        firm.take_in(2)
    assert firm.kinds("done") == ["Account.CREATE"] * 2
    assert firm.clients() == {"Alfa", "Bravo"}


def test_a_line_that_is_cut_again_and_again_loses_nothing(firm: Firm, api: Api) -> None:
    names = {f"Firm {number}" for number in range(6)}
    with firm.listening():
        for number, name in enumerate(sorted(names)):
            api.create("Account", Name=name)
            if number % 3 == 1:
                firm.events.cut()
        firm.take_in(6)
    assert firm.clients() == names


def test_what_inlay_writes_itself_is_not_told_back_but_what_a_flow_adds_is(firm: Firm, api: Api) -> None:
    made = api.create("Account", Name="Alfa")
    firm.link.provision(SCORE)
    with firm.listening():
        before = firm.place()
        firm.link.connector.write("Account", "update", [WriteRow({SCORE.name: 71}, made)])
        firm.await_(lambda: firm.place() != before)
        firm.link.connector.write("Account", "update", [WriteRow({SCORE.name: 72, "Rating": "Hot"}, made)])
        firm.take_in(1)
    (kept,) = firm.inbox("done")
    assert set(json.loads(kept.body)["changedFields"]) - {"LastModifiedById"} == {
        "Inlay_Health_Score__c", "LastModifiedDate", "Rating",
    }  # fmt: skip


INLAY = """
firm: {{name: The Firm, time_zone: Europe/London, currency: GBP}}
store: sqlite:///inlay.db
connections:
  crm:
    connector: salesforce
    auth: {{flow: token, token: "{token}", domain: hartwell.my}}
    base_url: {rest}
    change_events: true
    events_url: {events}
plugins: {{}}
"""


def test_one_line_of_configuration_makes_inlay_run_listen(
    served: RunningSandbox, events: RunningPubSub, api: Api, tmp_path: Path
) -> None:
    config = tmp_path / "inlay.yaml"
    config.write_text(INLAY.format(token=TOKEN, rest=served.base_url, events=events.url))
    hub = Hub.open(config, {}, SystemClock())
    try:
        hub.store.migrate()
        with listening(hub):
            assert [loop.setup.name for loop in streams_of(hub)] == ["crm"]
            firm = Firm(hub.store, Link(served.base_url), events)
            firm.await_(lambda: bool(firm.place()))
            api.create("Account", Name="Alfa")
            firm.await_(lambda: firm.kinds() == ["Account.CREATE"])
        assert holder(hub.store, SystemClock(), STREAM + "crm") is None
    finally:
        hub.close()


@pytest.mark.soak
@pytest.mark.parametrize("point", ["heard", "placed", "commit", "kept"])
def test_a_process_killed_while_it_keeps_an_event_loses_none_and_keeps_none_twice(
    firm: Firm, api: Api, served: RunningSandbox, sqlite_url: str, point: str
) -> None:
    def process(hours: int, point: str) -> Popen[bytes]:
        program = "tests.connectors.salesforce.pubsub.listening_process"
        return Popen([sys.executable, "-m", program, sqlite_url, served.base_url, firm.events.url, str(hours), point])

    doomed = process(0, point)
    firm.await_(lambda: bool(firm.place()))
    before = firm.place()
    made = api.create("Account", Name="Alfa")
    assert doomed.wait(30) == -SIGKILL
    kept = point == "kept"
    assert (len(firm.inbox()), firm.place() != before) == (int(kept), kept)
    with process(2, "never") as heir:
        later = api.create("Account", Name="Bravo")
        firm.await_(lambda: len(firm.inbox()) == 2)
        heir.kill()
    assert [json.loads(one.body)["recordIds"] for one in firm.inbox()] == [[made], [later]]
    take_in_events(firm.store, firm.setup, firm.link.clock)
    assert firm.clients() == {"Alfa", "Bravo"}

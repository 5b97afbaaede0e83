"""What an admin does with subscribers from the command line, and what a wrong one is told."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from rich.console import Console

from core.cli.app import App, run_command
from core.clock import SystemClock, iso
from core.config import load_config
from core.errors import ConfigError
from core.outbound.line import Line
from core.store import Store, runs
from core.store.events import Standing, counts, set_standing
from core.store.findings import read_findings
from core.store.tables import operation
from tests.webhooks.outgoing.receiver import SECRET, Receiver, receiving
from webhooks.outgoing.courier import Courier
from webhooks.outgoing.loop import OutgoingLoop
from webhooks.outgoing.noticing import notice
from webhooks.outgoing.subscribers import Subscriber, subscribers_of

FILE = """
store: sqlite:///inlay.db
subscribers:
  till:
    url: {url}
    secrets: ["{secret}"]
    events: [operation.*, endpoint.test]
    private: true
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def path(receiver: Receiver, tmp_path: Path) -> Path:
    file = tmp_path / "inlay.yaml"
    file.write_text(FILE.format(url=receiver.url, secret=SECRET))
    return file


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(load_config(path, {}).store_url) as opened:
        opened.migrate()
        yield opened


Inlay = Callable[..., tuple[int, str]]


@pytest.fixture
def inlay(path: Path, capsys: pytest.CaptureFixture[str]) -> Inlay:
    def command(*arguments: str) -> tuple[int, str]:
        out = io.StringIO()
        console = Console(file=out, highlight=False, soft_wrap=True)
        code = run_command(["webhooks", *arguments], App(path, out=console, err=console))
        return code, out.getvalue() + capsys.readouterr().out

    return command


def json_of(said: tuple[int, str]) -> Any:
    assert said[0] == 0, said
    return orjson.loads(said[1])


def applied(store: Store, key: str) -> None:
    """An operation that was carried out just now."""
    clock = SystemClock()
    row = {
        "id": key, "plan_id": "p", "position": 0, "kind": "set_field", "connection": "crm", "stream": "Account",
        "external_id": "1", "field": "Health__c", "client_id": None, "before": "40", "after": "35",
        "reason": "overdue", "plugin": "health", "inputs": "[]", "policy": "owned", "verdict": "apply",
    }  # fmt: skip
    with store.begin() as conn:
        row |= {"state": "applied", "applied_at": iso(clock.now()), "run_id": runs.start_run(conn, "apply", clock)}
        conn.execute(operation.insert().values(**row))


def told(path: Path, store: Store) -> None:
    """One round of what `inlay run` does beside the worker."""
    subscribers = subscribers_of(load_config(path, {}))
    OutgoingLoop(Courier(store, SystemClock(), subscribers, lambda one: Line(one.target))).once()


def test_an_applied_change_reaches_the_subscriber_and_the_log(
    path: Path, store: Store, receiver: Receiver, inlay: Inlay
) -> None:
    told(path, store)
    applied(store, "op-1")
    told(path, store)
    [got] = receiver.got
    assert got.is_genuine
    assert (got.said["type"], got.said["data"]["operation"]) == ("operation.applied", "op-1")
    [row] = json_of(inlay("log", "--json"))
    assert (row["event_id"], row["state"], row["status"]) == (got.id, "delivered", 200)
    shown = json_of(inlay("show", got.id, "--json"))
    assert shown["body"] == got.said
    assert shown["attempts"][0]["reply"] == "thanks"
    assert got.id in inlay("log", "till", "--state", "delivered")[1]


def test_a_test_event_tells_whether_the_way_is_open(receiver: Receiver, inlay: Inlay) -> None:
    assert inlay("test", "till")[0] == 0
    receiver.default = (401, {}, b"wrong secret")
    code, said = inlay("test", "till")
    assert code == 4
    assert "401: wrong secret" in said


def test_what_failed_is_sent_again_on_demand(path: Path, store: Store, receiver: Receiver, inlay: Inlay) -> None:
    told(path, store)
    receiver.default = (500, {}, b"")
    applied(store, "op-1")
    told(path, store)
    receiver.default = (200, {}, b"")
    [row] = json_of(inlay("log", "--json"))
    assert row["state"] == "waiting"
    assert inlay("resend", "till", row["event_id"])[1] == "1 wait to be sent again\n"
    told(path, store)
    assert [one["state"] for one in json_of(inlay("log", "--json"))] == ["delivered"]
    day = (SystemClock().now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
    assert inlay("resend", "till", "--since", day)[1] == "1 wait to be sent again\n"


def test_a_subscriber_that_was_given_up_is_shown_and_enabled(
    store: Store, path: Path, receiver: Receiver, inlay: Inlay
) -> None:
    told(path, store)
    receiver.default = (410, {}, b"")
    applied(store, "op-1")
    told(path, store)
    [row] = json_of(inlay("list", "--json"))
    assert (row["state"], row["cause"]) == ("disabled", "answered 410")
    receiver.default = (200, {}, b"")
    assert inlay("enable", "till")[0] == 0
    with store.read() as conn:
        assert read_findings(conn) == []
    inlay("resend", "till", *[one["event_id"] for one in json_of(inlay("log", "--json"))])
    told(path, store)
    with store.read() as conn:
        assert counts(conn) == {"till": {"delivered": 1}}


def test_people_see_how_subscribers_do(store: Store, inlay: Inlay) -> None:
    assert "well" in inlay("list")[1]
    with store.begin() as conn:
        set_standing(conn, "till", Standing("2026-06-30T09:00:00Z", None, "answered 500"))
    assert "failing" in inlay("list")[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("test", "tull"), "till"),
        (("resend", "till"), "name events"),
        (("show", "evt_0"), "webhooks log"),
        (("enable", "nobody"), "no subscriber"),
    ],
)
def test_a_wrong_name_is_told_with_what_is_right(inlay: Inlay, arguments: tuple[str, ...], words: str) -> None:
    code, said = inlay(*arguments)
    assert code == 2
    assert words in said


def test_secrets_are_made_ready_to_paste(inlay: Inlay) -> None:
    assert inlay("secret")[1].startswith("whsec_")
    pair = inlay("secret", "--key-pair")[1]
    assert "whsk_" in pair
    assert "whpk_" in pair


def test_the_catalogue_is_listed_and_is_a_document(inlay: Inlay) -> None:
    assert "client.health_changed" in inlay("catalogue")[1]
    assert json_of(inlay("catalogue", "--openapi"))["openapi"] == "3.1.0"


@pytest.mark.parametrize(
    ("line", "field", "words"),
    [
        ("url: http://hooks.example/", "url", "https"),
        ("url: https://10.0.0.8/hook", "url", "not on the internet"),
        ("url: https://0x7f.1/hook", "url", "unusual"),
        ("secrets: [hello]", "secrets", "whsec_"),
        ("events: [client.helth_changed]", "events", "client.health_changed"),
    ],
)
def test_a_mistake_in_the_file_has_its_place_and_remedy(tmp_path: Path, line: str, field: str, words: str) -> None:
    good = {"url": "url: https://hooks.example/", "secrets": f"secrets: [{SECRET}]", "events": 'events: ["*"]'}
    lines = {**good, field: line}
    file = tmp_path / "inlay.yaml"
    file.write_text("subscribers:\n  till:\n    " + "\n    ".join(lines.values()) + "\n")
    with pytest.raises(ConfigError) as mistake:
        subscribers_of(load_config(file, {}))
    assert f"subscribers.till.{field}" in mistake.value.what
    assert f"inlay.yaml:{3 + [*lines].index(field)}" in mistake.value.where
    assert words in str(mistake.value)


def test_no_secret_shows(path: Path) -> None:
    assert SECRET not in repr(subscribers_of(load_config(path, {})))


def test_a_bug_in_telling_ends_nothing_beside_it(path: Path, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_: Subscriber) -> Line:
        raise ZeroDivisionError

    loop = OutgoingLoop(Courier(store, SystemClock(), subscribers_of(load_config(path, {})), broken))
    assert loop.once() == 0
    assert "ZeroDivisionError" in "".join(capsys.readouterr())


def test_the_loop_ends_when_it_is_told(path: Path, store: Store, receiver: Receiver) -> None:
    subscribers = subscribers_of(load_config(path, {}))
    notice(store, SystemClock(), subscribers.values())
    stopping = threading.Event()
    loop = OutgoingLoop(Courier(store, SystemClock(), subscribers, lambda one: Line(one.target)), 0.01)
    thread = threading.Thread(target=loop.run, args=(stopping,))
    thread.start()
    applied(store, "op-1")
    for _ in range(300):
        if receiver.got:
            break
        stopping.wait(0.01)
    stopping.set()
    thread.join(5)
    assert not thread.is_alive()
    assert len(receiver.got) == 1

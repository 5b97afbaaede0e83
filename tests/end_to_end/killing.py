"""An office under load whose commands are killed: both CRMs simulated over HTTP, a store, and a process that forks.

Every round there are new scores and tasks to write and people's edits to read, and while ``inlay run`` serves, signed
events come in. What has become of all of it is counted in the CRMs themselves, past everything of ours.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson
import requests
from sqlalchemy import select

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.fleet import Fleet
from connectors.sandbox.server import serve
from core.ledger.operations import vendor_key
from core.store import Store
from core.store.crosswalk import read_crosswalk
from core.store.golden import read_golden
from core.store.tables import operation
from tests.core.ledger.vendors import MODULES, quiet_firm
from tests.end_to_end.loadmaker import LoadSettings, chosen, key_of
from tests.end_to_end.nursery import SAID

ROOT = Path(__file__).resolve().parents[2]
SECRET = "client-secret-of-the-app"
WRITES = ("POST", "PATCH", "PUT", "DELETE")
READING_PATHS = ("/search", "/batch/read", "/query", "/list")
BUSY = 4
LONGEST = 60.0
PLUGIN = "[inlay]\nload = tests.end_to_end.loadmaker\n"

CONFIG = """\
firm: {{name: Hartwell & Co, time_zone: Europe/London, currency: GBP}}
store: "{store}"
limits: {{tasks_per_owner_and_day: 100000, writes_per_field_and_hour: 100000}}
connections:
  crm:
    {{connector: salesforce, base_url: "{salesforce}", auth: {{flow: token, token: "{sf_token}", domain: hartwell.my}}}}
  marketing:
    {{connector: hubspot, base_url: "{hubspot}", token: "{hs_token}", webhook: {{secrets: [{secret}]}}}}
plugins:
  load: {{mode: auto, round: {number}}}
"""


class Nursery:
    """The forking process, and its child of the moment."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._child: int | None = None
        assert self._line() == "ready"

    def bear(self, *arguments: str) -> int:
        """Start a command; its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(orjson.dumps(arguments).decode() + "\n")
        self._process.stdin.flush()
        self._child = int(self._line())
        return self._child

    def end(self) -> None:
        """Let nothing of it live on, whatever the test was doing."""
        if self._child is not None:
            with suppress(ProcessLookupError):
                os.kill(self._child, signal.SIGKILL)
        self._process.kill()

    def ended(self) -> int:
        """Wait for its end: the exit code, negative for the signal that killed it."""
        word, code = self._line().split()
        assert word == "ended"
        self._child = None
        return int(code)

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@dataclass
class Tally:
    """What a storm of kills amounted to: how many, where they landed, and how long each resumption took, in seconds."""

    landed: Counter[str] = field(default_factory=Counter)
    undisturbed: dict[str, float] = field(default_factory=dict)
    resumed: list[tuple[str, float]] = field(default_factory=list)
    events: set[str] = field(default_factory=set)

    @property
    def kills(self) -> int:
        """All of them."""
        return self.landed.total()

    @property
    def longest(self) -> float:
        """The longest that anything took after its last kill, beyond what it takes undisturbed."""
        return max((seconds for _, seconds in self.resumed), default=0.0)

    def story(self) -> str:
        """All of it in a few lines."""
        landed = "".join(f"\n  {count:4} {where}" for where, count in sorted(self.landed.items()))
        return f"{self.kills} kills, {len(self.events)} events taken, longest resume +{self.longest:.1f} s{landed}"


@dataclass
class Office:
    """The firm of one storm."""

    folder: Path
    store: Store
    fleet: Fleet
    nursery: Nursery
    dice: random.Random
    number: int = 0
    tally: Tally = field(default_factory=Tally)
    calls: dict[str, int] = field(default_factory=dict)
    phones: dict[str, str] = field(default_factory=dict)
    sent: int = 0

    def new_round(self) -> None:
        """More work for Inlay, and people's edits in both CRMs."""
        self.number += 1
        self._configure()
        known = sorted(self.clients())
        for at, source in enumerate(self.dice.sample(known, min(6, len(known)))):
            phone = f"01632 96{self.number:03d}{at}"
            self.phones[source] = phone
            self._edit(source, phone)

    def _configure(self) -> None:
        at, url = self.fleet.endpoints(), self.store.engine.url.render_as_string(hide_password=False)
        text = CONFIG.format(
            store=url, number=self.number, secret=SECRET, salesforce=at["salesforce"]["base_url"],
            hubspot=at["hubspot"]["base_url"], sf_token=at["salesforce"]["token"], hs_token=at["hubspot"]["token"],
        )  # fmt: skip
        (self.folder / "inlay.yaml").write_text(text, encoding="utf-8")

    def _edit(self, source: str, phone: str) -> None:
        connection, stream, external_id = source.split("/", 2)
        app = self.fleet.running["salesforce" if connection == "crm" else "hubspot"].app
        with app.lock:
            if connection == "crm":
                app.edit({"object": stream, "id": external_id, "fields": {"Phone": phone}})
            else:
                app.edit({"type": stream, "id": external_id, "properties": {"phone": phone}})

    def use(self, store: Store) -> None:
        """Work on another store from now on."""
        self.store = store
        self._configure()

    def told(self, *arguments: str) -> tuple[str, ...]:
        """The command line of a command."""
        return ("--config", str(self.folder / "inlay.yaml"), *arguments)

    def done(self, *arguments: str) -> float:
        """Let a command come to its end, again while another's lease lasts; how long that took."""
        begun = time.monotonic()
        while True:
            self.nursery.bear(*self.told(*arguments))
            code = self.nursery.ended()
            if code != BUSY or time.monotonic() - begun > LONGEST:
                break
            time.sleep(0.05)
        said = (self.folder / SAID).read_text(encoding="utf-8")[-2000:]
        assert code == 0, f"`inlay {' '.join(arguments)}` ended with {code}: {said}"
        return time.monotonic() - begun

    def killed(self, *arguments: str) -> None:
        """Start a command and kill it somewhere on its way."""
        before, usual = self._in_hand(), self.calls.get(" ".join(arguments), sum(self.calls.values()))
        self._forget_calls()
        child = self.nursery.bear(*self.told(*arguments))
        self._wait_for(child, self.dice.randint(0, usual))
        time.sleep(self.dice.random() * 0.03)
        self._kill(child, arguments[0], before)

    def _kill(self, child: int, name: str, before: set[str]) -> None:
        with suppress(ProcessLookupError):  # it was faster, and has come to its end
            os.kill(child, signal.SIGKILL)
        if self.nursery.ended() == -signal.SIGKILL:
            self.tally.landed[f"{name}: {self._where(before)}"] += 1

    def practise(self, *arguments: str) -> None:
        """Do a command undisturbed, to know how long it takes and how many calls it makes."""
        self._forget_calls()
        self.tally.undisturbed[" ".join(arguments)] = self.done(*arguments)
        self.calls[" ".join(arguments)] = len(self._calls())

    def storm(self, kills: int, *arguments: str) -> None:
        """A command killed some times, then left in peace; how long that takes is noted."""
        for _ in range(kills):
            self.killed(*arguments)
        name = " ".join(arguments)
        self.tally.resumed.append((name, self.done(*arguments) - self._usual(name)))

    def _usual(self, name: str) -> float:
        """How long a command takes undisturbed; ``run`` does the work of all others."""
        return self.tally.undisturbed.get(name, sum(self.tally.undisturbed.values()))

    def serve_and_kill(self, kills: int) -> None:
        """``inlay run`` under a hail of events, killed some times; the last one works until all is written."""
        for _ in range(kills):
            before, port = self._in_hand(), free_port()
            self._forget_calls()
            child = self.nursery.bear(*self.told("run", "--port", str(port)))
            self._hail(port, calls=self.dice.randint(0, sum(self.calls.values())))
            self._kill(child, "run", before)
        begun, port = time.monotonic(), free_port()
        child = self.nursery.bear(*self.told("run", "--port", str(port)))
        self._hail(port, calls=None)
        self.tally.resumed.append(("run", time.monotonic() - begun - self._usual("run")))
        os.kill(child, signal.SIGTERM)
        assert self.nursery.ended() == 0

    def _hail(self, port: int, calls: int | None) -> None:
        """Send events until so many calls were made, or without a number until all of the round is written."""
        until = time.monotonic() + LONGEST
        with requests.Session() as session:
            session.trust_env = False
            while time.monotonic() < until:
                self._send_event(session, port)
                if len(self._calls()) >= calls if calls is not None else self._is_written():
                    return
                time.sleep(0.01 if calls is not None else 0.1)
        raise AssertionError(f"`inlay run` was not done after {LONGEST} seconds")

    def _send_event(self, session: requests.Session, port: int) -> None:
        self.sent += 1
        url = f"http://127.0.0.1:{port}/webhooks/marketing"
        event = {
            "eventId": self.sent, "subscriptionId": 12, "portalId": 62515, "appId": 5, "objectId": 10002,
            "occurredAt": 1782810000000 + self.sent, "subscriptionType": "company.propertyChange",
            "propertyName": "phone", "propertyValue": str(self.sent), "changeSource": "CRM", "attemptNumber": 0,
        }  # fmt: skip
        body = orjson.dumps([event])
        try:
            answer = session.post(url, data=body, headers=signed_by_hubspot(url, body), timeout=5)
        except requests.RequestException:  # not up yet, too slow, or killed: nobody said that it was taken
            return
        if answer.ok:
            self.tally.events.add(str(self.sent))

    def _is_written(self) -> bool:
        """Whether the ledger has nothing on its way and the round's last task is applied."""
        with self.store.read() as conn:
            states = set(conn.execute(select(operation.c.state)).scalars())
            made = set(conn.execute(select(operation.c.key).where(operation.c.state == "applied")).scalars())
        return states <= {"applied"} and self.keys() <= made

    def _where(self, before: set[str]) -> str:
        """Where a killed command was: by what it held of the outbox, and by its last call."""
        if self._in_hand() - before:
            return "with a batch in hand"
        calls = self._calls()
        if not calls:
            return "before its first call"
        method, path = calls[-1]
        return "after a write" if method in WRITES and not path.endswith(READING_PATHS) else "while reading"

    def _in_hand(self) -> set[str]:
        with self.store.read() as conn:
            return set(conn.execute(select(operation.c.id).where(operation.c.state == "sending")).scalars())

    def _calls(self) -> list[tuple[str, str]]:
        logs = [entry for one in self.fleet.running.values() for entry in one.app.log.entries()]
        return [(entry.method, entry.path) for entry in logs]

    def _forget_calls(self) -> None:
        for one in self.fleet.running.values():
            one.app.log.clear()

    def _wait_for(self, child: int, calls: int) -> None:
        """Until a process has made so many calls, or has ended before."""
        while len(self._calls()) < calls and _lives(child):
            time.sleep(0.002)

    def clients(self) -> dict[str, str]:
        """Which golden client each source record of a client is."""
        with self.store.read() as conn:
            return {source: golden for source, golden in read_crosswalk(conn, "client") if _is_client(source)}

    def keys(self) -> set[str]:
        """The keys of all tasks that were wanted up to now."""
        with self.store.read() as conn:
            live = [row.id for row in read_golden(conn, "client")]
        wanted = chosen(live, LoadSettings(round=self.number))
        return {vendor_key("load", key_of(client, number)) for number, client in wanted}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
        return number


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _is_client(source: str) -> bool:
    return source.startswith(("crm/Account/", "marketing/companies/"))


def signed_by_hubspot(url: str, body: bytes) -> Mapping[str, str]:
    at = str(int(time.time() * 1000))
    digest = hmac.new(SECRET.encode(), b"POST" + url.encode() + body + at.encode(), hashlib.sha256).digest()
    return {
        "X-HubSpot-Signature-v3": base64.b64encode(digest).decode(), "X-HubSpot-Request-Timestamp": at,
        "Content-Type": "application/json",
    }  # fmt: skip


def both_crms() -> Fleet:
    """Simulators of both CRMs in which everybody may be given tasks."""
    quiet = quiet_firm()
    firm = replace(quiet, colleagues=tuple(replace(one, is_active=True) for one in quiet.colleagues))
    clock = SandboxClock(firm.as_of)
    running = {name: serve(module.sandbox(firm, clock)) for name, module in MODULES.items()}
    return Fleet(firm, clock, running, {name: module.TOKEN for name, module in MODULES.items()})


@contextmanager
def office(folder: Path, store: Store, seed: int, *bugs: str) -> Iterator[Office]:
    """An office with Inlay's fields made and its first round of work waiting."""
    plugin = folder / "site" / "inlay_load-1.dist-info"
    plugin.mkdir(parents=True)
    (plugin / "entry_points.txt").write_text(PLUGIN, encoding="utf-8")
    (plugin / "METADATA").write_text("Metadata-Version: 2.1\nName: inlay-load\nVersion: 1\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder / "site"), str(ROOT)])}
    line = [sys.executable, "-m", "tests.end_to_end.nursery", *bugs]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with (
        both_crms() as fleet,
        subprocess.Popen(line, cwd=ROOT, env=environment, text=True, **pipes) as process,  # type: ignore[call-overload]
    ):
        nursery = Nursery(process)
        try:
            here = Office(folder, store, fleet, nursery, random.Random(seed))
            here.new_round()
            here.done("provision", "--yes")
            yield here
        finally:
            nursery.end()

"""Inlay at work in several processes, under a stream of webhooks, while one thing after another fails.

A person writes a number beside a company in the simulated HubSpot, HubSpot tells of it by a signed event (again and
again until it is taken, sometimes twice, sometimes out of order, sometimes with another body), and Inlay has to write
the number into a field and make one task of it. Nothing else brings the number: readings by the clock are far apart.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import requests
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from connectors.hubspot import sandbox as hubspot_sandbox
from connectors.hubspot.sandbox.app import HubSpotSandbox
from connectors.hubspot.sandbox.shelves import Shelf
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.server import RunningSandbox, serve
from core.ledger.operations import vendor_key
from core.store import Store
from core.store.anchors import AnchorFile
from core.store.findings import read_findings
from core.store.jobs import read_jobs
from core.store.leases import read_lease
from core.store.tables import inbox, operation, outbox
from core.vault import Vault
from tests.core.ledger.vendors import quiet_firm
from tests.end_to_end import crms, relay
from tests.end_to_end.killing import ROOT, SECRET, free_port, signed_by_hubspot
from tests.end_to_end.machines import children

PATIENCE = 90.0
PLUGIN = "[inlay]\nrelay = tests.end_to_end.relay\n"
CONFIG = """\
firm: {{name: Hartwell & Co, time_zone: Europe/London, currency: GBP}}
store: "{store}"
every_minutes: 600
limits: {{tasks_per_owner_and_day: 100000, writes_per_field_and_hour: 100000}}
connections:
{connections}
plugins:
  relay: {{mode: auto, tasks: {tasks}}}
{more}"""
CONNECTION = """\
  {name}:
    connector: hubspot
    base_url: "{crm}"
    token: "{token}"
    mapping: "{mapping}"
    webhook: {{secrets: [{secret}], per_second: 100000}}
"""
GROWN = "engine: celery\nbroker: {broker}\n"


class Crowd:
    """The process that forks whatever command it is told; see ``tests.end_to_end.crowd``."""

    def __init__(self, process: subprocess.Popen[str], mapping: Path) -> None:
        self._process = process
        self.mapping = mapping
        assert self._told() == "ready"

    def bear(self, log: Path, arguments: Sequence[str]) -> int:
        """Start a command that speaks into a file; its number."""
        assert self._process.stdin is not None
        line = orjson.dumps({"log": str(log), "arguments": arguments})
        self._process.stdin.write(line.decode() + "\n")
        self._process.stdin.flush()
        return int(self._told())

    def _told(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@dataclass
class Part:
    """One process that a supervisor keeps alive: what it is told, and its number while it lives."""

    name: str
    arguments: tuple[str, ...]
    pid: int | None = None


@dataclass
class Tally:
    """What a storm amounted to: what was killed or broken, how often, and the longest way back in seconds."""

    landed: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    accepted: set[int] = field(default_factory=set)
    refused: int = 0

    @property
    def kills(self) -> int:
        """How many processes were killed."""
        return sum(count for name, count in self.landed.items() if name.startswith("kill "))

    def story(self) -> str:
        """All of it in a few lines."""
        landed = "".join(f"\n  {count:4} {where}" for where, count in sorted(self.landed.items()))
        taken = f"{len(self.accepted)} events answered 2xx, {self.refused} not"
        return f"{self.kills} kills, {taken}, longest resume {self.longest:.1f} s{landed}"


@dataclass
class Plant:
    """The firm, its processes, and the people and vendor around them."""

    folder: Path
    store: Store
    crm: RunningSandbox
    crowd: Crowd
    dice: random.Random
    port: int
    parts: list[Part]
    connections: tuple[str, ...]
    companies: tuple[str, ...] = ()
    numbers: dict[str, int] = field(default_factory=dict)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    session: requests.Session = field(default_factory=requests.Session)
    told: int = 0

    # --- the processes ----------------------------------------------------------------------------------------------

    def start(self, part: Part) -> None:
        """Start a part."""
        arguments = ("--config", str(self.folder / "inlay.yaml"), *part.arguments)
        part.pid = self.crowd.bear(self.folder / f"{part.name}.log", arguments)

    def tend(self) -> None:
        """What a supervisor does: start what has ended."""
        for part in self.parts:
            if part.pid is None or not lives(part.pid):
                self.start(part)

    def part(self, name: str) -> Part:
        """A part by its name."""
        return next(part for part in self.parts if part.name == name)

    def kill(self, part: Part) -> None:
        """Kill a part whole, or only one process of it, as whoever is short of memory would."""
        assert part.pid is not None
        family, doing = [part.pid, *children(part.pid)], self._doing()
        victim = self.dice.choice(family)
        with suppress(ProcessLookupError):
            if self.dice.random() < 0.5:
                os.killpg(part.pid, signal.SIGKILL)
                victim = part.pid
            else:
                os.kill(victim, signal.SIGKILL)
            whose = "" if victim == part.pid else ", a child of it"
            self.tally.landed[f"kill {part.name}{whose}, {doing}"] += 1
        if victim == part.pid:
            wait_until(lambda: not lives(family[0]), 10)

    def end(self) -> None:
        """Let nothing of it live on."""
        for part in self.parts:
            if part.pid is not None:
                with suppress(ProcessLookupError):
                    os.killpg(part.pid, signal.SIGCONT)
                    os.killpg(part.pid, signal.SIGKILL)
        self.session.close()

    def reader(self) -> int:
        """The process that reads the CRM just now."""
        with self.store.read() as conn:
            found = read_lease(conn, "job read:marketing")
        assert found is not None
        return int(found.holder.rpartition(" ")[2])

    def endings(self) -> int:
        """How many jobs have ended or were taken over, as the parts said."""
        said = "".join(path.read_text(encoding="utf-8") for path in self.folder.glob("*.log"))
        return said.count("job ends") + said.count("taken over")

    # --- the people and the vendor ----------------------------------------------------------------------------------

    def write(self, company: str | None = None, padding: str = "", number: int | None = None) -> None:
        """Somebody writes a new number beside a company; the vendor has an event to tell."""
        self.told += 1
        company = company or self.dice.choice(self.companies)
        self.numbers[company] = self.told if number is None else number
        with self.crm.app.lock:
            phone = f"{relay.MARK}{self.numbers[company]}"
            self.crm.app.edit({"type": "companies", "id": company, "properties": {"phone": phone}})
        self.waiting.append({**event_of(self.told, company), "padding": padding})

    def stream(self, seconds: float) -> None:
        """Numbers written and told for so long, after the first was taken where somebody is there to take it."""
        before, until = len(self.tally.accepted), time.monotonic() + 3.0
        self.write()
        while len(self.tally.accepted) == before and time.monotonic() < until:
            self.tell()
            time.sleep(0.05)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.write()
            self.tell()
            time.sleep(0.1)

    def tell(self) -> None:
        """The vendor tells what has not been taken, in no order; now and then twice, or what contradicts it."""
        self.dice.shuffle(self.waiting)
        still = [one for one in self.waiting if not self._is_taken(one)]
        if self.dice.random() < 0.2 and len(still) < len(self.waiting):
            again = next(one for one in self.waiting if one not in still)
            self._is_taken(again)
            self._is_taken({**again, "sourceId": "something else"})
        self.waiting = still

    def _is_taken(self, event: Mapping[str, Any]) -> bool:
        url = f"http://127.0.0.1:{self.port}/webhooks/marketing"
        body = orjson.dumps([event])
        try:
            answer = self.session.post(url, data=body, headers=signed_by_hubspot(url, body), timeout=5)
        except requests.RequestException:  # not up, or killed: nobody said that it was taken
            self.tally.refused += 1
            return False
        assert answer.ok or answer.status_code == 503, answer.text
        if answer.ok:
            self.tally.accepted.add(event["eventId"])
        self.tally.refused += not answer.ok
        return answer.ok

    # --- what has become of it --------------------------------------------------------------------------------------

    def settle(self, patience: float = PATIENCE) -> float:
        """Tend, and tell what is left, until all has arrived; how long that took."""
        begun = time.monotonic()

        def is_settled() -> bool:
            """Nothing waits to be told, taken in or delivered, and the last numbers are in the CRM."""
            self.tend()
            if self.waiting:
                self.tell()
            return not self.waiting and self._is_worked_off() and self._lacking() == set()

        wait_until(is_settled, patience, lambda: f"after {patience} s: {self._lacking()} {self.last_words()}")
        took = time.monotonic() - begun
        self.tally.longest = max(self.tally.longest, took)
        return took

    def found(self, code: str) -> list[str]:
        """What an admin is told under a code."""
        try:
            with self.store.read() as conn:
                return [one.message for one in read_findings(conn) if one.code == code]
        except SQLAlchemyError:
            return []

    def last_words(self) -> str:
        """The end of what the parts said."""
        logs = {path.name: path.read_text(encoding="utf-8")[-700:] for path in self.folder.glob("*.log")}
        return "\n".join(f"{name}: {text}" for name, text in logs.items())

    def _is_worked_off(self) -> bool:
        """Whether no row waits for anybody."""
        try:
            with self.store.read() as conn:
                new = conn.execute(select(inbox.c.id).where(inbox.c.state == "new").limit(1)).first()
                on_their_way = conn.execute(select(outbox.c.operation_id).limit(1)).first()
                wanted = [one for one in read_jobs(conn).values() if one.wanted_at]
        except SQLAlchemyError:
            return False
        return new is None and on_their_way is None and not wanted

    def _doing(self) -> str:
        """What is being worked on just now, by whomever."""
        try:
            with self.store.read() as conn:
                at_work = [one for one in read_jobs(conn).values() if one.died]
        except SQLAlchemyError:
            return "the store away"
        return f"in {at_work[0].name.partition(':')[0]}" if at_work else "between jobs"

    def held(self) -> dict[str, str | None]:
        """The score of each company, as the CRM has it."""
        with self.crm.app.lock:
            found = {record.id: record.properties for record in self.shelf().all()}
        return {company: found[company].get("inlay_health_score") for company in self.companies}

    def shelf(self) -> Shelf:
        """The companies, as the CRM itself keeps them."""
        assert isinstance(self.crm.app, HubSpotSandbox)
        return self.crm.app.crm.shelf(self.crm.app.crm.schema.types["companies"])

    def _lacking(self) -> set[str]:
        held = self.held()
        return {one for one, number in self.numbers.items() if float(held[one] or "nan") != number}

    def assert_all_there_once(self) -> None:
        """What was answered 2xx was kept and has arrived, nothing arrived twice, and the audit log is whole."""
        client = crms.hubspot({"base_url": self.crm.base_url, "token": hubspot_sandbox.TOKEN})
        tasks = Counter(str(task["inlay_key"]) for task in crms.hubspot_tasks(client))
        wanted = {self._task(company, number) for company, number in self.numbers.items()}
        assert wanted <= set(tasks), "a task is missing"
        assert set(tasks.values()) <= {1}, "a task was made twice"
        with self.store.read() as conn:
            rows = conn.execute(select(inbox.c.event_id, inbox.c.state, inbox.c.body)).all()
            states = set(conn.execute(select(operation.c.state)).scalars())
            verdict = AnchorFile(self.folder / "inlay-audit.anchors", Vault(self.folder, {}).mark).verify(conn)
        kept = Counter(orjson.loads(body)["eventId"] for _, state, body in rows if state != "conflict")
        assert self.tally.accepted <= set(kept), f"events lost: {self.tally.accepted - set(kept)}"
        assert set(kept.values()) <= {1}, "an event was kept twice"
        assert {state for _, state, _ in rows} <= {"done", "conflict"}
        assert states <= {"applied", "skipped"}, states
        assert verdict.problem is None

    def _task(self, company: str, number: int) -> str:
        return vendor_key("relay", relay.key_of(f"marketing/companies/{company}", number))


def event_of(number: int, company: str) -> dict[str, Any]:
    """HubSpot's event for a changed telephone number."""
    return {
        "eventId": number, "subscriptionId": 12, "portalId": 62515, "appId": 5, "objectId": int(company),
        "occurredAt": 1782810000000 + number, "subscriptionType": "company.propertyChange",
        "propertyName": "phone", "propertyValue": str(number), "changeSource": "CRM", "attemptNumber": 0,
    }  # fmt: skip


def wait_until(holds: Any, seconds: float, why: Any = lambda: "it never came") -> None:
    """Wait for something."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, why()
        time.sleep(0.05)


def lives(process: int) -> bool:
    """Whether a process is there."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def plant(
    folder: Path,
    url: str,
    crowd: Crowd,
    broker: str | None = None,
    *,
    tasks: bool = True,
    companies: int = 0,
    workers: int = 2,
    connections: int = 1,
) -> Iterator[Plant]:
    """A plant that runs: all in one process, or web, workers and a scheduler where there is a broker.

    ``companies``: so many more than the few of the made-up firm. ``connections``: how often the CRM is connected.
    """
    crm = serve(hubspot_sandbox.sandbox(quiet_firm(), SandboxClock(quiet_firm().as_of)))
    with ExitStack() as stack:
        stack.callback(crm.stop)
        names = ("marketing", *(f"marketing-{number}" for number in range(2, connections + 1)))
        there = {"crm": crm.base_url, "token": hubspot_sandbox.TOKEN, "mapping": crowd.mapping, "secret": SECRET}
        connected = "".join(CONNECTION.format(name=name, **there) for name in names)
        more = GROWN.format(broker=broker) if broker else ""
        text = CONFIG.format(store=url, connections=connected, tasks=str(tasks).lower(), more=more)
        (folder / "inlay.yaml").write_text(text, encoding="utf-8")
        store = stack.enter_context(Store.open(url))
        store.migrate()
        parts = _parts(port := free_port(), broker, workers)
        here = Plant(folder, store, crm, crowd, random.Random(1), port, parts, names)
        stack.callback(here.end)
        here.session.trust_env = False
        crm.app.configure({"stock": {"companies": companies}} if companies else {})
        here.companies = tuple(record.id for record in here.shelf().all())
        _provision(here)
        here.tend()
        yield here


def _parts(port: int, broker: str | None, workers: int) -> list[Part]:
    if broker is None:
        return [Part("all", ("run", "--port", str(port)))]
    hands = [Part(f"worker-{number}", ("worker", "--concurrency", "1")) for number in range(1, workers + 1)]
    return [Part("web", ("web", "--port", str(port))), *hands, Part("scheduler", ("scheduler",))]


@contextmanager
def open_crowd(folder: Path, *bugs: str) -> Iterator[Crowd]:
    """A crowd that knows the plugin; what it started is the caller's to end."""
    plugin = folder / "site" / "inlay_relay-1.dist-info"
    plugin.mkdir(parents=True)
    (plugin / "entry_points.txt").write_text(PLUGIN, encoding="utf-8")
    (plugin / "METADATA").write_text("Metadata-Version: 2.1\nName: inlay-relay\nVersion: 1\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder / "site"), str(ROOT)])}
    mapping = folder / "relay.yaml"
    mapping.write_text(relay.MAPPING, encoding="utf-8")
    line = [sys.executable, "-m", "tests.end_to_end.crowd", str(mapping), *bugs]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(line, cwd=ROOT, env=environment, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield Crowd(process, mapping)
        finally:
            process.kill()


def _provision(here: Plant) -> None:
    """Make Inlay's fields, and read what there is, before anything fails."""
    for arguments in (("provision", "--yes"), ("sync",)):
        part = Part("setup", arguments)
        here.start(part)
        wait_until(lambda part=part: not lives(part.pid or 0), 60, here.last_words)

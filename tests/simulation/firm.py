"""The hub of a small firm, link by link: what `inlay run` does, with every link callable by itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextvars import copy_context
from functools import cache, partial
from itertools import count
from pathlib import Path
from typing import Any, Literal, cast

import orjson
from sqlalchemy import Connection, select

from core.clock import iso
from core.engine import jobs
from core.errors import InlayError
from core.hub import Hub
from core.identity import join_clients
from core.ledger import (
    Approval,
    Chosen,
    Delivery,
    Plan,
    PlanRules,
    PluginRules,
    UndoReport,
    apply_plan,
    dead_letters,
    dismiss,
    list_runs,
    make_plan,
    replay,
    resume,
    undo,
)
from core.ledger.delivery import Lane, Step, one_after_another
from core.ledger.lookback import look_back
from core.ledger.policy import instant
from core.ledger.readback import UNCERTAIN
from core.mapping import Mapping as FieldMapping
from core.proposals import CreateTask, MergeRecords, Proposal, SendMessage
from core.pulse import beat
from core.store.audit import Head, head
from core.store.bulk import upsert_rows
from core.store.crosswalk import resolve
from core.store.inbox import waiting
from core.store.sources import read_sources, survivors
from core.store.tables import signal_value
from core.sync import ConnectionSetup, sync_connection
from tests.simulation.disk import SimStore
from tests.simulation.fate import Fate
from tests.simulation.hours import WorldClock
from tests.simulation.post import RULES, SimPost
from tests.simulation.truth import Edit, Look, Place, Truth
from tests.simulation.vendor import SimCrm, SimPropertyCrm
from tests.simulation.worlds import World
from webhooks.keep import arrival_of, keep_all
from webhooks.request import Received

HERE = Path(__file__).parent
LEASE = 60
BEFORE_IT_IS_SAID = ("sent", "meanwhile")  # steps at which a worker has heard the vendor and written nothing down
BY_THE_CLOCK = Approval("worker")
VALUES = ("name", "subject_id", "subject_type", "value", "reason", "version", "config_hash", "as_of")
PUBLISHED = select(signal_value.c.name, signal_value.c.subject_id, signal_value.c.value)
Signal = Literal["health.score", "client.tier", "client.status"]


@cache
def mapping(file: str, connection: str) -> FieldMapping:
    """A mapping of the simulation, compiled once."""
    return FieldMapping.load(HERE / file, connection)


class Firm:
    """Store, connections and plugins of one firm; ``truth`` watches.

    ``scores`` and ``wishes`` are what the plugins of this firm would say at any time: they are computed, never lost.
    """

    def __init__(self, world: World, fate: Fate, clock: WorldClock, store: SimStore) -> None:
        self.world = world
        self.fate = fate
        self.clock = clock
        self.store = store
        self.truth = Truth(
            seen_in_store=self._seen_in_store, merged_in_store=self._merged_in_store, one_worker=world.workers == 1
        )
        self.crms = [SimCrm("crm", clock, fate, self.truth, world.temper)]
        if world.crms == 2:
            self.crms.append(SimPropertyCrm("marketing", clock, fate, self.truth, world.temper))
            self.crms[0].other, self.crms[1].other = self.crms[1], self.crms[0]
        files = {"crm": "crm.yaml", "marketing": "marketing.yaml"}
        self.setups = [ConnectionSetup(crm.name, crm, mapping(files[crm.name], crm.name)) for crm in self.crms]
        for crm in self.crms:
            crm.answered = self._answer if world.temper.answers else None
        self.posts = [SimPost("post", clock, fate, self.truth, world.temper)] if world.posts else []
        self.setups += [
            ConnectionSetup(post.name, post, FieldMapping.load("messages", post.name)) for post in self.posts
        ]
        for system in self.systems:
            system.meanwhile = self._somebody_comes_by
        if world.power_cuts:
            store.unsynced = [store.image()]
        self.scores: dict[str, int] = {}
        self.tiers: dict[str, str] = {}
        self.wishes: dict[str, list[CreateTask]] = {"renewals": [], "careful": []}
        self.numbers = count()
        self.messages: list[SendMessage] = []
        self.merges: list[MergeRecords] = []
        auto = PluginRules("auto", world.cap)
        rules = {"careful": PluginRules("propose", world.cap), "renewals": auto, "client": auto, "health": auto}
        self.rules = PlanRules(plugins=rules, default=auto, writes_per_field_and_hour=world.often, messages=RULES)
        self.approved: set[str] = set()
        self.answered: set[str] = set()
        self.delivery = Delivery(
            lease_seconds=LEASE,
            patience_seconds=30 if world.oversleeps else 5,
            fresh_seconds=300,
            guard=world.guard,
            lanes=self._lanes,
            reached=self._reached,
        )
        self.anchors: dict[int, str] = {}
        self.last_plan: Plan | None = None
        self._nested = False

    @property
    def systems(self) -> list[SimCrm]:
        """Everything that is written to."""
        return [*self.crms, *self.posts]

    @property
    def hub(self) -> Hub:
        """What the engine's jobs need of a hub, which is all here."""
        return cast("Hub", self)

    # --- the links of the chain -------------------------------------------------------------------------------------

    def sync(self, full: bool = False) -> None:
        """Read what is due: everything where the firm polls, else what an event spoke of."""
        if full:
            for setup in self.setups:
                sync_connection(self.store, setup, self.clock, full=True, accept_vanished=("Account", "Task"))
            self.join()
            return
        with self.store.read() as conn:
            told = waiting(conn)
        for crm in self.crms:
            if self.world.polls or crm.name in told:
                self._read_on(crm.name)
        self.join()

    def _read_on(self, name: str) -> None:
        """Read one connection; one that cannot be read does not keep the others from it."""
        try:
            jobs.sync(self.hub, name)
        except InlayError as error:
            self.fate.note(f"      {type(error).__name__}: {error.what}")

    def join(self) -> None:
        """Which records are one client; nothing to do with one connection."""
        if len(self.setups) > 1:
            join_clients(self.store, self.setups, self.clock)

    def signals(self) -> None:
        """Publish what the plugins compute: a pure function of the firm's books."""
        with self.store.begin() as conn:
            golden = resolve(conn, "client", [*self.scores, *self.tiers])
            rows = self._rows(golden)
            known = set(self._published(conn))
            upsert_rows(conn, signal_value, VALUES, [row for row in rows if (*row[:2], row[3]) not in known])

    def _rows(self, golden: Mapping[str, str]) -> list[tuple[str, ...]]:
        at = iso(self.clock.now())
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        tables: dict[Signal, Mapping[str, Any]] = {
            "health.score": self.scores,
            "client.tier": self.tiers,
            "client.status": self.tiers,
        }
        for name, values in tables.items():
            for client, value in values.items():
                if golden[client] == client or golden[client] not in values:
                    text = orjson.dumps(value).decode()
                    found[name, golden[client]] = (name, golden[client], "client", text, "computed", "1", "c", at)
        return list(found.values())

    def _published(self, conn: Connection) -> list[tuple[str, ...]]:
        return [tuple(row) for row in conn.execute(PUBLISHED)]

    def plan(self) -> Plan:
        """Make the present state's plan the current one."""
        if self.world.temper.history:
            look_back(self.store, self.setups, self.clock)
        proposals: dict[str, Sequence[Proposal]] = {**self.wishes, "letters": self.messages, "dedupe": self.merges}
        self.last_plan = make_plan(self.store, self.setups, proposals, self.rules, self.clock)
        return self.last_plan

    def apply(self) -> None:
        """Deliver the plan, as far as it may go."""
        approval = Approval("tom", operations=frozenset(self.approved)) if self.approved else BY_THE_CLOCK
        apply_plan(self.store, self.setups, self.clock, approval, delivery=self.delivery)
        self.drop_anchor()

    def resume(self) -> None:
        """Carry on with what is in the outbox."""
        resume(self.store, self.setups, self.clock, delivery=self.delivery)

    def undo(self, run_id: str) -> UndoReport:
        """Take a run back."""
        self.truth.looks = [Look()]
        try:
            report = undo(self.store, self.setups, Chosen(run_id), self.clock, actor="tom", delivery=self.delivery)
        finally:
            self.truth.looks = [Look()]
        self.drop_anchor()
        return report

    def replay(self) -> None:
        """Send dead letters again, but for messages that may have arrived: their recipients say that they have."""
        letters = dead_letters(self.store)
        self._give_up([one.operation.id for one in letters if one.cause == UNCERTAIN])
        again = [one.operation.id for one in letters if one.cause != UNCERTAIN]
        if again:
            replay(self.store, self.setups, self.clock, again, actor="tom", delivery=self.delivery)

    def dismiss(self) -> None:
        """Give up what the vendor will never take."""
        self._give_up([one.operation.id for one in dead_letters(self.store)])

    def _give_up(self, operations: Sequence[str]) -> None:
        if operations:
            dismiss(self.store, self.clock, operations, actor="tom")

    def undoable(self) -> list[str]:
        """The runs that wrote something and came to their end."""
        lines = list_runs(self.store)
        return [
            one.run_id for one in lines if one.kind == "apply" and one.state == "done" and one.counts.get("applied")
        ]

    def drop_anchor(self) -> None:
        """Note the head of the audit log elsewhere, once the log would survive a power cut."""
        with self.store.read() as conn:
            newest: Head | None = head(conn)
        if newest:
            self.sync_disk()
            self.anchors[newest.seq] = newest.hash

    def door(self, crm: SimCrm, event: str, answer: Callable[[], None]) -> None:
        """The webhook's door, behind its signature; ``answer`` says 2xx."""
        keep_all(self.store, [arrival_of(crm.name, Received(event, "changed", event.encode()), iso(self.clock.now()))])
        self.sync_disk()
        answer()

    def sync_disk(self) -> None:
        """Wait for the disk, as intake does with ``synchronous=FULL`` and whoever drops an anchor."""
        self.store.sync()

    # --- what goes on meanwhile -------------------------------------------------------------------------------------

    def _lanes(self, lanes: Sequence[Lane]) -> None:
        """Batches go one after the other; while they do, what the vendor tells is heard by the ledger."""
        before, self.truth.delivering = self.truth.delivering, True
        try:
            one_after_another(lanes)
        finally:
            self.truth.delivering = before

    def _answer(self, client: str) -> None:
        """Somebody's tool answers a new score with an activity, of which a plugin makes another score: a loop."""
        if not self.fate.calm and client in self.scores:
            self.scores[client] = self.fate.between(100, 199)

    def _reached(self, step: Step) -> None:
        """A batch has taken a step: the process may die here, or another worker may come by."""
        if step == "claimed":
            self.truth.claimed()
        self.fate.passes(f"step {step}")
        self._somebody_comes_by(step)

    def _somebody_comes_by(self, step: str = "meanwhile") -> None:
        often = 0.3 if step == "meanwhile" else 0.15
        if self.world.workers > 1 and not self._nested and self.fate.chance(often):
            self._another_worker(step)

    def _another_worker(self, step: str) -> None:
        sleeps = self.world.oversleeps and self.fate.chance(0.5)
        self.fate.note(f"      another worker comes by ({step}{', the first has slept too long' if sleeps else ''})")
        if sleeps:
            self.clock.sleep(LEASE + 1)
        self._nested = True
        mine = self.truth.looks
        unsaid = self.truth.told_just_now() if step in BEFORE_IT_IS_SAID else {}
        self.truth.looks = [*mine, Look()]
        first = copy_context()  # in it the first worker's call is heard by whoever keeps its lease
        try:
            with self.clock.living(partial(first.run, beat)):
                resume(self.store, self.setups, self.clock, delivery=self.delivery)
        finally:
            self._nested = False
            self.truth.looks = mine
            self.truth.told |= unsaid

    def _seen_in_store(self, people: Mapping[Place, Edit]) -> set[Place]:
        """Which of people's edits the store knows of."""
        crms = {crm.name: setup for crm, setup in zip(self.crms, self.setups, strict=False)}
        wanted = {f"{crm}/Account/{record}": (crm, record) for crm, record, _ in people}
        with self.store.read() as conn:
            rows = {row.id: row for row in read_sources(conn, list(wanted)) if row.gone is None}
        found: set[Place] = set()
        for (crm, record, name), edit in people.items():
            row = rows.get(f"{crm}/Account/{record}")
            stream = crms[crm].mapping.streams["Account"]
            is_late = row is not None and instant(row.stamp) >= edit.at
            if row is not None and is_late and same(stream.value(row.raw, name), edit.value):
                found.add((crm, record, name))
        return found

    def _merged_in_store(self, records: Collection[str]) -> set[str]:
        """Which of these clients of the first CRM the store knows to have been merged into others."""
        with self.store.read() as conn:
            known = survivors(conn, [f"crm/Account/{one}" for one in records])
        return {one for one in records if f"crm/Account/{one}" in known}

    def forget(self) -> None:
        """The process is dead; what was in its memory is gone."""
        self._nested = False
        self.truth.forgets()

    def lose_power(self) -> None:
        """The machine stops: the last commits may be gone, and with them what Inlay knew of its latest writes."""
        self.store.lose_power()
        for crm in self.crms:
            for record_id in crm.records["Account"]:
                self.truth.shakes(crm.name, record_id)


def same(one: Any, other: Any) -> bool:
    """Whether two vendor values mean the same, whatever type the vendor shows them as."""
    return str(one if one is not None else "") == str(other if other is not None else "")

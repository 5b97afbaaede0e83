"""Everything of one firm put together from its configuration: store, connections, plugins, and the job they do.

The job is always the same chain: sync, join, evaluate, plan, apply. Each link reads rows and leaves rows, so that it
may be stopped anywhere and started again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from core.clock import Clock, iso
from core.config import LoadedConfig, load_config
from core.connector import Connector, ConnectorContext
from core.host import Host, Plugin, connector_settings, only_signals
from core.http import HttpLimits, Transport
from core.identity import JoinReport, join_clients
from core.ledger import (
    ApplyReport,
    Approval,
    Chosen,
    Delivery,
    DeliveryProgress,
    Pilot,
    Plan,
    PlanRules,
    PluginRules,
    UndoReport,
    apply_plan,
    make_plan,
    queue_plan,
    resume,
    side_by_side,
    undo,
)
from core.ledger.alerts import ALERTS, alerts
from core.ledger.arrivals import look_for_arrivals
from core.ledger.lookback import look_back
from core.ledger.watch import Watch
from core.ledger.witness import fingerprint, note_configuration
from core.mapping import Mapping as FieldMapping
from core.messages.rules import rules_of
from core.proposals import Desk, Proposal, open_desk
from core.report import write_report
from core.signals import (
    Arrangement,
    Context,
    EvaluationReport,
    Explanation,
    Publisher,
    SignalOutcome,
    arrange,
    evaluate,
    explain,
)
from core.store import Store
from core.store.anchors import AnchorFile
from core.store.budgets import StoreBudgets
from core.store.grants import StoreGrants
from core.sync import ConnectionSetup, Notify, RemapReport, SyncReport, keep_silent, remap, sync_connection
from core.through import written_through
from core.tracing import begin_tracing, end_tracing
from core.vault import Vault
from core.yamlfile import nearest

ANCHORS = "inlay-audit.anchors"
DELIVERY = Delivery(lanes=side_by_side)
DeliveryShow = Callable[[DeliveryProgress], None]


class Hub:
    """One firm's Inlay: open it, do any link of the chain, close it."""

    def __init__(
        self,
        config: LoadedConfig,
        store: Store,
        host: Host,
        setups: Sequence[ConnectionSetup],
        clock: Clock,
        grants: Mapping[str, StoreGrants],
        anchors: AnchorFile,
    ) -> None:
        self.config = config
        self.store = store
        self.host = host
        self.setups = tuple(setups)
        self.clock = clock
        self.grants = dict(grants)
        self.anchors = anchors

    @classmethod
    def open(cls, path: Path, environment: Mapping[str, str], clock: Clock, *, limits: HttpLimits | None = None) -> Hub:
        """Read the configuration, load what it names, open and migrate the store.

        Raises ``ConfigError`` with every mistake's file and line before anything is read or written.
        """
        config, host, prepared = _prepare(path, environment)
        begin_tracing(config.settings.tracing)
        store = Store.open(config.store_url)
        store.migrate()
        vault = Vault(config.folder, environment)
        grants = {one.name: StoreGrants(store, vault, clock, one.name, one.settings_text()) for one in prepared}
        budgets = {one.name: StoreBudgets(store, clock, one.name) for one in prepared}
        contexts = [
            ConnectorContext(
                one.name, clock, one.transport(clock, limits), config.folder, grants[one.name], budgets[one.name]
            )
            for one in prepared
        ]
        setups = _connected(config, prepared, contexts)
        note_configuration(store, clock, environment.get("USER", "inlay"), _fingerprints(config, setups))
        return cls(config, store, host, setups, clock, grants, AnchorFile(config.folder / ANCHORS, vault.mark))

    def close(self) -> None:
        """Let go of the store, and send the last traces."""
        self.store.close()
        end_tracing()

    @property
    def as_of(self) -> datetime:
        """The instant to compute for: the configured day, else now."""
        return self.config.as_of or self.clock.now()

    def sync(
        self, progress: Notify = keep_silent, *, full: bool = False, accept_vanished: Collection[str] = ()
    ) -> list[SyncReport]:
        """Read every connection since its cursors; one that fails does not keep the others from being read.

        ``accept_vanished`` names the streams (``connection/stream``) whose mass of missing records a person confirmed.
        """
        return [
            sync_connection(
                self.store,
                setup,
                self.clock,
                full=full,
                accept_vanished=_streams_of(setup.name, accept_vanished),
                progress=progress,
            )
            for setup in self.setups
        ]

    def join(self) -> JoinReport:
        """Decide which records of several systems are one client."""
        return join_clients(self.store, self.setups, self.clock)

    def remap(self) -> RemapReport:
        """Apply changed mappings to the raw payloads already stored; asks no vendor anything."""
        return remap(self.store, self.setups, self.clock)

    def publishers(self) -> list[Publisher]:
        """The signals of all plugins, with the settings they were made under."""
        return [
            Publisher(plugin.name, plugin.settings, only_signals(plugin, answers))
            for plugin, answers in self.host.signals()
        ]

    def evaluate(self, progress: Callable[[SignalOutcome], None] | None = None) -> EvaluationReport:
        """Compute all signals and store what changed."""
        firm = self.config.settings.firm
        return evaluate(self.store, self.publishers(), firm, self.clock, as_of=self.as_of, progress=progress)

    def explain(self, client_id: str, signal: str) -> Explanation:
        """Why one signal of one client has its value."""
        return explain(
            self.store, self.publishers(), client_id, signal, firm=self.config.settings.firm, as_of=self.as_of
        )

    def plan(self, actor: str = "inlay") -> Plan:
        """Ask the plugins what they would like done and compare all of it with what the CRMs hold.

        Edits that were written over unseen are looked for first, where the vendors keep a history; and texts that did
        not arrive.
        """
        look_back(self.store, self.setups, self.clock)
        look_for_arrivals(self.store, self.setups, self.clock)
        arrangement = arrange(self.publishers())
        self.host.blame(arrangement.faults)
        with self.desk(arrangement) as desk:
            proposals = self._proposals(desk)
        return make_plan(self.store, self.setups, proposals, self._rules(arrangement), self.clock, actor)

    def desk(self, arrangement: Arrangement | None = None) -> AbstractContextManager[Desk]:
        """One consistent view of all clients, their signals and records, for plugins to look at."""
        return open_desk(self.store, arrangement or arrange(self.publishers()), self.config.settings.firm, self.as_of)

    def apply(
        self, approve: Approval, progress: DeliveryShow | None = None, *, plan_id: str | None = None
    ) -> ApplyReport:
        """Deliver the current plan, as far as it is approved."""
        report = apply_plan(
            self.store, self.setups, self.clock, approve, plan_id=plan_id, delivery=DELIVERY, progress=progress
        )
        self.drop_anchor()
        return report

    def let_go(self, approve: Approval) -> bool:
        """Put what the current plan lets go into the outbox; whether there was anything."""
        with self.store.begin() as conn:
            return queue_plan(conn, self.clock, approve) is not None

    def carry(self, progress: DeliveryShow | None = None) -> ApplyReport:
        """Deliver what is due in the outbox, whoever put it there."""
        report = resume(self.store, self.setups, self.clock, delivery=DELIVERY, progress=progress)
        self.drop_anchor()
        return report

    def undo(self, chosen: Chosen, actor: str, progress: DeliveryShow | None = None) -> UndoReport:
        """Take back a run, a plugin's work, a record's or one operation, where nobody has touched it since."""
        report = undo(self.store, self.setups, chosen, self.clock, actor=actor, delivery=DELIVERY, progress=progress)
        self.drop_anchor()
        return report

    def drop_anchor(self) -> None:
        """Write the head of the audit log down outside the store."""
        with self.store.read() as conn:
            self.anchors.drop(conn, iso(self.clock.now()))

    def write_report(self, path: Path, plan: Plan | None = None) -> Path:
        """Write the HTML page a partner reads; it stands alone and needs no server."""
        return write_report(self.store, self.setups, plan, path, firm=self.config.settings.firm, as_of=self.as_of)

    def _proposals(self, desk: Desk) -> dict[str, list[Proposal]]:
        with Watch(self.clock).kept() as turn_to:

            def context_of(plugin: Plugin) -> Context:
                """The context of the plugin that is asked now; its own time begins."""
                turn_to(plugin.name)
                return desk.context(plugin.settings)

            asked = self.host.proposals(desk.portfolio, context_of)
        wishes = {plugin.name: list(answers) for plugin, answers in asked}
        if self.config.settings.messages.admins:
            with self.store.read() as conn:
                wishes.setdefault(ALERTS, []).extend(alerts(conn, self.clock.now()))
        return wishes

    def _rules(self, arrangement: Arrangement) -> PlanRules:
        limits = self.config.settings.limits
        return PlanRules(
            plugins={ALERTS: PluginRules("auto"), **{one.name: self._plugin_rules(one) for one in self._plugins()}},
            signal_plugins={published.signal.name: published.plugin for published in arrangement.order},
            tasks_per_owner_and_day=limits.tasks_per_owner_and_day,
            operations_per_run=limits.operations_per_run,
            operations_per_day=limits.operations_per_day,
            writes_per_field_and_hour=limits.writes_per_field_and_hour,
            protected=frozenset(self.config.settings.protected),
            zone=self.config.settings.firm.zone,
            messages=rules_of(self.config.settings.messages, self.config.settings.firm),
        )

    def _plugin_rules(self, plugin: Plugin) -> PluginRules:
        settings = self.config.settings
        wanted = settings.plugins[plugin.name].pilot
        pilot = None
        if wanted is not None:
            segment = {name: frozenset(those) for name, those in wanted.segment.items()}
            pilot = Pilot(frozenset(wanted.clients), segment, wanted.percent)
        return PluginRules(plugin.mode, settings.limits.operations_per_plugin, pilot)

    def _plugins(self) -> list[Plugin]:
        return list(self.host.plugins.values())


@dataclass(frozen=True)
class Prepared:
    """One connection as configured and checked, not yet connected."""

    name: str
    kind: type[Connector]
    settings: BaseModel
    mapping: FieldMapping

    def transport(self, clock: Clock, limits: HttpLimits | None) -> Transport:
        """Its way to the vendor."""
        return Transport(clock=clock, limits=limits, redirect=getattr(self.settings, "base_url", None))

    def connect(self, context: ConnectorContext) -> ConnectionSetup:
        """The connector, ready; calls nobody yet."""
        return ConnectionSetup(self.name, self.kind(self.settings, context), self.mapping)

    def settings_text(self) -> str:
        """The settings with their secrets opened, as one text: to tell whether they were changed, never to be kept."""
        return repr(_opened(self.settings.model_dump()))


def assemble(
    path: Path, environment: Mapping[str, str], clock: Clock, limits: HttpLimits | None = None
) -> tuple[LoadedConfig, Host, list[ConnectionSetup]]:
    """Read and check everything the configuration names, without opening the store or calling a vendor."""
    config, host, prepared = _prepare(path, environment)
    contexts = [ConnectorContext(one.name, clock, one.transport(clock, limits), config.folder) for one in prepared]
    return config, host, _connected(config, prepared, contexts)


def _connected(
    config: LoadedConfig, prepared: Sequence[Prepared], contexts: Sequence[ConnectorContext]
) -> list[ConnectionSetup]:
    """The connectors, ready; those that are written through another joined with it."""
    setups = [one.connect(context) for one, context in zip(prepared, contexts, strict=True)]
    ways = {name: one.through for name, one in config.settings.connections.items() if one.through}
    writers = [setup.name for setup in setups if setup.connector.writes and setup.name not in ways]
    for name, way in ways.items():
        if way not in writers:
            place = ("connections", name, "through")
            raise config.file.error(place, f"`{way}` is no connection that can carry changes", nearest(way, writers))
    return written_through(setups, ways)


def _prepare(path: Path, environment: Mapping[str, str]) -> tuple[LoadedConfig, Host, list[Prepared]]:
    config = load_config(path, environment)
    host = Host(config)
    return config, host, [_prepared(config, host, name) for name in config.settings.connections]


def _opened(value: Any) -> Any:
    """A settings value with its secrets in plain text."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, dict):
        return {key: _opened(inner) for key, inner in value.items()}
    return [_opened(inner) for inner in value] if isinstance(value, list | tuple) else value


def _fingerprints(config: LoadedConfig, setups: Sequence[ConnectionSetup]) -> dict[str, str]:
    """What the audit log keeps of the configuration: one hash per section, and per mapping."""
    sections = {str(name): fingerprint(part) for name, part in config.file.data.items()}
    mappings = {f"mapping of {one.name}": fingerprint([one.mapping.hash, repr(one.mapping.writes)]) for one in setups}
    return sections | mappings


def _streams_of(connection: str, names: Collection[str]) -> set[str]:
    """Of ``connection/stream`` names those of one connection, as plain stream names."""
    return {name.removeprefix(f"{connection}/") for name in names if name.startswith(f"{connection}/")}


def _prepared(config: LoadedConfig, host: Host, name: str) -> Prepared:
    wanted = config.settings.connections[name]
    settings = connector_settings(host, config, name)
    mapping = _mapping(config, name, wanted.connector, wanted.mapping)
    return Prepared(name, host.connectors[wanted.connector], settings, mapping)


def _mapping(config: LoadedConfig, name: str, kind: str, overlay: str | None) -> FieldMapping:
    """The vendor's own mapping with the firm's overlay; a connector without one takes the firm's file whole."""
    firm = config.settings.firm
    path = config.folder / overlay if overlay else None
    return FieldMapping.load(kind, name, path, currency=firm.currency, region=firm.region)

"""Everything of one firm put together from its configuration: store, connections, plugins, and the job they do.

The job is always the same chain: sync, join, evaluate, plan, apply. Each link reads rows and leaves rows, so that it
may be stopped anywhere and started again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from core.clock import Clock
from core.config import LoadedConfig, load_config
from core.connector import ConnectorContext
from core.host import Host, Plugin, connector_settings
from core.http import HttpLimits, Transport
from core.identity import JoinReport, join_clients
from core.ledger import (
    ApplyReport,
    Approval,
    DeliveryProgress,
    Plan,
    PlanRules,
    PluginRules,
    UndoReport,
    apply_plan,
    make_plan,
    undo_run,
)
from core.mapping import Mapping as FieldMapping
from core.proposals import Desk, Proposal, open_desk
from core.report import write_report
from core.signals import (
    Arrangement,
    EvaluationReport,
    Explanation,
    Publisher,
    SignalOutcome,
    arrange,
    evaluate,
    explain,
)
from core.store import Store
from core.sync import ConnectionSetup, Notify, RemapReport, SyncReport, keep_silent, remap, sync_connection

DeliveryShow = Callable[[DeliveryProgress], None]


class Hub:
    """One firm's Inlay: open it, do any link of the chain, close it."""

    def __init__(
        self, config: LoadedConfig, store: Store, host: Host, setups: Sequence[ConnectionSetup], clock: Clock
    ) -> None:
        self.config = config
        self.store = store
        self.host = host
        self.setups = tuple(setups)
        self.clock = clock

    @classmethod
    def open(cls, path: Path, environment: Mapping[str, str], clock: Clock, *, limits: HttpLimits | None = None) -> Hub:
        """Read the configuration, load what it names, open and migrate the store.

        Raises ``ConfigError`` with every mistake's file and line before anything is read or written.
        """
        config, host, setups = assemble(path, environment, clock, limits)
        store = Store.open(config.store_url)
        store.migrate()
        return cls(config, store, host, setups, clock)

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()

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
        return [Publisher(plugin.name, plugin.settings, signals) for plugin, signals in self.host.signals()]

    def evaluate(self, progress: Callable[[SignalOutcome], None] | None = None) -> EvaluationReport:
        """Compute all signals and store what changed."""
        firm = self.config.settings.firm
        return evaluate(self.store, self.publishers(), firm, self.clock, as_of=self.as_of, progress=progress)

    def explain(self, client_id: str, signal: str) -> Explanation:
        """Why one signal of one client has its value."""
        return explain(
            self.store, self.publishers(), client_id, signal, firm=self.config.settings.firm, as_of=self.as_of
        )

    def plan(self) -> Plan:
        """Ask the plugins what they would like done and compare all of it with what the CRMs hold."""
        arrangement = arrange(self.publishers())
        with self.desk(arrangement) as desk:
            proposals = self._proposals(desk)
        return make_plan(self.store, self.setups, proposals, self._rules(arrangement), self.clock)

    def desk(self, arrangement: Arrangement | None = None) -> AbstractContextManager[Desk]:
        """One consistent view of all clients, their signals and records, for plugins to look at."""
        return open_desk(self.store, arrangement or arrange(self.publishers()), self.config.settings.firm, self.as_of)

    def apply(
        self, approve: Approval, progress: DeliveryShow | None = None, *, plan_id: str | None = None
    ) -> ApplyReport:
        """Deliver the current plan, as far as it is approved."""
        return apply_plan(self.store, self.setups, self.clock, approve, plan_id=plan_id, progress=progress)

    def undo(self, run_id: str, actor: str, progress: DeliveryShow | None = None) -> UndoReport:
        """Take back what one run wrote, where nobody has touched it since."""
        return undo_run(self.store, self.setups, run_id, self.clock, actor=actor, progress=progress)

    def write_report(self, path: Path, plan: Plan | None = None) -> Path:
        """Write the HTML page a partner reads; it stands alone and needs no server."""
        return write_report(self.store, self.setups, plan, path, firm=self.config.settings.firm, as_of=self.as_of)

    def _proposals(self, desk: Desk) -> dict[str, list[Proposal]]:
        asked = self.host.proposals(desk.portfolio, lambda plugin: desk.context(plugin.settings))
        return {plugin.name: wishes for plugin, wishes in asked}

    def _rules(self, arrangement: Arrangement) -> PlanRules:
        limits = self.config.settings.limits
        return PlanRules(
            plugins={plugin.name: _plugin_rules(plugin, limits.operations_per_plugin) for plugin in self._plugins()},
            signal_plugins={published.signal.name: published.plugin for published in arrangement.order},
            tasks_per_owner_and_day=limits.tasks_per_owner_and_day,
            zone=self.config.settings.firm.zone,
        )

    def _plugins(self) -> list[Plugin]:
        return list(self.host.plugins.values())


def assemble(
    path: Path, environment: Mapping[str, str], clock: Clock, limits: HttpLimits | None = None
) -> tuple[LoadedConfig, Host, list[ConnectionSetup]]:
    """Read and check everything the configuration names, without opening the store or calling a vendor."""
    config = load_config(path, environment)
    host = Host(config)
    return config, host, [_setup(config, host, name, clock, limits) for name in config.settings.connections]


def _plugin_rules(plugin: Plugin, limit: int) -> PluginRules:
    return PluginRules(plugin.mode, limit)


def _streams_of(connection: str, names: Collection[str]) -> set[str]:
    """Of ``connection/stream`` names those of one connection, as plain stream names."""
    return {name.removeprefix(f"{connection}/") for name in names if name.startswith(f"{connection}/")}


def _setup(config: LoadedConfig, host: Host, name: str, clock: Clock, limits: HttpLimits | None) -> ConnectionSetup:
    wanted = config.settings.connections[name]
    settings = connector_settings(host, config, name)
    transport = Transport(clock=clock, limits=limits, redirect=getattr(settings, "base_url", None))
    connector = host.connectors[wanted.connector](settings, ConnectorContext(name, clock, transport, config.folder))
    return ConnectionSetup(name, connector, _mapping(config, name, wanted.connector, wanted.mapping))


def _mapping(config: LoadedConfig, name: str, kind: str, overlay: str | None) -> FieldMapping:
    """The vendor's own mapping with the firm's overlay; a connector without one takes the firm's file whole."""
    firm = config.settings.firm
    path = config.folder / overlay if overlay else None
    return FieldMapping.load(kind, name, path, currency=firm.currency, region=firm.region)

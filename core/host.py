"""The typed front of pluggy: finds plugins, checks their settings, calls each alone, and times it.

pluggy itself loses everybody's results when one implementation raises, stops loading at the first entry point that
fails to import, and takes a misspelt hook name in silence; all three are answered here. A plugin the configuration
does not name is never imported.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import EntryPoint, entry_points
from itertools import islice
from typing import TYPE_CHECKING, Any

from pluggy import PluginManager
from pluggy import PluginValidationError as Misfit
from pydantic import BaseModel

from core import hookspecs
from core.config import LoadedConfig, Mode, Section, validated
from core.connector import Connector, Finding
from core.errors import ConfigError, InlayError, PluginError
from core.signals.definition import Signal
from core.yamlfile import Key, nearest

if TYPE_CHECKING:
    from core.proposals import Portfolio, Proposal
    from core.signals import Context

GROUP = "inlay"
SETTINGS = "settings"
MOST_ANSWERS = 200_000
"""What one plugin may answer to one question: beyond it stands a mistake, and soon the end of the memory."""


class NoSettings(Section):
    """For plugins that have none of their own."""


@dataclass
class Plugin:
    """One enabled plugin: its settings, how far it may go, and what it has cost so far."""

    name: str
    mode: Mode
    settings: BaseModel
    seconds: float = 0.0
    faults: list[PluginError] = field(default_factory=list)


class Host:
    """All plugins and connectors that one configuration enables."""

    def __init__(self, config: LoadedConfig, available: Iterable[EntryPoint] | None = None) -> None:
        points = entry_points(group=GROUP) if available is None else available
        self._available = {point.name: point for point in points}
        self._config = config
        self._manager = PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self.failures: list[PluginError] = []
        self.plugins: dict[str, Plugin] = {}
        self.connectors: dict[str, type[Connector]] = {}
        self._load_connectors()
        self._load_plugins()

    def signals(self) -> list[tuple[Plugin, list[Signal]]]:
        """The signals of every plugin that could name them."""
        found = []
        for plugin in self.plugins.values():
            signals: list[Signal] = self._ask(plugin, "register_signals", settings=plugin.settings)
            found.append((plugin, signals))
        return found

    def proposals(
        self, portfolio: Portfolio, context_for: Callable[[Plugin], Context]
    ) -> list[tuple[Plugin, list[Proposal]]]:
        """What each plugin would like done, in the order of the configuration."""
        found = []
        for plugin in self.plugins.values():
            wishes = self._ask(plugin, "propose", portfolio=portfolio, context=context_for(plugin))
            found.append((plugin, wishes))
        return found

    def checks(self, portfolio: Portfolio, context_for: Callable[[Plugin], Context]) -> list[Finding]:
        """What each plugin says should be mended, in the order of the configuration."""
        found = []
        for plugin in self.plugins.values():
            answers = self._ask(plugin, "check", portfolio=portfolio, context=context_for(plugin))
            told = [one for one in answers if isinstance(one, Finding)]
            if len(told) < len(answers):
                plugin.faults.append(_fault(plugin.name, "check returned what is no finding", "check"))
            found += [self._placed(plugin, one) for one in told]
        return found

    def _placed(self, plugin: Plugin, finding: Finding) -> Finding:
        """The finding with a path in the plugin's settings as file, line and field."""
        head, _, path = finding.where.partition(".")
        if head != SETTINGS:
            return finding
        keys: list[Key] = ["plugins", plugin.name, *(int(key) if key.isdigit() else key for key in path.split("."))]
        place = f"{self._config.file.place(keys)} {'.'.join(map(str, keys))}"
        return replace(finding, where=place)

    def blame(self, faults: Iterable[PluginError]) -> None:
        """Count faults that were found elsewhere among those of the plugins they name."""
        for fault in faults:
            plugin = self.plugins.get(str(fault.facts.get("plugin")))
            if plugin is not None:
                plugin.faults.append(fault)

    def findings(self) -> list[Finding]:
        """Every fault of a plugin so far, for the doctor."""
        faults = [*self.failures, *faults_of(self.plugins)]
        return [Finding("plugin_fault", "error", fault.what, fault.where, fault.remedy) for fault in faults]

    def _load_connectors(self) -> None:
        for name, connection in self._config.settings.connections.items():
            kind = connection.connector
            if kind in self.connectors:
                continue
            if kind not in self._available:
                remedy = nearest(kind, sorted(self._available))
                raise self._config.file.error(("connections", name, "connector"), f"no connector `{kind}`", remedy)
            classes = self._first_answer(kind, "register_connectors") or []
            self.connectors.update({cls.kind: cls for cls in classes})
            if kind not in self.connectors:
                raise self._config.file.error(
                    ("connections", name, "connector"), f"the package `{kind}` holds no such connector", "reinstall it"
                )

    def _load_plugins(self) -> None:
        for name, wanted in self._config.settings.plugins.items():
            keys = ("plugins", name)
            if name not in self._available:
                raise self._config.file.error(keys, f"no plugin `{name}`", nearest(name, sorted(self._available)))
            if not self._register(name):
                continue
            model = self._call(name, "register_settings") or NoSettings
            templates = {key: one.fields for key, one in self._config.settings.messages.templates.items()}
            settings = validated(model, wanted.options, self._config.file, keys, {"templates": templates})
            self.plugins[name] = Plugin(name, wanted.mode, settings)

    def _register(self, name: str) -> bool:
        """Import and register one entry point; a failure disables it with one clear line."""
        if self._manager.has_plugin(name):
            return True
        try:
            self._manager.register(self._available[name].load(), name)
            self._manager.check_pending()
        except Exception as error:  # the host's boundary: whatever a foreign module does while it is imported
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            what = str(error) if isinstance(error, Misfit) else f"{type(error).__name__}: {error}"
            self.failures.append(_fault(name, f"plugin `{name}` is disabled, it could not be loaded: {what}", "import"))
            return False
        return True

    def _first_answer(self, name: str, hook: str) -> Any:
        if not self._register(name):
            raise self.failures[-1]
        return self._call(name, hook)

    def _call(self, name: str, hook: str, **arguments: Any) -> Any:
        """Call one hook of one plugin alone; None when it does not implement it."""
        others = [plugin for other, plugin in self._manager.list_name_plugin() if other != name and plugin is not None]
        answers: list[Any] = self._manager.subset_hook_caller(hook, others)(**arguments)
        return answers[0] if answers else None

    def _ask(self, plugin: Plugin, hook: str, **arguments: Any) -> list[Any]:
        """Call one hook of one plugin, timed; an exception becomes this plugin's fault and no result."""
        begun = time.perf_counter()
        try:
            return _as_list(plugin, hook, self._call(plugin.name, hook, **arguments))
        except InlayError as error:
            plugin.faults.append(error if isinstance(error, PluginError) else _fault(plugin.name, str(error), hook))
        except Exception as error:  # the host's boundary: a plugin may raise anything
            plugin.faults.append(_fault(plugin.name, f"{hook} raised {type(error).__name__}: {error}", hook))
        finally:
            plugin.seconds += time.perf_counter() - begun
        return []


def _as_list(plugin: Plugin, hook: str, answer: Any) -> list[Any]:
    if answer is None:
        return []
    if not isinstance(answer, list | Iterator):
        raise _fault(plugin.name, f"{hook} returned {type(answer).__name__} instead of a list", hook)
    taken = list(islice(answer, MOST_ANSWERS + 1))
    if len(taken) > MOST_ANSWERS:
        raise _fault(plugin.name, f"{hook} went on for more than {MOST_ANSWERS} results; none of them counts", hook)
    return taken


def only_signals(plugin: Plugin, answers: Sequence[Any]) -> list[Signal]:
    """Those of a plugin's answers that are signals; what else is among them becomes a fault of the plugin."""
    strange = sorted({type(one).__name__ for one in answers if not isinstance(one, Signal)}, key=str.lower)
    if strange:
        hook = "register_signals"
        plugin.faults.append(_fault(plugin.name, f"{hook} returned {', '.join(strange)} among its signals", hook))
    return [one for one in answers if isinstance(one, Signal)]


def connector_settings(host: Host, config: LoadedConfig, name: str) -> BaseModel:
    """The settings of one connection, checked by its connector's own model."""
    wanted = config.settings.connections[name]
    return validated(
        host.connectors[wanted.connector].settings_model, wanted.options, config.file, ("connections", name)
    )


def faults_of(plugins: Mapping[str, Plugin]) -> list[PluginError]:
    """All faults seen so far, by plugin."""
    return [fault for plugin in plugins.values() for fault in plugin.faults]


def _fault(name: str, what: str, hook: str) -> PluginError:
    remedy = "the other plugins went on; tell the plugin's author, or take it out of inlay.yaml"
    return PluginError(what, where=f"{name}.{hook}", remedy=remedy, facts={"plugin": name})


__all__ = ["ConfigError", "Host", "NoSettings", "Plugin", "connector_settings", "faults_of", "only_signals"]

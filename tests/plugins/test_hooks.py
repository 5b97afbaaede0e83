"""The bundled plugins go through the same door as everybody else's, and their documents say what they do."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest
from pluggy import PluginManager
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from core import hookspecs, sdk
from core.signals import Publisher, Signal, arrange
from plugins import engagement, health, renewals, revenue, sla
from plugins.engagement.settings import EngagementSettings
from plugins.health.settings import HealthSettings
from plugins.renewals.settings import RenewalSettings
from plugins.revenue.settings import RevenueSettings
from plugins.sla.settings import SlaSettings
from tests.plugins.clinic import publisher_of

PLUGINS: dict[ModuleType, type[BaseModel]] = {
    health: HealthSettings, renewals: RenewalSettings, engagement: EngagementSettings, sla: SlaSettings,
    revenue: RevenueSettings,
}  # fmt: skip
HOOKS = ("register_settings", "register_signals", "propose")
EVERY = pytest.mark.parametrize("plugin", list(PLUGINS), ids=lambda plugin: plugin.__name__)


def folder(plugin: ModuleType) -> Path:
    return Path(str(plugin.__file__)).parent


def readme(plugin: ModuleType) -> str:
    return (folder(plugin) / "README.md").read_text()


def publisher(plugin: ModuleType) -> Publisher:
    return publisher_of(plugin, PLUGINS[plugin]())


def published(plugin: ModuleType) -> list[Signal]:
    return list(publisher(plugin).signals)


@EVERY
def test_the_host_can_register_it(plugin: ModuleType) -> None:
    manager = PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin)
    manager.check_pending()
    assert {"register_settings", "register_signals"} <= {
        caller.name for caller in manager.get_hookcallers(plugin) or []
    }
    assert manager.hook.register_settings() == [PLUGINS[plugin]]


@EVERY
def test_its_hooks_are_short(plugin: ModuleType) -> None:
    for name in (name for name in HOOKS if hasattr(plugin, name)):
        body = inspect.getsource(getattr(plugin, name)).split('"""')[-1].strip().splitlines()
        assert len(body) <= 5, name


@EVERY
def test_it_imports_nothing_of_inlay_but_the_sdk(plugin: ModuleType) -> None:
    for path in folder(plugin).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            ours = [name for name in modules if name.split(".")[0] in ("core", "connectors", "plugins", "webhooks")]
            assert all(name == "core.sdk" or name.startswith(plugin.__name__) for name in ours), path


def test_all_signals_fit_together() -> None:
    arrangement = arrange(map(publisher, PLUGINS))
    assert arrangement.faults == ()


@EVERY
def test_it_stands_alone(plugin: ModuleType) -> None:
    assert arrange([publisher(plugin)]).faults == ()


def described(field: FieldInfo) -> str:
    return (field.description or "").replace("|", "\\|")


@EVERY
def test_the_readme_lists_every_setting_as_it_is(plugin: ModuleType) -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (?:.*) \| (.*) \|$", readme(plugin), flags=re.MULTILINE))
    assert rows == {name: described(field) for name, field in PLUGINS[plugin].model_fields.items()}


@EVERY
def test_the_readme_lists_every_default_that_fits_a_cell(plugin: ModuleType) -> None:
    cells = dict(re.findall(r"^\| `(\w+)` \| `(.*)` \| .* \|$", readme(plugin), flags=re.MULTILINE))
    defaults = {name: field.default for name, field in PLUGINS[plugin].model_fields.items()}
    assert cells
    for name, cell in cells.items():
        value = defaults[name]
        shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        assert cell == shown, name


@EVERY
def test_the_readme_lists_every_signal_with_its_sentence(plugin: ModuleType) -> None:
    rows = dict(re.findall(r"^\| `([\w.]+\.[\w.]+)` \| .* \| (.*) \|$", readme(plugin), flags=re.MULTILINE))
    signals = [signal for signal in published(plugin) if not signal.name.startswith("health.factor.")]
    assert rows == {signal.name: " ".join(signal.doc.split()) for signal in signals}


@EVERY
def test_the_readme_lists_units(plugin: ModuleType) -> None:
    rows = dict(re.findall(r"^\| `([\w.]+\.[\w.]+)` \| (.*) \| .* \|$", readme(plugin), flags=re.MULTILINE))
    for signal in published(plugin):
        if signal.name in rows:
            assert rows[signal.name] == (signal.unit or signal.kind), signal.name


@EVERY
def test_every_setting_says_what_it_decides(plugin: ModuleType) -> None:
    assert all(field.description for field in PLUGINS[plugin].model_fields.values())


def test_the_sdk_exports_what_it_names() -> None:
    assert all(hasattr(sdk, name) for name in sdk.__all__)
    assert {"Column", "Context", "CreateTask", "Portfolio", "Signal", "signal"} <= set(sdk.__all__)

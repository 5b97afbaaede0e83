"""The example of the plugins' README is a working plugin."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

from pluggy import PluginManager

import plugins
from core import hookspecs
from core.signals import Publisher
from core.signals.tables import TABLES
from tests.core.signals.book import Book, Desk, NoSettings

README = Path(str(plugins.__file__)).parent / "README.md"


def test_the_example_runs(book: Book) -> None:
    [code] = re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)
    module = ModuleType("urgent")
    exec(compile(code, str(README), "exec"), module.__dict__)  # the reader's own first step
    manager = PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(module)
    [signals] = manager.hook.register_signals(settings=NoSettings())
    client = book.client("acme")
    for priority in ("urgent", "urgent", "low"):
        book.add("ticket", None, client, status="open", priority=priority)
    book.save()
    desk = Desk(book.store, Publisher("urgent", NoSettings(), signals))
    desk.evaluate()
    assert desk.value(client, "support.urgent") == 2
    assert desk.reason(client, "support.urgent") == "2 urgent tickets"


def test_all_tables_are_named() -> None:
    text = README.read_text()
    assert all(f"`{name}`" in text for name in TABLES)

"""Many cases in one book, evaluated once: a quick way to ask a plugin many questions of a real store."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from inspect import signature
from pathlib import Path
from types import ModuleType

from pydantic import BaseModel

from core.signals import Publisher
from core.store import Store
from plugins import health, renewals
from plugins.health.settings import HealthSettings
from plugins.renewals.settings import RenewalSettings
from tests.core.signals.book import Book, Desk

HEALTH, RENEWALS = HealthSettings(), RenewalSettings()


def health_publisher(settings: HealthSettings = HEALTH) -> Publisher:
    """The health plugin under these settings."""
    return Publisher("health", settings, health.register_signals(settings))


def renewals_publisher(settings: RenewalSettings = RENEWALS) -> Publisher:
    """The renewals plugin under these settings."""
    return Publisher("renewals", settings, renewals.register_signals())


def publisher_of(plugin: ModuleType, settings: BaseModel) -> Publisher:
    """Any plugin under these settings."""
    takes = "settings" in signature(plugin.register_signals).parameters
    signals = plugin.register_signals(settings) if takes else plugin.register_signals()
    return Publisher(plugin.__name__.rpartition(".")[2], settings, signals)


def some_of(publisher: Publisher, *prefixes: str) -> Publisher:
    """The signals of a plugin whose names begin so, for tests that ask about no others: they take less time."""
    return replace(publisher, signals=[one for one in publisher.signals if one.name.startswith(prefixes)])


@contextmanager
def clinic(template: Path, folder: Path, fill: Callable[[Book], None], *publishers: Publisher) -> Iterator[Desk]:
    """Fill a book, evaluate it as of the books' usual day, and hand out the results."""
    shutil.copy(template, folder / "clinic.db")
    store = Store.open(f"sqlite:///{folder / 'clinic.db'}")
    book = Book(store)
    fill(book)
    book.save()
    desk = Desk(store, *(publishers or (health_publisher(), renewals_publisher())))
    report = desk.evaluate()
    assert not report.faults, report.faults
    yield desk
    store.close()

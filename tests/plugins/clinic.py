"""Many cases in one book, evaluated once: a quick way to ask a plugin many questions of a real store."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

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

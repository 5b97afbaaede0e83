"""A small firm on CSV files: a hub that is opened in a moment, for tests of what works on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from core.clock import Clock
from core.hub import Hub
from core.store import Store

FILE = """
firm: {{name: Hartwell & Co, time_zone: Europe/London, currency: GBP}}
store: {store}
every_minutes: 15
connections:
  crm: {{connector: csv, folder: crm, mapping: export.yaml}}
  old: {{connector: csv, folder: old, mapping: export.yaml}}
plugins: {{}}
{more}
"""
ACCOUNTS = "Id,Name,Type,SystemModstamp\n0018d00000ABCDEAA4,Alfa Joinery Ltd,Customer,2026-06-01T10:00:00.000Z\n"


def write_firm(folder: Path, store: str = "sqlite:///inlay.db", more: str = "") -> Path:
    """The firm's files in a folder; returns its inlay.yaml."""
    for name in ("crm", "old"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "Account.csv").write_text(ACCOUNTS)
    (folder / "export.yaml").write_text("extends: csv-salesforce-export\n")
    path = folder / "inlay.yaml"
    path.write_text(FILE.format(store=store, more=more))
    return path


@cache
def _empty_store() -> bytes:
    """A migrated SQLite file, made once: migrating takes longer than most tests."""
    with TemporaryDirectory() as folder, Store.open(f"sqlite:///{folder}/inlay.db") as store:
        store.migrate()
        store.close()
        return Path(folder, "inlay.db").read_bytes()


@contextmanager
def open_firm(folder: Path, clock: Clock, store: str = "sqlite:///inlay.db", more: str = "") -> Iterator[Hub]:
    """The firm's hub."""
    if store.startswith("sqlite"):
        (folder / "inlay.db").write_bytes(_empty_store())
    hub = Hub.open(write_firm(folder, store, more), {}, clock)
    try:
        yield hub
    finally:
        hub.close()

"""A small firm of CSV files, read into a real store, with signals and proposals put where plugins would put them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from connectors.csv.connector import CsvConnector
from connectors.csv.settings import CsvSettings
from core.clock import FixedClock, iso
from core.connector import ConnectorContext
from core.http import Transport
from core.ledger import PlanRules, PluginRules, make_plan
from core.mapping import Mapping as FieldMapping
from core.proposals import CreateTask
from core.store import Store
from core.store.bulk import upsert_rows
from core.store.tables import signal_value
from core.sync import ConnectionSetup, sync_connection

CLOCK = FixedClock(datetime(2026, 6, 30, 12, tzinfo=UTC))
MAPPING = """\
connector: csv
flat: true
client:
  stream: clients.csv
  id: Client ID
  fields: {name: Company name}
  writes:
    Score: {signal: health.score, label: Inlay Health Score, type: number, policy: owned}
    Why: {signal: health.reasons, label: Why, type: text, policy: owned}
    Since: {signal: contact.last_date, label: Last contact, type: date, policy: owned}
invoice:
  stream: STREAM
  id: No
  fields:
    client_id: {from: Client ID, ref: client}
    total: TOTAL
    amount_paid: {from: Paid, currency: Currency}
task:
  stream: inlay_tasks
  id: Inlay Key
  fields: {subject: Subject, client_id: {from: Client ID, ref: client}, external_key: Inlay Key}
  create:
    key: Inlay Key
    fields: {Subject: subject, Due date: {from: due_date, as: date}, Client ID: {ref: client_id}, Notes: body}
"""
CLIENTS = "Client ID,Company name\nC1,Alpha\nC2,=Beta()\nC3,Gamma\n"
INVOICES = "No,Client ID,Total,Paid,Currency\n1,C1,10.10,10.10,GBP\n2,C2,20.20,,GBP\n3,C1,30.30,5,EUR\n"


class Firm:
    """The firm's folder, its store, and its one connection."""

    def __init__(self, folder: Path, store: Store, views: Mapping[str, Any], stream: str, total: str) -> None:
        self.folder = folder
        self.store = store
        (folder / "mapping.yaml").write_text(MAPPING.replace("STREAM", stream).replace("TOTAL", total))
        mapping = FieldMapping.load("csv", "files", folder / "mapping.yaml", currency="GBP", region="GB")
        context = ConnectorContext("files", CLOCK, Transport(clock=CLOCK), folder)
        settings = CsvSettings.model_validate({"folder": "exports", "views": views})
        self.setups = [ConnectionSetup("files", CsvConnector(settings, context), mapping)]

    def put(self, **files: str) -> None:
        """Write files into the folder of exports."""
        (self.folder / "exports").mkdir(exist_ok=True)
        for name, content in files.items():
            (self.folder / "exports" / f"{name}.csv").write_text(content, encoding="utf-8")

    def sync(self) -> None:
        """Read everything."""
        assert sync_connection(self.store, self.setups[0], CLOCK).errors == []

    def signal(self, name: str, values: Mapping[str, Any]) -> None:
        """Store a signal's values by client id, as evaluation does."""
        columns = ("name", "subject_id", "subject_type", "value", "reason", "version", "config_hash", "as_of")
        at = iso(CLOCK.now())
        rows = [
            (name, f"files/clients.csv/{client}", "client", orjson.dumps(value).decode(), "because", "1", "h", at)
            for client, value in values.items()
        ]
        with self.store.begin() as conn:
            upsert_rows(conn, signal_value, columns, rows)

    def plan(self, tasks: Sequence[CreateTask]) -> None:
        """Make a plan with these proposals."""
        rules = PlanRules(
            plugins={"health": PluginRules("propose")},
            signal_plugins=dict.fromkeys(("health.score", "health.reasons", "contact.last_date"), "health"),
        )
        make_plan(self.store, self.setups, {"health": tasks}, rules, CLOCK)


@contextmanager
def firm(
    folder: Path, url: str, views: Mapping[str, Any] | None = None, stream: str = "invoices.csv", total: str = "Total"
) -> Iterator[Firm]:
    """The firm over a fresh store, its files read."""
    store = Store.open(url)
    store.migrate()
    try:
        made = Firm(folder, store, views or {}, stream, total)
        made.put(clients=CLIENTS, invoices=INVOICES)
        yield made
    finally:
        store.close()

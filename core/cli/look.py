"""Commands that only look: how things stand, and why a client has its score."""

from __future__ import annotations

from collections.abc import Iterator

import click
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection, func, select

from core.cli.app import App, as_json, pass_app
from core.hub import Hub
from core.ledger import dead_letters
from core.ledger.breaker import rests
from core.lookup import find_client
from core.store.cursors import read_cursor
from core.store.findings import read_findings
from core.store.grants import broken_connections
from core.store.parked import read_parked
from core.store.runs import read_runs
from core.store.tables import golden_record, operation

HEADLINE = ("health.score", "health.band", "contract.status", "renewal.notice_deadline")


@click.command()
@as_json
@pass_app
def status(app: App, as_json: bool) -> None:
    """How things stand: records, last runs, what was set aside, what needs a person."""
    with app.hub() as hub:
        facts = _facts(hub)
    if as_json:
        app.json(facts)
        return
    for title, rows in facts.items():
        if rows:
            _table(app, title, rows)


@click.command()
@click.argument("client")
@click.argument("signal", required=False)
@pass_app
def explain(app: App, client: str, signal: str | None) -> None:
    """Why CLIENT (a name or an id) has its values: down to the vendors' records and fields."""
    with app.hub() as hub:
        show_explanation(app, hub, client, [signal] if signal else list(HEADLINE))


def show_explanation(app: App, hub: Hub, client: str, signals: list[str]) -> None:
    """Print the tree of each signal of one client."""
    with hub.store.read() as conn:
        found = find_client(conn, client)
    app.out.print(f"[bold]{escape(found.name)}[/] [dim]{escape(found.id)}[/]")
    for name in signals:
        for line in hub.explain(found.id, name).lines():
            app.out.print(line, markup=False)


def _facts(hub: Hub) -> dict[str, list[dict[str, object]]]:
    with hub.store.read() as conn:
        return {
            "to be connected again": [
                {"connection": one.connection, "since": one.since, "cause": one.cause}
                for one in broken_connections(conn)
            ],
            "left in peace for now": [
                {
                    "connection": one.connection,
                    "tries again at": one.probe_at,
                    "since": one.since,
                    "failed in a row": one.failures,
                    "cause": one.cause,
                }
                for one in rests(conn)
            ],
            "records": list(_records(conn)),
            "streams": list(_streams(hub, conn)),
            "runs": [_run(run) for run in read_runs(conn, limit=8)],
            "operations": list(_operations(conn)),
            "rejected by a vendor": [
                {"operation": letter.operation.id, "cause": letter.cause} for letter in dead_letters(hub.store)
            ],
            "records set aside": [
                {"record": row.id, "problem": row.problem, "place": row.place, "remedy": row.remedy}
                for row in read_parked(conn)
            ],
            "findings": [
                {
                    "severity": row.severity,
                    "what": row.message,
                    "where": row.place,
                    "times": row.count,
                    "remedy": row.remedy,
                }
                for row in read_findings(conn)
            ],
        }


def _run(run: object) -> dict[str, object]:
    facts = getattr(run, "facts", {})
    said = ", ".join(f"{key} {value}" for key, value in facts.items() if isinstance(value, int | str) and value != "")
    return {"run": run.id, "state": run.state, "began": run.started_at, "facts": said}  # type: ignore[attr-defined]


def _records(conn: Connection) -> Iterator[dict[str, object]]:
    table = golden_record.c
    counted = select(table.record_type, func.count()).where(table.gone.is_(None)).group_by(table.record_type)
    for record_type, count in conn.execute(counted.order_by(table.record_type)):
        yield {"type": record_type, "live": count}


def _streams(hub: Hub, conn: Connection) -> Iterator[dict[str, object]]:
    for setup in hub.setups:
        for stream in setup.mapping.streams:
            cursor = read_cursor(conn, setup.name, stream)
            stamp = cursor.position.stamp if cursor and cursor.position else "the end of the last read"
            yield {
                "connection": setup.name,
                "stream": stream,
                "read up to": stamp if cursor else "never",
            }


def _operations(conn: Connection) -> Iterator[dict[str, object]]:
    counted = select(operation.c.state, func.count()).group_by(operation.c.state).order_by(operation.c.state)
    for state, count in conn.execute(counted):
        yield {"state": state, "operations": count}


def _table(app: App, title: str, rows: list[dict[str, object]]) -> None:
    table = Table(*rows[0], title=title, title_justify="left", title_style="bold", box=None, header_style="dim")
    for row in rows:
        table.add_row(*(escape(str(value)) for value in row.values()))
    app.out.print(table)

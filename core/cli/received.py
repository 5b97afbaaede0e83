"""The command that tells what vendors sent and what came of it."""

from __future__ import annotations

import click

from core.cli.app import App, as_json, pass_app
from core.hub import Hub
from core.store.arrivals import Tally, tally_arrivals
from webhooks.fate import WORDS, Reading, remedy_of


@click.command()
@as_json
@pass_app
def received(app: App, as_json: bool) -> None:
    """Show which events came from vendors, what became of them, and what to do about those that change nothing."""
    with app.hub() as hub, hub.store.read() as conn:
        rows = [_row(hub, one) for one in tally_arrivals(conn)]
    if as_json:
        app.json(rows)
        return
    for row in rows:
        line = f"{row['connection']:16} {row['type']:32} {row['count']:7} {row['fate']:22} last {row['latest_at']}"
        app.out.print(line, markup=False)
        if row["remedy"]:
            app.out.print(f"        -> {row['remedy']}", style="dim", markup=False)
    if not rows:
        app.out.print("no events have come; see `webhook:` and `change_events:` of a connection")


def _row(hub: Hub, tally: Tally) -> dict[str, str | int]:
    setup = next((one for one in hub.setups if one.name == tally.connection), None)
    settings = hub.config.settings.connections.get(tally.connection)
    reading = Reading(setup.connector.streams(), setup.mapping.streams) if setup else None
    scheme = (settings.webhook.scheme if settings and settings.webhook else None) or (
        settings.connector if settings else ""
    )
    return {
        "connection": tally.connection,
        "type": tally.event_type,
        "count": tally.count,
        "fate": WORDS[tally.state],
        "latest_at": tally.latest_at,
        "remedy": remedy_of(tally, reading, scheme),
    }

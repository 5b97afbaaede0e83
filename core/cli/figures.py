"""The command that shows the figures of the firm: each with its interval, its n, and what it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
import orjson
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection, select

from core.cli.app import App, as_json, pass_app
from core.signals.loading import FIRM
from core.store.tables import signal_value

PARTS = (".low", ".high", ".n")


@click.command()
@as_json
@pass_app
def figures(app: App, as_json: bool) -> None:
    """The figures of the firm as last computed: retention, referrals, satisfaction, concentration, and more."""
    with app.hub() as hub, hub.store.read() as conn:
        rows = list(_rows(conn))
    if as_json:
        app.json(rows)
        return
    if not rows:
        app.out.print("no figures yet: enable the plugin `kpi` in inlay.yaml, then `inlay sync`")
        return
    table = Table("figure", "value", "low", "high", "n", "made of", box=None, header_style="dim")
    for row in rows:
        table.add_row(*(escape("-" if value is None else str(value)) for value in row.values()))
    app.out.print(table)


def _rows(conn: Connection) -> Iterator[dict[str, Any]]:
    """Every figure that has an n, told or refused."""
    c = signal_value.c
    query = select(c.name, c.value, c.reason).where(c.subject_type == FIRM, c.subject_id == FIRM).order_by(c.name)
    told = {row[0]: (orjson.loads(row[1]), row[2]) for row in conn.execute(query)}
    for name in sorted(name.removesuffix(".n") for name in told if name.endswith(".n")):
        value, low, high, n = (told.get(name + part, (None, ""))[0] for part in ("", *PARTS))
        reason = told[name if value is not None else f"{name}.n"][1]
        yield {"figure": name, "value": value, "low": low, "high": high, "n": n, "made of": reason}

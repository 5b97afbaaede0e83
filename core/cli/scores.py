"""Commands that ask how good scores are: what a changed configuration would move, and whether past ones came true."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import orjson
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection, select

from core.cli.app import App, as_json, pass_app
from core.errors import PluginError
from core.host import Host
from core.hub import assemble
from core.intervals import Estimate
from core.signals import Publisher, arrange
from core.signals.backtest import LEAST, Backtest, Names, backtest
from core.signals.preview import Moved, Preview, Setting, preview
from core.store.golden import lookup
from core.store.tables import signal_value

BAND = "health.band"
BANDS = ("Excellent", "Good", "Fair", "At Risk", "Provisional", None)
SHOWN = 10


@click.group()
def health() -> None:
    """Look at the health of clients."""


@health.command("preview")
@click.argument("changed", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@as_json
@pass_app
def health_preview(app: App, changed: Path, as_json: bool) -> None:
    """How many clients would move to another band if CHANGED took the place of the configuration; stores nothing."""
    loaded, host, _ = assemble(changed, os.environ, app.clock)
    with app.hub() as hub:
        old = Setting(tuple(hub.publishers()), hub.config.settings.firm)
        found = preview(hub.store, BAND, old, Setting(publishers_of(host), loaded.settings.firm), hub.as_of)
        with hub.store.read() as conn:
            names = _names(conn, [one.client for one in found.moved])
    if as_json:
        app.json(_preview_facts(found))
    else:
        _show_preview(app, found, names)
    for fault in signal_faults(host):
        app.err.print(f"{fault.title}: {fault}", style="yellow", markup=False)


@health.command("feedback")
@as_json
@pass_app
def health_feedback(app: App, as_json: bool) -> None:
    """Whose own answers, or whose partner, disagree with the score: to look at once a quarter."""
    with app.hub() as hub, hub.store.read() as conn:
        rows = list(_disagreements(conn))
    if as_json:
        app.json(rows)
        return
    if not rows:
        app.out.print("no client disagrees with its score, or nobody was asked")
        return
    table = Table("client", "gap", "why", box=None, header_style="dim")
    for row in rows:
        table.add_row(
            escape(str(row["client"])), "-" if row["gap"] is None else f"{row['gap']:+.0f}", escape(row["why"])
        )
    app.out.print(table)


@click.command("backtest")
@click.option(
    "--horizon", "horizons", type=click.IntRange(1, 1000), multiple=True, default=(30, 60, 90), show_default=True,
    metavar="DAYS", help="How long after the score a loss counts; may be repeated.",
)  # fmt: skip
@click.option(
    "--settle", type=click.IntRange(0, 1000), default=30, show_default=True, metavar="DAYS",
    help="Leave out the last days: that a client left is often known only weeks later.",
)  # fmt: skip
@as_json
@pass_app
def backtest_command(app: App, horizons: tuple[int, ...], settle: int, as_json: bool) -> None:
    """Whether the clients once said to be At Risk left more often: past scores against what happened since."""
    with app.hub() as hub, hub.store.read() as conn:
        results = backtest(conn, hub.config.settings.firm, hub.as_of, horizons, settle, Names())
    if as_json:
        app.json([asdict(one) | {"says_enough": one.says_enough} for one in results])
        return
    for result in results:
        _show_backtest(app, result)


def _disagreements(conn: Connection) -> Iterator[dict[str, Any]]:
    """The clients that disagree, the widest gap first; those overridden by a partner alone come last."""
    names = ("feedback.disagrees", "feedback.gap")
    c = signal_value.c
    stored = {
        (row[0], row[1]): row
        for row in conn.execute(select(c.name, c.subject_id, c.value, c.reason).where(c.name.in_(names)))
    }
    apart = [one for name, one in stored if name == names[0] and orjson.loads(stored[name, one][2]) is True]
    gaps = {one: orjson.loads(stored[names[1], one][2]) if (names[1], one) in stored else None for one in apart}
    called = _names(conn, apart)
    for one in sorted(apart, key=lambda one: (-abs(gaps[one] or 0), one)):
        yield {"client": called.get(one, one), "id": one, "gap": gaps[one], "why": stored[names[0], one][3]}


def publishers_of(host: Host) -> tuple[Publisher, ...]:
    """The signals of all plugins of a host, with the settings they were made under."""
    return tuple(Publisher(plugin.name, plugin.settings, signals) for plugin, signals in host.signals())


def signal_faults(host: Host) -> Sequence[PluginError]:
    """What is wrong with the signals of a configuration: names nobody publishes, names taken twice."""
    return arrange(publishers_of(host)).faults


def _show_preview(app: App, found: Preview, names: dict[str, str]) -> None:
    shown = [band for band in BANDS if any(band in pair for pair in found.matrix)]
    table = Table("old \\ new", *map(_band, shown), "clients", box=None, header_style="dim", title_justify="left")
    for old in shown:
        counts = [found.count(old, new) for new in shown]
        table.add_row(_band(old), *(str(count) if count else "·" for count in counts), str(sum(counts)))
    app.out.print(table)
    moved, part = len(found.moved), len(found.moved) / max(found.clients, 1)
    app.out.print(f"{moved} of {found.clients} clients move ({part:.1%})")
    for one in found.moved[:SHOWN]:
        app.out.print(_moved(one, names), markup=False)
    if moved > SHOWN:
        app.out.print(f"… and {moved - SHOWN} more", style="dim")


def _moved(one: Moved, names: dict[str, str]) -> str:
    name = names.get(one.client, one.client)
    return f"  {name}: {_band(one.old)} ({one.why_old}) -> {_band(one.new)} ({one.why_new})"


def _preview_facts(found: Preview) -> dict[str, Any]:
    return {
        "clients": found.clients,
        "moved": [asdict(one) for one in found.moved],
        "matrix": [
            {"old": old, "new": new, "clients": count} for (old, new), count in sorted(found.matrix.items(), key=str)
        ],
    }


def _show_backtest(app: App, one: Backtest) -> None:
    head = f"bands of {one.known_on}, and what happened in the {one.horizon} days after"
    app.out.print(f"[bold]{head}[/]: {one.lost} of {one.clients} clients were lost")
    if not one.says_enough:
        app.out.print(f"[yellow]too few losses to conclude anything: {one.lost} of the {LEAST} it takes[/]")
    table = Table("", "figure", "95 % interval", "of", box=None, header_style="dim")
    for name, estimate in one.by_band.items():
        table.add_row(f"lost of {escape(name)}", *_cells(estimate, percent=True))
    table.add_row("precision: lost of those At Risk", *_cells(one.precision, percent=True))
    table.add_row("recall: At Risk of those lost", *_cells(one.recall, percent=True))
    table.add_row("lift: At Risk against the others", *_cells(one.lift, percent=False))
    table.add_row("AUC of the score", *_cells(one.separation, percent=False))
    app.out.print(table)


def _cells(estimate: Estimate, *, percent: bool) -> tuple[str, str, str]:
    value, low, high = (_number(each, percent) for each in (estimate.value, estimate.low, estimate.high))
    return value, f"{low} to {high}", str(estimate.n)


def _number(value: float, percent: bool) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.0%}" if percent else f"{value:.2f}"


def _band(band: str | None) -> str:
    return band or "no band"


def _names(conn: Connection, clients: Sequence[str]) -> dict[str, str]:
    rows = lookup(conn, "client", list(clients))
    return {client: orjson.loads(row.data).get("name") or client for client, row in rows.items()}

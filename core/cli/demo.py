"""``inlay demo``: the whole job on a made-up firm, over real HTTP, with nothing to configure."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from time import perf_counter

import click
from rich.markup import escape

from core.cli.app import App, pass_app
from core.cli.fleet import Fleet, start_fleet
from core.cli.look import show_explanation
from core.cli.progress import delivery_progress
from core.cli.readback import read_back
from core.cli.reading import read_everything, show_reading
from core.cli.samples import DEMO, write_sample
from core.cli.work import show_plan
from core.hub import Hub
from core.ledger import Approval, Plan
from core.provision import missing_fields, provision_field

CLIENTS_SHOWN = 2
APPROVED = ("renewals", "playbooks")


@click.command()
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default="demo",
    show_default=True,
    help="Where to write.",
)
@click.option("--seed", default=7, show_default=True, help="Another seed, another firm.")
@pass_app
def demo(app: App, into: Path, seed: int) -> None:
    """The whole job on a made-up accounting practice: simulators, sync, plan, apply, read back, report.

    Nothing outside this machine is called; everything is written into one folder.
    """
    begun = perf_counter()
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    fleet = start_fleet(seed=seed)
    try:
        _play(app, fleet, into)
    finally:
        fleet.stop()
    app.out.print(f"\nthe demo took {perf_counter() - begun:.0f} s", style="dim")


def _play(app: App, fleet: Fleet, into: Path) -> None:
    _heading(app, "Three systems of one firm, simulated on this machine")
    for name, endpoint in fleet.endpoints().items():
        app.out.print(f"{name:12} {endpoint['base_url']}", markup=False)
        os.environ[f"DEMO_{name.upper()}_URL"] = endpoint["base_url"]
        os.environ[f"DEMO_{name.upper()}_TOKEN"] = endpoint["token"]
    app.config = write_sample(into, force=True, text=DEMO)
    with app.hub() as hub:
        _provision(app, hub)
        _read(app, hub, "Read, join, compute")
        _write(app, hub)
        _again(app, hub)
        _heading(app, "One client explained")
        show_explanation(app, hub, _somebody(hub), ["health.score"])
        _heading(app, "Read back from the CRMs, through their own client libraries")
        for line in read_back(hub):
            app.out.print(line, markup=False)
        path = hub.write_report(into / "report.html", hub.plan())
    _heading(app, "The report")
    app.out.print(f"open {path}", markup=False)


def _provision(app: App, hub: Hub) -> None:
    _heading(app, "Inlay's fields in the CRMs (inlay provision)")
    for setup in hub.setups:
        steps = missing_fields(setup)
        for step in steps:
            provision_field(hub, setup.name, step)
        if steps:
            app.out.print(f"{setup.name}: {len(steps)} steps, such as: {escape(steps[0].summary)}")


def _read(app: App, hub: Hub, title: str) -> None:
    _heading(app, f"{title} (inlay sync)")
    show_reading(app, read_everything(app, hub))


def _write(app: App, hub: Hub) -> Plan:
    _heading(app, "What Inlay would change (inlay plan)")
    made = hub.plan()
    show_plan(app, hub, made, CLIENTS_SHOWN)
    _heading(app, f"Written (inlay apply {' '.join(f'--approve {name}' for name in APPROVED)})")
    with delivery_progress(app.err) as show:
        report = hub.apply(Approval(by="demo", plugins=frozenset(APPROVED)), show)
    app.out.print(f"{report.run_id}: {report.applied} applied, {report.rejected} rejected, {report.skipped} skipped")
    return made


def _again(app: App, hub: Hub) -> None:
    _read(app, hub, "Once more: nothing is read as new but our own writes")
    made = hub.plan()
    left = len(made.ready) + len(made.awaiting)
    app.out.print("the second plan is empty" if made.is_empty else f"the second plan holds {left} operations")


def _somebody(hub: Hub) -> str:
    """The client with the lowest score, by id: the one a partner would ask about."""
    with hub.desk() as desk:
        score = desk.portfolio.signal("health.score")
        rows = score.known.nonzero()[0].tolist()
        return min((float(score.values[row]), desk.portfolio.clients.ids[row]) for row in rows)[1]


def _heading(app: App, text: str) -> None:
    app.out.print(f"\n[bold cyan]{escape(text)}[/]")

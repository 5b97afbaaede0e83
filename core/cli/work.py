"""Commands that do the job: sync, plan, apply, undo, and their kin."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from pathlib import Path

import click
import orjson

from core.cli.app import App, as_json, pass_app
from core.cli.imports import write_imports
from core.cli.ledger import show_delivery, show_left_alone, show_undo
from core.cli.progress import delivery_progress
from core.cli.reading import Reading, read_everything, show_reading
from core.errors import InlayError
from core.hub import Hub
from core.ledger import (
    RESTORES,
    Approval,
    Chosen,
    Plan,
    client_names,
    list_runs,
    plan_as_csv,
    plan_as_json,
    render_plan,
)
from core.report.quota import needs
from core.sync import SyncReport

CHANGES = 10


@click.command()
@click.option("--full", is_flag=True, help="Read everything again instead of what changed; finds deletions too.")
@click.option(
    "--accept-vanished", multiple=True, metavar="CONNECTION/STREAM", help="Its missing records are really gone."
)
@as_json
@pass_app
def sync(app: App, full: bool, accept_vanished: tuple[str, ...], as_json: bool) -> None:
    """Read all connections since last time, join what belongs together, and compute the signals."""
    with app.hub() as hub:
        reading = read_everything(app, hub, full=full, accept_vanished=accept_vanished)
        if as_json:
            app.json(reading.facts())
        else:
            show_reading(app, reading)
        _raise_first(reading.reports)


@click.command()
@as_json
@click.option(
    "--csv", "csv_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the operations to a CSV file."
)
@click.option("--html", "html_path", type=click.Path(path_type=Path, dir_okay=False), help="Write the report page.")
@click.option(
    "--export", "folder", type=click.Path(path_type=Path, file_okay=False),
    help="Of CSV connections: write files for the CRM's import wizard, and reconcile with the input.",
)  # fmt: skip
@click.option("--check", is_flag=True, help="Exit with 10 when there is something to apply or approve.")
@pass_app
def plan(
    app: App, as_json: bool, csv_path: Path | None, html_path: Path | None, folder: Path | None, check: bool
) -> None:
    """Show what Inlay would change in the CRMs, field by field, with reasons and cost; changes nothing."""
    with app.hub() as hub:
        made = hub.plan(getpass.getuser())
        if as_json:
            click.echo(_plan_and_quota(made, hub))
        else:
            show_plan(app, hub, made)
        if csv_path:
            csv_path.write_text(plan_as_csv(made), encoding="utf-8")
        if html_path:
            hub.write_report(html_path, made)
        if folder:
            write_imports(app, hub, folder)
        _show_faults(app, hub)
    if check and not made.is_empty:
        raise click.exceptions.Exit(CHANGES)


@click.command()
@click.option(
    "--approve", "approved", multiple=True, metavar="PLUGIN|OPERATION|all", help="Let through what needs approval."
)
@click.option("--plan", "plan_id", help="Only this plan; refused when it is no longer the current one.")
@click.option("--as", "actor", help="Who approves; default: the user of this machine.")
@as_json
@pass_app
def apply(app: App, approved: tuple[str, ...], plan_id: str | None, actor: str | None, as_json: bool) -> None:
    """Deliver the plan: what may be written is written, what needs approval waits unless named with --approve."""
    with app.hub() as hub:
        approval = _approval(hub, approved, actor or getpass.getuser())
        with delivery_progress(app.err) as show:
            report = hub.apply(approval, show, plan_id=plan_id)
        show_delivery(app, report, as_json)


@click.command()
@click.argument("run_id", required=False)
@click.option("--plugin", help="What this plugin wrote.")
@click.option("--record", metavar="CONNECTION/STREAM/ID", help="What was written into this record.")
@click.option("--operation", help="This one change.")
@click.option("--plan", "only_plan", is_flag=True, help="Show what would be taken back; change nothing.")
@click.option("--as", "actor", help="Who takes it back; default: the user of this machine.")
@pass_app
def undo(
    app: App,
    run_id: str | None,
    plugin: str | None,
    record: str | None,
    operation: str | None,
    only_plan: bool,
    actor: str | None,
) -> None:
    """Take back what was written, where nobody has touched it since; without anything named, list the runs."""
    chosen = Chosen(run_id, plugin, record, operation)
    with app.hub() as hub:
        if chosen == Chosen():
            _list_runs(app, hub)
            return
        if only_plan:
            show_undo(app, hub, chosen)
            return
        with delivery_progress(app.err) as show:
            report = hub.undo(chosen, actor or getpass.getuser(), show)
        app.out.print(f"{', '.join(report.runs) or 'nothing'}: {report.undone} taken back")
        show_left_alone(app, report.left_alone)


@click.command()
@pass_app
def remap(app: App) -> None:
    """Apply changed mappings to what is stored already, without a single call to a vendor."""
    with app.hub() as hub:
        report = hub.remap()
        app.out.print(
            f"{report.remapped} records normalised anew, {report.parked} set aside, {report.released} accepted at last"
        )
        show_reading(app, Reading((), hub.join(), hub.evaluate()))


def show_plan(app: App, hub: Hub, made: Plan, limit: int | None = None) -> None:
    """The plan as a diff for people."""
    with hub.store.read() as conn:
        names = client_names(conn, made)
    app.out.print(render_plan(made, names, limit))
    for need in needs(made, hub.setups):
        app.out.print(f"  {need.sentence}", style="yellow" if need.is_short else "dim", markup=False)


def _plan_and_quota(made: Plan, hub: Hub) -> str:
    """The plan as JSON, the same for the same plan; only its ``quota`` tells of this moment."""
    quota = [need.facts() for need in needs(made, hub.setups)]
    told = {**orjson.loads(plan_as_json(made)), "quota": quota}
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2).decode()


def _approval(hub: Hub, approved: Sequence[str], actor: str) -> Approval:
    plugins = frozenset(approved) & {*hub.host.plugins, RESTORES}
    others = frozenset(approved) - plugins - {"all"}
    return Approval(by=actor, everything="all" in approved, plugins=plugins, operations=others)


def _list_runs(app: App, hub: Hub) -> None:
    for line in list_runs(hub.store):
        counts = ", ".join(f"{count} {state}" for state, count in line.counts.items())
        app.out.print(f"{line.run_id}  {line.started_at}  {line.state}  {counts}", markup=False)


def _show_faults(app: App, hub: Hub) -> None:
    for plugin in hub.host.plugins.values():
        for fault in plugin.faults:
            app.err.print(f"{fault.title}: {fault}", style="yellow", markup=False)


def _raise_first(reports: Sequence[SyncReport]) -> None:
    """End with the exit code of the first failed connection, after all have been told."""
    failures: list[InlayError] = [error for report in reports for error in report.errors]
    if failures:
        raise failures[0]

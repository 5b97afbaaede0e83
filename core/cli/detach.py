"""``inlay detach``: take Inlay's fields out of the CRMs again."""

from __future__ import annotations

import click
from rich.markup import escape
from rich.table import Table

from core.cli.app import App, pass_app
from core.cli.choose import chosen_setups
from core.connector import ProvisionStep
from core.detach import detach as take_away
from core.detach import removal_steps
from core.hub import Hub
from core.sync import ConnectionSetup


@click.command()
@click.option("--connection", "only", help="Only this connection.")
@click.option("--yes", is_flag=True, help="Do it; without, only the plan is shown.")
@pass_app
def detach(app: App, only: str | None, yes: bool) -> None:
    """Remove what Inlay added to the CRMs: shows what would go, and removes it with --yes.

    What the fields hold is kept first: in the store, and in a CSV file beside the configuration.
    """
    with app.hub() as hub:
        plans = [(setup, removal_steps(setup)) for setup in chosen_setups(hub, only)]
        _show(app, plans)
        if not yes:
            if any(steps for _, steps in plans):
                app.err.print("nothing was removed; run `inlay detach --yes` to remove it", style="dim")
            return
        for setup, steps in plans:
            if steps:
                _carry_out(app, hub, setup, steps)


def _carry_out(app: App, hub: Hub, setup: ConnectionSetup, steps: list[ProvisionStep]) -> None:
    export = hub.config.folder / f"detached-{setup.name}-{hub.clock.now():%Y%m%dT%H%M%SZ}.csv"
    done = take_away(hub, setup, steps, export)
    kept = f", {done.values} values kept in {export.name}" if done.values else ""
    app.out.print(f"{done.connection}: {done.steps} steps carried out{kept}", markup=False)


def _show(app: App, plans: list[tuple[ConnectionSetup, list[ProvisionStep]]]) -> None:
    if not any(steps for _, steps in plans):
        app.out.print("nothing of Inlay's is there", style="green")
        return
    table = Table("connection", "what would be removed", "calls", box=None, header_style="bold")
    for setup, steps in plans:
        for step in steps:
            table.add_row(setup.name, escape(step.summary), str(step.calls))
    app.out.print(table)

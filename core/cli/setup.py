"""Commands for the beginning: make a configuration, check it, prepare the CRMs for Inlay's fields."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table
from sqlalchemy import make_url

from core.checking import findings_if_read
from core.cli.app import App, as_json, pass_app
from core.cli.choose import chosen_setups
from core.cli.samples import write_sample
from core.cli.scores import signal_faults
from core.connector import Finding, ProvisionStep
from core.doctor import examine
from core.hub import Hub, assemble
from core.onboard import propose, render, write_proposal
from core.provision import missing_events, missing_fields, provision_field, wanted_fields
from webhooks.endpoints import endpoints_of
from webhooks.outgoing.subscribers import subscribers_of

COLOURS = {"info": "dim", "warning": "yellow", "error": "red"}


@click.command()
@click.option(
    "--from", "exports", type=click.Path(path_type=Path, exists=True, file_okay=False), help="A folder of CSV exports."
)
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), default=".", help="Where to write; default: here."
)
@click.option("--force", is_flag=True, help="Replace files that are already there.")
@pass_app
def init(app: App, exports: Path | None, into: Path, force: bool) -> None:
    """Write a first inlay.yaml; with --from, propose a mapping for a folder of CSV exports."""
    into.mkdir(parents=True, exist_ok=True)
    if exports is None:
        written = [write_sample(into, force=force)]
    else:
        proposal = propose(exports)
        app.out.print(render(proposal), markup=False)
        written = write_proposal(proposal, into, force=force)
    for path in written:
        app.out.print(f"wrote {path}", markup=False)
    app.out.print("next: look the files over, then `inlay config check` and `inlay sync`", style="dim")


@click.group()
def config() -> None:
    """Look at the configuration."""


@config.command("check")
@pass_app
def check(app: App) -> None:
    """Check inlay.yaml, the mappings and the plugins' settings, also against what was read before; calls no vendor."""
    loaded, host, setups = assemble(app.config, os.environ, app.clock)
    taken, told = endpoints_of(loaded), subscribers_of(loaded)
    faults = [*host.failures, *signal_faults(host)]
    for failure in faults:
        app.out.print(f"[red]{escape(str(failure))}")
    for setup in setups:
        streams = ", ".join(sorted(setup.mapping.streams))
        app.out.print(f"connection [bold]{setup.name}[/] ({setup.connector.kind}): {escape(streams)}")
    for plugin in host.plugins.values():
        app.out.print(f"plugin [bold]{plugin.name}[/]: {plugin.mode}")
    for endpoint in taken.values():
        app.out.print(f"webhooks from [bold]{endpoint.connection}[/]")
    for subscriber in told.values():
        app.out.print(f"webhooks to [bold]{subscriber.name}[/]: {escape(', '.join(subscriber.events))}")
    app.out.print(f"store: {_without_password(loaded.store_url)}", markup=False)
    found = list(findings_if_read(host, loaded, app.clock))
    if found:
        _show(app, found)
    if faults:
        raise click.exceptions.Exit(6)


@click.command()
@as_json
@pass_app
def doctor(app: App, as_json: bool) -> None:
    """Look at every connection, field, plugin and table, and say what needs a person and what to do."""
    with app.hub() as hub:
        findings = examine(hub)
    if as_json:
        app.json([asdict(finding) for finding in findings])
    else:
        _show(app, findings)
    if any(finding.severity == "error" for finding in findings):
        raise click.exceptions.Exit(1)


@click.command()
@click.option("--connection", "only", help="Only this connection.")
@click.option("--yes", is_flag=True, help="Do it; without, only the plan is shown.")
@click.option(
    "--bundle", type=click.Path(path_type=Path, file_okay=False),
    help="Write a metadata package to deploy by your own tools (Salesforce), and make nothing.",
)  # fmt: skip
@as_json
@pass_app
def provision(app: App, only: str | None, yes: bool, bundle: Path | None, as_json: bool) -> None:
    """Create Inlay's fields in the CRMs, and let systems send their events: shows what, and does it with --yes."""
    with app.hub() as hub:
        if bundle is not None:
            _write_bundles(app, hub, only, bundle)
            return
        steps = _wanted_steps(hub, only)
        if as_json:
            app.json([{"connection": name, **asdict(step)} for name, step in steps])
        else:
            _show_steps(app, steps)
        if yes:
            for name, step in steps:
                told = provision_field(hub, name, step)
                app.err.print(f"made {name}: {step.summary}", markup=False)
                if told:
                    app.out.print(told, markup=False)
        elif steps:
            app.err.print("nothing was made; run `inlay provision --yes` to make them", style="dim")


def _write_bundles(app: App, hub: Hub, only: str | None, folder: Path) -> None:
    """A folder per connection that knows such packages."""
    for setup in chosen_setups(hub, only):
        written = setup.connector.write_bundle(folder / setup.name, wanted_fields(setup))
        said = f"{len(written)} files in {folder / setup.name}" if written else "takes no packages"
        app.out.print(f"{setup.name}: {said}", markup=False)


def _wanted_steps(hub: Hub, only: str | None) -> list[tuple[str, ProvisionStep]]:
    """Fields to be made, and addresses that vendors are to send their events to."""
    return [
        (setup.name, step)
        for setup in chosen_setups(hub, only)
        for step in (*missing_fields(setup), *missing_events(hub, setup))
    ]


def _show(app: App, findings: Iterable[Finding]) -> None:
    found = list(findings)
    for finding in found:
        place = f" [dim]{escape(finding.where)}[/]" if finding.where else ""
        times = f" ({finding.count} times)" if finding.count > 1 else ""
        app.out.print(f"[{COLOURS[finding.severity]}]{finding.severity:8}[/]{escape(finding.message)}{times}{place}")
        if finding.remedy:
            app.out.print(f"        -> {finding.remedy}", style="dim", markup=False)
    if not found:
        app.out.print("nothing to complain about", style="green")


def _show_steps(app: App, steps: list[tuple[str, ProvisionStep]]) -> None:
    if not steps:
        app.out.print("all of Inlay's fields are there", style="green")
        return
    table = Table("connection", "what would be made", "calls", box=None, header_style="bold")
    for name, step in steps:
        table.add_row(name, escape(step.summary), str(step.calls))
    app.out.print(table)


def _without_password(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)

"""Files for the CRM's import wizard, and the proof beside them that no row and no cent got lost."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape

from core.cli.app import App
from core.export import export_csv, reconcile
from core.hub import Hub


def write_imports(app: App, hub: Hub, folder: Path) -> None:
    """Write the files of every CSV connection and print how its input and the store agree.

    Exits with 1 where a row or a cent is not accounted for.
    """
    for file in export_csv(hub.store, hub.setups, folder).files:
        app.err.print(f"wrote {escape(str(file.path))}: {file.rows:,} rows")
    lines = reconcile(hub.store, hub.setups)
    for line in lines:
        app.err.print(str(line), markup=False, style=None if line.is_whole else "red")
    if not all(line.is_whole for line in lines):
        raise click.exceptions.Exit(1)

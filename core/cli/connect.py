"""``inlay connect``: let Inlay into a system, with a browser where the system wants a person."""

from __future__ import annotations

import getpass
import webbrowser

import click

from core.cli.app import App, pass_app
from core.cli.choose import one_setup
from core.clock import iso
from core.connector import Connector
from core.errors import AuthError
from core.grants import Grant
from core.store.audit import append
from core.weblogin import let_in, why_no_browser

WAIT_SECONDS = 300


@click.command()
@click.argument("name")
@click.option("--no-browser", is_flag=True, help="Only print the address; open it in a browser of this machine.")
@click.option("--port", default=0, help="Port of the redirect address, where the app allows only one; default: any.")
@click.option("--timeout", default=WAIT_SECONDS, show_default=True, help="Seconds to wait for the person.")
@pass_app
def connect(app: App, name: str, no_browser: bool, port: int, timeout: int) -> None:
    """Let Inlay into the system of connection NAME, at first or again after it was shut out."""
    with app.hub() as hub:
        connector = one_setup(hub, name).connector
        grant = _granted(app, connector, browser=not no_browser, port=port, seconds=timeout)
        if grant is not None:
            hub.grants[name].put(grant)
        else:
            hub.grants[name].forget()
        _prove(connector)
        with hub.store.begin() as conn:
            append(conn, iso(hub.clock.now()), getpass.getuser(), "connect", name, {"browser": grant is not None})
    app.out.print(f"{name} is connected", style="green", markup=False)


def _granted(app: App, connector: Connector, *, browser: bool, port: int, seconds: int) -> Grant | None:
    """What a person's visit gave; None for a connection that lets itself in with what its settings hold."""

    def show(address: str) -> None:
        """Show the address, and open it where there is a browser."""
        app.out.print("open this address and let Inlay in:", style="bold")
        app.out.print(address, markup=False)
        if browser:
            webbrowser.open(address)

    if reason := why_no_browser(connector):
        app.out.print(f"{reason}; trying what its settings hold", style="dim", markup=False)
        return None
    return let_in(connector, show, seconds=seconds, port=port)


def _prove(connector: Connector) -> None:
    """One look at the system, so that "connected" is true."""
    for finding in connector.check():
        if finding.severity == "error":
            raise AuthError(finding.message, where=finding.where, remedy=finding.remedy)

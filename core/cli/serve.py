"""Commands that stay: the vendors' simulators, and the whole product in one process."""

from __future__ import annotations

import signal
import sys
import threading

import click
import orjson

from core.cli.app import App, pass_app
from core.cli.fleet import Fleet, start_fleet
from core.engine import run_all, run_once
from core.logs import configure_logs


@click.command()
@click.option("--empty", is_flag=True, help="Start without the demo firm.")
@click.option("--seed", default=7, show_default=True, help="Another seed, another firm.")
@click.option(
    "--port", "ports", multiple=True, metavar="VENDOR=PORT", help="Fix a vendor's port; default: any free one."
)
@click.option("--faults", type=int, metavar="SEED", help="Let things go wrong as they do at real vendors, by a seed.")
@click.option("--json", "as_json", is_flag=True, help="First line: one JSON object with every base_url and token.")
@pass_app
def sandbox(app: App, empty: bool, seed: int, ports: tuple[str, ...], faults: int | None, as_json: bool) -> None:
    """Serve simulators of the vendors' APIs on loopback until interrupted.

    Any client of these vendors can be pointed at them; each has its API at the root path of its own port.
    """
    fleet = start_fleet(empty=empty, seed=seed, ports=dict(_port(text) for text in ports), faults=faults)
    try:
        _announce(app, fleet, as_json)
        wait_for_signal()
    finally:
        fleet.stop()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of the pages and webhooks.")
@click.option("--port", default=8080, show_default=True, help="Port of the pages and webhooks.")
@click.option("--once", is_flag=True, help="Do the whole job once and end.")
@pass_app
def run(app: App, host: str, port: int, once: bool) -> None:
    """Web, worker and schedule in one process: repeats sync, signals, plan and apply, and serves the pages."""
    configure_logs("info")
    with app.hub() as hub:
        if once:
            run_once(hub)
            return
        from core.cli.web import listening, outgoing, web_app  # noqa: PLC0415  Flask takes long, no other command needs it

        with web_app(hub) as web, listening(hub):
            beside = [loop.run for loop in outgoing(hub)]
            run_all(hub, host, port, web, lambda number: greet(app, host, number), beside)


def wait_for_signal() -> None:
    """Sleep until the process is told to end."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()


def greet(app: App, host: str, port: int) -> None:
    """Tell where the pages are."""
    address = f"[{host}]" if ":" in host else host
    app.out.print(f"pages at http://{address}:{port}/ for people at this machine, webhooks below /webhooks/")
    app.out.print("interrupt to stop", style="dim")


def _port(text: str) -> tuple[str, int]:
    vendor, _, number = text.partition("=")
    if not number.isdigit():
        raise click.BadParameter(f"`{text}` is not VENDOR=PORT", param_hint="--port")
    return vendor, int(number)


def _announce(app: App, fleet: Fleet, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(orjson.dumps(fleet.endpoints()).decode() + "\n")
        sys.stdout.flush()
        return
    for name, endpoint in fleet.endpoints().items():
        app.out.print(f"{name:12} {endpoint['base_url']}  token {endpoint['token']}", markup=False)
    app.out.print("interrupt to stop", style="dim")

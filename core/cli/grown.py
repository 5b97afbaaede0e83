"""Commands for more than one process: the web, workers and the scheduler apart, over PostgreSQL and Redis."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from core.cli.app import App, pass_app
from core.config import load_config
from core.logs import configure_logs

if TYPE_CHECKING:
    from core.engine.queue import Look


@click.command()
@click.option("--concurrency", default=2, show_default=True, help="Processes that work side by side.")
@click.option("--beat", is_flag=True, help="Tick, too: where no `inlay scheduler` runs.")
@pass_app
def worker(app: App, concurrency: int, beat: bool) -> None:
    """Work on the jobs of `engine: celery`: on wishes that come by the broker, and by itself every few seconds."""
    from core.engine.queue import Bench, queue_app, serve_queue  # noqa: PLC0415  only here is Celery needed

    broker = _broker(app)
    configure_logs("info")
    code = serve_queue(queue_app(broker), Bench(_opener(app), broker), concurrency, beat=beat)
    raise click.exceptions.Exit(code)


@click.command()
@pass_app
def scheduler(app: App) -> None:
    """Send the workers a wish to look every quarter of a minute; they do so by themselves where none comes."""
    from core.engine.queue import queue_app, serve_schedule  # noqa: PLC0415  only here is Celery needed

    serve_schedule(queue_app(_broker(app)))


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of the pages and webhooks.")
@click.option("--port", default=8080, show_default=True, help="Port of the pages and webhooks.")
@pass_app
def web(app: App, host: str, port: int) -> None:
    """Pages, webhooks and streams of events alone; what comes in is worked on by `inlay worker`."""
    from core.cli.serve import greet, wait_for_signal  # noqa: PLC0415  as below
    from core.cli.web import listening, web_app  # noqa: PLC0415  Flask takes long to import, and no other command needs it
    from core.engine.server import serving  # noqa: PLC0415  as above

    configure_logs("info")
    with app.hub() as hub, web_app(hub) as pages, listening(hub), serving(pages, host, port) as number:
        greet(app, host, number)
        wait_for_signal()


def _broker(app: App) -> str:
    loaded = load_config(app.config, os.environ)
    settings = loaded.settings
    if settings.engine != "celery" or not settings.broker:
        remedy = "write `engine: celery` and `broker: redis://…`, or use `inlay run`"
        raise loaded.file.error(("engine",), "this configuration asks for one process", remedy)
    if settings.store.startswith("sqlite"):
        remedy = "set `store: postgresql://…`"
        raise loaded.file.error(("store",), "workers of several machines cannot share a SQLite file", remedy)
    return settings.broker


def _opener(app: App) -> Callable[[ExitStack], Look]:
    """What each worker process opens: a hub of its own, the jobs, and what tells subscribers."""

    def open_bench(stack: ExitStack) -> Look:
        """Open, for as long as the stack is."""
        from core.cli.web import outgoing  # noqa: PLC0415  only where it works
        from core.engine import limits  # noqa: PLC0415  as above
        from core.engine.shift import Shift  # noqa: PLC0415  as above

        hub = stack.enter_context(app.hub())
        told = outgoing(hub)

        def look(stopping: threading.Event) -> None:
            """Do all that is due, and tell what came of it."""
            Shift(hub, stopping, limits.WORKER).work()
            for loop in told:
                loop.once()

        return look

    return open_bench

"""Everything in one process: pages, webhooks and the worker, until a signal says stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.engine.server import serving
from core.engine.worker import Worker
from core.hub import Hub

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run_all(
    hub: Hub, host: str, port: int, app: WSGIApplication, announce: Callable[[int], None] = lambda _: None
) -> None:
    """Serve ``app`` and do the job until SIGTERM or SIGINT; what has begun is finished, a second signal ends at once.

    ``announce`` is told the port once it answers. Must be called in the main thread, where signals arrive.
    """
    stopping = threading.Event()
    with _stop_on_signal(stopping), serving(app, host, port) as number, ThreadPoolExecutor(1, "inlay-worker") as pool:
        worker = pool.submit(Worker(hub, stopping).run)
        worker.add_done_callback(lambda _: stopping.set())
        announce(number)
        stopping.wait()
        worker.result()


@contextmanager
def _stop_on_signal(stopping: threading.Event) -> Iterator[None]:
    """Turn the first signal into a wish to stop; the second does what it always did."""
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def stop(*_: object) -> None:
        """Ask the loop to end after the job in hand."""
        stopping.set()
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in SIGNALS:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

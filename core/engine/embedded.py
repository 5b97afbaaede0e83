"""Everything in one process: pages, webhooks and the worker, until a signal says stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.engine.server import serving
from core.engine.worker import Worker
from core.hub import Hub

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SIGNALS = (signal.SIGTERM, signal.SIGINT)


Loop = Callable[[threading.Event], None]
"""Does its work again and again until the event is set."""


def run_all(
    hub: Hub,
    host: str,
    port: int,
    app: WSGIApplication,
    announce: Callable[[int], None] = lambda _: None,
    beside: Sequence[Loop] = (),
) -> None:
    """Serve ``app`` and do the job until SIGTERM or SIGINT; what has begun is finished, a second signal ends at once.

    ``announce`` is told the port once it answers; ``beside`` are loops that run in threads of their own. Must be called
    in the main thread, where signals arrive.
    """
    stopping = threading.Event()
    threads = ThreadPoolExecutor(1 + len(beside), "inlay-worker")
    with _stop_on_signal(stopping), serving(app, host, port) as number, threads as pool:
        loops = [pool.submit(Worker(hub, stopping).run), *(pool.submit(loop, stopping) for loop in beside)]
        for loop in loops:
            loop.add_done_callback(lambda _: stopping.set())
        announce(number)
        stopping.wait()
        for loop in loops:
            loop.result()


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

"""The application that `inlay run` serves: the admin's pages and the door for webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Event

from flask import Flask

from core.console import create_app
from core.engine.streams import streams_of
from core.hub import Hub
from core.messages.rules import rules_of
from core.outbound.line import Line
from core.store import Store
from webhooks.acknowledge import acknowledger
from webhooks.endpoints import endpoints_of
from webhooks.keep import nothing
from webhooks.outgoing.courier import Courier
from webhooks.outgoing.loop import OutgoingLoop
from webhooks.outgoing.subscribers import subscribers_of
from webhooks.receive import receiver


@contextmanager
def web_app(hub: Hub) -> Iterator[Flask]:
    """Build the application; it can be served until the block ends.

    An event that was answered with 202 exists nowhere else: it is written through a store of its own, whose commits
    survive a power cut.
    """
    endpoints = endpoints_of(hub.config)
    with ExitStack() as stack:
        durable = stack.enter_context(Store.open(hub.config.store_url, synchronous="FULL"))
        app = create_app(hub)
        app.register_blueprint(receiver(durable, hub.clock, endpoints, _wake(hub, stack)))
        links = rules_of(hub.config.settings.messages, hub.config.settings.firm).acknowledgements
        if links is not None:
            app.register_blueprint(acknowledger(durable, hub.clock, links))
        yield app


@contextmanager
def listening(hub: Hub) -> Iterator[None]:
    """Listen to the systems that tell of changes on a line that stays open, in threads of their own."""
    stopping = Event()
    with ExitStack() as stack:
        loops = streams_of(hub, _wake(hub, stack))
        threads = stack.enter_context(ThreadPoolExecutor(max(len(loops), 1), "inlay-stream"))
        running = [threads.submit(loop.run, stopping) for loop in loops]
        try:
            yield
        finally:
            stopping.set()
            for loop in running:
                loop.result()


def _wake(hub: Hub, stack: ExitStack) -> Callable[[], object]:
    """What tells workers elsewhere that events came; the worker of this process looks every second."""
    broker = hub.config.settings.broker
    if hub.config.settings.engine != "celery" or broker is None:
        return nothing
    from core.engine.queue import Bell, Waker, queue_app  # noqa: PLC0415  only here is Celery needed

    return stack.enter_context(Waker(Bell(queue_app(broker), broker, hub.clock))).wake


def outgoing(hub: Hub) -> list[OutgoingLoop]:
    """What tells subscribers; nothing where there are none."""
    subscribers = subscribers_of(hub.config)
    if not subscribers:
        return []
    courier = Courier(hub.store, hub.clock, subscribers, lambda one: Line(one.target))
    return [OutgoingLoop(courier)]

"""The application that `inlay run` serves: the admin's pages and the door for webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from core.console import create_app
from core.hub import Hub
from core.store import Store
from webhooks.endpoints import endpoints_of
from webhooks.receive import receiver


@contextmanager
def web_app(hub: Hub) -> Iterator[Flask]:
    """Build the application; it can be served until the block ends.

    An event that was answered with 202 exists nowhere else: it is written through a store of its own, whose commits
    survive a power cut.
    """
    endpoints = endpoints_of(hub.config)
    with Store.open(hub.config.store_url, synchronous="FULL") as durable:
        app = create_app(hub)
        app.register_blueprint(receiver(durable, hub.clock, endpoints))
        yield app

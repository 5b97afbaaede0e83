"""A process that listens and does nothing else. Told a point, it dies there as soon as it keeps an event.

Arguments: the store's URL, the org's address, the events' address, by how many hours it is later, and the point:
``heard`` (nothing is written yet), ``placed`` (the event is, its place is not), ``commit``, ``kept`` or ``never``.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from core.clock import FixedClock
from core.engine.streams import StreamLoop
from core.mapping import Mapping
from core.store import Store
from core.sync import ConnectionSetup
from tests.connectors.salesforce.links import Link
from tests.connectors.salesforce.orgs import AS_OF

STATEMENTS = {"heard": "INSERT INTO inbox", "placed": "INSERT INTO noticed"}


def die() -> None:
    """As a machine does: at once, with nothing tidied up."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(store: Store, point: str) -> None:
    """Die at a point of the first transaction that keeps an event, or right after it."""
    events: list[str] = []

    def statement(_conn: Any, _cursor: Any, text: str, *_more: Any) -> None:
        """Look for the event's row, and for what comes after it."""
        if text.startswith(STATEMENTS["heard"]):
            events.append(text)
        if events and text.startswith(STATEMENTS.get(point, "nothing")):
            die()

    def commit(_conn: Any) -> None:
        """The event and its place are written and not yet kept."""
        if events and point == "commit":
            die()

    def begin(_conn: Any) -> None:
        """A transaction after the one that kept an event."""
        if events and point == "kept":
            die()

    event.listen(store.engine, "before_cursor_execute", statement)
    event.listen(store.engine, "commit", commit)
    event.listen(store.engine, "begin", begin)


def main(url: str, rest: str, events: str, hours: str, point: str) -> None:
    """Listen until killed."""
    clock = FixedClock(AS_OF + timedelta(hours=int(hours)))  # so that the lease of one who died has run out
    link = Link(rest, change_events=True, events_url=events, clock=clock)
    with Store.open(url) as store:
        die_at(store, point)
        mapping = Mapping.load("salesforce", "crm", None, currency="GBP", region="GB")
        setup = ConnectionSetup("crm", link.connector, mapping)
        StreamLoop(store, clock, setup, link.connector).run(threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])

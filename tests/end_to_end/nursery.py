"""A process that has the whole command imported and forks a child per command: killing hundreds of them takes minutes.

Speaks by lines: told the arguments of ``inlay`` as JSON it forks a child that carries them out, says its number, and
later ``ended`` with its exit status. Leases are short here, so that a hundred of them can be waited for. A name on the
command line plants one of ``BUGS`` into every child, which a test that is worth its time has to notice.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
from sqlalchemy import Connection

from core import hub
from core.cli.app import run_command
from core.engine import shift, worker
from core.engine.lease import hold_lease
from core.ledger import book, carry
from core.ledger.outbox import close
from core.mapping import Mapping
from core.sync.stream import StreamSync
from tests.end_to_end.thrift import mappings_parsed_once
from webhooks.keep import Keeper

LEASE_SECONDS = 1.0
SAID = "said.log"
NEEDED = ("salesforce", "hubspot", "load", "relay")
LATE = 0.15  # seconds between the answer and the commit of a planted bug


def sent_before_the_call(conn: Connection, ids: Sequence[str], state: str, **columns: Any) -> None:
    """Planted: an operation counts as applied and leaves the outbox when its batch is claimed, before any call."""
    if state != "sending":
        SET_STATE(conn, ids, state, **columns)
        return
    SET_STATE(conn, ids, "applied", **columns)
    close(conn, ids)


def answered_before_the_commit(keeper: Keeper, arrivals: Sequence[Any]) -> None:
    """Planted: the sender of a webhook gets his answer while the event is still on its way to the disk."""
    threading.Timer(LATE, KEEP, (keeper, arrivals)).start()


def position_before_the_rows(sync: StreamSync, conn: Connection, intake: Any, batch: Any, watch_parked: bool) -> bool:
    """Planted: how far a stream was read is committed a moment before the records themselves."""
    sync._save_position(conn, batch.cursor or sync._last)
    conn.exec_driver_sql("COMMIT")
    time.sleep(LATE)
    conn.exec_driver_sql("BEGIN")
    return STORE_BATCH(sync, conn, intake, batch, watch_parked)


SET_STATE, KEEP, STORE_BATCH = book.set_state, Keeper.keep, StreamSync._store_batch
BUGS: dict[str, Callable[[], Any]] = {
    "sent before the call": lambda: patch.object(carry, "set_state", sent_before_the_call),
    "answered before the commit": lambda: patch.object(Keeper, "keep", answered_before_the_commit),
    "position before the rows": lambda: patch.object(StreamSync, "_store_batch", position_before_the_rows),
}


def command(arguments: Sequence[str]) -> int:
    """Carry out one command of ``inlay``, which speaks into a file beside its configuration; its exit code."""
    said = os.open(Path(arguments[1]).with_name(SAID), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(said, sys.stdout.fileno())
    os.dup2(said, sys.stderr.fileno())
    return run_command(list(arguments))


def prepare() -> None:
    """Import what commands need, and shorten what tests would have to wait for."""
    import_module("core.cli.web")  # which `inlay run` imports only when it is asked for
    for point in entry_points(group="inlay"):
        if point.name in NEEDED:
            point.load()
    mappings_parsed_once().start()
    patch.object(hub, "DELIVERY", replace(hub.DELIVERY, lease_seconds=LEASE_SECONDS, patience_seconds=20.0)).start()
    for module in (worker, shift):
        patch.object(module, "hold_lease", partial(hold_lease, seconds=LEASE_SECONDS)).start()


def main(*bugs: str) -> None:
    """Fork whenever a line comes in, until there are no more."""
    prepare()
    for name, kind in (("crm", "salesforce"), ("marketing", "hubspot")):
        Mapping.load(kind, name, None, currency="GBP", region="GB")
    for bug in bugs:
        BUGS[bug]().start()
    _say("ready")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(command(orjson.loads(line)))
        _say(f"{child}")
        _, status = os.waitpid(child, 0)
        _say(f"ended {os.waitstatus_to_exitcode(status)}")


def _say(what: str) -> None:
    sys.stdout.write(what + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A process that has the whole command imported and forks as many children as it is asked to, side by side.

Told ``{"log": FILE, "arguments": [...]}`` by lines it forks a child that carries the command out in a session of its
own, and says its number. The command line names the firm's mapping, and bugs to be planted into every child.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson

from core.cli.app import run_command
from core.engine import limits, queue
from core.engine.lease import Hold
from core.mapping import Mapping
from core.store import jobs
from tests.end_to_end.nursery import BUGS, prepare


@contextmanager
def never_fenced(_: Hold) -> Iterator[None]:
    """Planted: whoever began a job writes down what he found, however long he slept."""
    yield


def never_looking(_: queue.Bench) -> None:
    """Planted: a worker does what messages ask for and nothing else."""


PLANTED: dict[str, Callable[[], Any]] = {
    **BUGS,
    "no fence": lambda: patch.object(Hold, "fenced", never_fenced),
    "little time": lambda: patch.object(limits, "WORKER", limits.Limits(seconds=6.0, mebibytes=2_000)),
    "wishes are the truth": lambda: patch.object(queue.Bench, "_poll", never_looking),
}


def child(log: str, arguments: Sequence[str]) -> int:
    """Carry out one command, which speaks into a file; its exit code."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, descriptor in enumerate((nothing, said, said)):
        os.dup2(descriptor, number)
    return run_command(list(arguments))


def main(mapping: str, *bugs: str) -> None:
    """Fork whenever a line comes in; the dead bury themselves."""
    prepare()
    Mapping.load("hubspot", "marketing", Path(mapping), currency="GBP", region="GB")
    patch.object(jobs, "FIRST_REST", timedelta(seconds=1)).start()
    for bug in bugs:
        PLANTED[bug]().start()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _say("ready")
    for line in sys.stdin:
        asked = orjson.loads(line)
        number = os.fork()
        if number == 0:
            os._exit(child(asked["log"], asked["arguments"]))
        _say(f"{number}")


def _say(what: str) -> None:
    sys.stdout.write(what + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Anchors: the audit log's newest entry, written down now and then outside the store.

A chain of hashes shows any entry that was changed, taken out or put in, but not that its end was cut off, nor that all
of it was made anew. So its head is written to a file of one line per anchor, each sealed with Inlay's key and chained
to the line before. Copied to where whoever can write to the store cannot, the file proves what the log held.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from sqlalchemy import Connection

from core.store.audit import Head, head, verify
from core.store.engine import settle

Seal = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Anchor:
    """One line of the file: the log's head at an instant, and the seal over it and the line before."""

    seq: int
    hash: str
    at: str
    seal: str


@dataclass(frozen=True)
class Verdict:
    """What a look at the whole log found; ``problem`` is None when nothing is wrong."""

    entries: int
    anchors: int
    problem: str | None = None


class AnchorFile:
    """The anchors of one store."""

    def __init__(self, path: Path, seal: Seal) -> None:
        self.path = path
        self._seal = seal

    def drop(self, conn: Connection, at: str) -> Anchor | None:
        """Write down the head of the log, if it has moved since the last anchor; the line is on disk on return.

        The log is on disk before the line is: after a power cut the file must not know more than the log does.
        """
        newest, last = head(conn), self._last_line()
        if newest is None or (last is not None and last.seq >= newest.seq):
            return None
        settle(conn)
        anchor = Anchor(newest.seq, newest.hash, at, self._sealed(newest, at, last.seal if last else ""))
        line = {"seq": anchor.seq, "hash": anchor.hash, "at": anchor.at, "seal": anchor.seal}
        with self.path.open("ab") as file:
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
            file.flush()
            os.fsync(file.fileno())
        return anchor

    def read(self) -> list[Anchor]:
        """All anchors, in order; a last line that a crash has cut short is left out."""
        return list(self._lines())

    def verify(self, conn: Connection) -> Verdict:
        """Look at every entry of the log and at every anchor."""
        anchors = self.read()
        newest = head(conn)
        entries = newest.seq if newest else 0
        broken = verify(conn, {anchor.seq: anchor.hash for anchor in anchors})
        problem = f"entry {broken} was changed, removed or put in" if broken is not None else None
        return Verdict(entries, len(anchors), self._forged(anchors) or _cut_off(anchors, entries) or problem)

    def _forged(self, anchors: Sequence[Anchor]) -> str | None:
        before = ""
        for number, anchor in enumerate(anchors, 1):
            expected = self._sealed(Head(anchor.seq, anchor.hash), anchor.at, before)
            if not hmac.compare_digest(expected, anchor.seal):
                return f"line {number} of {self.path.name} was changed, removed or put in, or sealed with another key"
            before = anchor.seal
        return None

    def _sealed(self, newest: Head, at: str, before: str) -> str:
        return self._seal(f"audit anchor\n{newest.seq}\n{newest.hash}\n{at}\n{before}")

    def _last_line(self) -> Anchor | None:
        return next(iter(reversed(self.read())), None)

    def _lines(self) -> Iterator[Anchor]:
        if not self.path.exists():
            return
        for line in self.path.read_bytes().split(b"\n")[:-1]:
            try:
                yield Anchor(**orjson.loads(line))
            except (orjson.JSONDecodeError, TypeError):
                yield Anchor(0, "", "", "")


def _cut_off(anchors: Sequence[Anchor], entries: int) -> str | None:
    furthest = max((anchor.seq for anchor in anchors), default=0)
    return f"the log ends at entry {entries}, it once held {furthest}" if furthest > entries else None

"""Listening: lines to systems that stay open, each held by one process; what is heard goes where webhooks go.

An event and the place after it are kept in one commit. So a process that is killed between hearing and keeping has
heard nothing, and the next one is told again; one that slept through its lease and comes back sets the place back at
most, and what is then told twice is kept once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from core.clock import Clock, iso
from core.connector import Finding
from core.engine.jobs import SYNC
from core.engine.lease import Hold, hold_lease
from core.errors import InlayError, RetryLater
from core.hub import Hub
from core.listening import Heard, Listener, ToldChange
from core.store import Store, jobs
from core.store.arrivals import keep_arrivals
from core.store.events import position, save_position
from core.store.findings import report, settle
from core.store.inbox import Arrival
from core.store.touches import Touch, touches_text
from core.sync import ConnectionSetup

STREAM = "stream:"  # how the places of streams, and the leases of those who listen, begin
CUT, GAP = "stream_cut", "stream_gap"
STAND_BY_SECONDS = 5.0  # how often a process looks whether the one that listens has ended
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
PATIENCE = 3  # attempts in vain after which an admin should know: lines are cut now and then, and taken up again
DIGEST_BYTES = 16

log = structlog.get_logger("inlay.stream")


def streams_of(hub: Hub, kept: Callable[[], object] = lambda: None) -> list[StreamLoop]:
    """A loop for each connection that is to be listened to; ``kept`` is called when events are in the inbox."""
    return [
        StreamLoop(hub.store, hub.clock, setup, setup.connector, kept)
        for setup in hub.setups
        if isinstance(setup.connector, Listener) and setup.connector.is_listening
    ]


@dataclass
class StreamLoop:
    """Listens to one connection, or stands by while another process does."""

    store: Store
    clock: Clock
    setup: ConnectionSetup
    listener: Listener
    kept: Callable[[], object] = lambda: None
    _in_vain: int = field(default=0, init=False)
    _may_be_told: bool = field(default=True, init=False)  # there may be findings to take back, of another process too

    def run(self, stopping: threading.Event) -> None:
        """Listen until told to stop; a line that was cut is taken up again, at once and then ever more patiently."""
        while not stopping.is_set():
            pause = STAND_BY_SECONDS
            try:
                with hold_lease(self.store, self.clock, name=STREAM + self.setup.name) as hold:
                    if hold is not None:
                        pause = self._listens(hold, stopping)
            except SQLAlchemyError as error:  # the store is away: the vendor keeps its events meanwhile
                log.warning("store does not answer", error=type(error).__name__)
            stopping.wait(pause)

    def _listens(self, hold: Hold, stopping: threading.Event) -> float:
        """Listen as long as it goes well; returns after how many seconds to try again."""
        try:
            self._keep_all(hold, stopping)
        except InlayError as error:
            return self._wait_after(error)
        except SQLAlchemyError:
            raise
        except Exception as error:  # the worker's boundary: a bug in one connector must not end all others
            log.exception("stream broke", connection=self.setup.name)
            return self._wait_after(RetryLater(f"listening ended with {type(error).__name__}", remedy="see the log"))
        return 0.0

    def _keep_all(self, hold: Hold, stopping: threading.Event) -> None:
        with self.store.read() as conn:
            since = position(conn, STREAM + self.setup.name)
        line = self.listener.listen(since or None)
        try:
            for heard in line:
                if not heard.is_silence:
                    self._keep(heard)
                if stopping.is_set() or hold.lost.is_set():
                    return
        finally:
            _close(line)

    def _keep(self, heard: Heard) -> None:
        """Keep what was heard and the place after it, in one commit."""
        now = self.clock.now()
        news = [one for one in heard.changes if not self._is_echo(one)]
        with self.store.begin() as conn:
            keep_arrivals(conn, [_arrival(self.setup.name, one, iso(now)) for one in news])
            if heard.is_gap:
                self._read_on(conn)
            if heard.position is not None:
                save_position(conn, STREAM + self.setup.name, heard.position)
                self._is_well(conn)
        log.debug("heard", connection=self.setup.name, events=len(news), ours=len(heard.changes) - len(news))
        if news:
            self.kept()

    def _is_echo(self, change: ToldChange) -> bool:
        """Whether this is only Inlay's own writing, told back; whatever else changed along with it is news."""
        if not change.is_ours or not change.fields:
            return False
        written = {one.field for one in self.setup.mapping.writes if one.stream == change.stream}
        return change.fields <= written

    def _read_on(self, conn: Connection) -> None:
        """Let the connection be read: what happened while nobody listened is told by no event."""
        now, self._may_be_told = self.clock.now(), True
        jobs.want(conn, [SYNC + self.setup.name], now)
        if not position(conn, STREAM + self.setup.name):
            return  # nobody has listened before, so nothing was missed
        save_position(conn, STREAM + self.setup.name, "")
        what = "events could not be taken up where they were left; the connection is read on instead"
        remedy = "nothing to do, unless it goes on: systems keep their events for a few days only"
        report(conn, [Finding(GAP, "info", what, self._place, remedy)], iso(now))

    def _is_well(self, conn: Connection) -> None:
        """Take back what was told of a line that is up, and of a gap once the connection has been read."""
        self._in_vain = 0
        if not self._may_be_told:
            return
        settle(conn, CUT, self._place)
        reading = jobs.read_jobs(conn).get(SYNC + self.setup.name)
        if reading is not None and reading.wanted_at is None:
            settle(conn, GAP, self._place)
            self._may_be_told = False

    def _wait_after(self, error: InlayError) -> float:
        """Tell of a failure that lasts, and say how long to wait."""
        self._in_vain += 1
        self._may_be_told = True
        log.warning("stream cut", connection=self.setup.name, error=str(error), attempt=self._in_vain)
        now = self.clock.now()
        if self._in_vain >= PATIENCE or not isinstance(error, RetryLater):
            told = Finding(CUT, "error", f"cannot listen: {error.what}", self._place, error.remedy)
            with self.store.begin() as conn:
                report(conn, [told], iso(now))
        pause = min(SHORTEST_PAUSE * 2.0 ** min(self._in_vain - 1, 20), LONGEST_PAUSE)
        if isinstance(error, RetryLater) and error.retry_at is not None:
            return max(pause, (error.retry_at - now).total_seconds())
        return pause if isinstance(error, RetryLater) else LONGEST_PAUSE

    @property
    def _place(self) -> str:
        return f"{self.setup.name}/stream"


def _close(line: Iterator[Heard]) -> None:
    """Let whoever speaks know that nobody listens any more."""
    close: Callable[[], object] = getattr(line, "close", lambda: None)
    close()


def _arrival(connection: str, change: ToldChange, at: str) -> Arrival:
    said = blake2b(change.told, digest_size=DIGEST_BYTES).digest()
    return Arrival(connection, change.id, change.kind, change.told, at, said, touches_text(_touches(change)))


def _touches(change: ToldChange) -> list[Touch] | None:
    """The records of an event; the whole stream where it does not name them, and nothing where it names no stream."""
    if not change.stream:
        return None
    return [_touch(change, change.merged, one) for one in change.records] or [Touch(change.stream, "")]


def _touch(change: ToldChange, merged: Mapping[str, str], record: str) -> Touch:
    if record in merged:
        return Touch(change.stream, record, "merged", merged[record])
    return Touch(change.stream, record, change.gone)

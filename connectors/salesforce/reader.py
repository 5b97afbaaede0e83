"""A whole reading of one object: hard deletions first, then what changed, then, now and then, what no stamp tells.

A reading from the beginning asks for no deletions: what was deleted before it is not in it. It ends with a cursor from
which the next reading, and the delete log with it, go back to where this one began. Killed before, it goes on as a
reading from its last cursor, and asks for the deletions since it began (see ``unfinished``).

Formula and roll-up fields change without any stamp moving. So the first reading after each ``sweep_days`` shows every
row of an object with such fields again; whoever stores them sees by comparison which ones are new.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from connectors.salesforce import soql
from connectors.salesforce.bulk_query import BulkQuery
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.deletions import EVERY, DeleteLog, read_delete_log
from connectors.salesforce.discovery import Discovery
from connectors.salesforce.lookup import columns_of
from connectors.salesforce.reading import Reading
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.streams import OPTIONAL_OBJECTS
from connectors.salesforce.unfinished import marked, parted
from core.sdk import Clock, ConfigError, Cursor, Finding, Page, Tombstone

UNSTAMPED = frozenset({"LastActivityDate"})
"""Fields that are no formula and yet change without a stamp."""

SECONDS_PER_DAY = 86_400


@dataclass(frozen=True)
class Look:
    """The latest look at an object's deletions: when by our clock, and up to when they are known by the vendor's.

    ``settled`` is the least that the cursor says after the reading: what changed up to then has been read. A reading
    that begins earlier tells that what the look brought was never stored.
    """

    at: datetime
    until: datetime
    settled: Cursor | None

    @property
    def limit(self) -> Cursor:
        """The most that the cursor may say: from there the next look still reaches back to this one."""
        return Cursor(soql.literal((self.until + EVERY).isoformat()))

    def holds(self, since: Cursor, now: datetime) -> bool:
        """Tell whether it need not be repeated for a reading from ``since`` on."""
        return now - self.at < EVERY and (self.settled is None or since >= self.settled)


class Reader:
    """Reads objects of one org."""

    def __init__(
        self, client: SalesforceClient, discovery: Discovery, settings: SalesforceSettings, clock: Clock, place: str
    ) -> None:
        self._client = client
        self._discovery = discovery
        self._settings = settings
        self._clock = clock
        self._place = place
        self._bulk = BulkQuery(client, clock)
        self._looks: dict[str, Look] = {}

    def pages(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        """Yield the pages of an object from a cursor on."""
        if self._is_switched_off(stream):
            yield Page([])
            return
        since, begun = parted(since)
        reading = self._reading(stream, fields, since)
        known_since = begun or since
        sweeps = known_since is not None and self._has_sweep(reading, known_since)
        hard, look = self._look(stream, known_since, sweeps)
        reading.limit = look.limit
        yield from [Page([], tombstones=hard)] if hard else []
        first = begun or (Cursor(soql.literal(look.until.isoformat())) if since is None else None)
        yield from (marked(page, first) if first else page for page in reading.pages())
        if sweeps:
            whole = self._reading(stream, fields, None).pages()
            yield from (Page(page.records, None, page.tombstones, page.total) for page in whole)
        yield from self._end(reading, look, is_first=first is not None)
        self._looks[stream] = look

    def _end(self, reading: Reading, look: Look, *, is_first: bool) -> Iterator[Page]:
        """A last page that moves the cursor on to what is known by now, or takes the mark of a first reading off."""
        ends = [one for one in (reading.reached, look.settled) if one is not None]
        if reading.reached is not None and (is_first or max(ends) > reading.reached):
            yield Page([], max(ends))

    def _look(self, stream: str, since: Cursor | None, is_wanted: bool) -> tuple[Sequence[Tombstone], Look]:
        """Return the hard deletions to be told now, and the look that holds during the reading."""
        now, vendors_now = self._clock.now(), self._client.vendors_time()
        if since is None or not self._discovery.object(stream).is_replicated:
            return (), Look(now, vendors_now, Cursor(soql.literal((vendors_now - EVERY).isoformat())))
        last = self._looks.get(stream)
        if last is not None and last.holds(since, now) and not is_wanted:
            return (), last
        log = self._delete_log(stream, since)
        until = datetime.fromisoformat(log.covered.stamp) if log.covered else vendors_now
        return log.hard, Look(now, until, log.covered)

    def _reading(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Reading:
        """A reading of the fields that can be read, with those that tell what became of a row."""
        return Reading(
            self._client,
            self._bulk,
            self._discovery,
            stream,
            columns_of(self._discovery, stream, fields),
            since,
            self._settings.overlap_seconds,
            self._settings.bulk_above,
            "IsDeleted" in self._discovery.object(stream).fields,
        )

    def _delete_log(self, stream: str, since: Cursor) -> DeleteLog:
        place = f"{self._place}/{stream}"
        log = read_delete_log(self._client, stream, since, self._settings.overlap_seconds, self._clock.now(), place)
        if log.finding is not None:
            self._discovery.notice(log.finding, stream, log.finding.code)
        return log

    def _has_sweep(self, reading: Reading, since: Cursor) -> bool:
        """Tell whether a sweep's day has come since the cursor; objects have different days."""
        days = self._settings.sweep_days
        known = self._discovery.object(reading.stream).fields
        silent = [one for one in reading.columns if one in known and (one in UNSTAMPED or known[one].is_calculated)]
        if not days or not silent:
            return False
        period, offset = days * SECONDS_PER_DAY, crc32(reading.stream.encode()) % days * SECONDS_PER_DAY
        then, now = datetime.fromisoformat(since.stamp).timestamp(), self._clock.now().timestamp()
        return (then + offset) // period < (now + offset) // period

    def _is_switched_off(self, stream: str) -> bool:
        if stream not in OPTIONAL_OBJECTS:
            return False
        try:
            self._discovery.object(stream)
        except ConfigError:
            what = f"the org has no object {stream}, or hides it from the integration user"
            remedy = "nothing, unless the firm uses it: then grant it, or switch its feature on in Setup"
            finding = Finding("object_off", "info", what, f"{self._place}/{stream}", remedy)
            self._discovery.notice(finding, stream, "")
            return True
        return False

"""A whole reading of one object: hard deletions first, then what changed, then, now and then, what no stamp tells.

Formula and roll-up fields change without any stamp moving. So the first reading after each ``sweep_days`` shows every
row of an object with such fields again; whoever stores them sees by comparison which ones are new.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zlib import crc32

from connectors.salesforce.bulk_query import BulkQuery
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.deletions import DeleteLog, is_due, read_delete_log
from connectors.salesforce.discovery import Discovery
from connectors.salesforce.reading import Reading
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.streams import OPTIONAL_OBJECTS, STAMP
from core.sdk import Clock, ConfigError, Cursor, Finding, Page

UNSTAMPED = frozenset({"LastActivityDate"})
"""Fields that are no formula and yet change without a stamp."""

SECONDS_PER_DAY = 86_400
QUIET = timedelta(days=1)
"""An object whose last change is older is told by the vendor's clock up to when it was read."""


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
        self._log_read_at: dict[str, datetime] = {}

    def pages(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        """Yield the pages of an object from a cursor on."""
        if self._is_switched_off(stream):
            yield Page([])
            return
        reading = self._reading(stream, fields, since)
        begun, log, sweeps = self._clock.now(), None, False
        is_replicated = self._discovery.object(stream).is_replicated
        if since is not None and is_replicated:
            sweeps = self._has_sweep(reading, since)
            if sweeps or is_due(self._log_read_at.get(stream), begun):
                log = self._delete_log(stream, since)
                yield from [Page([], tombstones=log.hard)] if log.hard else []
        yield from reading.pages()
        if sweeps:
            whole = self._reading(stream, fields, None).pages()
            yield from (Page(page.records, None, page.tombstones, page.total) for page in whole)
        if since is None and is_replicated and reading.reached and _age(reading.reached, begun) > QUIET:
            # Without this the next reading would take the last change for the time of this one.
            log = self._delete_log(stream, Cursor(begun.isoformat()))
        if log is not None:
            self._log_read_at[stream] = begun
            yield Page([], max(filter(None, (log.covered, reading.reached)), default=None))

    def _reading(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Reading:
        """A reading of the fields that can be read, with those that tell what became of a row."""
        known = self._discovery.object(stream).fields
        marks = [name for name in ("IsDeleted", "MasterRecordId") if name in known]
        return Reading(
            self._client,
            self._bulk,
            self._discovery,
            stream,
            self._discovery.columns(stream, ["Id", STAMP, *marks, *fields]),
            since,
            self._settings.overlap_seconds,
            self._settings.bulk_above,
            "IsDeleted" in known,
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


def _age(cursor: Cursor, now: datetime) -> timedelta:
    return now - datetime.fromisoformat(cursor.stamp)

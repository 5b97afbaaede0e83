"""Very many records that nobody has touched yet: made when looked at, so that a million of them cost nothing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import datetime

from connectors.hubspot.sandbox.index import Span
from connectors.hubspot.sandbox.records import Author, Record, Version
from connectors.hubspot.sandbox.schema import ObjectType
from connectors.hubspot.sandbox.values import milliseconds, stamp

_IMPORT = Author("IMPORT", "5501")
_CITIES = ("Leeds", "York", "Hull", "Bath", "Derby", "Perth", "Truro")


@dataclass(frozen=True)
class Stock:
    """``count`` companies with the ids from ``first`` on, imported one after another in the time until ``newest``."""

    kind: ObjectType
    first: int
    count: int
    oldest: datetime
    newest: datetime

    @property
    def ids(self) -> range:
        """The ids of all of them."""
        return range(self.first, self.first + self.count)

    def made_at(self, number: int) -> datetime:
        """When the record of an id was imported; later ids are never older."""
        share = (number - self.first) / max(self.count - 1, 1)
        at = self.oldest + (self.newest - self.oldest) * share
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def stamped_at(self, number: int) -> int:
        """The same in milliseconds."""
        return milliseconds(self.made_at(number))

    def inside(self, span: Span) -> range:
        """The ids of those inside a span."""
        start = bisect_left(self.ids, span.since, key=self.stamped_at) + self.first
        stop = bisect_right(self.ids, span.until, key=self.stamped_at) + self.first
        return range(max(start, span.first), max(start, span.first, min(stop, span.last + 1)))

    def within(self, since: datetime | None, until: datetime | None) -> range:
        """The ids of those modified from ``since`` to ``until``, both included; None means without a limit."""
        start = self.first if since is None else bisect_left(self.ids, since, key=self.made_at) + self.first
        stop = self.ids.stop if until is None else bisect_right(self.ids, until, key=self.made_at) + self.first
        return range(start, stop)

    def record(self, number: int) -> Record:
        """The record of an id as the import left it."""
        at = self.made_at(number)
        text = stamp(at)
        values = {
            "name": f"Firm {number:07d} Ltd",
            "domain": f"firm{number}.example",
            "city": _CITIES[number % len(_CITIES)],
            "numberofemployees": str(number % 250 + 1),
            "lifecyclestage": "customer" if number % 3 else "lead",
        }
        record = Record(self.kind, str(number), at, at)
        record.history = {name: [Version(value, at, _IMPORT)] for name, value in values.items()}
        standing = ("hs_createdate", self.kind.created, self.kind.modified)
        record.properties = {**values, **dict.fromkeys(standing, text), "hs_object_id": record.id}
        return record

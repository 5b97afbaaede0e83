"""Reads one object oldest change first, in pages, with deletions and merges among the changes.

The first page of a REST query tells how many rows there are, so it is the count by which the rest is read: page by
page, or from ``bulk_above`` rows on as a Bulk API job.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from connectors.salesforce import soql
from connectors.salesforce.bulk_query import BulkQuery, BulkUnavailableError
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.discovery import Discovery
from connectors.salesforce.refusals import VendorRefusal, as_promised
from connectors.salesforce.rows import UNREADABLE
from connectors.salesforce.streams import STAMP
from core.sdk import Cursor, Page, Tombstone

BULK_PAGE = 1_000
_UNKNOWN_COLUMN = re.compile(r"No such column '(\w+)'")
Conditions = list[str]


@dataclass
class Reading:
    """One reading of one object: what is asked, and how far it has come.

    Every query goes to ``queryAll``, since the plain one leaves out activities older than a year; a first reading then
    filters deleted rows away, a later one takes them as tombstones. A query that goes on from the last row read keeps
    them too: they may have been deleted since the first one. The cursor stops at ``limit``, whatever has been read
    beyond it.
    """

    client: SalesforceClient
    bulk: BulkQuery
    discovery: Discovery
    stream: str
    columns: list[str]
    since: Cursor | None
    overlap_seconds: int
    bulk_above: int
    has_deletions: bool
    limit: Cursor | None = None
    reached: Cursor | None = field(init=False)
    _last_read: Cursor | None = field(init=False, default=None)
    _resumed_at: Cursor | None = field(init=False, default=None)
    _may_use_bulk: bool = field(init=False, default=True)

    def __post_init__(self) -> None:
        self.reached = self.since

    def pages(self) -> Iterator[Page]:
        """Yield every page; a query that breaks off is replaced by one from the last row read."""
        asked = self._first_conditions()
        while True:
            try:
                yield from self._pages_of(asked)
            except BulkUnavailableError:
                self._may_use_bulk = False
                asked = self._go_on()
            except VendorRefusal as refusal:
                asked = self._recovered(refusal, asked)
            else:
                return

    def _pages_of(self, conditions: Conditions) -> Iterator[Page]:
        page = self.client.query(self._soql(conditions), with_deleted=True)
        yield self._page(page.records, page.total)
        if page.next_url and page.total > self.bulk_above and self._is_bulk_possible():
            yield from self._bulk_pages(self._go_on(), page.total)
            return
        while page.next_url:
            page = self.client.more(page.next_url)
            yield self._page(page.records, page.total)

    def _bulk_pages(self, conditions: Conditions, total: int) -> Iterator[Page]:
        types = {column: self.discovery.type_of(self.stream, column) for column in self.columns}
        records = self.bulk.records(self._soql(conditions), types, total)
        while chunk := list(islice(records, BULK_PAGE)):
            yield self._page(chunk, total)

    def _is_bulk_possible(self) -> bool:
        types = (self.discovery.type_of(self.stream, column) for column in self.columns)
        return self._may_use_bulk and not UNREADABLE.intersection(types)

    def _soql(self, conditions: Conditions) -> str:
        return soql.select(self.columns, self.stream, conditions, f"{STAMP}, Id")

    def _first_conditions(self) -> Conditions:
        if self.since is not None:
            return [f"{STAMP} >= {soql.earlier(self.since.stamp, self.overlap_seconds)}"]
        return ["IsDeleted = false"] if self.has_deletions else []

    def _go_on(self) -> Conditions:
        """The conditions of what comes after the last row read."""
        if self._last_read is None:
            return self._first_conditions()
        stamp = soql.literal(self._last_read.stamp)
        return [f"({STAMP} > {stamp} OR ({STAMP} = {stamp} AND Id > {soql.quoted(self._last_read.id)}))"]

    def _page(self, records: Iterable[dict[str, Any]], total: int) -> Page:
        rows = list(records)
        with as_promised(self.stream):
            last = Cursor(soql.literal(rows[-1][STAMP]), str(rows[-1]["Id"])) if rows else None
            gone = [tombstone(record) for record in rows if record.get("IsDeleted")]
        if last is not None:
            self._last_read = last
            self._advance(last)
        return Page([record for record in rows if not record.get("IsDeleted")], self.reached, gone, total)

    def _advance(self, cursor: Cursor) -> None:
        """Move on; rows of the overlap lie before the cursor and must not move it back."""
        here = min(cursor, self.limit) if self.limit else cursor
        if self.reached is None or here > self.reached:
            self.reached = here

    def _recovered(self, refusal: VendorRefusal, conditions: Conditions) -> Conditions:
        """The conditions with which a refused query may pass; raises the refusal when there are none."""
        last = self._last_read
        if refusal.code == "INVALID_QUERY_LOCATOR" and last is not None and last != self._resumed_at:
            self._resumed_at = last
            return self._go_on()
        if not self._drops_column(refusal):
            raise refusal
        return conditions if last is None else self._go_on()

    def _drops_column(self, refusal: VendorRefusal) -> bool:
        """Leave out a column that went away, or lies hidden in a parent; False when the query itself is wrong."""
        named = _UNKNOWN_COLUMN.search(refusal.words)
        if refusal.code != "INVALID_FIELD" or named is None:
            return False
        lost = [column for column in self.columns if column.rpartition(".")[2] == named[1]]
        for column in lost:
            self.columns.remove(column)
            self.discovery.miss(self.stream, column)
        return bool(lost)


def tombstone(record: Mapping[str, Any]) -> Tombstone:
    """Return what a deleted row says of itself; a merged one names its master."""
    master = record.get("MasterRecordId")
    return Tombstone(record["Id"], "merged" if master else "deleted", soql.literal(record[STAMP]), master)

"""Reads objects oldest change first, in pages, with deletions and merges among the changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.salesforce import soql
from connectors.salesforce.client import QueryPage, SalesforceClient
from connectors.salesforce.discovery import Discovery
from connectors.salesforce.refusals import VendorRefusal
from core.sdk import Cursor, Page, RawRecord, Stream, Tombstone

STAMP = "SystemModstamp"
STANDARD_OBJECTS = (
    "User",
    "Account",
    "Contact",
    "Opportunity",
    "OpportunityContactRole",
    "Contract",
    "Case",
    "Task",
    "Event",
)
MOST_IDS = 2_000
"""Records that one call can read by id."""

_UNKNOWN_COLUMN = re.compile(r"No such column '(\w+)'")


def known_streams(further: Sequence[str]) -> dict[str, Stream]:
    """Return the standard objects and the ``further`` ones of the firm's configuration."""
    return {name: Stream(name, "Id", STAMP) for name in (*STANDARD_OBJECTS, *further)}


@dataclass
class Reading:
    """One reading of one object: what is asked, and how far it has come.

    Every query goes to ``queryAll``, since the plain one leaves out activities older than a year; a first reading then
    filters deleted rows away, a later one takes them as tombstones.
    """

    client: SalesforceClient
    discovery: Discovery
    stream: str
    columns: list[str]
    since: Cursor | None
    overlap_seconds: int
    has_deletions: bool
    reached: Cursor | None = field(init=False)
    _last_read: Cursor | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.reached = self.since

    def pages(self) -> Iterator[Page]:
        """Yield every page; a locator that has expired is replaced by a query from the last row read."""
        begin = self._first_conditions()
        resumed_at: Cursor | None = None
        while True:
            try:
                yield from self._pages_of(begin)
            except VendorRefusal as refusal:
                last = self._last_read
                if refusal.code == "INVALID_QUERY_LOCATOR" and last is not None and last != resumed_at:
                    resumed_at = last
                    begin = self._conditions_after(last)
                elif not self._drops_column(refusal):
                    raise
            else:
                return

    def _pages_of(self, conditions: list[str]) -> Iterator[Page]:
        page: QueryPage | None = self.client.query(self._soql(conditions), with_deleted=True)
        while page is not None:
            yield self._page(page)
            page = self.client.more(page.next_url) if page.next_url else None

    def _soql(self, conditions: list[str]) -> str:
        return soql.select(self.columns, self.stream, conditions, f"{STAMP}, Id")

    def _first_conditions(self) -> list[str]:
        if self.since is not None:
            return [f"{STAMP} >= {soql.earlier(self.since.stamp, self.overlap_seconds)}"]
        return ["IsDeleted = false"] if self.has_deletions else []

    def _conditions_after(self, last: Cursor) -> list[str]:
        stamp = soql.literal(last.stamp)
        after = f"({STAMP} > {stamp} OR ({STAMP} = {stamp} AND Id > {soql.quoted(last.id)}))"
        return [after, *(["IsDeleted = false"] if self.since is None and self.has_deletions else [])]

    def _page(self, page: QueryPage) -> Page:
        if page.records:
            last = page.records[-1]
            self._last_read = Cursor(soql.literal(last[STAMP]), last["Id"])
            self._advance(self._last_read)
        gone = [record for record in page.records if record.get("IsDeleted")]
        live = [record for record in page.records if not record.get("IsDeleted")]
        return Page(live, self.reached, [_tombstone(record) for record in gone], page.total)

    def _advance(self, cursor: Cursor) -> None:
        """Move on; rows of the overlap lie before the cursor and must not move it back."""
        if self.reached is None or cursor > self.reached:
            self.reached = cursor

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


def start_reading(
    client: SalesforceClient,
    discovery: Discovery,
    stream: str,
    fields: Sequence[str],
    since: Cursor | None,
    overlap_seconds: int,
) -> Reading:
    """Return a reading of the fields that can be read, with those that tell what became of a row."""
    known = discovery.object(stream).fields
    marks = [name for name in ("IsDeleted", "MasterRecordId") if name in known]
    columns = discovery.columns(stream, ["Id", STAMP, *marks, *fields])
    return Reading(client, discovery, stream, columns, since, overlap_seconds, "IsDeleted" in known)


def fetch(
    client: SalesforceClient, discovery: Discovery, stream: str, ids: Sequence[str], fields: Sequence[str]
) -> list[RawRecord]:
    """Return the live records of ``ids``: 2,000 a call, or as many as a query holds when parents are asked for."""
    columns = discovery.columns(stream, ["Id", *fields])
    if not ids:
        return []
    if any("." in column for column in columns):
        return list(_query_by_id(client, stream, ids, columns))
    found: list[RawRecord] = []
    for start in range(0, len(ids), MOST_IDS):
        body = {"ids": list(ids[start : start + MOST_IDS]), "fields": columns}
        answer: list[Mapping[str, Any] | None] = client.send("POST", f"composite/sobjects/{stream}", body) or []
        found.extend({k: v for k, v in record.items() if k != "attributes"} for record in answer if record)
    return found


def _query_by_id(
    client: SalesforceClient, stream: str, ids: Sequence[str], columns: Sequence[str]
) -> Iterator[RawRecord]:
    for batch in soql.batches(ids):
        page: QueryPage | None = client.query(soql.select(columns, stream, [soql.in_list("Id", batch)]))
        while page is not None:
            yield from page.records
            page = client.more(page.next_url) if page.next_url else None


def find_by_key(client: SalesforceClient, stream: str, key: str, values: Sequence[str]) -> dict[str, str]:
    """Return the ids of live records by the value of their unique field ``key``."""
    found: dict[str, str] = {}
    for batch in soql.batches(list(dict.fromkeys(values))):
        conditions = [soql.in_list(key, batch), "IsDeleted = false"]
        page = client.query(soql.select(["Id", key], stream, conditions), with_deleted=True)
        found.update((str(record[key]), str(record["Id"])) for record in page.records)
    return {value: found[value] for value in values if value in found}


def _tombstone(record: Mapping[str, Any]) -> Tombstone:
    master = record.get("MasterRecordId")
    return Tombstone(record["Id"], "merged" if master else "deleted", soql.literal(record[STAMP]), master)

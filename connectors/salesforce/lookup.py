"""Reads certain records as they are now, by their ids or by Inlay's key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from connectors.salesforce import soql
from connectors.salesforce.client import QueryPage, SalesforceClient
from connectors.salesforce.discovery import Discovery
from connectors.salesforce.refusals import as_promised, told_text
from connectors.salesforce.streams import STAMP
from core.sdk import RawRecord

MOST_IDS = 2_000
"""Records that one call can read by id."""


def fetch(
    client: SalesforceClient, discovery: Discovery, stream: str, ids: Sequence[str], fields: Sequence[str]
) -> list[RawRecord]:
    """Return the live records of ``ids``: 2,000 a call, or as many as a query holds when parents are asked for."""
    if not ids:
        return []
    columns = columns_of(discovery, stream, fields)
    if any("." in column for column in columns):
        return list(_query_by_id(client, stream, ids, columns))
    found: list[RawRecord] = []
    for start in range(0, len(ids), MOST_IDS):
        body = {"ids": list(ids[start : start + MOST_IDS]), "fields": columns}
        path = f"composite/sobjects/{stream}"
        with as_promised(path):
            found += _bare(client.send("POST", path, body))
    return found


def columns_of(discovery: Discovery, stream: str, fields: Sequence[str]) -> list[str]:
    """Return what is asked of a record, however it is asked for: the fields that can be read, and what became of it.

    So a record that an event brought is the same as the one that a reading shows.
    """
    known = discovery.object(stream).fields
    marks = [name for name in ("IsDeleted", "MasterRecordId") if name in known]
    return discovery.columns(stream, ["Id", STAMP, *marks, *fields])


def _bare(answer: Any) -> list[RawRecord]:
    """The records of an answer without their ``attributes``; a record that is not there is null."""
    if not isinstance(answer, list):
        raise TypeError("records come as a list")
    return [{k: v for k, v in record.items() if k != "attributes"} for record in answer if record]


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
        with as_promised("query"):
            found.update((str(record[key]), told_text(record["Id"])) for record in page.records)
    return {value: found[value] for value in values if value in found}

"""The query resources: first page, further pages, deleted rows included or not."""

from __future__ import annotations

from functools import partial

from connectors.salesforce.sandbox.calls import Call, Result
from connectors.salesforce.sandbox.cursors import Cursor
from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.replication import empty_old_bin
from connectors.salesforce.sandbox.site import Site
from connectors.salesforce.sandbox.soql.run import Api, answer


def _query(site: Site, call: Call, api: Api) -> Result:
    if "q" not in call.query:
        raise Refusal("MALFORMED_QUERY", "a query is required: the parameter q is missing")
    empty_old_bin(site.org)
    found = answer(site.org, call.user_id, call.query["q"], call.version, api)
    return _page(site, call, site.cursors.open(call.user_id, found, _batch_size(call)), 0)


query = partial(_query, api="query")
query_all = partial(_query, api="queryAll")
tooling_query = partial(_query, api="tooling")


def query_more(site: Site, call: Call, locator: str) -> Result:
    """Give the page that a locator means."""
    cursor, start = site.cursors.find(call.user_id, locator)
    return _page(site, call, cursor, start)


def _page(site: Site, call: Call, cursor: Cursor, start: int) -> Result:
    rows = cursor.answer.rows[start : start + site.cursors.rows_of_page(cursor)]
    end = start + len(rows)
    body: dict[str, object] = {"totalSize": cursor.answer.total, "done": end >= len(cursor.answer.rows)}
    if not body["done"]:
        body["nextRecordsUrl"] = f"/services/data/{call.version}/query/{cursor.id}-{end}"
    else:
        site.cursors.close(cursor)
    body["records"] = [cursor.answer.show(row) for row in rows]
    return Result(200, body, rows=len(rows))


def _batch_size(call: Call) -> int | None:
    """Return the wanted rows per page from ``Sforce-Query-Options``, held between 200 and 2,000 as the vendor does."""
    name, _, size = (call.header("Sforce-Query-Options") or "").partition("=")
    if name.strip() != "batchSize" or not size.strip().isdigit():
        return None
    return min(max(int(size), 200), 2000)

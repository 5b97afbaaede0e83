"""Which address is which resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import parse_qsl, unquote

from connectors.salesforce.sandbox.bulk.ingest_jobs import (
    create_ingest,
    failed_results,
    get_ingest,
    patch_ingest,
    successful_results,
    unprocessed_records,
    upload,
)
from connectors.salesforce.sandbox.bulk.listing import delete_ingest, delete_query, list_ingests, list_queries
from connectors.salesforce.sandbox.bulk.query_jobs import create_query, get_query, get_query_results, patch_query
from connectors.salesforce.sandbox.calls import Call, Result, refused
from connectors.salesforce.sandbox.composite import Dispatch, composite, graph
from connectors.salesforce.sandbox.errors import Refusal, not_found
from connectors.salesforce.sandbox.files import version_data
from connectors.salesforce.sandbox.queries import query, query_all, query_more, tooling_query
from connectors.salesforce.sandbox.replication import get_deleted, get_updated
from connectors.salesforce.sandbox.resources import (
    describe,
    limits,
    object_info,
    object_list,
    record_count,
    resource_list,
)
from connectors.salesforce.sandbox.rows import delete_row, get_by_key, get_row, patch_by_key, patch_row, post_row
from connectors.salesforce.sandbox.site import Site
from connectors.salesforce.sandbox.sobject_collections import (
    delete_many,
    get_many,
    patch_many,
    post_many,
    post_read_many,
    upsert_many,
)
from connectors.salesforce.sandbox.tooling import change_field, create_field, delete_field, read_field

Handler = Callable[..., Result]
Methods = Mapping[str, Handler]

_PREFIX = "/services/data/"


def dispatch(site: Site, call: Call, address: str) -> Result:
    """Carry out ``call`` at ``address`` (path and query as sent, still encoded)."""
    try:
        path, _, asked = address.partition("?")
        version, _, rest = path.removeprefix(_PREFIX).partition("/")
        if not path.startswith(_PREFIX) or version != call.version:
            raise not_found()
        segments = tuple(unquote(part) for part in rest.rstrip("/").split("/") if rest)
        found = Call(
            call.method,
            call.version,
            segments,
            dict(parse_qsl(asked, keep_blank_values=True)),
            call.headers,
            call.raw_body,
            call.user_id,
        )
        return _handle(site, found)
    except Refusal as refusal:
        return refused(refusal)


def _handle(site: Site, call: Call) -> Result:
    methods, values = _match(call.path)
    handler = methods.get(call.method)
    if handler is None:
        allowed = ",".join(methods)
        message = f"HTTP Method '{call.method}' not allowed. Allowed are {allowed}"
        raise Refusal("METHOD_NOT_ALLOWED", message, status=405)
    return handler(site, call, *values)


def _match(path: tuple[str, ...]) -> tuple[Methods, tuple[str, ...]]:
    for pattern, methods in _TABLE:
        values = _values(pattern, path)
        if values is not None:
            return methods, values
    raise not_found()


def _values(pattern: tuple[str, ...], path: tuple[str, ...]) -> tuple[str, ...] | None:
    if len(pattern) != len(path):
        return None
    pairs = list(zip(pattern, path, strict=True))
    if any(want not in {"*", part} for want, part in pairs):
        return None
    return tuple(part for want, part in pairs if want == "*")


def _nested(run: Callable[[Site, Call, Dispatch], Result]) -> Handler:
    """Return the handler of a resource whose body holds further calls."""

    def handle(site: Site, call: Call) -> Result:
        """Run the calls of the body through the same table."""
        return run(site, call, partial(dispatch, site))

    return handle


def _path(text: str) -> tuple[str, ...]:
    return tuple(text.split("/")) if text else ()


# Earlier lines win: a name in the address before any value.
_TABLE: tuple[tuple[tuple[str, ...], Methods], ...] = tuple(
    (_path(text), methods)
    for text, methods in (
        ("", {"GET": resource_list}),
        ("limits", {"GET": limits}),
        ("limits/recordCount", {"GET": record_count}),
        ("sobjects", {"GET": object_list}),
        ("sobjects/*", {"GET": object_info, "POST": post_row}),
        ("sobjects/*/describe", {"GET": describe}),
        ("sobjects/*/updated", {"GET": get_updated}),
        ("sobjects/*/deleted", {"GET": get_deleted}),
        ("sobjects/*/Id", {"POST": post_row}),
        ("sobjects/ContentVersion/*/VersionData", {"GET": version_data}),
        ("sobjects/*/*", {"GET": get_row, "PATCH": patch_row, "DELETE": delete_row}),
        ("sobjects/*/*/*", {"GET": get_by_key, "PATCH": patch_by_key}),
        ("query", {"GET": query}),
        ("queryAll", {"GET": query_all}),
        ("query/*", {"GET": query_more}),
        ("queryAll/*", {"GET": query_more}),
        ("composite", {"POST": _nested(composite)}),
        ("composite/graph", {"POST": _nested(graph)}),
        (
            "composite/sobjects",
            {
                "POST": post_many,
                "PATCH": patch_many,
                "DELETE": delete_many,
            },
        ),
        ("composite/sobjects/*", {"GET": get_many, "POST": post_read_many}),
        ("composite/sobjects/*/*", {"PATCH": upsert_many}),
        ("jobs/query", {"GET": list_queries, "POST": create_query}),
        ("jobs/query/*", {"GET": get_query, "PATCH": patch_query, "DELETE": delete_query}),
        ("jobs/query/*/results", {"GET": get_query_results}),
        ("jobs/ingest", {"GET": list_ingests, "POST": create_ingest}),
        ("jobs/ingest/*", {"GET": get_ingest, "PATCH": patch_ingest, "DELETE": delete_ingest}),
        ("jobs/ingest/*/batches", {"PUT": upload}),
        ("jobs/ingest/*/successfulResults", {"GET": successful_results}),
        ("jobs/ingest/*/failedResults", {"GET": failed_results}),
        ("jobs/ingest/*/unprocessedrecords", {"GET": unprocessed_records}),
        ("jobs/ingest/*/unprocessedRecords", {"GET": unprocessed_records}),
        ("tooling/query", {"GET": tooling_query}),
        ("tooling/sobjects/CustomField", {"POST": create_field}),
        (
            "tooling/sobjects/CustomField/*",
            {"GET": read_field, "PATCH": change_field, "DELETE": delete_field},
        ),
    )
)

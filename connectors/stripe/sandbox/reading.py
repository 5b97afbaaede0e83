"""The read side of the API: which lists exist, by what they can be narrowed, and how they are paged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from connectors.stripe.sandbox.books import EVENT_DAYS, Books, Record
from connectors.stripe.sandbox.form import Params
from connectors.stripe.sandbox.problems import StripeProblemError, invalid_parameter, missing_object, unknown_parameter
from connectors.stripe.sandbox.shapes.base import list_object

Filter = Callable[[Record, Any], bool]

_PAGING = frozenset({"limit", "starting_after", "ending_before", "expand"})
_COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {
    "gt": lambda have, want: have > want,
    "gte": lambda have, want: have >= want,
    "lt": lambda have, want: have < want,
    "lte": lambda have, want: have <= want,
}


def equal(field: str) -> Filter:
    """The field is exactly the value."""
    return lambda record, value: record[field] == value


def truth(field: str) -> Filter:
    """The field is true or false, as asked."""
    return lambda record, value: record[field] is (value == "true")


def between(field: str) -> Filter:
    """The instant lies where ``field=n`` or ``field[gte]=n`` and its kin say."""

    def fits(record: Record, value: Any) -> bool:
        """Compare one record's instant with the bounds."""
        if not isinstance(value, dict):
            return bool(record[field] == whole_number(value, field))
        wrong = sorted(set(value) - set(_COMPARISONS))
        if wrong:
            raise unknown_parameter(f"{field}[{wrong[0]}]")
        have: int | None = record[field]
        return have is not None and all(
            _COMPARISONS[name](have, whole_number(bound, f"{field}[{name}]")) for name, bound in value.items()
        )

    return fits


def whole_number(text: Any, param: str) -> int:
    """The number, or the vendor's refusal."""
    try:
        return int(text)
    except (TypeError, ValueError):
        raise invalid_parameter(param, f"Invalid integer: {text}", "parameter_invalid_integer") from None


def _item_price(record: Record, value: Any) -> bool:
    return any(item["price"]["id"] == value for item in record["items"]["data"])


def _billed_subscription(record: Record, value: Any) -> bool:
    parent = record["parent"] or {}
    return bool((parent.get("subscription_details") or {}).get("subscription") == value)


def _paid_by(record: Record, value: Any) -> bool:
    return all(record["payment"].get(name) == wanted for name, wanted in dict(value).items())


def _status_or_all(record: Record, value: Any) -> bool:
    if value == "ended":
        return record["status"] in ("canceled", "incomplete_expired")
    return value in ("all", record["status"])


@dataclass(frozen=True)
class Resource:
    """One kind of object, its path below ``/v1/``, and the parameters that narrow its list."""

    kind: str
    path: str
    filters: Mapping[str, Filter]


_CREATED = between("created")
_CUSTOMER = equal("customer")

RESOURCES: tuple[Resource, ...] = (
    Resource("customer", "customers", {"created": _CREATED, "email": equal("email")}),
    Resource("product", "products", {"created": _CREATED, "active": truth("active")}),
    Resource("price", "prices", {"created": _CREATED, "active": truth("active"), "product": equal("product")}),
    Resource(
        "subscription",
        "subscriptions",
        {"created": _CREATED, "customer": _CUSTOMER, "price": _item_price, "status": _status_or_all},
    ),
    Resource(
        "invoice",
        "invoices",
        {
            "created": _CREATED,
            "customer": _CUSTOMER,
            "due_date": between("due_date"),
            "status": equal("status"),
            "subscription": _billed_subscription,
            "collection_method": equal("collection_method"),
        },
    ),
    Resource(
        "invoice_payment",
        "invoice_payments",
        {"created": _CREATED, "invoice": equal("invoice"), "status": equal("status"), "payment": _paid_by},
    ),
    Resource("webhook_endpoint", "webhook_endpoints", {}),
    Resource("payment_intent", "payment_intents", {"created": _CREATED, "customer": _CUSTOMER}),
    Resource(
        "charge",
        "charges",
        {"created": _CREATED, "customer": _CUSTOMER, "payment_intent": equal("payment_intent")},
    ),
    Resource("credit_note", "credit_notes", {"created": _CREATED, "customer": _CUSTOMER, "invoice": equal("invoice")}),
    Resource(
        "refund",
        "refunds",
        {"created": _CREATED, "charge": equal("charge"), "payment_intent": equal("payment_intent")},
    ),
    Resource(
        "event",
        "events",
        {
            "created": _CREATED,
            "type": lambda record, value: fnmatchcase(record["type"], value),
            "types": lambda record, value: record["type"] in value,
        },
    ),
)


def list_page(books: Books, resource: Resource, params: Params) -> Record:
    """One page of a list, newest first."""
    found = _narrowed(books, resource, params)
    limit = whole_number(params.get("limit", 10), "limit")
    if not 1 <= limit <= 100:
        raise invalid_parameter("limit", "Invalid limit: it must be between 1 and 100", "parameter_invalid_integer")
    page, has_more = _cut(books, resource, found, params, limit)
    return list_object(page, f"/v1/{resource.path}", has_more=has_more)


def _narrowed(books: Books, resource: Resource, params: Params) -> list[Record]:
    wanted = {name: value for name, value in params.items() if name not in _PAGING}
    for name in wanted:
        if name not in resource.filters:
            raise unknown_parameter(name)
    records = books.newest_first(resource.kind)
    if resource.kind == "subscription" and "status" not in wanted:  # ended ones show only when asked for
        records = [record for record in records if record["status"] != "canceled"]
    if resource.kind == "event":
        oldest = books.now() - EVENT_DAYS * 86_400
        records = [record for record in records if record["created"] >= oldest]
    for name, value in wanted.items():
        records = [record for record in records if resource.filters[name](record, value)]
    return records


def _cut(
    books: Books, resource: Resource, found: Sequence[Record], params: Params, limit: int
) -> tuple[Sequence[Record], bool]:
    """The part of the list that the cursor names, and whether more lies in the same direction."""
    after, before = params.get("starting_after"), params.get("ending_before")
    if after and before:
        raise StripeProblemError(
            400, "You may only specify one of these parameters: starting_after, ending_before.", param="ending_before"
        )
    if before:
        rank = _rank(books, resource, before, "ending_before")
        newer = [record for record in found if books.rank(record["id"]) > rank]
        return newer[-limit:], len(newer) > limit
    if after:
        rank = _rank(books, resource, after, "starting_after")
        found = [record for record in found if books.rank(record["id"]) < rank]
    return found[:limit], len(found) > limit


def _rank(books: Books, resource: Resource, object_id: str, param: str) -> int:
    """Where the cursor stands; one that has been deleted since still names its place."""
    if books.get(resource.kind, object_id) is None:
        raise missing_object(resource.kind.replace("_", " "), object_id, param, 400)
    return books.rank(object_id)

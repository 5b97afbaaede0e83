"""``expand[]``: puts whole objects where ids stand, and lists that are shown only on request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.stripe.sandbox.books import Books, Record
from connectors.stripe.sandbox.problems import StripeProblemError
from connectors.stripe.sandbox.shapes.base import list_object

_DEEPEST = 4

# Fields that hold the id of an object of this kind.
_REFERENCES: Mapping[str, str] = {
    "charge": "charge",
    "customer": "customer",
    "invoice": "invoice",
    "latest_charge": "charge",
    "latest_invoice": "invoice",
    "payment_intent": "payment_intent",
    "price": "price",
    "product": "product",
    "subscription": "subscription",
}

# Lists that an object shows only on request: (kind, field) -> (kind of the members, their field that names the object).
_INCLUDABLE: Mapping[tuple[str, str], tuple[str, str]] = {
    ("customer", "subscriptions"): ("subscription", "customer"),
    ("customer", "tax_ids"): ("tax_id", "customer"),
    ("invoice", "payments"): ("invoice_payment", "invoice"),
    ("charge", "refunds"): ("refund", "charge"),
}


def expanded(books: Books, answer: Record, paths: Sequence[str]) -> Record:
    """A copy of the answer, as deep as needed, with every path expanded; 400 for what cannot be."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > _DEEPEST:
            raise StripeProblemError(
                400, f"You cannot expand more than {_DEEPEST} levels of a property. Property: {path}", param="expand"
            )
        answer = _expand(books, answer, steps, path)
    return answer


def _expand(books: Books, record: Record, steps: Sequence[str], path: str) -> Record:
    step, rest = steps[0], steps[1:]
    value = _opened(books, record, step, path)
    if rest and isinstance(value, list):
        value = [_expand(books, inner, rest, path) for inner in value]
    elif rest and isinstance(value, dict):
        value = _expand(books, value, rest, path)
    return {**record, step: value}


def _opened(books: Books, record: Record, field: str, path: str) -> Any:
    """The value of a field with the id that it holds replaced by its object."""
    listed = _INCLUDABLE.get((str(record.get("object")), field))
    if listed and field not in record:
        kind, owner = listed
        members = [member for member in books.newest_first(kind) if member[owner] == record["id"]]
        return list_object(members, f"/v1/{record['object']}s/{record['id']}/{field}")
    if field not in record:
        raise StripeProblemError(400, f"This property cannot be expanded ({path}).", param="expand")
    value = record[field]
    if isinstance(value, str):
        if field not in _REFERENCES:
            raise StripeProblemError(400, f"This property cannot be expanded ({path}).", param="expand")
        return books.get(_REFERENCES[field], value)
    return value

"""Writes to customers."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.stripe.sandbox.books import Books, Record
from connectors.stripe.sandbox.checking import (
    Check,
    address,
    checked,
    choice,
    email,
    integer,
    merged_metadata,
    metadata,
)
from connectors.stripe.sandbox.checking import text as text_of
from connectors.stripe.sandbox.form import Params
from connectors.stripe.sandbox.shapes.selling import customer

_FIELDS: Mapping[str, Check] = {
    "address": address,
    "balance": integer,
    "business_name": text_of(150),
    "description": text_of(5000),
    "email": email,
    "individual_name": text_of(150),
    "metadata": metadata,
    "name": text_of(256),
    "next_invoice_sequence": integer,
    "phone": text_of(20),
    "tax_exempt": choice("none", "exempt", "reverse"),
}


class Customers:
    """Create, update and delete customers."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def create(self, params: Params) -> Record:
        """A new customer; nothing about it is compulsory."""
        values = checked(params, _FIELDS)
        values["metadata"] = merged_metadata({}, values.get("metadata") or {})
        created = customer(self._books.new_id("cus"), self._books.tick(), **values)
        return self._books.create(created, "customer.created")

    def update(self, params: Params, object_id: str) -> Record:
        """The customer with only the given fields changed; metadata are merged key by key."""
        record = self._books.need("customer", object_id)
        changes = checked(params, _FIELDS)
        if "metadata" in changes:
            changes["metadata"] = merged_metadata(record["metadata"], changes["metadata"])
        self._books.tick()
        return self._books.change(record, changes, "customer.updated")

    def delete(self, params: Params, object_id: str) -> Record:
        """A stub; the customer's subscriptions end at once."""
        checked(params, {})
        record = self._books.need("customer", object_id)
        now = self._books.tick()
        for owned in self._books.of("subscription"):
            if owned["customer"] == object_id and owned["status"] != "canceled":
                ended = {"status": "canceled", "canceled_at": now, "ended_at": now}
                self._books.change(owned, ended, "customer.subscription.deleted")
        return self._books.delete(record, "customer.deleted")

"""Writes to subscriptions that exist."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.stripe.sandbox.books import Books, Record
from connectors.stripe.sandbox.checking import Check, boolean, checked, merged_metadata, metadata, text
from connectors.stripe.sandbox.form import Params
from connectors.stripe.sandbox.problems import not_possible

_FIELDS: Mapping[str, Check] = {"cancel_at_period_end": boolean, "description": text(500), "metadata": metadata}


class Subscriptions:
    """Update and cancel subscriptions."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def update(self, params: Params, object_id: str) -> Record:
        """The subscription with only the given fields changed."""
        record = self._alive(object_id)
        changes = checked(params, _FIELDS)
        if "metadata" in changes:
            changes["metadata"] = merged_metadata(record["metadata"], changes["metadata"])
        now = self._books.tick()
        if "cancel_at_period_end" in changes:
            leaves = changes["cancel_at_period_end"]
            changes["cancel_at"] = record["items"]["data"][0]["current_period_end"] if leaves else None
            changes["canceled_at"] = now if leaves else None
        return self._books.change(record, changes, "customer.subscription.updated")

    def cancel(self, params: Params, object_id: str) -> Record:
        """The subscription, ended at once."""
        checked(params, {"invoice_now": boolean, "prorate": boolean})
        record = self._alive(object_id)
        now = self._books.tick()
        details = {**record["cancellation_details"], "reason": "cancellation_requested"}
        ended = {"status": "canceled", "canceled_at": now, "ended_at": now, "cancellation_details": details}
        return self._books.change(record, ended, "customer.subscription.deleted")

    def _alive(self, object_id: str) -> Record:
        record = self._books.need("subscription", object_id)
        if record["status"] == "canceled":
            raise not_possible("A canceled subscription can only update its cancellation_details and metadata.")
        return record

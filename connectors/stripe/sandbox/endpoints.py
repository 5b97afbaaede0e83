"""Webhook endpoints: the addresses events are sent to. The sandbox keeps them and sends nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.stripe.sandbox.books import Books, Record
from connectors.stripe.sandbox.checking import Check, boolean, checked, metadata
from connectors.stripe.sandbox.checking import text as text_of
from connectors.stripe.sandbox.form import Params
from connectors.stripe.sandbox.ids import stripe_id
from connectors.stripe.sandbox.problems import StripeProblemError, invalid_parameter
from connectors.stripe.sandbox.shapes.base import shape

KIND = "webhook_endpoint"
MOST = 16
_EVENT = re.compile(r"\*|[a-z0-9_]+(\.[a-z0-9_]+)+")
_PRIVATE = re.compile(r"https?://(localhost|127\.|10\.|192\.168\.)")


def _url(name: str, value: Any) -> str:
    if not isinstance(value, str) or not re.match(r"https?://[^/\s]+", value):
        raise invalid_parameter(name, "Not a valid URL", "url_invalid")
    if _PRIVATE.match(value):
        raise invalid_parameter(name, "Invalid URL: URL must be publicly accessible", "url_invalid")
    return value


def _events(name: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not value:
        raise invalid_parameter(name, "Invalid array")
    for event in value:
        if not isinstance(event, str) or not _EVENT.fullmatch(event):
            raise invalid_parameter(name, f"Invalid {name}: must be one of the types of events; got {event}")
    return list(value)


_FIELDS: Mapping[str, Check] = {
    "url": _url, "enabled_events": _events, "description": text_of(5000), "metadata": metadata,
}  # fmt: skip
_NEW = {**_FIELDS, "api_version": text_of(50)}
_CHANGED = {**_FIELDS, "disabled": boolean}


class Endpoints:
    """Create, update and delete the addresses that events are sent to."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def create(self, params: Params) -> Record:
        """A new endpoint; the answer tells its secret, which no later one does."""
        values = checked(params, _NEW)
        for name in ("url", "enabled_events"):
            if name not in values:
                raise StripeProblemError(400, f"Missing required param: {name}.", param=name, code="parameter_missing")
        if len(self._books.newest_first(KIND)) >= MOST:
            raise StripeProblemError(400, f"You have reached the maximum of {MOST} test webhook endpoints.")
        made = shape(
            KIND, self._books.new_id("we"), api_version=values.get("api_version"), created=self._books.tick(),
            description=values.get("description"), enabled_events=values["enabled_events"], livemode=False,
            metadata=values.get("metadata") or {}, status="enabled", url=values["url"],
        )  # fmt: skip
        self._books.put(made)
        return {**made, "secret": stripe_id("whsec", made["id"])}

    def update(self, params: Params, object_id: str) -> Record:
        """Other events, another address, or on and off; it keeps its version and its secret."""
        record = self._books.need(KIND, object_id)
        values = checked(params, _CHANGED)
        if "disabled" in values:
            values["status"] = "disabled" if values.pop("disabled") else "enabled"
        record.update(values)
        return record

    def delete(self, _params: Params, object_id: str) -> Record:
        """A stub."""
        record = self._books.need(KIND, object_id)
        stub = {"id": object_id, "object": KIND, "deleted": True}
        record.clear()
        record.update(stub)
        return stub

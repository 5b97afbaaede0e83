"""One account through the vendor's library: the only place that knows paths and versions and names the library.

Its typed methods would turn each record into objects and back (slow, and they know only version 3); its generic call
does the same work of addresses, credentials and errors without that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson

from connectors.hubspot.access import Access
from connectors.hubspot.pace import Pace
from connectors.hubspot.refusals import to_our_error
from connectors.hubspot.settings import HubSpotSettings
from core.sdk import ConnectorContext

if TYPE_CHECKING:
    from hubspot.crm.objects.api_client import ApiClient

Json = dict[str, Any]
Query = Sequence[tuple[str, str | int]]

OBJECTS = "/crm/v3/objects"
PROPERTIES = "/crm/v3/properties"
OWNERS = "/crm/v3/owners"
ASSOCIATIONS = "/crm/v4/associations"
ACCOUNT = "/account-info/v3/details"


@dataclass(frozen=True)
class Reply:
    """A successful answer; ``told_at`` is the vendor's own time, None if it did not tell."""

    body: Json
    told_at: datetime | None


class HubSpotClient:
    """Calls to one account; may raise ``AuthError``, ``ConfigError``, ``RetryLater`` or ``VendorRefusal``."""

    def __init__(self, settings: HubSpotSettings, context: ConnectorContext) -> None:
        self._settings = settings
        self._context = context
        self._access = Access(settings, context)
        self.pace = Pace(context.clock, settings.searches_per_second, settings.quota_ceiling)
        context.transport.mark_safe("POST", r"/(search|batch/read)$")

    def get(self, path: str, query: Query = ()) -> Reply:
        """Read a resource."""
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Json) -> Reply:
        """Ask or write by POST."""
        return self.call("POST", path, body=body)

    def call(self, method: str, path: str, *, query: Query = (), body: Json | None = None) -> Reply:
        """Make one call; a refused access token is renewed once, where it can be."""
        self.pace.before(path)
        token = self._access.token()
        status, text, answer = self._send(method, path, query, body, token)
        if status == 401 and self._access.can_renew:
            status, text, answer = self._send(method, path, query, body, self._access.renew())
        if answer is None:
            where = f"{self._context.connection}: {method} {path}"
            raise to_our_error(status, text, where, self._context.clock.now())
        return answer

    def _send(
        self, method: str, path: str, query: Query, body: Json | None, token: str
    ) -> tuple[int, str | None, Reply | None]:
        from hubspot.crm.objects.exceptions import ApiException  # noqa: PLC0415 - takes a third of a second to import

        self._library.configuration.access_token = token
        try:
            answer = self._library.call_api(
                path, method, {}, list(query), {}, body=body, auth_settings=["oauth2"], _preload_content=False
            )
        except ApiException as error:
            self.pace.after(error.headers or {})
            return error.status, error.body, None
        self.pace.after(answer.headers)
        content = orjson.loads(answer.data) if answer.data else {}
        return answer.status, None, Reply(content, _told_at(answer.headers.get("Date")))

    @cached_property
    def _library(self) -> ApiClient:
        from hubspot import HubSpot  # noqa: PLC0415 - the same

        library = HubSpot(host=self._settings.base_url.rstrip("/")).crm.objects.basic_api.api_client
        library.rest_client.pool_manager = self._context.transport.pool
        return library


def _told_at(date: str | None) -> datetime | None:
    return parsedate_to_datetime(date).astimezone(UTC) if date else None

"""One account through the vendor's library: the only place that knows paths and versions and names the library.

Its typed methods would turn each record into objects and back (slow, and they know only version 3); its generic call
does the same work of addresses, encoding and errors without that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from connectors.hubspot.access import Access
from connectors.hubspot.library import api_client
from connectors.hubspot.pace import Pace
from connectors.hubspot.refusals import TOO_MANY, OutOfQuota, Refused, odd_answer, parsed, to_our_error
from connectors.hubspot.settings import HubSpotSettings
from core.sdk import ConnectorContext, Lane, RetryLater

if TYPE_CHECKING:
    from hubspot.crm.objects.api_client import ApiClient

Json = dict[str, Any]
Query = Sequence[tuple[str, str | int]]
_Part = TypeVar("_Part")
Part = tuple[str, str | tuple[str, bytes, str]]
"""One part of a form: its name, and a text or a file as name, content and media type."""

OBJECTS = "/crm/v3/objects"
PROPERTIES = "/crm/v3/properties"
SCHEMAS = "/crm-object-schemas/v3/schemas"
OWNERS = "/crm/v3/owners"
ASSOCIATIONS = "/crm/v4/associations"
ACCOUNT = "/account-info/v3/details"
FILES = "/files/v3/files"

_MOST_SENDINGS = 4
"""How often one call may be sent: a new token and a wait for the window are due at most once each, mostly."""


@dataclass(frozen=True)
class Reply:
    """A successful answer; ``told_at`` is the vendor's own time, None if it did not tell; ``where`` what was asked."""

    body: Json
    told_at: datetime | None
    where: str = ""

    def part(self, name: str, kind: type[_Part]) -> _Part:
        """What this resource promises; JSON without it is no answer: ``UnknownOutcome``."""
        found = self.body.get(name)
        if not isinstance(found, kind):
            raise odd_answer(f"without {name}", self.where)
        return found

    @property
    def rows(self) -> list[Json]:
        """The results of a list or batch."""
        return [row for row in self.part("results", list) if isinstance(row, dict)]

    @property
    def record_id(self) -> str:
        """The id of the one record that was asked for or made."""
        return str(self.part("id", str))

    @property
    def records(self) -> list[Json]:
        """Those that are records, each with an id and properties."""
        return [
            {**row, "id": str(row["id"]), "properties": row.get("properties") or {}}
            for row in self.rows
            if row.get("id") is not None
        ]


@dataclass(frozen=True)
class _Call:
    method: str
    path: str
    query: Query = ()
    body: Json | None = None
    form: Sequence[Part] = ()


class HubSpotClient:
    """Calls to one account; may raise ``AuthError``, ``ConfigError``, ``RetryLater`` or ``VendorRefusal``.

    ``account`` is what the account tells of itself. What people wait for goes through ``interactive``.
    """

    def __init__(self, settings: HubSpotSettings, context: ConnectorContext) -> None:
        self._settings = settings
        self._context = context
        self._lane: Lane = "bulk"
        self.access = Access(settings, context)
        self.pace = Pace(settings, context)
        context.transport.mark_safe("POST", r"/(search|batch/read)$")
        context.transport.leave_to_caller(TOO_MANY)

    @cached_property
    def interactive(self) -> HubSpotClient:
        """The same account in the lane of calls somebody waits for."""
        other = copy(self)
        other._lane = "interactive"  # noqa: SLF001 - its own copy
        return other

    @cached_property
    def account(self) -> Json:
        """Number, time zone and currency of the account, asked for once."""
        reply = self.get(ACCOUNT)
        reply.part("portalId", int)
        details = reply.body
        self.pace.learn_zone(details.get("timeZone"))
        return details

    def now(self) -> datetime:
        """The present instant of this connection."""
        return self._context.clock.now()

    def get(self, path: str, query: Query = ()) -> Reply:
        """Read a resource."""
        return self._carry_out(_Call("GET", path, query=query))

    def post(self, path: str, body: Json) -> Reply:
        """Ask or write by POST."""
        return self._carry_out(_Call("POST", path, body=body))

    def patch(self, path: str, body: Json) -> Reply:
        """Change a resource."""
        return self._carry_out(_Call("PATCH", path, body=body))

    def delete(self, path: str) -> Reply:
        """Take a resource away."""
        return self._carry_out(_Call("DELETE", path))

    def upload(self, path: str, form: Sequence[Part]) -> Reply:
        """Send a form with a file."""
        return self._carry_out(_Call("POST", path, form=form))

    def _carry_out(self, call: _Call) -> Reply:
        try:
            self.pace.wait_as_told()
            answer = self._in_turn(call, self.access.token(), _MOST_SENDINGS, may_renew=self.access.can_renew)
        except OutOfQuota:
            raise
        except RetryLater as later:  # no answer to trust: the transport knows when to ask again
            self.pace.hold(later.retry_at)
            raise
        if isinstance(answer, Refused):
            where = f"{self._context.connection}: {call.method} {call.path}"
            raise to_our_error(answer, where, self._context.clock.now(), self._reconnect)
        self._learn_zone_in_time(call)
        return answer

    def _in_turn(self, call: _Call, token: str, left: int, *, may_renew: bool) -> Reply | Refused:
        """Send; a refused token is replaced once, and a full window waited for: 401 and 429 mean not carried out."""
        self.pace.admit(call.path, self._lane)
        answer = self._send(call, token)
        if isinstance(answer, Reply):
            return answer
        if answer.status == TOO_MANY:
            self.pace.refused(answer.headers, parsed(answer.text), _told_at(answer.headers))
            return self._in_turn(call, token, left - 1, may_renew=may_renew) if left > 1 else answer
        if answer.status == 401 and may_renew:
            return self._in_turn(call, self.access.replace(token), left - 1, may_renew=False)
        return answer

    def _learn_zone_in_time(self, call: _Call) -> None:
        """Ask when the account's day ends while it may still be asked."""
        if self.pace.wants_zone and call.path != ACCOUNT and "account" not in vars(self):
            _ = self.account

    def _send(self, call: _Call, token: str) -> Reply | Refused:
        from hubspot.crm.objects.exceptions import ApiException  # noqa: PLC0415 - takes a third of a second to import

        headers = {"Authorization": f"Bearer {token}"}
        if call.form:
            headers["Content-Type"] = "multipart/form-data"
        try:
            answer = self._library.call_api(
                call.path, call.method, {}, list(call.query), headers,
                body=call.body, post_params=list(call.form), auth_settings=[], _preload_content=False,
            )  # fmt: skip
        except ApiException as error:
            self.pace.heard(error.headers or {})
            return Refused(error.status, error.headers or {}, error.body)
        self.pace.heard(answer.headers)
        where = f"{self._context.connection}: {call.method} {call.path}"
        return Reply(_object(answer.data, where), _told_at(answer.headers), where)

    @property
    def _reconnect(self) -> str:
        if self.access.can_renew:
            return f"run `inlay connect {self._context.connection}`"
        return "create a new token and put it into this connection"

    @cached_property
    def _library(self) -> ApiClient:
        client: ApiClient = api_client("objects", self._settings.base_url, self._context.transport.pool)
        return client


def _object(text: bytes, where: str) -> Json:
    """The body, which is an object wherever there is one."""
    found = orjson.loads(text) if text else {}
    if not isinstance(found, dict):
        raise odd_answer("that is no object", where)
    return found


def _told_at(headers: Mapping[str, str]) -> datetime | None:
    date = headers.get("Date")
    try:
        return parsedate_to_datetime(date).astimezone(UTC) if date else None
    except ValueError:
        return None

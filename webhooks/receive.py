"""The door for events: limit, verify, keep, answer. What an event means is found out later, by the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Request

from core.clock import Clock, iso
from core.store import Store
from webhooks.endpoints import Endpoint
from webhooks.keep import Keeper, NotKeptError, arrival_of, nothing
from webhooks.pace import Pace
from webhooks.request import Answer, Received, Refusal, SignedRequest
from webhooks.verify import is_genuine

LARGEST_BODY = 1_048_576
RETRY_SECONDS = 30
PLAIN = "text/plain"


class Door:
    """Takes the requests of one address."""

    def __init__(self, keeper: Keeper, clock: Clock, endpoint: Endpoint) -> None:
        self._keeper = keeper
        self._clock = clock
        self._endpoint = endpoint
        self._pace = Pace(clock, endpoint.per_second)

    def take(self, asked: Request) -> Response:
        """Limit, verify, keep, answer."""
        vendor = self._endpoint.vendor
        if asked.method == "HEAD":
            return _answer(200 if vendor.takes_head else 405)
        if not self._pace.admits():
            return _answer(429, "too many at once", {"Retry-After": "1"})
        now = self._clock.now()
        try:
            signed = _read(asked, self._endpoint, now.timestamp())
        except RequestEntityTooLarge:
            return _answer(413, "too large")
        if not is_genuine(vendor, self._endpoint.secrets, signed):
            return _answer(401, vendor.answer.refusal)
        try:
            events = self._wanted(vendor.events(signed))
        except Refusal as refusal:
            return _answer(400, str(refusal))
        return self._keep(events, iso(now), vendor.answer)

    def _keep(self, events: list[Received], at: str, answer: Answer) -> Response:
        try:
            self._keeper.keep([arrival_of(self._endpoint.connection, event, at) for event in events])
        except NotKeptError:  # disk full, database away, too many waiting: the sender keeps the event and comes again
            return _answer(503, "cannot be kept now", {"Retry-After": str(RETRY_SECONDS)})
        return Response(answer.body, answer.status, mimetype=answer.media_type)

    def _wanted(self, events: list[Received]) -> list[Received]:
        """An app of a vendor may send the events of many accounts to one address; those of others are not kept."""
        wanted = self._endpoint.account
        if wanted is None or self._endpoint.vendor.needs_account:
            return events
        return [event for event in events if event.account in (None, wanted)]


def receiver(
    store: Store, clock: Clock, endpoints: Mapping[str, Endpoint], kept: Callable[[], object] = nothing
) -> Blueprint:
    """The blueprint of ``POST /webhooks/<connection>``; ``kept`` is called when events are in the inbox.

    The vendor's own kind of yes once the events are in the inbox (or were before), 401 without a valid signature, 400
    when what was signed is no event, 413 when it is too large, 429 when there are too many, 503 when the store cannot
    keep it, so that the sender tries again.
    """
    blueprint = Blueprint("webhooks", __name__)
    keeper = Keeper(store, kept)
    doors = {name: Door(keeper, clock, endpoint) for name, endpoint in endpoints.items()}

    @blueprint.route("/webhooks/<connection>", methods=["POST", "HEAD"])
    def receive(connection: str) -> Response:
        """Verify one request, keep it, and answer."""
        door = doors.get(connection)
        return door.take(request) if door else _answer(404, "no webhooks are taken here")

    return blueprint


def _read(asked: Request, endpoint: Endpoint, at: float) -> SignedRequest:
    """The request as its signature covers it, read no further than the limit."""
    asked.max_content_length = LARGEST_BODY
    body = asked.get_data(cache=False)
    headers = {name.lower(): value for name, value in asked.headers.items()}
    query = asked.query_string.decode("latin-1")
    url = _address(endpoint.url or asked.base_url, query)
    return SignedRequest(asked.method, url, headers, body, endpoint.account, at, query)


def _address(base: str, query: str) -> str:
    """The address the sender was given, the query as it came unless the configured one has it."""
    return f"{base}?{query}" if query and "?" not in base else base


def _answer(status: int, text: str = "", headers: Mapping[str, str] | None = None) -> Response:
    return Response(text, status, headers, mimetype=PLAIN)

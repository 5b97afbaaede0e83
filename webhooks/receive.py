"""The door for events: limit, verify, keep, answer. What an event means is found out later, by the worker."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Request

from core.clock import Clock, iso
from core.store import Store
from core.store.inbox import receive_once
from webhooks.endpoints import Endpoint
from webhooks.request import Received, Refusal, SignedRequest
from webhooks.verify import genuine_scheme

LARGEST_BODY = 1_048_576
RETRY_SECONDS = 30


def receiver(store: Store, clock: Clock, endpoints: Mapping[str, Endpoint]) -> Blueprint:
    """The blueprint of ``POST /webhooks/<connection>``.

    202 once the events are in the inbox (or were before), 401 without a valid signature, 400 when what was signed is no
    event, 413 when it is too large, 503 when the store cannot keep it, so that the sender tries again.
    """
    blueprint = Blueprint("webhooks", __name__)

    @blueprint.post("/webhooks/<connection>")
    def receive(connection: str) -> Response:
        """Verify one request, keep it, and answer."""
        endpoint = endpoints.get(connection)
        if endpoint is None:
            return _answer(404, "no webhooks are taken here")
        try:
            signed = _read(request, endpoint)
        except RequestEntityTooLarge:
            return _answer(413, "too large")
        return _take(store, clock, endpoint, signed)

    return blueprint


def _take(store: Store, clock: Clock, endpoint: Endpoint, signed: SignedRequest) -> Response:
    now = clock.now()
    scheme = genuine_scheme(endpoint.scheme, endpoint.secrets, signed, now.timestamp())
    if scheme is None:
        return _answer(401, "the signature does not fit")
    try:
        events = scheme.events(signed)
    except Refusal as refusal:
        return _answer(400, str(refusal))
    try:
        _keep(store, endpoint.connection, events, iso(now))
    except SQLAlchemyError:  # disk full, database away: the sender keeps the event and comes again
        return _answer(503, "cannot be kept now", {"Retry-After": str(RETRY_SECONDS)})
    return _answer(202, "")


def _keep(store: Store, connection: str, events: list[Received], at: str) -> None:
    """Write all events of a request in one transaction, each unless it came before."""
    with store.begin() as conn:
        for event in events:
            receive_once(conn, connection, event.id, event.type, event.body, at)


def _read(asked: Request, endpoint: Endpoint) -> SignedRequest:
    """The request as its signature covers it, read no further than the limit."""
    asked.max_content_length = LARGEST_BODY
    body = asked.get_data(cache=False)
    headers = {name.lower(): value for name, value in asked.headers.items()}
    return SignedRequest(asked.method, _address(asked, endpoint), headers, body)


def _address(asked: Request, endpoint: Endpoint) -> str:
    """The address the sender was given: the configured one, else the one asked for; the query as it came."""
    query = asked.query_string.decode("latin-1")
    base = endpoint.url or asked.base_url
    return f"{base}?{query}" if query and "?" not in base else base


def _answer(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(text, status, headers, mimetype="text/plain")

"""What an app sends to whom (webhooks v3): settings and subscriptions, for whoever holds the developer account's key.

As the guide and the published specification have it: one address per app, ``https`` only; subscriptions are paused
unless made active; taking the settings away pauses all. The sandbox sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.hubspot.sandbox.calls import Answer, Call
from connectors.hubspot.sandbox.numbers import APP_ID
from connectors.hubspot.sandbox.refusals import Refusal, missing, rejected
from connectors.hubspot.sandbox.values import stamp
from connectors.sandbox.clock import SandboxClock

DEVELOPER_KEY = "5a5db0c0-dev0-4000-8000-00000000hapi"
FEWEST_AT_ONCE, MOST = 5, 1000
_OBJECTS = ("contact", "company", "deal", "ticket", "product", "line_item", "object")
_LINKED = frozenset({"contact", "company", "deal", "ticket", "line_item", "object"})
_CHANGE = "propertyChange"
EVENTS = frozenset(
    {f"{name}.{kind}" for name in _OBJECTS for kind in ("creation", "deletion", "merge", "restore", _CHANGE)}
    | {f"{name}.associationChange" for name in _LINKED}
    | {f"conversation.{kind}" for kind in ("creation", "deletion", "newMessage", "privacyDeletion", _CHANGE)}
    | {"contact.privacyDeletion"}
)
UNTOLD = frozenset({"hs_lastmodifieddate", "num_unique_conversion_events"})


@dataclass
class Webhooks:
    """One app's address and subscriptions."""

    clock: SandboxClock
    settings: dict[str, Any] | None = None
    subscriptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    _made: int = 0

    def next_id(self) -> str:
        """An id that no subscription has had."""
        self._made += 1
        return str(self._made + 10)

    def at(self) -> datetime:
        """The instant of a change."""
        return self.clock.tick()


def read_settings(app: Webhooks, _call: Call) -> Answer:
    """The address; 404 where none was ever set."""
    if app.settings is None:
        raise missing()
    return Answer(app.settings)


def change_settings(app: Webhooks, call: Call) -> Answer:
    """Another address, or other limits; the time of making stays."""
    body = call.body()
    target, throttling = body.get("targetUrl"), body.get("throttling")
    if not isinstance(target, str) or not target.startswith("https://"):
        raise rejected("targetUrl must be a valid https URL", code="INVALID_URL")
    most = throttling.get("maxConcurrentRequests") if isinstance(throttling, Mapping) else None
    if not isinstance(most, int) or most <= FEWEST_AT_ONCE:
        raise rejected(f"maxConcurrentRequests must be greater than {FEWEST_AT_ONCE}", code="INVALID_INTEGER")
    now = stamp(app.at())
    made = app.settings["createdAt"] if app.settings else now
    app.settings = {"targetUrl": target, "throttling": throttling, "createdAt": made, "updatedAt": now}
    return Answer(app.settings)


def clear_settings(app: Webhooks, _call: Call) -> Answer:
    """No address any more: all subscriptions are paused."""
    app.settings = None
    for one in app.subscriptions.values():
        one["active"] = False
    return Answer(status=204)


def list_subscriptions(app: Webhooks, _call: Call) -> Answer:
    """All of them, active and paused."""
    return Answer({"results": list(app.subscriptions.values())})


def read_subscription(app: Webhooks, _call: Call, number: str) -> Answer:
    """One of them."""
    return Answer(_needed(app, number))


def create_subscription(app: Webhooks, call: Call) -> Answer:
    """A new one: 201; paused unless it says otherwise."""
    body = call.body()
    kind, name = body.get("eventType"), body.get("propertyName")
    if kind not in EVENTS:
        raise rejected(f"Invalid eventType: {kind}", code="INVALID_EVENT_TYPE")
    if str(kind).endswith(_CHANGE) != isinstance(name, str) or name in UNTOLD:
        raise rejected(f"Invalid propertyName for {kind}: {name}", code="INVALID_PROPERTY")
    if any((one["eventType"], one.get("propertyName")) == (kind, name) for one in app.subscriptions.values()):
        raise Refusal(409, "A subscription for this event already exists", "CONFLICT")
    if len(app.subscriptions) >= MOST:
        raise rejected(f"An app can have at most {MOST} subscriptions", code="LIMIT_EXCEEDED")
    number, now = app.next_id(), stamp(app.at())
    about = {"propertyName": name} if name else {}
    made = {"id": number, "eventType": kind, **about, "active": body.get("active") is True}
    app.subscriptions[number] = {**made, "createdAt": now, "updatedAt": now}
    return Answer(app.subscriptions[number], 201)


def update_subscription(app: Webhooks, call: Call, number: str) -> Answer:
    """Pause or resume one."""
    found = _needed(app, number)
    found.update(active=call.body().get("active") is True, updatedAt=stamp(app.at()))
    return Answer(found)


def update_subscriptions(app: Webhooks, call: Call) -> Answer:
    """Pause or resume several: 207 where some are not there."""
    started, inputs = stamp(app.at()), call.body().get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(one, Mapping) for one in inputs):
        raise rejected("inputs must be a list", code="INVALID_JSON")
    wanted = {str(one.get("id")): one.get("active") is True for one in inputs}
    lost = sorted(wanted.keys() - app.subscriptions.keys())
    for number in wanted.keys() & app.subscriptions.keys():
        app.subscriptions[number].update(active=wanted[number], updatedAt=started)
    results = [app.subscriptions[number] for number in wanted if number in app.subscriptions]
    told = {"status": "COMPLETE", "results": results, "startedAt": started, "completedAt": stamp(app.at())}
    if not lost:
        return Answer(told)
    what = f"Failed to find subscriptions by id `{', '.join(lost)}`. Try again using a different subscriptionId."
    error = {
        "status": "error",
        "category": "SUBSCRIPTION_ID_NOT_FOUND",
        "subCategory": "SubscriptionErrors.SUBSCRIPTION_IDS_NOT_FOUND",
        "message": what,
        "context": {"subscriptionIds": lost},
    }
    return Answer({**told, "numErrors": 1, "errors": [error]}, 207)


def delete_subscription(app: Webhooks, _call: Call, number: str) -> Answer:
    """Take one away: 204."""
    _needed(app, number)
    del app.subscriptions[number]
    return Answer(status=204)


def admitted(handler: WebhooksHandler) -> WebhooksHandler:
    """Let in the developer account's key, and to the app that it owns."""

    def handle(app: Webhooks, call: Call, app_id: str, **values: str) -> Answer:
        """Check the key and the app, then handle."""
        if call.text("hapikey") != DEVELOPER_KEY:
            raise Refusal(401, "The API key provided is invalid.", "INVALID_AUTHENTICATION")
        if app_id != str(APP_ID):
            raise missing()
        return handler(app, call, **values)

    return handle


def _needed(app: Webhooks, number: str) -> dict[str, Any]:
    if number not in app.subscriptions:
        raise missing()
    return app.subscriptions[number]


WebhooksHandler = Callable[..., Answer]
WEBHOOKS_PATH = "/webhooks/v3/"
_APP = f"{WEBHOOKS_PATH}<app_id>"
WEBHOOKS_ROUTES: tuple[tuple[str, str, WebhooksHandler], ...] = tuple(
    (method, _APP + path, admitted(handler))
    for method, path, handler in (
        ("GET", "/settings", read_settings),
        ("PUT", "/settings", change_settings),
        ("DELETE", "/settings", clear_settings),
        ("GET", "/subscriptions", list_subscriptions),
        ("POST", "/subscriptions", create_subscription),
        ("POST", "/subscriptions/batch/update", update_subscriptions),
        ("GET", "/subscriptions/<number>", read_subscription),
        ("PATCH", "/subscriptions/<number>", update_subscription),
        ("DELETE", "/subscriptions/<number>", delete_subscription),
    )
)

"""The events that a HubSpot app sends: to which address, and of what; seen first, then made, resumed or taken away.

They belong to the app and not to an account, so HubSpot wants the key of the app's developer account (webhooks v3). The
app is taken for Inlay's own: what it tells of the objects below is Inlay's to make and to remove.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

import orjson

from connectors.hubspot.library import api_client
from connectors.hubspot.refusals import Refused, VendorRefusal, odd_answer, to_our_error
from connectors.hubspot.settings import EventsAppSettings, HubSpotSettings
from core.sdk import BugError, ConnectorContext, ProvisionStep

Json = dict[str, Any]
Key = tuple[str, str]
"""What one subscription is about: the type of event, and the property where that is a change of one."""

AIM, SUBSCRIBE, RESUME = "aim_webhooks", "subscribe", "resume_subscriptions"
UNSUBSCRIBE, FORGET = "unsubscribe", "forget_webhooks"
AT_ONCE = 10  # requests that HubSpot may have open to Inlay at the same time; it wants more than five
MOST = 1000
CHANGED = "propertyChange"

_ALL = ("creation", "deletion", "merge", "restore")
_LINKED = (*_ALL, "associationChange")
TOLD: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "companies": ("company", _LINKED),
    "contacts": ("contact", (*_LINKED, "privacyDeletion")),
    "deals": ("deal", _LINKED),
    "tickets": ("ticket", _LINKED),
    "products": ("product", _ALL),
    "line_items": ("line_item", _LINKED),
}
"""Per stream the name that its events have, and the types there are beside changes of properties."""

UNTOLD = frozenset({"hs_lastmodifieddate", "lastmodifieddate", "num_unique_conversion_events", "id", "archived"})
"""What cannot be subscribed to, moves with every change, or is no property."""

_T = TypeVar("_T")


class Subscriptions:
    """Plans and carries out what an app sends; may raise ``AuthError``, ``RetryLater`` and ``VendorRefusal``."""

    def __init__(self, settings: HubSpotSettings, context: ConnectorContext) -> None:
        self._app = settings.events_app
        self._base_url = settings.base_url
        self._context = context
        self._deeds: Mapping[str, Callable[[ProvisionStep], None]] = {
            AIM: self._aim,
            SUBSCRIBE: self._subscribe,
            RESUME: self._resume,
            UNSUBSCRIBE: self._unsubscribe,
            FORGET: self._forget,
        }

    def plan(self, url: str, properties: Mapping[str, Sequence[str]]) -> list[ProvisionStep]:
        """The steps by which the app tells ``url`` of these properties, and of all else that happens to their objects.

        Nothing where no app is named: then only a person can do it.
        """
        if self._app is None:
            return []
        held = {_key(one): one for one in self._held()}
        return [*self._aim_steps(url), *_subscribe_steps(held, properties), *_resume_steps(held, properties)]

    def plan_removal(self) -> list[ProvisionStep]:
        """The steps that take away what Inlay is told; the address goes too when nobody else is told anything."""
        if self._app is None:
            return []
        held = self._held()
        ours = [one for one in held if _is_ours(one)]
        steps = [
            ProvisionStep(f"unsubscribe {one['id']}", UNSUBSCRIBE, f"let HubSpot tell no more of {_words(one)}", 1)
            for one in ours
        ]
        if len(ours) == len(held) and self._target() is not None:
            steps.append(ProvisionStep("webhooks", FORGET, "let the HubSpot app send events nowhere", 1))
        return steps

    def takes(self, step: ProvisionStep) -> bool:
        """Whether a step is one of these."""
        return step.kind in self._deeds

    def carry_out(self, step: ProvisionStep) -> None:
        """Take one step; one that was taken before changes nothing."""
        self._deeds[step.kind](step)

    def _aim_steps(self, url: str) -> list[ProvisionStep]:
        target = self._target()
        if target == url:
            return []
        instead = f" instead of to {target}" if target else ""
        return [ProvisionStep(url, AIM, f"let the HubSpot app send its events to {url}{instead}", 1)]

    def _aim(self, step: ProvisionStep) -> None:
        body = {"targetUrl": step.name, "throttling": {"maxConcurrentRequests": AT_ONCE}}
        self._ask("PUT", "settings", body)

    def _subscribe(self, step: ProvisionStep) -> None:
        """Make what is missing of one object's subscriptions, active at once: HubSpot makes them paused else."""
        held = {_key(one) for one in self._held()}
        for kind, name in _keys_in(step.name):
            if (kind, name) in held:
                continue
            about = {"propertyName": name} if name else {}
            self._ask("POST", "subscriptions", {"eventType": kind, "active": True, **about})

    def _resume(self, step: ProvisionStep) -> None:
        ids = step.name.removeprefix("resume ").split(", ")
        inputs = [{"id": int(one), "active": True} for one in ids]
        self._ask("POST", "subscriptions/batch/update", {"inputs": inputs})

    def _unsubscribe(self, step: ProvisionStep) -> None:
        self._unless_gone(lambda: self._ask("DELETE", f"subscriptions/{step.name.removeprefix('unsubscribe ')}"))

    def _forget(self, _step: ProvisionStep) -> None:
        self._unless_gone(lambda: self._ask("DELETE", "settings"))

    def _target(self) -> str | None:
        """Where the app's events go; None where that was never said."""
        found = self._unless_gone(lambda: self._ask("GET", "settings"))
        return str(found["targetUrl"]) if found and found.get("targetUrl") else None

    def _held(self) -> list[Json]:
        found = self._ask("GET", "subscriptions").get("results")
        if not isinstance(found, list) or not all(isinstance(one, dict) and "eventType" in one for one in found):
            raise odd_answer("without results", self._where("subscriptions"))
        return found

    def _unless_gone(self, ask: Callable[[], _T]) -> _T | None:
        try:
            return ask()
        except VendorRefusal as refusal:
            if refusal.status != 404:
                raise
            return None

    def _ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """One call for the app; the key goes where HubSpot wants it, in the query, which nobody logs."""
        from hubspot.crm.objects.exceptions import ApiException  # noqa: PLC0415 - takes a third of a second to import

        app = self._needed
        address, query = f"/webhooks/v3/{app.id}/{path}", [("hapikey", app.developer_key.get_secret_value())]
        try:
            answer = self._library.call_api(
                address, method, {}, query, {}, body=body, auth_settings=[], _preload_content=False
            )
        except ApiException as error:
            refused = Refused(error.status, error.headers or {}, error.body)
            remedy = "copy the developer API key, and the app's id, from the developer account that owns the app"
            raise to_our_error(refused, self._where(path), self._context.clock.now(), remedy) from None
        found = orjson.loads(answer.data) if answer.data else {}
        return found if isinstance(found, dict) else {}

    @property
    def _needed(self) -> EventsAppSettings:
        if self._app is None:
            raise BugError("no app is named that sends events", where=self._context.connection)
        return self._app

    @cached_property
    def _library(self) -> Any:
        return api_client("objects", self._base_url, self._context.transport.pool)

    def _where(self, path: str) -> str:
        return f"{self._context.connection}: webhooks {path}"


def _subscribe_steps(held: Mapping[Key, Json], properties: Mapping[str, Sequence[str]]) -> Iterator[ProvisionStep]:
    """One step per object, which names all that is missing of it."""
    for stream, wanted in _wanted(properties).items():
        missing = [one for one in wanted if one not in held]
        if missing:
            singular = TOLD[stream][0]
            plain = [kind.partition(".")[2] for kind, name in missing if not name]
            changes = [name for _, name in missing if name]
            told = [*plain, *([f"changes of {', '.join(changes)}"] if changes else [])]
            name = f"{singular}: {', '.join([*plain, *(f'{CHANGED}.{one}' for one in changes)])}"
            yield ProvisionStep(name, SUBSCRIBE, f"let HubSpot tell of {stream}: {', '.join(told)}", len(missing) + 1)


def _resume_steps(held: Mapping[Key, Json], properties: Mapping[str, Sequence[str]]) -> Iterator[ProvisionStep]:
    wanted = [key for keys in _wanted(properties).values() for key in keys]
    paused = [held[key] for key in wanted if key in held and not held[key].get("active")]
    if paused:
        summary = f"let HubSpot tell again of {', '.join(map(_words, paused))}: that is paused"
        yield ProvisionStep(f"resume {', '.join(str(one['id']) for one in paused)}", RESUME, summary, 1)


def _wanted(properties: Mapping[str, Sequence[str]]) -> dict[str, list[Key]]:
    """All subscriptions that should be, per stream."""
    found: dict[str, list[Key]] = {}
    for stream, names in properties.items():
        if stream in TOLD:
            singular, kinds = TOLD[stream]
            changes = [(f"{singular}.{CHANGED}", name) for name in names if name not in UNTOLD]
            found[stream] = [*((f"{singular}.{kind}", "") for kind in kinds), *changes]
    return found


def _keys_in(name: str) -> Iterator[Key]:
    """The subscriptions that a step's name tells."""
    singular, _, told = name.partition(": ")
    for one in told.split(", "):
        kind, _, about = one.partition(".")
        yield f"{singular}.{kind}", about


def _key(held: Json) -> Key:
    return str(held["eventType"]), str(held.get("propertyName") or "")


def _is_ours(held: Json) -> bool:
    singular, _, kind = _key(held)[0].partition(".")
    return any(singular == name and kind in (*kinds, CHANGED) for name, kinds in TOLD.values())


def _words(held: Json) -> str:
    kind, name = _key(held)
    return f"{kind} {name}".rstrip()

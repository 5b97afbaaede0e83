"""The address to which Stripe sends its events: made when it is missing, and mended when it has gone stale.

Stripe tells the secret of an endpoint once, in the answer to its making; it is handed to the admin and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from connectors.stripe.client import API_VERSION, StripeApi
from connectors.stripe.streams import SOURCES
from core.sdk import AuthError, BugError, ProvisionStep, RawRecord

MAKE, MEND, REMOVE = "make_endpoint", "mend_endpoint", "remove_endpoint"
PATH = "webhook_endpoints"
MARK = "Inlay"
WANTED: tuple[str, ...] = tuple(sorted({name for source in SOURCES.values() for name in source.all_events}))


def plan_endpoint(api: StripeApi, url: str) -> list[ProvisionStep]:
    """Nothing where Stripe sends all wanted events to ``url`` already; else the one step that makes it so."""
    found = next((one for one in _endpoints(api) if one.get("url") == url), None)
    if found is None:
        return [ProvisionStep(url, MAKE, f"let Stripe send {len(WANTED)} kinds of events to {url}", 1)]
    if found.get("status") != "enabled":
        return [ProvisionStep(url, MEND, f"let Stripe send events to {url} again: it has given up on it", 2)]
    missing = _missing(found)
    return [ProvisionStep(url, MEND, f"let Stripe also send {', '.join(missing)} to {url}", 2)] if missing else []


def plan_endpoint_removal(api: StripeApi) -> list[ProvisionStep]:
    """The steps that take away the addresses that Inlay made; a key that may not even see them has made none."""
    try:
        made = [str(one["url"]) for one in _endpoints(api) if one.get("description") == MARK]
    except AuthError:
        return []
    return [ProvisionStep(url, REMOVE, f"let Stripe send no more events to {url}", 2) for url in made]


def carry_out(api: StripeApi, step: ProvisionStep) -> str | None:
    """Make, mend or remove an address; returns the secret of a new one, in words for the admin."""
    if step.kind == MAKE:
        made = api.create(
            PATH, {"url": step.name, "enabled_events": WANTED, "api_version": API_VERSION, "description": MARK}
        )
        return f"the secret of these webhooks, which Stripe shows only now: {made['secret']}"
    found = next((one for one in _endpoints(api) if one.get("url") == step.name), None)
    if step.kind not in (MEND, REMOVE):
        raise BugError(f"Stripe has no step called {step.kind}", where=step.name)
    if found is not None and step.kind == REMOVE:
        api.delete(PATH, str(found["id"]))
    elif found is not None:
        events = sorted({*WANTED, *found.get("enabled_events", ())})
        api.update(PATH, str(found["id"]), {"enabled_events": events, "disabled": False})
    return None


def _endpoints(api: StripeApi) -> Sequence[RawRecord]:
    """All of them: an account may have sixteen."""
    return api.page(PATH, {}).records


def _missing(endpoint: RawRecord) -> list[str]:
    sent = set(endpoint.get("enabled_events", ()))
    return [] if "*" in sent else [name for name in WANTED if name not in sent]

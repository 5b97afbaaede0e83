"""Who writes in a call, and what the call's headers allow them."""

from __future__ import annotations

from dataclasses import replace

from connectors.salesforce.sandbox.calls import Call
from connectors.salesforce.sandbox.duplicates import allows_duplicates
from connectors.salesforce.sandbox.org import Actor, Org

_DUPLICATES = "Sforce-Duplicate-Rule-Header"


def actor_of(org: Org, call: Call) -> Actor:
    """Return the actor of one call; time advances, and all rows of the call share the instant."""
    return replace(org.act(call.user_id), allows_duplicates=allows_duplicates(call.header(_DUPLICATES)))

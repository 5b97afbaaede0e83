"""A stateful simulator of HubSpot's CRM API, built from the vendor's documentation.

``sandbox(firm, clock)`` is a WSGI application with the API at its root path; ``TOKEN`` opens it like a private app's
token, the OAuth constants like an installed app. ``configure`` switches what is documented in two ways or costs time
(index lag, rate limits, lifecycle refusal, merges); see ``behaviour.Behaviour``.
"""

from __future__ import annotations

from connectors.hubspot.sandbox.access import AUTHORIZATION_CODE, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, TOKEN
from connectors.hubspot.sandbox.account import Account
from connectors.hubspot.sandbox.app import HubSpotSandbox
from connectors.hubspot.sandbox.crm import Crm
from connectors.hubspot.sandbox.loader import Loader
from connectors.hubspot.sandbox.schema import Schema
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.firm import Firm

__all__ = [
    "AUTHORIZATION_CODE",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "REFRESH_TOKEN",
    "TOKEN",
    "HubSpotSandbox",
    "account_of",
    "sandbox",
]


def sandbox(firm: Firm, clock: SandboxClock) -> HubSpotSandbox:
    """A HubSpot account that holds the firm's HubSpot half, behind its API."""
    return HubSpotSandbox(account_of(firm, clock))


def account_of(firm: Firm, clock: SandboxClock, schema: Schema | None = None) -> Crm:
    """The account alone; ``schema`` is one that another account has had, with the properties made there."""
    crm = Crm(Account("GBP", "Europe/London", clock.now()), clock, schema)
    Loader(crm, firm).load()
    return crm

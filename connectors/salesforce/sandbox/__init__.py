"""A stateful simulator of the Salesforce REST API, built from the vendor's documentation (see README.md)."""

from __future__ import annotations

from connectors.salesforce.sandbox.app import SalesforceSandbox
from connectors.salesforce.sandbox.firm_loader import load_firm
from connectors.salesforce.sandbox.org import LONG_AGO
from connectors.salesforce.sandbox.site import open_site
from connectors.salesforce.sandbox.staff import (
    CALLBACK_URL,
    CONSUMER_KEY,
    CONSUMER_SECRET,
    INTEGRATION_USERNAME,
    PASSWORD,
    REFRESH_TOKEN,
    SECURITY_TOKEN,
    TOKEN,
    hire,
)
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.firm import Firm

__all__ = [
    "CALLBACK_URL",
    "CONSUMER_KEY",
    "CONSUMER_SECRET",
    "INTEGRATION_USERNAME",
    "PASSWORD",
    "REFRESH_TOKEN",
    "SECURITY_TOKEN",
    "TOKEN",
    "SalesforceSandbox",
    "sandbox",
]


def sandbox(firm: Firm, clock: SandboxClock) -> SalesforceSandbox:
    """Return the simulator of an org that holds the Salesforce part of ``firm``."""
    site = open_site(clock)
    load_firm(site, firm, hire(site, firm))
    site.org.described_at = LONG_AGO
    return SalesforceSandbox(clock, site)

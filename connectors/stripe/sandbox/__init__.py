"""A stateful simulator of the Stripe API, version 2026-10-28.endive, for the demo and the tests."""

from __future__ import annotations

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.firm import Firm
from connectors.sandbox.web import SandboxApp
from connectors.stripe.sandbox.app import READING_TOKEN, TOKEN, StripeSandbox
from connectors.stripe.sandbox.books import API_VERSION

__all__ = ["API_VERSION", "READING_TOKEN", "TOKEN", "sandbox"]


def sandbox(firm: Firm, clock: SandboxClock) -> SandboxApp:
    """The Stripe account of ``firm``; serve it with ``connectors.sandbox.server.serve``."""
    return StripeSandbox(firm, clock)

"""What the CRM says of a client, as signals that a play may ask for."""

from __future__ import annotations

from core.sdk import Clients, Column, signal


@signal("segment.status", kind="text", keep="nothing")
def status(clients: Clients) -> Column:
    """Status of the client, such as active or prospect."""
    return Column(clients.status, "as the CRM says")


@signal("segment.type", kind="text", keep="nothing")
def client_type(clients: Clients) -> Column:
    """Type of the client."""
    return Column(clients.client_type, "as the CRM says")


@signal("segment.tier", kind="text", keep="nothing")
def tier(clients: Clients) -> Column:
    """Tier that somebody gave the client in the CRM."""
    return Column(clients.tier, "as the CRM says")


@signal("segment.industry", kind="text", keep="nothing")
def industry(clients: Clients) -> Column:
    """Industry of the client."""
    return Column(clients.industry, "as the CRM says")


SIGNALS = [status, client_type, tier, industry]

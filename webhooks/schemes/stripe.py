"""Stripe: ``Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>]`` over ``<t>.<body>``, the secret used as plain text.

While a secret is being rolled Stripe sends one ``v1`` per secret; ``v0`` is made with a key nobody has, and ignored.
"""

from __future__ import annotations

from webhooks.reading import read_object, text_at, whole_number
from webhooks.request import Claim, Received, Refusal, Scheme, SignedRequest

HEADER = "stripe-signature"


def claim(request: SignedRequest) -> Claim:
    """Read the header; exactly one ``t`` has to be in it."""
    pairs = [part.partition("=") for part in request.header(HEADER).split(",")]
    times = [value for name, _, value in pairs if name.strip() == "t"]
    if len(times) != 1:
        raise Refusal("the signature names no time, or several")
    signatures = tuple(value for name, _, value in pairs if name.strip() == "v1")
    return Claim(f"{times[0]}.".encode() + request.body, signatures, whole_number(times[0]))


def events(request: SignedRequest) -> list[Received]:
    """One event; Stripe's own id tells repeats."""
    found = read_object(request.body)
    return [Received(text_at(found, "id"), text_at(found, "type"), request.body)]


STRIPE = Scheme(claim, bytes.hex, events)

"""Stripe: ``Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>]`` over ``<t>.<body>``, the secret used as plain text.

While a secret is being rolled Stripe sends one ``v1`` per secret; ``v0`` is made with a key nobody has, and ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.store.touches import Touch
from webhooks.reading import Json, digest_of, id_or_none, object_at, read_object, text_at, whole_number
from webhooks.request import Claim, Received, Refusal, Scheme, SignedRequest, Vendor

HEADER = "stripe-signature"
PASSING = ("pending_webhooks",)  # counts the endpoints that have not answered yet
STREAMS: Mapping[str, str] = MappingProxyType(
    {
        "customer": "customers",
        "subscription": "subscriptions",
        "invoice": "invoices",
        "invoice_payment": "payments",
        "credit_note": "credit_notes",
    }
)
OF_PAYMENTS = frozenset({"charge", "refund", "dispute"})  # they name the charge, not the payment it belongs to
GONE = frozenset({"customer.deleted", "invoice.deleted"})  # a subscription that is "deleted" has ended and is shown


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
    told = text_at(found, "type")
    account = id_or_none(found, "account")
    return [
        Received(text_at(found, "id"), told, request.body, _touches(found, told), account, digest_of(found, PASSING))
    ]


def _touches(found: Json, told: str) -> tuple[Touch, ...]:
    thing = object_at(object_at(found, "data"), "object")
    kind = thing.get("object")
    if not thing:  # a "thin" event of API v2 names its object only
        thing = object_at(found, "related_object")
        kind = str(thing.get("type", "")).rpartition(".")[2]
    if not isinstance(kind, str):
        return ()
    if kind in OF_PAYMENTS:
        return (Touch("payments", ""),)
    record = id_or_none(thing, "id")
    if kind not in STREAMS or record is None:  # such as an invoice that is only to come: it has no id yet
        return ()
    return (Touch(STREAMS[kind], record, "deleted" if told in GONE else None),)


STRIPE = Vendor((Scheme(claim),), events)

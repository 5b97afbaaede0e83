"""Pipedrive: no signature, only the HTTP Basic name and password that the webhook was made with.

The secret is ``<name>:<password>``. Version 2 sends ``meta``, ``data`` and ``previous``; version 1 ``current`` instead.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from types import MappingProxyType

from core.errors import ConfigError
from core.store.touches import Touch
from webhooks.reading import Json, digest_of, id_or_none, name_of, object_at, read_object, short_text
from webhooks.request import Answer, Claim, Received, Refusal, Scheme, SignedRequest, Vendor
from webhooks.schemes.body import shown

BASIC = "basic "
PASSING = ("attempt", "retry")  # in `meta`, and in version 1 beside it
SHORTEST_PASSWORD = 12
STREAMS: Mapping[str, str] = MappingProxyType(
    {
        "deal": "deals", "person": "persons", "organization": "organizations", "activity": "activities",
        "product": "products", "lead": "leads", "note": "notes", "user": "users", "project": "projects",
        "task": "tasks", "pipeline": "pipelines", "stage": "stages",
    }
)  # fmt: skip
GONE = frozenset({"delete", "deleted"})


def claim(request: SignedRequest) -> Claim:
    """Name and password, as the header writes them."""
    told = request.header("authorization")
    if not told.lower().startswith(BASIC):
        raise Refusal("the request does not log in by Basic")
    try:
        login = base64.b64decode(told[len(BASIC) :].strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise Refusal("name and password cannot be read") from None
    return Claim(b"", (login,))


def secret_key(secret: str) -> bytes:
    """Name and password; raises ``ConfigError`` where one is missing, or the password is easily guessed."""
    name, _, password = secret.partition(":")
    if not name or len(password) < SHORTEST_PASSWORD:
        remedy = f"write <name>:<password> as given to Pipedrive, the password of {SHORTEST_PASSWORD} letters or more"
        raise ConfigError("not a login for Pipedrive", where="webhook.secrets", remedy=remedy)
    return secret.encode()


def events(request: SignedRequest) -> list[Received]:
    """One change of one object."""
    found = read_object(request.body)
    meta = object_at(found, "meta")
    kind = short_text(meta.get("entity", meta.get("object")), "meta.entity")
    action = short_text(meta.get("action"), "meta.action")
    record = id_or_none(meta, "entity_id") or id_or_none(meta, "id")
    said = {name: value for name, value in meta.items() if name not in PASSING}
    touches = _touches(meta, STREAMS[kind], action, record) if kind in STREAMS and record else ()
    account = id_or_none(meta, "company_id")
    whole = digest_of({**found, "meta": said}, PASSING)
    return [Received(name_of(said), f"{kind}.{action}", request.body, touches, account, whole)]


def _touches(meta: Json, stream: str, action: str, record: str) -> tuple[Touch, ...]:
    if action not in GONE:
        return (Touch(stream, record),)
    winner = id_or_none(meta, "merged_to_id")
    return (
        (Touch(stream, record, "merged", winner), Touch(stream, winner))
        if winner
        else (Touch(stream, record, "deleted"),)
    )


PIPEDRIVE = Vendor((Scheme(claim, bytes.decode, shown, secret_key),), events, Answer(200))

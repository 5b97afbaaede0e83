"""Zoho CRM notifications: no signature, only the token that the channel was made with, inside the body.

So the body is read before it is believed, under the same limits as any other, and kept without the token.
"""

from __future__ import annotations

import orjson

from core.connector import GoneReason
from core.errors import ConfigError
from core.store.touches import Touch
from webhooks.reading import Json, digest_of, id_or_none, name_of, read_object, short_text, text_at
from webhooks.request import Answer, Claim, Received, Refusal, Scheme, SignedRequest, Vendor
from webhooks.schemes.body import shown

SHORTEST_TOKEN, LONGEST_TOKEN = 16, 50
MOST_IDS = 1000


def claim(request: SignedRequest) -> Claim:
    """The token."""
    token = read_object(request.body).get("token")
    if not isinstance(token, str) or not token:
        raise Refusal("the body has no token")
    return Claim(b"", (token,))


def secret_key(secret: str) -> bytes:
    """The token; raises ``ConfigError`` where it is easily guessed, or longer than Zoho takes."""
    if not SHORTEST_TOKEN <= len(secret) <= LONGEST_TOKEN:
        remedy = f"choose a random one of {SHORTEST_TOKEN} to {LONGEST_TOKEN} letters"
        raise ConfigError("not a token for Zoho", where="webhook.secrets", remedy=remedy)
    return secret.encode()


def events(request: SignedRequest) -> list[Received]:
    """One change of some records of one module."""
    found = {name: value for name, value in read_object(request.body).items() if name != "token"}
    module, operation = text_at(found, "module"), text_at(found, "operation")
    gone: GoneReason | None = "deleted" if operation == "delete" else None
    touches = tuple(Touch(module, record, gone) for record in _ids(found))
    # Without a time two changes of the same records look alike, and the second must not pass for a repeat.
    when = id_or_none(found, "server_time") or request.at
    name = name_of(id_or_none(found, "channel_id"), module, operation, found.get("ids"), when)
    return [Received(name, f"{module}.{operation}", orjson.dumps(found), touches, digest=digest_of(found))]


def _ids(found: Json) -> list[str]:
    ids = found.get("ids")
    if not isinstance(ids, list) or len(ids) > MOST_IDS:
        raise Refusal("the body has no usable `ids`")
    return [str(one) if type(one) is int else short_text(one, "ids") for one in ids]


ZOHO = Vendor((Scheme(claim, bytes.decode, shown, secret_key),), events, Answer(200))

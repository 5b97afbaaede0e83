"""SurveyMonkey: ``Sm-Signature``, a base64 HMAC-SHA1 of the body with the key ``<client id>&<client secret>``.

Before it makes a subscription SurveyMonkey asks by HEAD whether the address answers 200.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from types import MappingProxyType

from core.connector import GoneReason
from core.errors import ConfigError
from core.store.touches import Touch
from webhooks.reading import base64_text, digest_of, id_or_none, name_of, object_at, read_object, text_at
from webhooks.request import Answer, Received, Scheme, SignedRequest, Vendor
from webhooks.schemes.body import claim_of

STREAMS: Mapping[str, str] = MappingProxyType({"response": "responses", "collector": "collectors", "survey": "surveys"})


def digest(key: bytes, content: bytes) -> bytes:
    """HMAC-SHA1: its weakness is collisions, which need the key."""
    return hmac.digest(key, content, hashlib.sha1)


def secret_key(secret: str) -> bytes:
    """Client id and client secret, joined as SurveyMonkey does; raises ``ConfigError`` where one of them is missing."""
    client, _, password = secret.partition("&")
    if not client or not password:
        remedy = "write client id and client secret joined by &: <client id>&<client secret>"
        raise ConfigError("not a secret of SurveyMonkey", where="webhook.secrets", remedy=remedy)
    return secret.encode()


def events(request: SignedRequest) -> list[Received]:
    """One event; thin, and not sure to have an id of its own: what happened to what and when names it."""
    found = read_object(request.body)
    told, kind = text_at(found, "event_type"), text_at(found, "object_type")
    record, when = id_or_none(found, "object_id"), id_or_none(found, "event_datetime")
    name = name_of(id_or_none(found, "event_id"), told, kind, record, when)
    gone: GoneReason | None = "deleted" if told.endswith("_deleted") else None
    touches = (Touch(STREAMS[kind], record, gone),) if kind in STREAMS and record else ()
    account = id_or_none(object_at(found, "resources"), "user_id")
    return [Received(name, told, request.body, touches, account, digest_of(found))]


SURVEYMONKEY = Vendor(
    (Scheme(claim_of("sm-signature"), base64_text, digest, secret_key),), events, Answer(200), takes_head=True
)

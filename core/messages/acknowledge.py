"""Links by which somebody says "I have seen it", without a login: signed, for one message, and for some days only.

An acknowledgement is a row of the inbox, kept once, settled as it comes: no connection has to do anything about it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Connection

from core.clock import iso
from core.store.bulk import select_in
from core.store.inbox import Arrival, receive, settle_until
from core.store.tables import inbox

SALT = "inlay.acknowledge"  # a token of another purpose, signed with the same secret, opens nothing here
PLACE = ":acknowledge"  # no connection can be called so
LAST = 2**62
LONGEST = 400  # characters of a token; ours have about 120


@dataclass(frozen=True)
class Acknowledgements:
    """Makes links and reads them; ``secrets`` are all that are valid, the newest last."""

    url: str
    secrets: tuple[str, ...]

    def link(self, key: str, until: datetime) -> str:
        """The address at which the message with this key is acknowledged."""
        token = self._serializer().dumps([key, int(until.timestamp())])
        return f"{self.url.rstrip('/')}/acknowledge/{token}"

    def key_of(self, token: str, now: datetime) -> str | None:
        """The key of the message a token was made for; None when it is forged, of another purpose, or too old."""
        if len(token) > LONGEST:
            return None
        try:
            content = self._serializer().loads(token)
        except BadSignature:
            return None
        match content:
            case [str(key), int(until)] if now < datetime.fromtimestamp(until, UTC):
                return key
        return None

    def _serializer(self) -> URLSafeSerializer:
        return URLSafeSerializer(
            list(self.secrets), SALT, signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
        )


def acknowledge(conn: Connection, key: str, now: datetime) -> None:
    """Keep that a message was seen; the first time counts."""
    digest = hashlib.sha256(key.encode()).digest()
    receive(conn, [Arrival(PLACE, key, "acknowledged", b"{}", iso(now), digest, "[]")])
    settle_until(conn, PLACE, LAST, "done")


def acknowledged(conn: Connection, keys: Collection[str]) -> dict[str, str]:
    """Those of the messages that were seen, and since when."""
    rows = select_in(conn, inbox, ("event_id", "received_at"), "event_id", keys, fixed={"connection": PLACE})
    return {row[0]: row[1] for row in rows}

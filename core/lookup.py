"""Finding the client a person means: by id, by a vendor's id, or by a part of the name."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from rapidfuzz import fuzz, process
from sqlalchemy import Connection

from core.errors import ConfigError
from core.store.crosswalk import resolve
from core.store.golden import lookup, read_golden

SHOWN = 6
CLOSE = 60.0


@dataclass(frozen=True)
class FoundClient:
    """A client and the name people know it by."""

    id: str
    name: str


def find_client(conn: Connection, text: str) -> FoundClient:
    """The one client that ``text`` means; ``ConfigError`` lists the candidates when it means none or several."""
    exact = lookup(conn, "client", [resolve(conn, "client", [text])[text]])
    if exact:
        return next(_client(id_, row.data) for id_, row in exact.items())
    clients = [_client(row.id, row.data) for row in read_golden(conn, "client")]
    matches = [client for client in clients if text.casefold() in client.name.casefold()]
    whole = [client for client in matches if text.casefold() == client.name.casefold()]
    ending = [client for client in clients if client.id.rpartition("/")[2] == text]
    for candidates in (ending, whole, matches):
        if len(candidates) == 1:
            return candidates[0]
    raise _unclear(text, matches, clients)


def _client(id_: str, data: str) -> FoundClient:
    return FoundClient(id_, orjson.loads(data).get("name") or id_)


def _unclear(text: str, matches: list[FoundClient], clients: list[FoundClient]) -> ConfigError:
    if matches:
        names = "; ".join(f"{client.name} ({client.id})" for client in matches[:SHOWN])
        return ConfigError(f"`{text}` may mean {len(matches)} clients", where="CLIENT", remedy=f"name one: {names}")
    close = process.extract(text, [client.name for client in clients], scorer=fuzz.WRatio, limit=3, score_cutoff=CLOSE)
    remedy = f"did you mean {' or '.join(name for name, _, _ in close)}?" if close else "`inlay sync` reads them"
    return ConfigError(f"no client is called `{text}`", where="CLIENT", remedy=remedy)

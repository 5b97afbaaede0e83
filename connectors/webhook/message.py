"""One row as the automation gets it: what is to be done to which record, under an id that every attempt repeats."""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import blake2b
from typing import Any

from core.sdk import Verb, WriteRow, iso

TYPES: dict[Verb, str] = {"update": "record.update", "upsert": "record.create", "delete": "record.delete"}


def id_of(stream: str, verb: Verb, row: WriteRow) -> str:
    """Made from the ledger's operations, so that a repetition is known; from the content where there are none."""
    told: list[Any] = list(row.operations) or [stream, verb, row.external_id, row.key, row.values]
    return "op_" + blake2b(json.dumps(told, default=str, sort_keys=True).encode(), digest_size=15).hexdigest()


def body_of(stream: str, verb: Verb, row: WriteRow, at: datetime) -> bytes:
    """The body: ``record`` is the CRM's own id, ``key`` what a new record is to be known by."""
    data: dict[str, Any] = {"stream": stream, "record": row.external_id, "values": dict(row.values)}
    if row.key is not None:
        data["key"] = {"field": row.key[0], "value": row.key[1]}
    if row.links:
        data["links"] = [{"stream": link.stream, "record": link.external_id} for link in row.links]
    content = {"type": TYPES[verb], "timestamp": iso(at), "data": data}
    return json.dumps(content, default=str, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()

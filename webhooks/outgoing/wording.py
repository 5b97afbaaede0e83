"""An event's words: its id, made from what happened, and its body, as it is signed and sent."""

from __future__ import annotations

from hashlib import blake2b

import orjson

from core.store.events import Event
from webhooks.outgoing.catalogue import EventData


def event_of(event_type: str, key: str, occurred_at: str, data: EventData) -> Event:
    """One event; ``key`` tells the happening apart from all others of its type."""
    digest = blake2b(f"{event_type}\0{key}".encode(), digest_size=15).hexdigest()
    content = {"type": event_type, "timestamp": occurred_at, "data": data.model_dump(mode="json")}
    return Event(f"evt_{digest}", event_type, occurred_at, orjson.dumps(content, option=orjson.OPT_SORT_KEYS))

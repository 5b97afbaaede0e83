"""What becomes of events that vendors send, said so that an admin knows what to do about those that change nothing."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.store.arrivals import Tally
from core.store.inbox import EventState
from core.store.touches import Touch, read_touches

OF_NO_RECORD = "about no record: nothing to do, or switch them off at the sender"
WORDS: Mapping[EventState, str] = MappingProxyType(
    {
        "new": "waiting",
        "done": "taken in",
        "ignored": "kept, change nothing",
        "dead": "could not be read",
        "conflict": "contradict another",
    }
)
REMEDIES: Mapping[EventState, str] = MappingProxyType(
    {
        "dead": "`inlay doctor` tells why; what they were about is read by the next sync",
        "conflict": "what they are about is read by the next sync; if it goes on, ask the sender about its ids",
    }
)


@dataclass(frozen=True)
class Reading:
    """What is read of a connection: the streams its connector has, and those of them that the mapping wants."""

    streams: Container[str]
    mapped: Container[str]


def remedy_of(tally: Tally, reading: Reading | None, scheme: str) -> str:
    """What to do about events of one kind; empty where all is well."""
    if tally.state != "ignored":
        return REMEDIES.get(tally.state, "")
    touches = read_touches(tally.touches) or []
    streams = sorted({touch.stream for touch in touches if not _is_read(touch, reading)})
    if not streams:
        return OF_NO_RECORD
    named = ", ".join(f"`{name}`" for name in streams)
    if reading is None:
        return f"about {named} of a connection that is no more in inlay.yaml"
    if all(name in reading.streams for name in streams):
        return f"the mapping does not read {named}: name it there, or switch these events off at the sender"
    return (
        f"no connector for {scheme} is installed that could be asked for {named}. They are kept as they came; until "
        "there is one, read an export with `connector: csv`, or let the sender post whole records to `scheme: generic` "
        "with `record:`"
    )


def _is_read(touch: Touch, reading: Reading | None) -> bool:
    return reading is not None and touch.stream in reading.mapped

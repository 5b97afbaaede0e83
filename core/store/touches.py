"""Which records an event is about: told by the door that received it, read by the worker that asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from core.connector import GoneReason


@dataclass(frozen=True, slots=True)
class Touch:
    """One record of a stream that an event is about, by the vendor's id.

    ``gone`` when the vendor says that the record is no more, ``into`` the record it was merged into. ``record`` is the
    record itself, where the event carries all of it and the vendor cannot be asked.
    """

    stream: str
    id: str
    gone: GoneReason | None = None
    into: str | None = None
    record: Mapping[str, Any] | None = None


def touches_text(touches: Sequence[Touch] | None) -> str:
    """Touches as the inbox keeps them; None (something changed, and the event does not say what) is an empty text."""
    if touches is None:
        return ""
    return orjson.dumps([[one.stream, one.id, one.gone, one.into, one.record] for one in touches]).decode()


def read_touches(text: str) -> list[Touch] | None:
    """What ``touches_text`` wrote."""
    return [Touch(*one) for one in orjson.loads(text)] if text else None

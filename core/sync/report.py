"""What a sync is handed and what it tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from core.connector import Connector
from core.errors import InlayError
from core.mapping import Mapping

StreamState = Literal["done", "failed", "held"]


@dataclass(frozen=True)
class ConnectionSetup:
    """One configured account, ready to be read: its name, its connector, its compiled mapping."""

    name: str
    connector: Connector
    mapping: Mapping


@dataclass(frozen=True)
class Progress:
    """How far one stream is; ``total`` is None where the vendor does not tell."""

    connection: str
    stream: str
    read: int
    changed: int
    total: int | None = None


Notify = Callable[[Progress], None]


def keep_silent(_progress: Progress) -> None:
    """Tell nobody."""


@dataclass
class StreamReport:
    """What one stream brought.

    ``failed`` when the system stopped answering (what was stored stays, the next sync reads on), ``held`` when so much
    had vanished that a person has to say it is true. ``gone`` counts records newly marked as no longer shown.
    """

    stream: str
    state: StreamState = "done"
    read: int = 0
    changed: int = 0
    parked: int = 0
    gone: int = 0
    duplicates: int = 0
    vanished: int = 0
    error: InlayError | None = None

    def facts(self) -> dict[str, Any]:
        """The numbers, and the error as one line, for the run's entry."""
        told = {name: value for name, value in vars(self).items() if name != "error" and value}
        return told if self.error is None else {**told, "error": self.error.what}


@dataclass
class SyncReport:
    """What one connection brought, stream by stream in the mapping's order."""

    connection: str
    run_id: str
    streams: list[StreamReport] = field(default_factory=list)
    remapped: int = 0

    @property
    def read(self) -> int:
        """Records the vendor showed."""
        return sum(stream.read for stream in self.streams)

    @property
    def changed(self) -> int:
        """Records that are new or different."""
        return sum(stream.changed for stream in self.streams)

    @property
    def parked(self) -> int:
        """Records that could not stand."""
        return sum(stream.parked for stream in self.streams)

    @property
    def errors(self) -> list[InlayError]:
        """Why streams stopped early."""
        return [stream.error for stream in self.streams if stream.error is not None]

    @property
    def complete(self) -> bool:
        """True when every stream was read to its end and nothing waits for a person."""
        return all(stream.state == "done" for stream in self.streams)


@dataclass
class RemapReport:
    """What a changed mapping made of the stored payloads: records normalised anew, refused, and accepted at last."""

    run_id: str | None = None
    remapped: int = 0
    parked: int = 0
    released: int = 0

"""Systems that tell of changes on a line that stays open: what a connector hears there, and how it is made to listen.

A connector that can listen is a ``Listener`` beside being a ``Connector``. What it hears is a hint, as a webhook is:
the records are asked for again, so that an event told twice, late or by halves can do no harm.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.connector import GoneReason

PULSE_SECONDS = 1.0


@dataclass(frozen=True)
class ToldChange:
    """One event: the same ``id`` whenever it is told again, and which records of ``stream`` it is about.

    Without ``records`` it does not say which. ``gone`` where they are no more, ``merged`` into which others some of
    them went. ``fields`` are the vendor fields that changed, without those that change with every write; None where
    that is not told. ``is_ours`` where Inlay itself made the change. ``told`` is what was said, as JSON and for people,
    without the values, which nobody believes.
    """

    id: str
    kind: str
    stream: str
    records: Sequence[str] = ()
    gone: GoneReason | None = None
    merged: Mapping[str, str] = field(default_factory=dict)
    fields: frozenset[str] | None = None
    is_ours: bool = False
    told: bytes = b"{}"


@dataclass(frozen=True)
class Heard:
    """What came at once, and the ``position`` to go on from once it is kept; None while that has not moved.

    ``is_gap``: what happened before is told by nobody, so the connection has to be read on.
    """

    changes: Sequence[ToldChange] = ()
    position: str | None = None
    is_gap: bool = False

    @property
    def is_silence(self) -> bool:
        """Whether nothing was said at all."""
        return not self.changes and self.position is None and not self.is_gap


class Listener(ABC):
    """A connector whose system can be listened to."""

    @property
    @abstractmethod
    def is_listening(self) -> bool:
        """Whether the admin wants this connection to be listened to; no network."""

    @abstractmethod
    def listen(self, since: str | None) -> Iterator[Heard]:
        """Listen from a position on (None: from now on, which is a gap), until the iterator is closed or raises.

        Yields at least every ``PULSE_SECONDS``, silence if need be, so that whoever listens can stop. No more is asked
        of the system than was taken from the iterator: one that is slow keeps it waiting. Raises ``RetryLater`` for a
        line that was cut, ``AuthError``, and ``ConfigError`` where there is nothing to listen to.
        """

"""Access a vendor granted us: kept apart from settings, because vendors replace it while we work.

A refresh token may be good once only. So one renewal at a time per connection, whoever asks; whoever comes second
gets what the first one was given.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock


@dataclass(frozen=True)
class Grant:
    """What a vendor gave: tokens, the address to use them at, and until when. Its text shows no token."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    address: str | None = None
    good_until: datetime | None = None


Ask = Callable[[Grant | None], Grant]


class Grants(ABC):
    """The grants of one connection, shared by all workers."""

    @abstractmethod
    def current(self) -> Grant | None:
        """The newest grant; None before the first."""

    @abstractmethod
    def renew(self, spent: Grant | None, ask: Ask) -> Grant:
        """A grant other than ``spent``: somebody else's newer one, else what ``ask`` gets for the newest known.

        ``ask`` runs under the connection's lock. When it raises ``AuthError`` the connection is marked for
        reconnecting: from then on ``renew`` raises ``AuthError`` at once, until a person reconnects it.
        """


class LocalGrants(Grants):
    """Grants of one process alone, for tests and for looking at a system once."""

    def __init__(self, first: Grant | None = None) -> None:
        self._lock = Lock()
        self._newest = first

    def current(self) -> Grant | None:
        """The newest grant."""
        return self._newest

    def renew(self, spent: Grant | None, ask: Ask) -> Grant:
        """Ask, unless another thread has just done so."""
        with self._lock:
            if self._newest is None or self._newest == spent:
                self._newest = ask(self._newest)
            return self._newest

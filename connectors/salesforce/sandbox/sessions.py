"""Access tokens: who holds which, and until when by the sandbox's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.sandbox.clock import SandboxClock


@dataclass(frozen=True)
class Session:
    """One access token's user and end; no end means until it is expired by hand."""

    user_id: str
    ends_at: datetime | None


class Sessions:
    """All access tokens; new ones live for ``lifetime``, the org's session setting."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._open: dict[str, Session] = {}
        self._issued = 0
        self.lifetime = timedelta(hours=2)

    def admit(self, token: str, user_id: str) -> None:
        """Let a fixed token in for ever."""
        self._open[token] = Session(user_id, None)

    def issue(self, user_id: str) -> str:
        """Return a new token for a user who has logged in."""
        self._issued += 1
        token = f"00D5g0000000001!SANDBOX.{self._issued:06d}"
        self._open[token] = Session(user_id, self._clock.now() + self.lifetime)
        return token

    def user_of(self, token: str) -> str | None:
        """Return the id of the token's user, None when the token is unknown or at its end."""
        session = self._open.get(token)
        if session is None or (session.ends_at is not None and session.ends_at <= self._clock.now()):
            return None
        return session.user_id

    def expire_all(self) -> None:
        """End every session now."""
        self._open.clear()

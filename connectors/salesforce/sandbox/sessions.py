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
    refresh_token: str | None = None
    """The refresh token it goes back to, whose revocation ends it as well."""


class Sessions:
    """All access tokens; new ones live for ``lifetime``, the org's session setting."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._open: dict[str, Session] = {}
        self._issued = 0
        self.lifetime = timedelta(hours=2)
        self.calls_left: int | None = None
        """After so many further calls every session ends; None: never."""

    def admit(self, token: str, user_id: str) -> None:
        """Let a fixed token in for ever."""
        self._open[token] = Session(user_id, None)

    def issue(self, user_id: str, refresh_token: str | None = None) -> str:
        """Return a new token for a user who has logged in."""
        self._issued += 1
        token = f"00D5g0000000001!SANDBOX.{self._issued:06d}"
        self._open[token] = Session(user_id, self._clock.now() + self.lifetime, refresh_token)
        return token

    def user_of(self, token: str) -> str | None:
        """Return the id of the token's user, None when the token is unknown or at its end."""
        session = self._open.get(token)
        if session is None or (session.ends_at is not None and session.ends_at <= self._clock.now()):
            return None
        return session.user_id

    def count_call(self) -> None:
        """Note one call, and end every session when the calls left are used up."""
        if self.calls_left is None:
            return
        if self.calls_left <= 0:
            self.calls_left = None
            self.expire_all()
        else:
            self.calls_left -= 1

    def end(self, token: str) -> bool:
        """End the session of one access token, or all that go back to one refresh token; tell whether any did."""
        ended = [one for one, session in self._open.items() if token in {one, session.refresh_token}]
        for one in ended:
            del self._open[one]
        return bool(ended)

    def expire_issued(self) -> None:
        """End the sessions of those who have logged in, and let the fixed tokens stay."""
        for token in [one for one, session in self._open.items() if session.ends_at is not None]:
            del self._open[token]

    def expire_all(self) -> None:
        """End every session now."""
        self._open.clear()

"""What lets somebody log in: connected apps with their secrets and keys, and users with passwords."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class ConnectedApp:
    """One app: its secret, the user it runs as with client credentials, the PEM public keys it may sign with.

    ``callbacks`` are the addresses a browser may be sent back to, compared character by character.
    """

    consumer_key: str
    consumer_secret: str
    run_as: str
    public_keys: list[bytes] = field(default_factory=list)
    preauthorized: set[str] = field(default_factory=set)
    callbacks: list[str] = field(default_factory=list)
    requires_secret: bool = True
    requires_pkce: bool = False
    rotates_refresh_tokens: bool = False


@dataclass(frozen=True)
class Code:
    """An authorization code that waits to be exchanged, once and within minutes."""

    app: str
    user_id: str
    redirect_uri: str
    challenge: str | None
    scope: str
    ends_at: datetime


@dataclass
class Logins:
    """All apps by consumer key, passwords (with security token appended) by username, refresh tokens by value."""

    apps: dict[str, ConnectedApp] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    """User ids by username."""
    codes: dict[str, Code] = field(default_factory=dict)
    """Authorization codes that were given out and not used."""
    approver: str | None = None
    """The username of who sits at the browser and approves; None is somebody who declines."""
    made: int = 0

    def new_secret(self, prefix: str) -> str:
        """Return a code or token that nobody has had."""
        self.made += 1
        return f"{prefix}.sandbox.{self.made:06d}"

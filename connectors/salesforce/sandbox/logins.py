"""What lets somebody log in: connected apps with their secrets and keys, and users with passwords."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class ConnectedApp:
    """One app: its secret, the user it runs as with client credentials, the PEM public keys it may sign with."""

    consumer_key: str
    consumer_secret: str
    run_as: str
    public_keys: list[bytes] = field(default_factory=list)
    preauthorized: set[str] = field(default_factory=set)


@dataclass
class Logins:
    """All apps by consumer key, passwords (with security token appended) by username, refresh tokens by value."""

    apps: dict[str, ConnectedApp] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    """User ids by username."""

"""Which connections take webhooks, and how each one's requests are checked: read from the configuration once."""

from __future__ import annotations

from dataclasses import dataclass

from core.config import ConnectionSettings, LoadedConfig
from core.errors import ConfigError, raise_all
from core.yamlfile import nearest
from webhooks.verify import SCHEMES


@dataclass(frozen=True)
class Endpoint:
    """One address ``/webhooks/<connection>``: the scheme of its sender and the secrets valid now."""

    connection: str
    scheme: str
    secrets: tuple[str, ...]
    url: str | None = None

    def __repr__(self) -> str:
        return f"Endpoint({self.connection!r}, {self.scheme!r})"


def endpoints_of(config: LoadedConfig) -> dict[str, Endpoint]:
    """The endpoints of all connections with a ``webhook:``; ``ConfigError`` tells each mistake's place in the file."""
    mistakes: list[ConfigError] = []
    found: dict[str, Endpoint] = {}
    for name, connection in config.settings.connections.items():
        try:
            endpoint = _endpoint(name, connection)
        except ConfigError as mistake:
            mistakes.append(config.file.error(("connections", name, "webhook"), mistake.what, mistake.remedy))
            continue
        if endpoint:
            found[name] = endpoint
    raise_all(mistakes)
    return found


def _endpoint(name: str, connection: ConnectionSettings) -> Endpoint | None:
    wanted = connection.webhook
    if wanted is None:
        return None
    scheme = wanted.scheme or connection.connector
    if scheme not in SCHEMES:
        remedy = f"set `scheme:`; {nearest(scheme, sorted(SCHEMES))}"
        raise ConfigError(f"no way is known to check webhooks signed as `{scheme}`", remedy=remedy)
    secrets = tuple(secret.get_secret_value().strip() for secret in wanted.secrets)
    if not all(secrets):
        raise ConfigError("a secret of the webhook is empty", remedy="set its environment variable")
    for secret in secrets:
        SCHEMES[scheme][0].key(secret)
    return Endpoint(name, scheme, secrets, wanted.url)

"""Which connections take webhooks, and how each one's requests are checked: read from the configuration once."""

from __future__ import annotations

from dataclasses import dataclass

from core.config import ConnectionSettings, LoadedConfig, WebhookSettings
from core.errors import ConfigError, raise_all
from core.yamlfile import nearest
from webhooks.request import Vendor
from webhooks.schemes.generic import generic_vendor
from webhooks.verify import VENDORS

GENERIC = "generic"
PER_SECOND = 200


@dataclass(frozen=True)
class Endpoint:
    """One address ``/webhooks/<connection>``: how its sender signs, the secrets valid now, whose events are wanted."""

    connection: str
    vendor: Vendor
    secrets: tuple[str, ...]
    url: str | None = None
    account: str | None = None
    per_second: int = PER_SECOND

    def __repr__(self) -> str:
        return f"Endpoint({self.connection!r})"


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
    vendor = _vendor(wanted, wanted.scheme or connection.connector)
    if vendor.needs_account and not wanted.account:
        raise ConfigError("it does not say whose events are wanted", remedy="add `account:`, the organization's id")
    secrets = tuple(secret.get_secret_value().strip() for secret in wanted.secrets)
    for secret in secrets:
        _check(vendor, secret)
    return Endpoint(name, vendor, secrets, wanted.url, wanted.account, wanted.per_second)


def _vendor(wanted: WebhookSettings, scheme: str) -> Vendor:
    if scheme == GENERIC and wanted.generic is not None:
        return generic_vendor(wanted.generic)
    if scheme == GENERIC or wanted.generic is not None:
        remedy = "`scheme: generic` needs `generic:` with the header of the signature, and no other scheme does"
        raise ConfigError("`scheme` and `generic` do not fit each other", remedy=remedy)
    if scheme not in VENDORS:
        remedy = f"set `scheme:`; {nearest(scheme, sorted([*VENDORS, GENERIC]))}"
        raise ConfigError(f"no way is known to check webhooks signed as `{scheme}`", remedy=remedy)
    return VENDORS[scheme]


def _check(vendor: Vendor, secret: str) -> None:
    """Try the secret with the schemes that take it, so that a wrong one is told at the start."""
    if not secret:
        raise ConfigError("a secret of the webhook is empty", remedy="set its environment variable")
    for scheme in vendor.schemes:
        if scheme.takes(secret):
            scheme.key(secret)

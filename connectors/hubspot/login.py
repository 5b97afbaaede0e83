"""The address at which a person lets Inlay into an account with a browser (OAuth with PKCE, RFC 7636)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from urllib.parse import urlencode

from connectors.hubspot.settings import VENDOR, HubSpotSettings
from core.sdk import ConfigError

_LOGIN = "https://app.hubspot.com"


def login_address(settings: HubSpotSettings, where: str, *, redirect_uri: str, state: str, verifier: str) -> str:
    """Where the browser has to go; ``ConfigError`` for a connection that uses a fixed token."""
    from hubspot.utils.oauth import get_auth_url  # noqa: PLC0415 - the vendor's library takes long to import

    oauth = settings.oauth
    if oauth is None:
        remedy = "nothing to do: it needs no browser. To use an app instead, replace `token` by `oauth`"
        raise ConfigError("this connection uses a fixed token", where=where, remedy=remedy)
    plain = str(get_auth_url(oauth.client_id, redirect_uri, oauth.scopes, oauth.optional_scopes, state))
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    address = f"{plain}&{urlencode({'code_challenge': challenge, 'code_challenge_method': 'S256'})}"
    base = settings.base_url.rstrip("/")
    return address if base == VENDOR else address.replace(_LOGIN, base, 1)

"""Who may call: the private app's token, OAuth tokens that expire, and the scopes each was granted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.hubspot.sandbox.account import APP_ID, PORTAL_ID, USER_ID
from connectors.hubspot.sandbox.refusals import Refusal, expired, missing, unauthorised
from connectors.hubspot.sandbox.values import stamp
from connectors.sandbox.clock import SandboxClock

TOKEN = "pat-eu1-5a5db0c0-0000-4000-8000-sandbox00001"  # noqa: S105  # opens nothing but this simulator
CLIENT_ID = "5a5db0c0-0000-4000-8000-00000000c11e"
CLIENT_SECRET = "sandbox-client-secret"  # noqa: S105  # the same
REFRESH_TOKEN = "sandbox-refresh-token"  # noqa: S105  # the same
AUTHORIZATION_CODE = "sandbox-authorization-code"
LIFETIME = timedelta(seconds=1_800)

_OBJECT_SCOPES = ("contacts", "companies", "deals", "products", "line_items")
ALL_SCOPES = frozenset(
    {f"crm.objects.{name}.{access}" for name in _OBJECT_SCOPES for access in ("read", "write")}
    | {f"crm.schemas.{name}.{access}" for name in _OBJECT_SCOPES for access in ("read", "write")}
    | {"tickets", "crm.objects.owners.read", "sales-email-read", "oauth"}
)


@dataclass
class Grant:
    """One token: what it may do, and until when; a private app's token does not expire."""

    token: str
    scopes: frozenset[str]
    expires_at: datetime | None = None


class Access:
    """Every token of the account."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._issued = 0
        self._grants = {TOKEN: Grant(TOKEN, ALL_SCOPES)}
        self._refreshable = {REFRESH_TOKEN}

    def grant_of(self, authorization: str) -> Grant:
        """The grant behind an Authorization header; refuses unknown and expired tokens."""
        kind, _, token = authorization.partition(" ")
        grant = self._grants.get(token.strip())
        if kind.lower() != "bearer" or grant is None:
            raise unauthorised()
        if grant.expires_at is not None and grant.expires_at <= self._clock.now():
            raise expired(stamp(grant.expires_at))
        return grant

    def restrict(self, token: str, scopes: Iterable[str]) -> None:
        """Take all scopes but these away from a token."""
        self._grants[token].scopes = frozenset(scopes)

    def revoke(self, token: str) -> None:
        """End a token, or a refresh token, as when the app is uninstalled."""
        self._grants.pop(token, None)
        self._refreshable.discard(token)

    def issue(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Answer the OAuth token endpoint: a new access token for a refresh token or an authorization code."""
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            raise _bad_grant("BAD_CLIENT_ID", "missing or unknown client id or secret")
        grant_type = form.get("grant_type")
        if grant_type == "refresh_token" and form.get("refresh_token") not in self._refreshable:
            raise _bad_grant("BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        if grant_type == "authorization_code" and form.get("code") != AUTHORIZATION_CODE:
            raise _bad_grant("BAD_AUTH_CODE", "missing or unknown auth code")
        if grant_type not in ("refresh_token", "authorization_code"):
            raise _bad_grant("BAD_GRANT_TYPE", "missing or unknown grant type")
        grant = self._new_grant()
        return {
            "token_type": "bearer",
            "refresh_token": form.get("refresh_token", REFRESH_TOKEN),
            "access_token": grant.token,
            "expires_in": int(LIFETIME.total_seconds()),
        }

    def _new_grant(self) -> Grant:
        self._issued += 1
        grant = Grant(f"sandbox-access-token-{self._issued:04d}", ALL_SCOPES, self._clock.now() + LIFETIME)
        self._grants[grant.token] = grant
        return grant

    def describe(self, token: str) -> dict[str, Any]:
        """What the access-token endpoint tells of an OAuth token."""
        grant = self._grants.get(token)
        if grant is None or grant.expires_at is None or grant.expires_at <= self._clock.now():
            raise missing("Token not found")
        return {
            "token": token,
            "user": "admin@hartwell.example",
            "hub_domain": "hartwell.example",
            "scopes": sorted(grant.scopes),
            "hub_id": PORTAL_ID,
            "app_id": APP_ID,
            "expires_in": int((grant.expires_at - self._clock.now()).total_seconds()),
            "user_id": USER_ID,
            "token_type": "access",
        }


def _bad_grant(status: str, message: str) -> Refusal:
    return Refusal(400, message, extra={"status": status})

"""Who may call: the private app's token, OAuth tokens that expire, and the scopes each was granted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from connectors.hubspot.sandbox.numbers import APP_ID, PORTAL_ID, USER_ID
from connectors.hubspot.sandbox.refusals import Refusal, expired, missing, unauthorised
from connectors.hubspot.sandbox.values import stamp
from connectors.sandbox.clock import SandboxClock

TOKEN = "pat-eu1-5a5db0c0-0000-4000-8000-sandbox00001"  # noqa: S105  # opens nothing but this simulator
CLIENT_ID = "5a5db0c0-0000-4000-8000-00000000c11e"
CLIENT_SECRET = "sandbox-client-secret"  # noqa: S105  # the same
REFRESH_TOKEN = "sandbox-refresh-token"  # noqa: S105  # the same
AUTHORIZATION_CODE = "sandbox-authorization-code"
LIFETIME = timedelta(seconds=1_800)

_OBJECT_SCOPES = (
    "contacts",
    "companies",
    "deals",
    "products",
    "line_items",
    "quotes",
    "feedback_submissions",
    "custom",
)
ALL_SCOPES = frozenset(
    {f"crm.objects.{name}.{access}" for name in _OBJECT_SCOPES for access in ("read", "write")}
    | {f"crm.schemas.{name}.{access}" for name in _OBJECT_SCOPES for access in ("read", "write")}
    | {f"crm.lists.{access}" for access in ("read", "write")}
    | {"tickets", "crm.objects.owners.read", "sales-email-read", "oauth", "files"}
)
_LOCAL_HOSTS = ("localhost", "127.0.0.1")


@dataclass
class Grant:
    """One token: what it may do, and until when; a private app's token does not expire."""

    token: str
    scopes: frozenset[str]
    expires_at: datetime | None = None

    @property
    def is_oauth(self) -> bool:
        """Whether it was issued to an installed app; such tokens always expire."""
        return self.expires_at is not None


@dataclass(frozen=True)
class Code:
    """An authorization code, good for one exchange at the ``redirect_uri`` it was asked for (None: any)."""

    redirect_uri: str | None
    scopes: frozenset[str]


class Access:
    """Every token of the account."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._issued = 0
        self._grants = {TOKEN: Grant(TOKEN, ALL_SCOPES)}
        self._refreshable = {REFRESH_TOKEN: ALL_SCOPES}
        self._codes = {AUTHORIZATION_CODE: Code(None, ALL_SCOPES)}

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
        """End a token, or a refresh token whose access tokens live on until their time."""
        self._grants.pop(token, None)
        self._refreshable.pop(token, None)

    def uninstall(self) -> None:
        """Take the app out of the account: all its tokens end, the private app's stays."""
        self._grants = {token: grant for token, grant in self._grants.items() if not grant.is_oauth}
        self._refreshable.clear()
        self._codes.clear()

    def expire_all(self) -> None:
        """Let every access token of the app be over now; refresh tokens stay good."""
        for grant in self._grants.values():
            if grant.is_oauth:
                grant.expires_at = self._clock.now()

    def authorize(self, asked: Mapping[str, str]) -> str:
        """Consent in the name of a person: the address, with a code, to which the browser is sent back."""
        if asked.get("client_id") != CLIENT_ID:
            raise Refusal(400, "Authorization failed because the client id is missing or unknown")
        redirect = asked.get("redirect_uri", "")
        place = urlsplit(redirect)
        if place.scheme != "https" and place.hostname not in _LOCAL_HOSTS:
            raise Refusal(400, "Authorization failed because the redirect URI is missing or not secure")
        scopes = {scope for key in ("scope", "optional_scope") for scope in asked.get(key, "").split()}
        if unknown := scopes - ALL_SCOPES:
            raise Refusal(400, f"Authorization failed because scopes are not valid: {', '.join(sorted(unknown))}")
        self._issued += 1
        code = f"sandbox-code-{self._issued:04d}"
        self._codes[code] = Code(redirect, frozenset(scopes))
        state = {"state": asked["state"]} if "state" in asked else {}
        return f"{redirect}{'&' if place.query else '?'}{urlencode({'code': code, **state})}"

    def issue(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Answer the OAuth token endpoint: a new access token for a refresh token or an authorization code."""
        self.check_client(form)
        exchanges: Mapping[str, Callable[[Mapping[str, str]], tuple[str, frozenset[str]]]] = {
            "refresh_token": self._by_refresh_token,
            "authorization_code": self._by_code,
        }
        exchange = exchanges.get(form.get("grant_type", ""))
        if exchange is None:
            raise bad_grant("BAD_GRANT_TYPE", "missing or unknown grant type", "unsupported_grant_type")
        refresh_token, scopes = exchange(form)
        self._issued += 1
        grant = Grant(f"sandbox-access-token-{self._issued:04d}", scopes, self._clock.now() + LIFETIME)
        self._grants[grant.token] = grant
        return {
            "token_type": "bearer",
            "refresh_token": refresh_token,
            "access_token": grant.token,
            "expires_in": int(LIFETIME.total_seconds()),
        }

    def check_client(self, form: Mapping[str, str]) -> None:
        """Refuse a client id or secret that is not the app's."""
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            raise bad_grant("BAD_CLIENT_ID", "missing or unknown client id or secret", "invalid_client")

    def _by_refresh_token(self, form: Mapping[str, str]) -> tuple[str, frozenset[str]]:
        token = form.get("refresh_token", "")
        if token not in self._refreshable:
            raise bad_grant("BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        return token, self._refreshable[token]

    def _by_code(self, form: Mapping[str, str]) -> tuple[str, frozenset[str]]:
        """A code is good once, and only together with the address it was asked for."""
        code = self._codes.get(form.get("code", ""))
        if code is None:
            raise bad_grant("BAD_AUTH_CODE", "missing or unknown auth code")
        if code.redirect_uri is not None and form.get("redirect_uri") != code.redirect_uri:
            raise bad_grant("MISMATCH_REDIRECT_URI_AUTH_CODE", "redirect URI does not match initial auth code URI")
        del self._codes[form["code"]]
        self._issued += 1
        token = REFRESH_TOKEN if code.redirect_uri is None else f"sandbox-refresh-token-{self._issued:04d}"
        self._refreshable[token] = code.scopes
        return token, code.scopes

    def describe(self, token: str) -> dict[str, Any]:
        """What the access-token endpoint tells of an OAuth token that is good."""
        grant = self._grants.get(token)
        if grant is None or grant.expires_at is None or grant.expires_at <= self._clock.now():
            raise missing("Token not found")
        left = int((grant.expires_at - self._clock.now()).total_seconds())
        return {**_facts(token, grant.scopes), "expires_in": left, "token_type": "access"}

    def describe_refresh(self, token: str) -> dict[str, Any]:
        """What the refresh-token endpoint tells of a refresh token that is good."""
        if token not in self._refreshable:
            raise missing("Token not found")
        return {**_facts(token, self._refreshable[token]), "client_id": CLIENT_ID, "token_type": "refresh"}


def _facts(token: str, scopes: Iterable[str]) -> dict[str, Any]:
    return {
        "token": token,
        "user": "admin@hartwell.example",
        "hub_domain": "hartwell.example",
        "scopes": sorted(scopes),
        "hub_id": PORTAL_ID,
        "app_id": APP_ID,
        "user_id": USER_ID,
    }


def bad_grant(status: str, message: str, error: str = "invalid_grant") -> Refusal:
    """400 of the token endpoints: the vendor's own status beside the words that the OAuth standard has."""
    return Refusal(400, message, extra={"status": status, "error": error, "error_description": message})

"""The token endpoint, in its flows."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from connectors.salesforce.sandbox.calls import Result
from connectors.salesforce.sandbox.logins import ConnectedApp
from connectors.salesforce.sandbox.site import Site

Form = Mapping[str, str]

ORGANIZATION_ID = "00D5g0000000001EAA"


@dataclass(frozen=True)
class TokenRequest:
    """One request for a token: its form, HTTP Basic credentials if any, and the host that was asked."""

    form: Form
    basic: tuple[str, str] | None
    instance_url: str


class _DeniedError(Exception):
    """A login that is refused with an OAuth error and its description."""


@dataclass(frozen=True)
class Grant:
    """What a flow ends in: whose session, under which refresh token, and whether the client learns that token."""

    user_id: str
    refresh_token: str | None = None
    is_new: bool = False
    scope: str = "api refresh_token"


def token(site: Site, request: TokenRequest) -> Result:
    """Answer one request for a token: 200, or 400 with ``error`` and ``error_description``."""
    try:
        flow = _FLOWS.get(request.form.get("grant_type", ""), _unsupported)
        return Result(200, _granted(site, request, flow(site, request)))
    except _DeniedError as denied:
        error, description = denied.args
        return Result(400, {"error": error, "error_description": description})


def userinfo(site: Site, user_id: str) -> Result:
    """Tell whose token this is."""
    user = site.org.tables["User"].rows[user_id]
    body = {
        "user_id": user_id,
        "organization_id": ORGANIZATION_ID,
        "preferred_username": user.get("Username"),
        "email": user.get("Email"),
        "name": user.get("Name"),
        "active": user.get("IsActive"),
    }
    return Result(200, body)


def revoke(site: Site, form: Form) -> Result:
    """End an access token, or a refresh token with every session that goes back to it: 200 without a body."""
    wanted = form.get("token", "")
    known = site.logins.refresh_tokens.pop(wanted, None) is not None
    if not site.sessions.end(wanted) and not known:
        return Result(400, {"error": "invalid_token", "error_description": "invalid token"})
    return Result(200)


def is_active(site: Site, user_id: str) -> bool:
    """Tell whether a user may still work: people who leave are deactivated."""
    return site.org.tables["User"].rows[user_id].get("IsActive") is not False


def _granted(site: Site, request: TokenRequest, grant: Grant) -> dict[str, object]:
    if not is_active(site, grant.user_id):
        raise _DeniedError("inactive_user", "user is inactive")
    body: dict[str, object] = {
        "access_token": site.sessions.issue(grant.user_id, grant.refresh_token),
        "instance_url": request.instance_url,
        "id": f"https://login.salesforce.com/id/{ORGANIZATION_ID}/{grant.user_id}",
        "token_type": "Bearer",
        "scope": grant.scope,
        "issued_at": str(int(site.org.clock.now().timestamp() * 1000)),
    }
    return {**body, "refresh_token": grant.refresh_token} if grant.is_new else body


def _unsupported(_site: Site, _request: TokenRequest) -> Grant:
    raise _DeniedError("unsupported_grant_type", "grant type not supported")


def _client_credentials(site: Site, request: TokenRequest) -> Grant:
    return Grant(_app(site, request).run_as)


def _refresh_token(site: Site, request: TokenRequest) -> Grant:
    app = _app(site, request)
    old = request.form.get("refresh_token", "")
    user_id = site.logins.refresh_tokens.get(old)
    if user_id is None:
        raise _DeniedError("invalid_grant", "expired access/refresh token")
    if not app.rotates_refresh_tokens:
        return Grant(user_id, old)
    del site.logins.refresh_tokens[old]
    return Grant(user_id, _new_refresh_token(site, user_id), is_new=True)


def _authorization_code(site: Site, request: TokenRequest) -> Grant:
    app = _app(site, request)
    code = site.logins.codes.pop(request.form.get("code", ""), None)
    if code is None or code.ends_at <= site.org.clock.now():
        raise _DeniedError("invalid_grant", "expired authorization code")
    if code.app != app.consumer_key:
        raise _DeniedError("invalid_grant", "invalid authorization code")
    if code.redirect_uri != request.form.get("redirect_uri"):
        raise _DeniedError("redirect_uri_mismatch", "redirect_uri must match configuration")
    if code.challenge is not None and code.challenge != _challenge(request.form.get("code_verifier", "")):
        raise _DeniedError("invalid_grant", "invalid code verifier")
    may_refresh = not {"refresh_token", "offline_access"}.isdisjoint(code.scope.split())
    token = _new_refresh_token(site, code.user_id) if may_refresh else None
    return Grant(code.user_id, token, may_refresh, code.scope)


def _new_refresh_token(site: Site, user_id: str) -> str:
    token = site.logins.new_secret("5Aep861")
    site.logins.refresh_tokens[token] = user_id
    return token


def _challenge(verifier: str) -> str:
    """Return the S256 challenge of a PKCE verifier (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _password(site: Site, request: TokenRequest) -> Grant:
    _app(site, request)
    username = request.form.get("username", "")
    if site.logins.passwords.get(username) != request.form.get("password") or not username:
        raise _DeniedError("invalid_grant", "authentication failure")
    return Grant(site.logins.users[username])


def _jwt_bearer(site: Site, request: TokenRequest) -> Grant:
    """Check a signed assertion. Its end is not compared: clients sign with their own clock, not the sandbox's."""
    head, claims, signed, signature = _parts(request.form.get("assertion", ""))
    app = site.logins.apps.get(str(claims.get("iss")))
    if app is None:
        raise _DeniedError("invalid_client_id", "client identifier invalid")
    if head.get("alg") != "RS256" or not any(_is_signed(key, signed, signature) for key in app.public_keys):
        raise _DeniedError("invalid_grant", "invalid assertion")
    if not str(claims.get("exp", "")).isdigit():
        raise _DeniedError("invalid_grant", "expired authorization code")
    if not _is_audience(str(claims.get("aud"))):
        raise _DeniedError("invalid_grant", "audience is invalid")
    username = str(claims.get("sub"))
    if username not in app.preauthorized:
        raise _DeniedError("invalid_grant", "user hasn't approved this consumer")
    return Grant(site.logins.users[username])


def _app(site: Site, request: TokenRequest) -> ConnectedApp:
    key, secret = request.basic or (request.form.get("client_id", ""), request.form.get("client_secret", ""))
    app = site.logins.apps.get(key)
    if app is None:
        raise _DeniedError("invalid_client_id", "client identifier invalid")
    if app.consumer_secret != secret and (secret or app.requires_secret):
        raise _DeniedError("invalid_client", "invalid client credentials")
    return app


def _parts(assertion: str) -> tuple[dict[str, object], dict[str, object], bytes, bytes]:
    try:
        head, claims, signature = assertion.split(".")
        decoded = [json.loads(_unpadded(part)) for part in (head, claims)]
        return decoded[0], decoded[1], f"{head}.{claims}".encode(), _unpadded(signature)
    except (ValueError, binascii.Error):
        raise _DeniedError("invalid_grant", "invalid assertion") from None


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _is_signed(public_key: bytes, signed: bytes, signature: bytes) -> bool:
    try:
        key = load_pem_public_key(public_key)
        if not isinstance(key, RSAPublicKey):
            return False
        key.verify(signature, signed, PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _is_audience(url: str) -> bool:
    return url.startswith("https://") and url.rstrip("/").endswith(".salesforce.com")


_FLOWS: dict[str, Callable[[Site, TokenRequest], Grant]] = {
    "authorization_code": _authorization_code,
    "client_credentials": _client_credentials,
    "refresh_token": _refresh_token,
    "password": _password,
    "urn:ietf:params:oauth:grant-type:jwt-bearer": _jwt_bearer,
}

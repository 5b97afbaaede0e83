"""The token endpoint, in its four flows, and the old SOAP login."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from xml.sax.saxutils import escape

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
_NEWEST_SOAP_LOGIN = 64
"""SOAP login is absent from version 65 on."""


@dataclass(frozen=True)
class TokenRequest:
    """One request for a token: its form, HTTP Basic credentials if any, and the host that was asked."""

    form: Form
    basic: tuple[str, str] | None
    instance_url: str


class _DeniedError(Exception):
    """A login that is refused with an OAuth error and its description."""


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


def _granted(site: Site, request: TokenRequest, user_id: str) -> dict[str, object]:
    return {
        "access_token": site.sessions.issue(user_id),
        "instance_url": request.instance_url,
        "id": f"https://login.salesforce.com/id/{ORGANIZATION_ID}/{user_id}",
        "token_type": "Bearer",
        "scope": "api refresh_token",
        "issued_at": str(int(site.org.clock.now().timestamp() * 1000)),
    }


def _unsupported(_site: Site, _request: TokenRequest) -> str:
    raise _DeniedError("unsupported_grant_type", "grant type not supported")


def _client_credentials(site: Site, request: TokenRequest) -> str:
    return _app(site, request).run_as


def _refresh_token(site: Site, request: TokenRequest) -> str:
    _app(site, request)
    user_id = site.logins.refresh_tokens.get(request.form.get("refresh_token", ""))
    if user_id is None:
        raise _DeniedError("invalid_grant", "expired access/refresh token")
    return user_id


def _password(site: Site, request: TokenRequest) -> str:
    _app(site, request)
    username = request.form.get("username", "")
    if site.logins.passwords.get(username) != request.form.get("password") or not username:
        raise _DeniedError("invalid_grant", "authentication failure")
    return site.logins.users[username]


def _jwt_bearer(site: Site, request: TokenRequest) -> str:
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
    return site.logins.users[username]


def _app(site: Site, request: TokenRequest) -> ConnectedApp:
    key, secret = request.basic or (request.form.get("client_id", ""), request.form.get("client_secret", ""))
    app = site.logins.apps.get(key)
    if app is None:
        raise _DeniedError("invalid_client_id", "client identifier invalid")
    if app.consumer_secret != secret:
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


def soap_login(site: Site, version: str, text: str, instance_url: str) -> tuple[int, str]:
    """Answer the legacy SOAP login with status and envelope."""
    number = version.partition(".")[0]
    if not number.isdigit() or int(number) > _NEWEST_SOAP_LOGIN:
        return 500, _fault("UNSUPPORTED_API_VERSION", "login is not available in this API version")
    username, password = _element(text, "username"), _element(text, "password")
    if username is None:
        return 500, _fault("UNKNOWN_EXCEPTION", "the body is no login request")
    if site.logins.passwords.get(username) != password or password is None:
        return 500, _fault(
            "INVALID_LOGIN", "INVALID_LOGIN: Invalid username, password, security token; or user locked out."
        )
    user_id = site.logins.users[username]
    session = escape(site.sessions.issue(user_id))
    server = escape(f"{instance_url}/services/Soap/u/{version}/{ORGANIZATION_ID[:15]}")
    inner = f"<sessionId>{session}</sessionId><serverUrl>{server}</serverUrl><userId>{user_id}</userId>"
    return 200, _envelope(f"<loginResponse><result>{inner}</result></loginResponse>")


def _element(text: str, name: str) -> str | None:
    """Return the text of the first element called ``name`` in whatever namespace."""
    found = re.search(rf"<(?:\w+:)?{name}>(.*?)</", text, re.DOTALL)
    return unescape(found[1]) if found else None


def _fault(code: str, message: str) -> str:
    detail = f"<sf:exceptionCode>{code}</sf:exceptionCode><sf:exceptionMessage>{escape(message)}</sf:exceptionMessage>"
    return _envelope(f"<soapenv:Fault><faultcode>sf:{code}</faultcode><detail>{detail}</detail></soapenv:Fault>")


def _envelope(body: str) -> str:
    names = 'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:sf="urn:fault.partner.soap.sforce.com"'
    whole = f"<soapenv:Envelope {names}><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    return f'<?xml version="1.0" encoding="UTF-8"?>{whole}'


_FLOWS: dict[str, Callable[[Site, TokenRequest], str]] = {
    "client_credentials": _client_credentials,
    "refresh_token": _refresh_token,
    "password": _password,
    "urn:ietf:params:oauth:grant-type:jwt-bearer": _jwt_bearer,
}

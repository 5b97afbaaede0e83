"""The words of Salesforce's OAuth endpoints: the address to open in a browser, forms to post, answers to read.

Pure functions; who posts is `access`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from connectors.salesforce.settings import RefreshTokenLogin
from core.sdk import Grant

SCOPES = "api refresh_token"
"""All that Inlay asks for: calls to the API, and going on with them when nobody is there."""


def authorize_address(site: str, auth: RefreshTokenLogin, redirect_uri: str, state: str, verifier: str) -> str:
    """Return the page of ``site`` on which a person lets Inlay in (authorization code flow with PKCE)."""
    asked = {
        "response_type": "code",
        "client_id": auth.client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "scope": SCOPES,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
    }
    return f"{site}/services/oauth2/authorize?{urlencode(asked)}"


def challenge(verifier: str) -> str:
    """Return the S256 challenge of a verifier: its hash in base64url without padding (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode()


def code_form(auth: RefreshTokenLogin, code: str, redirect_uri: str, verifier: str) -> dict[str, str]:
    """Return what the token endpoint wants to be posted for a code."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    return {**form, **_of_the_app(auth)}


def refresh_form(auth: RefreshTokenLogin, refresh_token: str) -> dict[str, str]:
    """Return what the token endpoint wants to be posted for a refresh token."""
    return {"grant_type": "refresh_token", "refresh_token": refresh_token, **_of_the_app(auth)}


def granted(status: int, answer: Mapping[str, Any], refresh_token: str | None) -> Grant:
    """Return the grant in an answer of the token endpoint; raise the library's error for a refusal.

    With refresh token rotation the answer holds a new refresh token and the old one is worth nothing; without it the
    old one, ``refresh_token``, stays good.
    """
    if status != 200:
        raise SalesforceAuthenticationFailed(answer.get("error"), answer.get("error_description"))
    renewed = answer.get("refresh_token") or refresh_token
    return Grant(str(answer["access_token"]), renewed, str(answer["instance_url"]))


def _of_the_app(auth: RefreshTokenLogin) -> dict[str, str]:
    secret = {"client_secret": auth.client_secret.get_secret_value()} if auth.client_secret else {}
    return {"client_id": auth.client_id, **secret}

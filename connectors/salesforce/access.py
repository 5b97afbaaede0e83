"""The session that calls carry: one for all workers of a connection, renewed by one of them when it has ended."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from requests import Session
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from simple_salesforce.login import SalesforceLogin

from connectors.salesforce import oauth
from connectors.salesforce.refusals import BUSY_PAUSE
from connectors.salesforce.settings import (
    ClientCredentialsLogin,
    JwtLogin,
    PasswordLogin,
    RefreshTokenLogin,
    SalesforceSettings,
    TokenLogin,
)
from core.sdk import AuthError, ConfigError, ConnectorContext, Grant, InlayError, RetryLater, UnknownOutcome

# What the login says when it is the one in trouble; anything else it refuses is for a person to mend.
_PASSING = frozenset(
    {
        "server_error",
        "temporarily_unavailable",
        "rate_limit_exceeded",
        "unknown_error",
        "SERVER_UNAVAILABLE",
        "REQUEST_LIMIT_EXCEEDED",
        "UNKNOWN_EXCEPTION",
    }
)
_CHECK = {
    JwtLogin: "check client id, key, user name and domain",
    ClientCredentialsLogin: "check client id, secret and domain",
    PasswordLogin: "check user name, password and security token",
    RefreshTokenLogin: "",
    TokenLogin: "put a fresh access token into this connection",
}


class Access:
    """Hands out the connection's session; ``AuthError`` once only a person can get another.

    Salesforce does not say until when a session is good, so none is renewed before a call has been refused.
    """

    def __init__(self, settings: SalesforceSettings, context: ConnectorContext, session: Session) -> None:
        self._auth = settings.auth
        self._version = settings.api_version
        self._site = settings.base_url or f"https://{settings.auth.domain}.salesforce.com"
        self._context = context
        self._session = session
        # Asking for a token twice gives two tokens and harms neither.
        context.transport.mark_safe("POST", r"^/services/oauth2/token$")

    def grant(self) -> Grant:
        """The session to send with the next call."""
        if isinstance(self._auth, TokenLogin):
            return Grant(self._auth.token.get_secret_value(), address=f"https://{self._auth.domain}.salesforce.com")
        return self._context.grants.current() or self._context.grants.renew(None, self._ask)

    def renew(self, spent: Grant) -> Grant:
        """Another session than the one that was refused."""
        if isinstance(self._auth, TokenLogin):
            raise AuthError("the access token has ended", where=self._context.connection, remedy=self._remedy)
        return self._context.grants.renew(spent, self._ask)

    def instance(self) -> str | None:
        """The org's own host, as far as it is known without a call."""
        newest = self._context.grants.current()
        if newest is not None and newest.address:
            return newest.address.partition("://")[2]
        return None if self._auth.domain in {"login", "test"} else f"{self._auth.domain}.salesforce.com"

    def web_login(self, redirect_uri: str, state: str, verifier: str) -> str:
        """The page on which a person lets Inlay in."""
        return oauth.authorize_address(self._site, self._by_browser(), redirect_uri, state, verifier)

    def web_grant(self, code: str, redirect_uri: str, verifier: str) -> Grant:
        """What a code from that page is worth."""
        form = oauth.code_form(self._by_browser(), code, redirect_uri, verifier)
        return self._guarded(lambda: self._post(form, None))

    def refused(self, error: InlayError) -> AuthError:
        """The same refusal with what to do about it."""
        return AuthError(error.what, where=error.where, remedy=self._remedy)

    @property
    def _remedy(self) -> str:
        connect = f"run `inlay connect {self._context.connection}`"
        check = _CHECK[type(self._auth)]
        return f"{check}, then {connect}" if check else connect

    def _by_browser(self) -> RefreshTokenLogin:
        if not isinstance(self._auth, RefreshTokenLogin):
            what = f"a connection with `flow: {self._auth.flow}` lets itself in, without a browser"
            remedy = "set auth.flow to refresh_token to connect with a browser"
            raise ConfigError(what, where=self._context.connection, remedy=remedy)
        return self._auth

    def _ask(self, newest: Grant | None) -> Grant:
        return self._guarded(lambda: self._fresh(newest))

    def _fresh(self, newest: Grant | None) -> Grant:
        if not isinstance(self._auth, RefreshTokenLogin):
            return self._logged_in()
        given = self._auth.refresh_token.get_secret_value() if self._auth.refresh_token else None
        token = (newest.refresh_token if newest else None) or given
        if token is None:
            raise AuthError("nobody has let Inlay in yet", where=self._context.connection, remedy=self._remedy)
        return self._post(oauth.refresh_form(self._auth, token), token)

    def _post(self, form: dict[str, str], refresh_token: str | None) -> Grant:
        """Exchange a code or a refresh token: simple-salesforce knows neither flow."""
        answer = self._session.post(f"https://{self._auth.domain}.salesforce.com/services/oauth2/token", data=form)
        return oauth.granted(answer.status_code, answer.json(), refresh_token)

    def _logged_in(self) -> Grant:
        arguments = _ARGUMENTS[type(self._auth)](self._auth, self._context.folder)
        with warnings.catch_warnings():  # the library also warns of a refusal that it raises
            warnings.simplefilter("ignore", UserWarning)
            try:
                token, host = SalesforceLogin(session=self._session, sf_version=self._version, **arguments)
            except UnknownOutcome:  # the SOAP login shares its address with calls that must not be repeated
                token, host = SalesforceLogin(session=self._session, sf_version=self._version, **arguments)
        return Grant(token, address=f"https://{host}")

    def _guarded(self, ask: Callable[[], Grant]) -> Grant:
        where = f"{self._context.connection}: login"
        try:
            return ask()
        except SalesforceAuthenticationFailed as error:
            # Only the vendor's short code is shown: some descriptions repeat what was sent.
            what = f"Salesforce refused the login ({error.code})"
            if isinstance(error.code, str) and error.code not in _PASSING:
                raise AuthError(what, where=where, remedy=self._remedy) from None
            raise RetryLater(what, where=where, retry_at=self._context.clock.now() + BUSY_PAUSE) from None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = "the login gave an answer of another shape than promised"
            remedy = "look whether a proxy stands between"
            at = self._context.clock.now() + BUSY_PAUSE
            raise RetryLater(what, where=where, remedy=remedy, retry_at=at) from error


def _jwt(auth: JwtLogin, folder: Path) -> dict[str, Any]:
    named = {"username": auth.username, "consumer_key": auth.client_id, "domain": auth.domain}
    return {**named, "privatekey": _key(folder / auth.key_file)}


def _client_credentials(auth: ClientCredentialsLogin, _folder: Path) -> dict[str, Any]:
    secret = auth.client_secret.get_secret_value()
    return {"consumer_key": auth.client_id, "consumer_secret": secret, "domain": auth.domain}


def _password(auth: PasswordLogin, _folder: Path) -> dict[str, Any]:
    secrets = {"password": auth.password, "security_token": auth.security_token}
    opened = {name: secret.get_secret_value() for name, secret in secrets.items()}
    return {"username": auth.username, "domain": auth.domain, **opened}


def _key(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        remedy = "put the PEM private key there, or correct auth.key_file"
        raise ConfigError("the private key cannot be read", where=str(path), remedy=remedy) from error


_ARGUMENTS: dict[type, Callable[[Any, Path], dict[str, Any]]] = {
    JwtLogin: _jwt,
    ClientCredentialsLogin: _client_credentials,
    PasswordLogin: _password,
}
"""What the library's login wants to be told for each way in."""

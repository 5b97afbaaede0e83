"""The token each call carries: a fixed one, or one that is granted anew before it ends.

HubSpot may replace the refresh token at any renewal, so the newest one lives with the grant and not in the settings;
one given in the settings serves for the first time, and when it is the newer one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson

from connectors.hubspot.library import api_client
from connectors.hubspot.refusals import odd_answer, retry_instant
from connectors.hubspot.settings import HubSpotSettings, OAuthSettings
from core.sdk import AuthError, BugError, ConfigError, ConnectorContext, Grant, InlayError, RetryLater

_EARLY = timedelta(seconds=60)
"""How long before its end a token is replaced, so that none expires on its way."""
_PAUSE = timedelta(seconds=10)
_WRONG_CLIENT = frozenset({"BAD_CLIENT_ID", "BAD_CLIENT_SECRET", "MISMATCH_CLIENT_ID", "invalid_client"})
_SPENT = frozenset({"BAD_REFRESH_TOKEN", "invalid_grant"})


class RefusedGrantError(AuthError):
    """HubSpot gave no token for what was shown to it; ``is_spent`` where that was a refresh token good no more."""

    def __init__(self, code: str, where: str) -> None:
        remedy = f"run `inlay connect {where}`, so that somebody lets Inlay in again"
        super().__init__(f"HubSpot gave no access token ({code})", where=where, remedy=remedy, facts={"code": code})
        self.is_spent = code in _SPENT


class Access:
    """Hands out a token that is good now; ``AuthError`` when HubSpot gives none."""

    def __init__(self, settings: HubSpotSettings, context: ConnectorContext) -> None:
        self._settings = settings
        self._context = context
        self._fixed = settings.token.get_secret_value() if settings.token else None
        context.transport.mark_safe("POST", r"^/oauth/v\d+/token$")

    @property
    def can_renew(self) -> bool:
        """Whether a refused token may be replaced by a new one."""
        return self._fixed is None

    def token(self) -> str:
        """The token to send with the next call."""
        if self._fixed is not None:
            return self._fixed
        grant = self._context.grants.current()
        if grant is None or self._ends(grant):
            grant = self._context.grants.renew(grant, self._ask)
        return grant.access_token

    def replace(self, refused: str) -> str:
        """Another token than the one HubSpot has just refused; at most one renewal, whoever asks for it."""
        grant = self._context.grants.current()
        if grant is None or grant.access_token != refused:
            return self.token()
        return self._context.grants.renew(grant, self._ask).access_token

    def redeem(self, code: str, redirect_uri: str, verifier: str) -> Grant:
        """The grant for a code that a browser brought back."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return self._issue({**form, "code_verifier": verifier})

    def _ends(self, grant: Grant) -> bool:
        return grant.good_until is not None and self._context.clock.now() >= grant.good_until - _EARLY

    def _ask(self, newest: Grant | None) -> Grant:
        """Renew by the newest refresh token, or by one that the admin has put into the settings since."""
        refused: RefusedGrantError | None = None
        for token in self._refresh_tokens(newest):
            try:
                return self._issue({"grant_type": "refresh_token", "refresh_token": token}, keep=token)
            except RefusedGrantError as error:
                if not error.is_spent:
                    raise
                refused = refused or error
        raise refused or RefusedGrantError("nobody has let Inlay in yet", self._context.connection)

    def _refresh_tokens(self, newest: Grant | None) -> Iterator[str]:
        granted = newest.refresh_token if newest else None
        given = self._oauth.refresh_token
        yield from dict.fromkeys(filter(None, (granted, given.get_secret_value() if given else None)))

    def _issue(self, form: dict[str, str], *, keep: str | None = None) -> Grant:
        from hubspot.oauth.exceptions import ApiException  # noqa: PLC0415 - the vendor's library takes long to import

        oauth = self._oauth
        client = {"client_id": oauth.client_id, "client_secret": oauth.client_secret.get_secret_value()}
        try:
            answer = self._send({**form, **client})
        except ApiException as error:
            raise self._refused(error) from None
        if not isinstance(answer.get("access_token"), str):
            raise odd_answer("without access_token", self._context.connection)
        good_until = self._context.clock.now() + timedelta(seconds=int(answer.get("expires_in") or 1_800))
        return Grant(answer["access_token"], str(answer.get("refresh_token") or keep or ""), None, good_until)

    def _send(self, form: dict[str, str]) -> dict[str, Any]:
        """The library's typed method knows no PKCE, so its generic one sends the form."""
        library = api_client("oauth", self._settings.base_url, self._context.transport.pool)
        answer = library.call_api(
            "/oauth/v1/token", "POST", {}, [], {"Content-Type": "application/x-www-form-urlencoded"},
            post_params=list(form.items()), auth_settings=[], _preload_content=False,
        )  # fmt: skip
        body = orjson.loads(answer.data)
        return body if isinstance(body, dict) else {}

    def _refused(self, error: Any) -> InlayError:
        where = self._context.connection
        code = _code(error.body) or str(error.status)
        if error.status == 429 or error.status >= 500:
            now = self._context.clock.now()
            at = retry_instant(error.headers or {}, now) or now + _PAUSE
            return RetryLater(f"HubSpot gives no access tokens now ({error.status})", where=where, retry_at=at)
        if code in _WRONG_CLIENT:
            remedy = "copy client id and client secret from the app's page in HubSpot"
            return ConfigError(f"HubSpot does not know this app ({code})", where=where, remedy=remedy)
        return RefusedGrantError(code, where)

    @property
    def _oauth(self) -> OAuthSettings:
        if self._settings.oauth is None:
            raise BugError("a fixed token cannot be renewed", where=self._context.connection)
        return self._settings.oauth


def _code(body: str | None) -> str:
    """The word for what is wrong: HubSpot's own (``status``) where there is one, else the standard's (RFC 6749)."""
    try:
        told = orjson.loads(body or "{}")
    except orjson.JSONDecodeError:
        return ""
    words = (told.get("status"), told.get("error")) if isinstance(told, dict) else ()
    return next((str(word) for word in words if word and word != "error"), "")

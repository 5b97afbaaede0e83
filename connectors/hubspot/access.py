"""The token each call carries: a fixed one, or one that is fetched anew before it expires."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.hubspot.settings import HubSpotSettings, OAuthSettings
from core.sdk import AuthError, BugError, ConnectorContext

if TYPE_CHECKING:
    from hubspot.oauth.api.tokens_api import TokensApi

_EARLY = timedelta(seconds=60)
"""How long before its end a token is replaced, so that none expires on its way."""


class Access:
    """Hands out a token that is good now; ``AuthError`` when HubSpot gives none."""

    def __init__(self, settings: HubSpotSettings, context: ConnectorContext) -> None:
        self._settings = settings
        self._context = context
        self._token = settings.token.get_secret_value() if settings.token else None
        self._good_until: datetime | None = None
        context.transport.mark_safe("POST", r"^/oauth/v1/token$")

    @property
    def can_renew(self) -> bool:
        """Whether a refused token may be replaced by a new one."""
        return self._settings.oauth is not None

    def token(self) -> str:
        """The token to send with the next call."""
        expiring = self._good_until is not None and self._context.clock.now() >= self._good_until
        return self.renew() if self._token is None or expiring else self._token

    def renew(self) -> str:
        """Fetch a new token and return it."""
        if self._settings.oauth is None:
            raise BugError("a fixed token cannot be renewed", where=self._context.connection)
        issued = self._issue(self._settings.oauth)
        self._good_until = self._context.clock.now() + timedelta(seconds=issued.expires_in) - _EARLY
        self._token = str(issued.access_token)
        return self._token

    def _issue(self, oauth: OAuthSettings) -> Any:
        from hubspot.oauth.exceptions import ApiException  # noqa: PLC0415 - the vendor's library takes long to import

        try:
            return self._tokens_api().create(
                grant_type="refresh_token",
                client_id=oauth.client_id,
                client_secret=oauth.client_secret.get_secret_value(),
                refresh_token=oauth.refresh_token.get_secret_value(),
            )
        except ApiException as error:
            remedy = "install the app again and put the new refresh token into this connection"
            where = self._context.connection
            raise AuthError(f"HubSpot gave no access token ({error.status})", where=where, remedy=remedy) from None

    def _tokens_api(self) -> TokensApi:
        from hubspot import HubSpot  # noqa: PLC0415 - the same

        api: Any = HubSpot(host=self._settings.base_url).oauth.tokens_api
        api.api_client.rest_client.pool_manager = self._context.transport.pool
        return api

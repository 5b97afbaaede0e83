"""One org through simple-salesforce: logged in when first needed, every refusal turned into one of our errors."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from requests import Session
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceError, SalesforceExpiredSession

from connectors.salesforce.refusals import QUOTA_PAUSE, out_of_quota, to_our_error
from connectors.salesforce.settings import (
    ClientCredentialsLogin,
    JwtLogin,
    Login,
    PasswordLogin,
    RefreshTokenLogin,
    SalesforceSettings,
    TokenLogin,
)
from core.sdk import AuthError, ConfigError, ConnectorContext, UnknownOutcome

Json = Any
_Result = TypeVar("_Result")

# The name by which Salesforce reports our own changes back in change events.
CALL_OPTIONS = {"Sforce-Call-Options": "client=inlay"}


@dataclass(frozen=True)
class QueryPage:
    """One page of a query; ``next_url`` is None on the last."""

    records: list[dict[str, Any]]
    total: int
    next_url: str | None


class SalesforceClient:
    """Calls to one org; may raise ``AuthError``, ``RetryLater``, ``ConfigError`` or ``VendorRefusal``.

    Only ``restful``, ``query`` and ``query_more`` of the library are used: its object handles (``sf.Account``) log in
    again without end when a session stays dead.
    """

    def __init__(self, settings: SalesforceSettings, context: ConnectorContext) -> None:
        self._settings = settings
        self._context = context
        self._session: Session = context.transport.session()
        self._session.headers.update(CALL_OPTIONS)
        self._logged_in: Salesforce | None = None
        self._counted_at: datetime | None = None
        context.transport.mark_safe("POST", r"^/services/oauth2/token$")
        context.transport.mark_safe("POST", r"^/services/Soap/u/")
        # Reading records by a list of ids; without the object's name the same address creates records.
        context.transport.mark_safe("POST", r"/composite/sobjects/\w+$")

    @property
    def host(self) -> str | None:
        """The org's host, as far as it is known without a call."""
        if self._logged_in is not None:
            return str(self._logged_in.sf_instance)
        domain = self._settings.auth.domain
        return None if domain in {"login", "test"} else f"{domain}.salesforce.com"

    def query(self, soql: str, with_deleted: bool = False) -> QueryPage:
        """Run a query and return its first page; ``with_deleted`` adds deleted and archived rows."""
        return self._ask("query", lambda sf: _page(sf.query(soql, include_deleted=with_deleted)))

    def more(self, url: str) -> QueryPage:
        """Return the next page of a query."""
        return self._ask("query", lambda sf: _page(sf.query_more(url, identifier_is_url=True)))

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Json:
        """Read a resource below the version's address."""
        return self._ask(path, lambda sf: sf.restful(path, params=dict(params or {})))

    def send(self, method: str, path: str, body: Json = None, params: Mapping[str, str] | None = None) -> Json:
        """Write to a resource below the version's address."""
        return self._ask(path, lambda sf: sf.restful(path, params=dict(params or {}), method=method, json=body))

    def user_id(self) -> str:
        """Return the id of the user whom Inlay is logged in as."""
        found: Json = self._ask("userinfo", lambda sf: sf.oauth2("userinfo"))
        return str(found["user_id"])

    def usage(self) -> tuple[int, int] | None:
        """Return the org's API calls of the last day, used and allowed, as of the latest answer."""
        usage = self._logged_in.api_usage.get("api-usage") if self._logged_in else None
        return (usage.used, usage.total) if usage else None

    def _ask(self, path: str, call: Callable[[Salesforce], _Result]) -> _Result:
        where = f"{self._context.connection}: {path.partition('?')[0]}"
        self._check_ceiling(where)
        try:
            result = self._with_login(call)
            self._counted_at = self._context.clock.now()
            return result
        except SalesforceAuthenticationFailed as error:
            # Only the vendor's short code is shown: some descriptions repeat what was sent.
            remedy = "check client id, secret or key, user name and domain of this connection"
            raise AuthError(f"Salesforce refused the login ({error.code})", where=where, remedy=remedy) from None
        except SalesforceError as error:
            raise to_our_error(error, where, self._context.clock.now()) from error
        except (KeyError, TypeError, ValueError) as error:  # JSON, but not what this resource answers with
            what = "Salesforce gave an answer of another shape than promised"
            raise UnknownOutcome(what, where=where, remedy="look whether a proxy stands between") from error

    def _with_login(self, call: Callable[[Salesforce], _Result]) -> _Result:
        try:
            return call(self._login())
        except SalesforceExpiredSession:
            # The library renews the sessions it opened itself; one opened with a refresh token is renewed here, once.
            self._logged_in = None
            if not isinstance(self._settings.auth, RefreshTokenLogin):
                raise
            return call(self._login())

    def _login(self) -> Salesforce:
        if self._logged_in is None:
            arguments = _arguments(self._settings.auth, self._session, self._context.folder)
            version = self._settings.api_version
            with warnings.catch_warnings():  # the library also warns of a refusal that it raises
                warnings.simplefilter("ignore", UserWarning)
                self._logged_in = Salesforce(
                    session=self._session, version=version, object_pairs_hook=dict, **arguments
                )
        return self._logged_in

    def _check_ceiling(self, where: str) -> None:
        """Stop before the org's calls run out; after a pause the count is old, and one call asks anew."""
        usage, now = self.usage(), self._context.clock.now()
        if usage is None or self._counted_at is None or now - self._counted_at >= QUOTA_PAUSE:
            return
        if usage[0] * 100 >= usage[1] * self._settings.quota_ceiling:
            raise out_of_quota(f"{usage[0]} of the org's {usage[1]} daily API calls are used", where, now)


def _arguments(auth: Login, session: Session, folder: Path) -> dict[str, Any]:
    """Return what simple-salesforce wants to be told for each way to log in."""
    match auth:
        case JwtLogin():
            named = {"username": auth.username, "consumer_key": auth.client_id, "domain": auth.domain}
            return {**named, "privatekey": _key(folder / auth.key_file)}
        case ClientCredentialsLogin():
            secret = auth.client_secret.get_secret_value()
            return {"consumer_key": auth.client_id, "consumer_secret": secret, "domain": auth.domain}
        case PasswordLogin():
            secrets = {"password": auth.password, "security_token": auth.security_token}
            opened = {name: secret.get_secret_value() for name, secret in secrets.items()}
            return {"username": auth.username, "domain": auth.domain, **opened}
        case TokenLogin():
            url = f"https://{auth.domain}.salesforce.com"
            return {"session_id": auth.token.get_secret_value(), "instance_url": url}
        case RefreshTokenLogin():
            return _refreshed(auth, session)


def _key(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        remedy = "put the PEM private key there, or correct auth.key_file"
        raise ConfigError("the private key cannot be read", where=str(path), remedy=remedy) from error


def _refreshed(auth: RefreshTokenLogin, session: Session) -> dict[str, Any]:
    """Exchange the refresh token: simple-salesforce knows no such flow."""
    form = {"grant_type": "refresh_token", "client_id": auth.client_id}
    form["refresh_token"] = auth.refresh_token.get_secret_value()
    if auth.client_secret is not None:
        form["client_secret"] = auth.client_secret.get_secret_value()
    answer = session.post(f"https://{auth.domain}.salesforce.com/services/oauth2/token", data=form)
    found = answer.json()
    if answer.status_code != 200:
        raise SalesforceAuthenticationFailed(found.get("error"), found.get("error_description"))
    return {"session_id": found["access_token"], "instance_url": found["instance_url"]}


def _page(found: Mapping[str, Any]) -> QueryPage:
    next_url = None if found["done"] else str(found["nextRecordsUrl"])
    return QueryPage([_bare(record) for record in found["records"]], int(found["totalSize"]), next_url)


def _bare(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record without ``attributes``, whose address would change with every API version."""
    return {
        name: _bare(value) if isinstance(value, Mapping) else value
        for name, value in record.items()
        if name != "attributes"
    }

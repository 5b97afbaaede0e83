"""One call to the org: admitted by the quota, sent with a session that is good, every refusal one of our errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from requests import Response
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError

from connectors.salesforce.access import Access
from connectors.salesforce.quota import DailyCalls
from connectors.salesforce.refusals import OutOfQuota, as_promised, is_ended_session, to_our_error
from connectors.salesforce.settings import SalesforceSettings
from core.sdk import AuthError, ConnectorContext, Grant, Lane, RetryLater

_Result = TypeVar("_Result")

CLIENT_NAME = "inlay"
"""The name by which Salesforce reports our own changes back in change events."""

CALL_OPTIONS = {"Sforce-Call-Options": f"client={CLIENT_NAME}"}


class Wire:
    """Calls to one org; may raise ``AuthError``, ``RetryLater``, ``ConfigError`` or ``VendorRefusal``.

    The library is always handed a session: left to log in itself, it does so again without end once a session stays
    dead, and each worker for itself.
    """

    def __init__(self, settings: SalesforceSettings, context: ConnectorContext) -> None:
        self._context = context
        self._version = settings.api_version
        self._session = context.transport.session()
        self._session.headers.update(CALL_OPTIONS)
        self._calls = DailyCalls(context, settings.share)
        self._session.hooks["response"] += [self._calls.listen, self._note_time]
        self.access = Access(settings, context, self._session)
        self._open: tuple[Grant, Salesforce] | None = None
        self._told_at: datetime | None = None

    def vendors_time(self) -> datetime:
        """The time of the latest answer by the vendor's clock, or ours now if that is earlier: never too late a time.

        So a clock of ours that is ahead makes no reading skip anything, nor does that of a proxy.
        """
        now = self._context.clock.now()
        return min(self._told_at or now, now)

    def ask(self, path: str, call: Callable[[Salesforce], _Result], lane: Lane) -> _Result:
        """Make one call; with a session that has ended, once more with another."""
        where = f"{self._context.connection}: {path.partition('?')[0]}"
        self._calls.admit(lane, where)
        grant = self.access.grant()
        try:
            return self._guarded(grant, call, where)
        except SalesforceError:  # the session has ended: any other refusal is one of our errors by now
            grant = self.access.renew(grant)
        try:
            return self._guarded(grant, call, where)
        except SalesforceError as error:
            raise self.access.refused(to_our_error(error, where, self._context.clock.now())) from error

    def _guarded(self, grant: Grant, call: Callable[[Salesforce], _Result], where: str) -> _Result:
        try:
            with as_promised(where):
                return call(self._with(grant))
        except SalesforceError as error:
            if is_ended_session(error):
                raise
            ours = to_our_error(error, where, self._context.clock.now())
            if isinstance(ours, OutOfQuota):
                self._calls.hold(ours)
            raise self.access.refused(ours) if isinstance(ours, AuthError) else ours from error
        except RetryLater as later:  # no answer to trust: the transport knows when to ask again
            self._calls.hold(later)
            raise

    def _note_time(self, answer: Response, *_more: Any, **_options: Any) -> None:
        """Take note of when an answer was given (RFC 9110, 6.6.1); the signature is that of the session's hook."""
        try:
            self._told_at = parsedate_to_datetime(answer.headers["Date"]).astimezone(UTC)
        except (KeyError, ValueError):
            self._told_at = None

    def _with(self, grant: Grant) -> Salesforce:
        if self._open is None or self._open[0] != grant:
            opened = Salesforce(
                session_id=grant.access_token,
                instance_url=grant.address,
                session=self._session,
                version=self._version,
                object_pairs_hook=dict,
            )
            self._open = (grant, opened)
        return self._open[1]

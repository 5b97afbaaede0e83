"""The vendor's own library under Inlay's HTTP discipline, answering with plain records and Inlay's errors.

``raw_request`` is used for reading: turning a hundred invoices into the library's objects takes 0.15 s of CPU time,
which is twenty times what parsing them takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import stripe

from connectors.stripe.settings import StripeSettings
from core.sdk import AuthError, InlayError, RawRecord, RejectedError, RetryLater

if TYPE_CHECKING:
    from stripe._stripe_response import StripeResponse

    from core.http import Transport

API_VERSION = "2026-10-28.endive"
PAGE_SIZE = 100


@dataclass(frozen=True)
class ListPage:
    """One page of a list, newest first; ``told_at`` is when the vendor answered, by the vendor's own clock."""

    records: list[RawRecord]
    has_more: bool
    told_at: datetime | None


class StripeApi:
    """The few calls Inlay makes; every method raises ``AuthError``, ``RetryLater`` or ``RejectedError``."""

    def __init__(self, settings: StripeSettings, transport: Transport) -> None:
        # Every POST of the library carries an idempotency key, so that sending the same one again changes nothing.
        # The library's own retries are off: the transport knows deadlines and Retry-After, they would multiply.
        transport.mark_safe("POST", r"^/v1/customers/[^/]+$")
        self._client = stripe.StripeClient(
            settings.key.get_secret_value(),
            stripe_version=API_VERSION,
            base_addresses={"api": settings.base_url} if settings.base_url else {},
            http_client=stripe.RequestsClient(session=transport.session()),
            max_network_retries=0,
        )
        self._ask: Callable[..., StripeResponse] = self._client.raw_request

    def page(self, path: str, params: Mapping[str, Any]) -> ListPage:
        """One page of the list at ``/v1/{path}``, as large as the vendor allows unless ``limit`` says otherwise."""
        with translated(path):
            response = self._ask("get", f"/v1/{path}", **{"limit": PAGE_SIZE, **params})
        answer = _object(response.data, path)
        return ListPage(list(answer.get("data", ())), bool(answer.get("has_more")), _date_of(response))

    def get(self, path: str, object_id: str, params: Mapping[str, Any]) -> RawRecord | None:
        """One object, or None when there is none (any more)."""
        try:
            with translated(path):
                response = self._ask("get", f"/v1/{path}/{object_id}", **params)
        except RejectedError as problem:
            if problem.facts.get("code") == "resource_missing":
                return None
            raise
        record = _object(response.data, path)
        return None if record.get("deleted") else record

    def update_metadata(self, customer_id: str, metadata: Mapping[str, str]) -> None:
        """Set keys of a customer's metadata; an empty text removes a key, keys not named stay."""
        with translated("customers"):
            self._client.v1.customers.update(customer_id, {"metadata": dict(metadata)})


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn the library's errors into Inlay's; what the transport raised comes out as it was."""
    try:
        yield
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise _refused(error, where) from error
    except stripe.APIConnectionError as error:
        if isinstance(error.__cause__, InlayError):  # the library wraps whatever its HTTP session raises
            raise error.__cause__ from None
        raise RetryLater(f"Stripe cannot be reached: {type(error).__name__}", where=where) from error
    except stripe.InvalidRequestError as error:
        facts = {"code": error.code or "invalid_request", "status": error.http_status, "param": error.param}
        raise RejectedError(f"Stripe refused: {error.user_message}", where=where, facts=facts) from error
    except stripe.StripeError as error:
        facts = {"status": error.http_status, "request": error.request_id}
        raise RetryLater(f"Stripe failed: {type(error).__name__}", where=where, facts=facts) from error


def _refused(error: stripe.StripeError, where: str) -> AuthError:
    if isinstance(error, stripe.PermissionError):
        remedy = f"give the restricted key access to {where.replace('_', ' ')}, or use a secret key"
        return AuthError(f"the Stripe key may not do this with {where}", where=where, remedy=remedy)
    remedy = "put a valid key of this account into the connection's `key`"
    return AuthError("Stripe does not accept the key", where=where, remedy=remedy)


def _object(data: object, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise RetryLater(f"Stripe answered with a {type(data).__name__} instead of an object", where=where)
    return data


def _date_of(response: StripeResponse) -> datetime | None:
    told = response.headers.get("Date")
    return parsedate_to_datetime(told).astimezone(UTC) if told else None

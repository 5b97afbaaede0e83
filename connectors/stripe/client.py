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
from core.sdk import Allowance, AuthError, Budgets, InlayError, RawRecord, RejectedError, RetryLater

if TYPE_CHECKING:
    from stripe._stripe_response import StripeResponse

    from core.http import Transport

API_VERSION = "2026-10-28.endive"
PAGE_SIZE = 100
RATE = Allowance("second", 25, 1.0)
"""What one endpoint takes; an account as a whole takes four times as much, in test mode no more than this."""


@dataclass(frozen=True)
class ListPage:
    """One page of a list, newest first; ``told_at`` is when the vendor answered, by the vendor's own clock."""

    records: list[RawRecord]
    has_more: bool
    told_at: datetime | None


class StripeApi:
    """The few calls Inlay makes; every method raises ``AuthError``, ``RetryLater`` or ``RejectedError``."""

    def __init__(self, settings: StripeSettings, transport: Transport, budgets: Budgets) -> None:
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
        self._budgets = budgets

    def page(self, path: str, params: Mapping[str, Any]) -> ListPage:
        """One page of the list at ``/v1/{path}``, as large as the vendor allows unless ``limit`` says otherwise."""
        with self._admitted(path):
            response = self._ask("get", f"/v1/{path}", **{"limit": PAGE_SIZE, **params})
        with as_promised(path):
            records: list[RawRecord] = [_record(one) for one in _list(response.data)]
            has_more = bool(_object(response.data)["has_more"])
            if has_more and not records:
                raise ValueError("more to come after nothing")
            return ListPage(records, has_more, _date_of(response))

    def get(self, path: str, object_id: str, params: Mapping[str, Any]) -> RawRecord | None:
        """One object, or None when there is none (any more)."""
        try:
            with self._admitted(path):
                response = self._ask("get", f"/v1/{path}/{object_id}", **params)
        except RejectedError as problem:
            if problem.facts.get("code") == "resource_missing":
                return None
            raise
        with as_promised(path):
            record = _record(response.data)
        return None if record.get("deleted") else record

    def update_metadata(self, customer_id: str, metadata: Mapping[str, str]) -> None:
        """Set keys of a customer's metadata; an empty text removes a key, keys not named stay."""
        with self._admitted("customers"):
            updated = self._client.v1.customers.update(customer_id, {"metadata": dict(metadata)})
        with as_promised("customers"):
            if updated.id != customer_id:
                raise ValueError("another customer was updated")

    def create(self, path: str, values: Mapping[str, Any]) -> RawRecord:
        """Make an object; the answer may tell what later ones do not."""
        return self._written("post", f"/v1/{path}", path, values)

    def update(self, path: str, object_id: str, values: Mapping[str, Any]) -> RawRecord:
        """Change an object."""
        return self._written("post", f"/v1/{path}/{object_id}", path, values)

    def delete(self, path: str, object_id: str) -> None:
        """Take an object away."""
        self._written("delete", f"/v1/{path}/{object_id}", path, {})

    def _written(self, method: str, address: str, path: str, values: Mapping[str, Any]) -> RawRecord:
        with self._admitted(path):
            response = self._ask(method, address, **values)
        with as_promised(path):
            return _record(response.data)

    @contextmanager
    def _admitted(self, where: str) -> Iterator[None]:
        """Make one call when the account's rate allows it; a wait that Stripe tells holds all workers back."""
        self._budgets.admit((RATE,))
        try:
            with translated(where):
                yield
        except RetryLater as later:
            if later.retry_at is not None:
                self._budgets.hold(later.retry_at)
            raise


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


@contextmanager
def as_promised(where: str) -> Iterator[None]:
    """Guard the reading of an answer: JSON of another shape than Stripe promises is trouble, not an empty list."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = "Stripe gave an answer of another shape than promised"
        raise RetryLater(what, where=where, remedy="look whether a proxy stands between") from error


def _object(data: object) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise TypeError(f"a {type(data).__name__} instead of an object")
    return data


def _list(data: object) -> list[Any]:
    found = _object(data)["data"]
    if not isinstance(found, list):
        raise TypeError(f"a {type(found).__name__} instead of a list")
    return found


def _record(data: object) -> dict[str, Any]:
    record = _object(data)
    if not isinstance(record["id"], str):
        raise TypeError("a record without an id")
    return record


def _date_of(response: StripeResponse) -> datetime | None:
    told = response.headers.get("Date")
    return parsedate_to_datetime(told).astimezone(UTC) if told else None

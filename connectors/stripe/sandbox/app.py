"""The Stripe API of one account as a WSGI application."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from email.utils import format_datetime
from functools import partial
from typing import Any

from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.firm import Firm
from connectors.sandbox.web import Reply, Request, Rule, SandboxApp, json_response
from connectors.stripe.sandbox.books import API_VERSION, Books, Record
from connectors.stripe.sandbox.customers import Customers
from connectors.stripe.sandbox.endpoints import Endpoints
from connectors.stripe.sandbox.expanding import expanded
from connectors.stripe.sandbox.form import Params, decode
from connectors.stripe.sandbox.invoices import Invoices
from connectors.stripe.sandbox.loading import load_firm
from connectors.stripe.sandbox.problems import StripeProblemError, missing_object
from connectors.stripe.sandbox.reading import RESOURCES, Resource, list_page
from connectors.stripe.sandbox.replay import Replays
from connectors.stripe.sandbox.subscriptions import Subscriptions
from connectors.stripe.sandbox.throttle import Throttle

TOKEN = "_".join(("sk", "test", "inlay", "sandbox"))
"""The secret key that may do everything."""

READING_TOKEN = "_".join(("rk", "test", "inlay", "reading"))
"""A restricted key that may read only."""

_HIDDEN_KINDS = ("event", "tax_id", "webhook_endpoint")

Action = Callable[..., Record]


class StripeSandbox(SandboxApp):
    """One billing account, loaded with the billing side of a firm."""

    def __init__(self, firm: Firm, clock: SandboxClock) -> None:
        super().__init__(clock)
        self.books = Books(clock)
        load_firm(self.books, firm)
        self._replays = Replays()
        self._throttle = Throttle()
        self._requests = 0
        self._customers = Customers(self.books)
        self._endpoints = Endpoints(self.books)
        self._invoices = Invoices(self.books)
        self._subscriptions = Subscriptions(self.books)

    def rules(self) -> Iterable[Rule]:
        """Lists and single objects of every kind, then the writes."""
        for resource in RESOURCES:
            path = f"/v1/{resource.path}"
            yield Rule(path, endpoint=partial(self._list, resource), methods=["GET"])
            yield Rule(f"{path}/<object_id>", endpoint=partial(self._object, resource), methods=["GET"])
        yield Rule("/v1/account", endpoint=_account, methods=["GET"])
        for method, path, action in self._writes():
            yield Rule(path, endpoint=partial(self._write, action), methods=[method])

    def _writes(self) -> tuple[tuple[str, str, Action], ...]:
        invoices = self._invoices
        return (
            ("POST", "/v1/customers", self._customers.create),
            ("POST", "/v1/customers/<object_id>", self._customers.update),
            ("DELETE", "/v1/customers/<object_id>", self._customers.delete),
            ("POST", "/v1/subscriptions/<object_id>", self._subscriptions.update),
            ("DELETE", "/v1/subscriptions/<object_id>", self._subscriptions.cancel),
            ("POST", "/v1/invoices/<object_id>/finalize", invoices.finalize),
            ("POST", "/v1/invoices/<object_id>/pay", invoices.pay),
            ("POST", "/v1/invoices/<object_id>/void", invoices.void),
            ("POST", "/v1/invoices/<object_id>/mark_uncollectible", invoices.give_up),
            ("POST", "/v1/credit_notes", invoices.credit),
            ("POST", "/v1/refunds", invoices.refund),
            ("POST", "/v1/webhook_endpoints", self._endpoints.create),
            ("POST", "/v1/webhook_endpoints/<object_id>", self._endpoints.update),
            ("DELETE", "/v1/webhook_endpoints/<object_id>", self._endpoints.delete),
        )

    def state(self) -> dict[str, object]:
        """All objects by kind in the order of their creation; events are history and not part of it."""
        kinds = [resource.kind for resource in RESOURCES if resource.kind not in _HIDDEN_KINDS]
        return {kind: list(self.books.of(kind)) for kind in kinds}

    def edit(self, change: Mapping[str, Any]) -> Record:
        """A person's change in the dashboard: ``{"path": "customers/cus_1", "values": {"name": "New"}}``.

        The path is that of the API below ``/v1/``; the values are flat or nested as JSON.
        """
        self.books.caller = None
        urls = {path: action for method, path, action in self._writes() if method == change.get("method", "POST")}
        kind, _, rest = str(change["path"]).partition("/")
        object_id, _, verb = rest.partition("/")
        path = "/".join(part for part in (f"/v1/{kind}", object_id and "<object_id>", verb) if part)
        if path not in urls:
            raise ValueError(f"the dashboard has no such action: {change['path']}")
        try:
            return urls[path](dict(change.get("values", {})), **({"object_id": object_id} if object_id else {}))
        except StripeProblemError as problem:
            raise ValueError(problem.description) from problem

    def configure(self, options: Mapping[str, Any]) -> None:
        """``{"requests_per_second": 25}`` switches the rate limit on, null switches it off."""
        if set(options) != {"requests_per_second"}:
            raise ValueError(f"the only option is requests_per_second; got {sorted(options)}")
        self._throttle.per_second = options["requests_per_second"]

    def admit(self, request: Request) -> Reply | None:
        """Refuse a wrong or weak key and too many requests."""
        key = _key_of(request)
        if not key:
            return StripeProblemError(401, "You did not provide an API key.").reply()
        if key not in (TOKEN, READING_TOKEN):
            return StripeProblemError(401, f"Invalid API Key provided: {key[:7]}****{key[-4:]}").reply()
        if key == READING_TOKEN and request.method != "GET":
            message = "The provided key does not have the required permissions for this endpoint."
            return StripeProblemError(403, message, code="more_permissions_required").reply()
        return self._throttle.refusal()

    def refuse(self, request: Request, problem: HTTPException) -> Reply:
        """A refusal of the API's own, or that of an address that it does not have."""
        if isinstance(problem, StripeProblemError):
            return problem.reply()
        return StripeProblemError(404, f"Unrecognized request URL ({request.method}: {request.path}).").reply()

    def finish(self, request: Request, reply: Reply) -> Reply:
        """Number the request, tell the version and the vendor's own time."""
        self._requests += 1
        reply.headers["Date"] = format_datetime(self.clock.now(), usegmt=True)
        reply.headers["Request-Id"] = f"req_{self._requests:014d}"
        reply.headers["Stripe-Version"] = request.headers.get("Stripe-Version", API_VERSION)
        return reply

    def _list(self, resource: Resource, request: Request) -> Reply:
        params = _params(request.args)
        paths = _expand_paths(params)
        page = list_page(self.books, resource, params)
        return json_response(expanded(self.books, page, paths), rows=len(page["data"]))

    def _object(self, resource: Resource, request: Request, object_id: str) -> Reply:
        record = self.books.get(resource.kind, object_id)
        if record is None:
            raise missing_object(resource.kind.replace("_", " "), object_id)
        return json_response(expanded(self.books, record, _expand_paths(_params(request.args))), rows=1)

    def _write(self, action: Action, request: Request, **values: str) -> Reply:
        """Carry out a write, or repeat the answer that its idempotency key got before."""
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        asked = (request.path, request.get_data())
        known = self._replays.recall(key, asked, self.books.now()) if key else None
        if known is not None:
            return known
        reply, began = self._written(request, action, values, key)
        if key and began:
            self._replays.keep(key, asked, reply, self.books.now())
        return reply

    def _written(
        self, request: Request, action: Action, values: Mapping[str, str], key: str | None
    ) -> tuple[Reply, bool]:
        self.books.caller = {"id": f"req_{self._requests + 1:014d}", "idempotency_key": key}
        params = _params(request.form if request.method == "POST" else request.args)
        try:
            record = action(params, **values)
        except StripeProblemError as problem:
            return problem.reply(), problem.began
        return json_response(expanded(self.books, record, _expand_paths(params)), rows=1), True


def _params(values: MultiDict[str, str]) -> Params:
    return decode(values.items(multi=True))


def _expand_paths(params: Params) -> list[str]:
    paths = params.get("expand", [])
    if not isinstance(paths, list):
        raise StripeProblemError(400, "Invalid array", param="expand")
    return paths


def _key_of(request: Request) -> str:
    """The secret key: a Bearer token, or the user name of Basic authentication."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return base64.b64decode(credentials).decode("latin-1").partition(":")[0]
    return credentials.strip() if scheme.lower() == "bearer" else ""


def _account(_request: Request) -> Reply:
    facts = {"id": "acct_sandbox", "object": "account", "country": "GB", "default_currency": "gbp", "type": "standard"}
    return json_response(facts, rows=1)

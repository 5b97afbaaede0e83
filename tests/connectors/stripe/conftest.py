"""Served Stripe accounts: the whole firm for reading, a small one for writing, and clients for both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
import stripe

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF, demo_firm
from connectors.sandbox.firm import Firm
from connectors.sandbox.server import RunningSandbox, serve
from connectors.stripe.sandbox import TOKEN, sandbox

_FEW = ("Marlow", "Castlereach", "Harbor", "Oakhurst", "Wexcombe")


class Raw:
    """Plain HTTP, for what the library would not send or would hide."""

    def __init__(self, base_url: str, token: str = TOKEN) -> None:
        self.base_url = base_url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **params: str) -> requests.Response:
        return self.session.get(self.base_url + path, params=params, timeout=20)

    def post(self, path: str, data: str | dict[str, str] = "", key: str | None = None) -> requests.Response:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} | ({"Idempotency-Key": key} if key else {})
        return self.session.post(self.base_url + path, data=data, headers=headers, timeout=20)

    def delete(self, path: str) -> requests.Response:
        return self.session.delete(self.base_url + path, timeout=20)

    def control(self, name: str, body: object) -> requests.Response:
        return self.session.post(f"{self.base_url}/__sandbox__/{name}", json=body, timeout=20)


@pytest.fixture(scope="session")
def firm() -> Firm:
    return demo_firm()


@pytest.fixture(scope="session")
def small_firm(firm: Firm) -> Firm:
    """The billing side of five clients, and of the last nine months."""
    some = part_of(firm, _FEW)
    return replace(some, bills=tuple(bill for bill in some.bills if bill.issued_at > AS_OF - timedelta(days=270)))


def part_of(firm: Firm, names: tuple[str, ...]) -> Firm:
    """The billing side of the clients whose names begin so."""
    parties = tuple(party for party in firm.parties if party.name.startswith(names))
    keys = {party.key for party in parties}
    return replace(
        firm,
        parties=parties,
        fees=tuple(fee for fee in firm.fees if fee.party_key in keys),
        bills=tuple(bill for bill in firm.bills if bill.party_key in keys),
    )


@pytest.fixture(scope="session")
def whole(firm: Firm) -> Iterator[RunningSandbox]:
    """The whole firm; tests only read from it."""
    with serve(sandbox(firm, SandboxClock(AS_OF))) as running:
        yield running


@pytest.fixture
def running(small_firm: Firm) -> Iterator[RunningSandbox]:
    """A fresh small account to write to."""
    with serve(sandbox(small_firm, SandboxClock(AS_OF))) as served:
        yield served


@pytest.fixture
def reader(whole: RunningSandbox) -> stripe.StripeClient:
    return client_of(whole)


@pytest.fixture
def client(running: RunningSandbox) -> stripe.StripeClient:
    return client_of(running)


@pytest.fixture
def raw(running: RunningSandbox) -> Raw:
    return Raw(running.base_url)


def client_of(running: RunningSandbox) -> stripe.StripeClient:
    """The real library, pointed at a sandbox."""
    return stripe.StripeClient(TOKEN, base_addresses={"api": running.base_url}, max_network_retries=0)

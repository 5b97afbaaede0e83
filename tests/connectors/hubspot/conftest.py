"""A fresh, empty HubSpot for each test, and one with the demo firm for those that only look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.hubspot.sandbox import account_of, sandbox
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF, demo_firm, empty_firm
from connectors.sandbox.firm import Firm
from connectors.sandbox.server import serve
from tests.connectors.hubspot.hub import Hub


def _running(firm: Firm) -> Iterator[Hub]:
    app = sandbox(firm, SandboxClock(AS_OF))
    with serve(app) as running:
        yield Hub(app, running)


@pytest.fixture(scope="session")
def one_address() -> Iterator[Hub]:
    """One server for all accounts: starting one takes longer than most tests."""
    yield from _running(empty_firm())


@pytest.fixture
def hub(one_address: Hub) -> Hub:
    """An account without records."""
    one_address.app.start_anew(account_of(empty_firm(), SandboxClock(AS_OF)))
    return one_address


@pytest.fixture(scope="session")
def demo() -> Iterator[Hub]:
    """The demo firm's account; tests must leave it as it is."""
    yield from _running(demo_firm())

"""A fresh, empty HubSpot for each test, and one with the demo firm for those that only look."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from connectors.hubspot.sandbox import HubSpotSandbox, account_of
from connectors.hubspot.sandbox.crm import Crm
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.demo import AS_OF, demo_firm, empty_firm
from connectors.sandbox.firm import Firm
from connectors.sandbox.server import serve
from connectors.sandbox.web import Reply, Request
from tests.connectors.hubspot.hub import Hub
from tests.connectors.hubspot.published import deviations


class WatchedSandbox(HubSpotSandbox):
    """A sandbox whose every answer is held against what HubSpot has published."""

    def __init__(self, crm: Crm) -> None:
        super().__init__(crm)
        self.deviations: list[str] = []

    def finish(self, request: Request, reply: Reply) -> Reply:
        """Answer, and note what HubSpot's specifications do not allow, unless the account is to go by its guides."""
        reply = super().finish(request, reply)
        if not self.crm.behaviour.batches_tell_details:
            return reply
        if "json" in (reply.content_type or "") or not reply.get_data():
            body = orjson.loads(reply.get_data() or b"null")
            self.deviations += deviations(request.method, request.path, reply.status_code, body)
        return reply


def _running(firm: Firm) -> Iterator[Hub]:
    app = WatchedSandbox(account_of(firm, SandboxClock(AS_OF)))
    with serve(app) as running:
        yield Hub(app, running)
    assert app.deviations == []


@pytest.fixture(scope="session")
def one_address() -> Iterator[Hub]:
    """One server for all accounts: starting one takes longer than most tests."""
    yield from _running(empty_firm())


@pytest.fixture
def hub(one_address: Hub) -> Iterator[Hub]:
    """An account without records, which answers as HubSpot has published it."""
    one_address.app.start_anew(account_of(empty_firm(), SandboxClock(AS_OF)))
    yield one_address
    assert isinstance(one_address.app, WatchedSandbox)
    found, one_address.app.deviations = one_address.app.deviations, []
    assert found == []


@pytest.fixture(scope="session")
def demo() -> Iterator[Hub]:
    """The demo firm's account; tests must leave it as it is."""
    yield from _running(demo_firm())

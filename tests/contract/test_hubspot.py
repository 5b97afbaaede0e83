"""The contract, kept by HubSpot's connector."""

from __future__ import annotations

from core.testing import ConnectorContract
from tests.contract.hubspot import HubSpotBench


class TestHubSpot(ConnectorContract):
    bench_type = HubSpotBench

"""The contract, as far as it applies, kept by exports and an automation together."""

from __future__ import annotations

from core.testing import ConnectorContract
from tests.contract.throughwebhook import ThroughBench


class TestThroughWebhook(ConnectorContract):
    bench_type = ThroughBench

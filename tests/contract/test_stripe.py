"""The contract, kept by Stripe's connector."""

from __future__ import annotations

from core.testing import ConnectorContract
from tests.contract.stripe import StripeBench


class TestStripe(ConnectorContract):
    bench_type = StripeBench

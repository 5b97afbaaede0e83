"""The contract, kept by Salesforce's connector."""

from __future__ import annotations

from core.testing import ConnectorContract
from tests.contract.salesforce import SalesforceBench


class TestSalesforce(ConnectorContract):
    bench_type = SalesforceBench

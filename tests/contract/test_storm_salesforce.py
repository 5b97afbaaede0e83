"""Salesforce in bad weather: see `weather`."""

from __future__ import annotations

from tests.contract.salesforce import SalesforceBench
from tests.contract.weather import Storms


class TestSalesforce(Storms):
    vendor = SalesforceBench

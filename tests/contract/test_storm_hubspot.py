"""HubSpot in bad weather: see `weather`."""

from __future__ import annotations

from tests.contract.hubspot import HubSpotBench
from tests.contract.weather import Storms


class TestHubSpot(Storms):
    vendor = HubSpotBench

"""The contract, kept by the connector for CSV files."""

from __future__ import annotations

from core.testing import ConnectorContract
from tests.contract.csvfiles import CsvBench


class TestCsv(ConnectorContract):
    bench_type = CsvBench

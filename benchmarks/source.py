"""A connector that yields the benchmark's records from a JSONL file, page by page, as an API would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel

from core.connector import Connector, Cursor, Finding, Page, Stream

STREAM = "Account"
PAGE = 2000  # Salesforce's own


class BenchSettings(BaseModel):
    """The file to read."""

    file: Path


class BenchConnector(Connector):
    """Reads one file."""

    kind = "bench"
    settings_model = BenchSettings

    def check(self) -> list[Finding]:
        """Nothing can be wrong."""
        return []

    def streams(self) -> Mapping[str, Stream]:
        """One stream of accounts."""
        return {STREAM: Stream(STREAM, "Id", "SystemModstamp")}

    def read(self, stream: str, fields: Sequence[str], since: Cursor | None) -> Iterator[Page]:
        """Every record of the file, whatever the cursor says: a second reading has to compare them all."""
        del stream, fields, since
        with self.settings.file.open("rb") as lines:
            while page := [orjson.loads(line) for line in islice(lines, PAGE)]:
                yield Page(page, cursor=_last(page))


def _last(page: list[dict[str, Any]]) -> Cursor:
    record = page[-1]
    return Cursor(record["SystemModstamp"], record["Id"])

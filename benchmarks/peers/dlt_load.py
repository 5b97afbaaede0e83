"""The same accounts loaded by dlt: ``dlt_load.py URL FILE append|merge``.

dlt makes columns of the flat fields and of the address, and a child table of the tags; it keeps no payload as it came,
no crosswalk and no provenance, and compares nothing.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Literal

os.environ.update(RUNTIME__DLTHUB_TELEMETRY="false", RUNTIME__LOG_LEVEL="ERROR")

import dlt
import orjson

PAGE = 2000


def main(url: str, file: str, mode: Literal["append", "merge"]) -> None:
    """Load and print what it took, as one line of JSON."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DLT_DATA_DIR"] = folder
        if url.startswith("sqlite"):  # it takes one writer at a time; dlt's usual twenty lock each other out
            os.environ["LOAD__WORKERS"] = "1"
        resource = dlt.resource(
            lambda: _pages(Path(file)),
            name="account",
            primary_key="Id",
            write_disposition=mode,
        )
        pipeline = dlt.pipeline(
            "bench", destination=_destination(url), dataset_name=_dataset(url), pipelines_dir=folder
        )
        before = _cpu()
        pipeline.run(resource)
        cpu = _cpu() - before
        read = pipeline.last_trace.last_normalize_info.row_counts["account"]
    print(json.dumps({"cpu": cpu, "read": read}))


def _destination(url: str) -> Any:
    if url.startswith("sqlite"):
        return dlt.destinations.sqlalchemy(url)
    address, _, query = url.replace("postgresql+psycopg://", "").partition("?")
    user, _, database = address.partition("@/")
    return dlt.destinations.postgres(f"postgresql://{user}:none@localhost:5432/{database}?{query}")


def _dataset(url: str) -> str:
    """With SQLite the data set is the file itself."""
    return "main" if url.startswith("sqlite") else "crm"


def _pages(file: Path) -> Iterator[list[dict[str, Any]]]:
    with file.open("rb") as lines:
        while page := [orjson.loads(line) for line in islice(lines, PAGE)]:
            yield page


def _cpu() -> float:
    used = os.times()
    return time.process_time() + used.children_user + used.children_system


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], "merge" if sys.argv[3] == "merge" else "append")

"""The same accounts loaded by singer-sdk's own SQL target into SQLite: ``singer_load.py URL FILE``.

The target validates each record against its schema, flattens the address and keeps the tags as JSON; it keeps no
payload as it came, no crosswalk and no provenance, and compares nothing. PostgreSQL refuses what it writes: DATETIME
columns, and text for numbers.
"""

from __future__ import annotations

import io
import json
import logging
import os
import sqlite3
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

# Installed for the peers' Python alone, so that ours knows no types of it.
from singer_sdk import typing as th
from singer_sdk.sql import SQLConnector, SQLSink, SQLTarget

TEXTS = (
    *("Name", "Type", "Industry", "Website", "Phone", "Email", "CurrencyIsoCode", "OwnerId", "ParentId"),
    *("AccountSource", "Rating", "Description"),
)
STAMPS = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
ADDRESS = ("street", "city", "state", "postalCode", "country", "addressType")


class Connector(SQLConnector):  # type: ignore[misc]
    """Plain inserts into a table it makes itself."""

    allow_temp_tables = False
    allow_column_alter = False


class Sink(SQLSink[Connector]):  # type: ignore[misc]
    """Ten thousand records a time."""

    connector_class = Connector
    max_size = 10_000


class Target(SQLTarget):  # type: ignore[misc]
    """The SDK's target, with no more than a name and a database."""

    name = "target-bench"
    default_sink_class = Sink
    config_jsonschema = th.PropertiesList(th.Property("sqlalchemy_url", th.StringType)).to_dict()


def main(url: str, file: str) -> None:
    """Load and print what it took, as one line of JSON."""
    logging.disable(logging.WARNING)
    sqlite3.register_adapter(Decimal, float)  # the SDK reads numbers as Decimal, which sqlite3 does not take
    messages, count = _messages(Path(file))
    target = Target(
        config={
            "sqlalchemy_url": url,
            "load_method": "append-only",
            "add_record_metadata": False,
            "flattening_enabled": True,
            "flattening_max_depth": 2,
        }
    )
    before = _cpu()
    target.listen(io.TextIOWrapper(io.BytesIO(messages)))
    cpu = _cpu() - before
    print(json.dumps({"cpu": cpu, "read": count}))


def _messages(file: Path) -> tuple[bytes, int]:
    head = {"type": "SCHEMA", "stream": "account", "schema": _schema(), "key_properties": ["Id"]}
    messages, count = [orjson.dumps(head)], 0
    with file.open("rb") as lines:
        for line in lines:
            messages.append(b'{"type":"RECORD","stream":"account","record":' + line.rstrip() + b"}")
            count += 1
    return b"\n".join(messages) + b"\n", count


def _schema() -> dict[str, Any]:
    text: dict[str, Any] = {"type": ["string", "null"]}
    properties: dict[str, Any] = {
        "Id": {"type": "string"},
        **dict.fromkeys(TEXTS, text),
        **{name: {**text, "format": "date-time"} for name in STAMPS},
        "NumberOfEmployees": {"type": ["integer", "null"]},
        "HealthScore": {"type": ["integer", "null"]},
        "AnnualRevenue": {"type": ["number", "null"]},
        "IsDeleted": {"type": ["boolean", "null"]},
        "BillingAddress": {"type": ["object", "null"], "properties": dict.fromkeys(ADDRESS, text)},
        "Tags": {"type": ["array", "null"], "items": {"type": "string"}},
    }
    return {"type": "object", "properties": properties}


def _cpu() -> float:
    used = os.times()
    return time.process_time() + used.children_user + used.children_system


if __name__ == "__main__":
    main(*sys.argv[1:])

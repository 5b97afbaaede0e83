"""What a store and the simulators hold, without the instants at which it came there: two runs are compared by it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import requests

from connectors.sandbox.fleet import Fleet

TABLES = {
    "source_record": "id, hex(raw_hash), stamp, gone, merged_into",
    "crosswalk": "record_type, source_id, golden_id, rule, evidence",
    "golden_record": "record_type, id, client_ref, data, provenance, gone",
    "cursor": "connection, stream, stamp, id",
    "signal_value": "subject_id, name, value, reason, as_of",
    "parked_record": "id, problem, state",
}


def store_content(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every table that a disturbed run could leave different."""
    with sqlite3.connect(folder / "inlay.db") as connection:
        return {
            table: connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2").fetchall()
            for table, columns in TABLES.items()
        }


def crm_content(fleet: Fleet) -> dict[str, Any]:
    """What Inlay wrote into the two CRMs: its fields by record, its tasks by key."""
    found: dict[str, Any] = {}
    for vendor in ("salesforce", "hubspot"):
        base = fleet.endpoints()[vendor]["base_url"]
        state = requests.get(f"{base}/__sandbox__/state", timeout=30).json()
        found[vendor] = sorted(_written(state))
    return found


def _written(state: Any) -> list[tuple[str, ...]]:
    """Every value in fields of Inlay's own, wherever the state holds them, without ids and instants."""
    found: list[tuple[str, ...]] = []
    pending = [state]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            ours = {key: value for key, value in node.items() if key.lower().startswith("inlay_")}
            subject = node.get("Subject") or node.get("hs_task_subject") or node.get("Name") or node.get("name") or ""
            if any(value not in (None, "") for value in ours.values()):
                found.append((str(subject), *(f"{key}={ours[key]}" for key in sorted(ours))))
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return found

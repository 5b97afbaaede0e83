"""Which signals a CSV connection takes back, as columns to import; and how Inlay's tasks become rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

TASKS = "inlay_tasks"
TASK_KEY = "Inlay Key"

_COLUMNS: Mapping[str, tuple[str, str]] = {
    "Inlay Health Score": ("health.score", "number"),
    "Inlay Health Band": ("health.band", "text"),
    "Inlay Health Coverage": ("health.coverage", "number"),
    "Inlay Health Reasons": ("health.reasons", "text"),
    "Inlay Health Trend 30 Days": ("health.trend_30d", "number"),
    "Inlay Health As Of": ("health.as_of", "datetime"),
    "Inlay Last Contact": ("contact.last_date", "date"),
    "Inlay Days Since Contact": ("contact.days_since", "number"),
    "Inlay Overdue Amount": ("revenue.overdue", "number"),
    "Inlay Days Late": ("revenue.days_late", "number"),
    "Inlay Contract Status": ("contract.status", "text"),
    "Inlay Contract End": ("contract.end", "date"),
    "Inlay Renewal Date": ("renewal.date", "date"),
    "Inlay Notice Deadline": ("renewal.notice_deadline", "date"),
    "Inlay Renewal Stage": ("renewal.stage", "text"),
}
_ONLY_WITH = {"contract": ("contract.", "renewal."), "invoice": ("revenue.",)}


def client_writes(record_types: Collection[str]) -> dict[str, Any]:
    """The columns to import for clients; those about records there are none of are left out."""
    without = tuple(start for kind, starts in _ONLY_WITH.items() if kind not in record_types for start in starts)
    return {
        name: {"signal": signal, "label": name, "type": kind, "policy": "owned"}
        for name, (signal, kind) in _COLUMNS.items()
        if not signal.startswith(without)
    }


def task_fields(*, has_users: bool) -> dict[str, Any]:
    """How a row of the task file is read back."""
    fields: dict[str, Any] = {
        "subject": "Subject",
        "body": "Notes",
        "due_date": "Due date",
        "priority": "Priority",
        "status": "Status",
        "client_id": {"from": "Client ID", "ref": "client"},
        "external_key": TASK_KEY,
    }
    return fields | ({"assignee_id": {"from": "Owner ID", "ref": "user"}} if has_users else {})


def task_create(*, has_users: bool) -> dict[str, Any]:
    """How a proposed task becomes a row."""
    fields: dict[str, Any] = {
        "Subject": "subject",
        "Due date": {"from": "due_date", "as": "date"},
        "Client ID": {"ref": "client_id"},
        "Priority": "priority",
        "Status": {"const": "not_started"},
        "Notes": "body",
    }
    return {"key": TASK_KEY, "fields": fields | ({"Owner ID": {"ref": "assignee_id"}} if has_users else {})}

"""A plan for machines: JSON, equal to the byte for equal plans, and CSV that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import orjson

from core.ledger.cost import shares
from core.ledger.operations import Operation
from core.ledger.plan import Plan

OWN_COLUMNS = (
    "id", "kind", "connection", "stream", "external_id", "field", "key", "client_id", "before", "after",
    "reason", "plugin", "inputs", "policy", "verdict",
)  # fmt: skip
COLUMNS = (*OWN_COLUMNS, "calls")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plan_as_json(plan: Plan) -> bytes:
    """The plan as indented JSON with sorted keys; no time and no run is in it."""
    told = {
        "plan": plan.id,
        "operations": [{**_told(one), "calls": calls} for one, calls in _with_cost(plan)],
        "refused": [{"plugin": one.plugin, "subject": one.subject, "why": one.why} for one in plan.refused],
        "in_flight": plan.in_flight,
        "calls": plan.calls,
        "notes": list(plan.notes),
    }
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def plan_as_csv(plan: Plan) -> str:
    """One line per operation; texts that a spreadsheet would run as a formula begin with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([*(_cell(value) for value in _told(one).values()), calls] for one, calls in _with_cost(plan))
    return text.getvalue()


def _with_cost(plan: Plan) -> Iterator[tuple[Operation, float]]:
    return zip(plan.operations, shares(plan.operations, plan.batch_sizes), strict=True)


def _told(one: Operation) -> dict[str, Any]:
    return {name: getattr(one, name) for name in OWN_COLUMNS}


def _cell(value: Any) -> Any:
    if isinstance(value, (dict, list, tuple)):
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    if isinstance(value, str) and value.lstrip().startswith(FORMULA) and not NUMBER.fullmatch(value):
        return f"'{value}"
    return value

"""Duplicate rules: what a new record looks too much like, and whether it may be saved all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from connectors.salesforce.sandbox.errors import Refusal
from connectors.salesforce.sandbox.rowstore import Row
from connectors.salesforce.sandbox.table import Table


@dataclass(frozen=True)
class DuplicateRule:
    """Rows of ``sobject`` whose ``fields`` all hold the same as another's, in any letter case, are duplicates.

    An ``alert`` may be saved by a call that says so; a ``block`` never.
    """

    sobject: str
    fields: tuple[str, ...]
    action: Literal["alert", "block"] = "alert"
    name: str = "Standard_Duplicate_Rule"
    message: str = "Use one of these records?"

    def matches(self, table: Table, row: Row) -> list[str]:
        """Return the ids of the rows that ``row`` duplicates; empty values are no likeness."""
        wanted = self._likeness(row)
        if None in wanted:
            return []
        found = (one for one in table.rows.filling(self.fields[0]) if not one["IsDeleted"] and one["Id"] != row["Id"])
        return [str(one["Id"]) for one in found if self._likeness(one) == wanted]

    def concerns(self, row: Row, before: Row | None) -> bool:
        """Tell whether a write touches the rule's fields."""
        return before is None or any(row.get(name) != before.get(name) for name in self.fields)

    def _likeness(self, row: Row) -> tuple[object, ...]:
        values = (row.get(name) for name in self.fields)
        return tuple(value.lower() if isinstance(value, str) else value for value in values)


def check_duplicates(rules: list[DuplicateRule], table: Table, row: Row, before: Row | None, allows: bool) -> None:
    """Raise DUPLICATES_DETECTED for the first rule that ``row`` breaks; ``allows`` is what the call's header says."""
    for rule in rules:
        if rule.sobject != table.sobject.name or (allows and rule.action == "alert") or not rule.concerns(row, before):
            continue
        found = rule.matches(table, row)
        if found:
            extra: dict[str, object] = {"duplicateResult": _result(rule, found)}
            raise Refusal("DUPLICATES_DETECTED", rule.message, extra=extra)


def allows_duplicates(header: str | None) -> bool:
    """Read ``Sforce-Duplicate-Rule-Header: allowSave=true; includeRecordDetails=true``; all default to false."""
    parts = (part.partition("=") for part in (header or "").split(";"))
    said = {name.strip().lower(): value.strip().lower() for name, _, value in parts}
    return said.get("allowsave") == "true"


def _result(rule: DuplicateRule, found: list[str]) -> Mapping[str, object]:
    records = [
        {"additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0, "record": _record(rule, row_id)}
        for row_id in found
    ]
    match = {
        "entityType": rule.sobject,
        "errors": [],
        "matchEngine": "ExactMatchEngine",
        "matchRecords": records,
        "rule": f"{rule.name}_Matching",
        "size": len(records),
        "success": True,
    }
    return {
        "allowSave": rule.action == "alert",
        "duplicateRule": rule.name,
        "duplicateRuleEntityType": rule.sobject,
        "errorMessage": rule.message,
        "matchResults": [match],
    }


def _record(rule: DuplicateRule, row_id: str) -> Mapping[str, object]:
    url = f"/services/data/v64.0/sobjects/{rule.sobject}/{row_id}"
    return {"attributes": {"type": rule.sobject, "url": url}, "Id": row_id}

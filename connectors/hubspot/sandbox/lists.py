"""The account's lists (segments) of records: kept by hand, by a filter, or frozen after one look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.hubspot.sandbox.calls import objects
from connectors.hubspot.sandbox.refusals import conflict, malformed, missing, rejected
from connectors.hubspot.sandbox.schema import ObjectType
from connectors.hubspot.sandbox.values import stamp

PROCESSING_TYPES = ("MANUAL", "DYNAMIC", "SNAPSHOT")


@dataclass
class RecordList:
    """One list; ``members`` holds record ids and when each was added, of a dynamic one only those last computed."""

    id: str
    name: str
    kind: ObjectType
    processing_type: str
    at: datetime
    filter_branch: Mapping[str, Any] | None = None
    members: dict[str, datetime] = field(default_factory=dict)
    updated_at: datetime | None = None
    deleted_at: datetime | None = None

    def refuse_by_hand(self) -> None:
        """Refuse to change the members of a list that its filter keeps."""
        if self.processing_type == "DYNAMIC":
            raise rejected(f"List {self.id} is DYNAMIC; its memberships cannot be changed", code="INVALID_LIST_TYPE")

    def shown(self) -> dict[str, Any]:
        """As the lists API shows it."""
        body = {
            "listId": self.id,
            "listVersion": 1,
            "name": self.name,
            "objectTypeId": self.kind.type_id,
            "processingType": self.processing_type,
            "processingStatus": "COMPLETE",
            "size": len(self.members),
            "createdAt": stamp(self.at),
            "updatedAt": stamp(self.updated_at or self.at),
        }
        optional = {"filterBranch": self.filter_branch, "deletedAt": self.deleted_at and stamp(self.deleted_at)}
        return {**body, **{key: value for key, value in optional.items() if value}}

    def found(self) -> dict[str, Any]:
        """As a search of lists shows it: without filter, and its size among the further properties."""
        body = {key: value for key, value in self.shown().items() if key not in ("size", "filterBranch")}
        return {**body, "additionalProperties": {"hs_list_size": str(len(self.members))}}


class Lists:
    """Every list of the account; a deleted one can be restored."""

    def __init__(self) -> None:
        self._lists: dict[str, RecordList] = {}

    def __iter__(self) -> Iterator[RecordList]:
        return (each for each in self._lists.values() if each.deleted_at is None)

    def get(self, list_id: str, *, deleted: bool = False) -> RecordList:
        """The list of an id; refuses with 404 when there is none, or when it is not ``deleted`` as asked."""
        found = self._lists.get(list_id)
        if found is None or (found.deleted_at is not None) is not deleted:
            raise missing(f"List {list_id} does not exist")
        return found

    def refuse_taken(self, name: str, kind: ObjectType) -> None:
        """Refuse a name that another list of the same object type has."""
        if any((each.name.lower(), each.kind) == (name.lower(), kind) for each in self):
            raise conflict(f"A list named '{name}' already exists.")

    def create(self, name: str, kind: ObjectType, processing_type: str, at: datetime) -> RecordList:
        """A new, empty list, not kept yet."""
        self.refuse_taken(name, kind)
        if processing_type not in PROCESSING_TYPES:
            raise rejected(f"processingType must be one of {', '.join(PROCESSING_TYPES)}", code="INVALID_LIST_TYPE")
        return RecordList(str(len(self._lists) + 1), name, kind, processing_type, at)

    def keep(self, made: RecordList) -> None:
        """Keep a new list."""
        self._lists[made.id] = made


# How a list's filter says what a search says with these operators (list filters guide).
_OPERATORS = {
    "IS_EQUAL_TO": "EQ",
    "IS": "EQ",
    "IS_NOT_EQUAL_TO": "NEQ",
    "IS_ANY_OF": "IN",
    "IS_NONE_OF": "NOT_IN",
    "IS_GREATER_THAN": "GT",
    "IS_GREATER_THAN_OR_EQUAL_TO": "GTE",
    "IS_LESS_THAN": "LT",
    "IS_LESS_THAN_OR_EQUAL_TO": "LTE",
    "CONTAINS": "CONTAINS_TOKEN",
    "IS_KNOWN": "HAS_PROPERTY",
    "IS_UNKNOWN": "NOT_HAS_PROPERTY",
}


def filter_groups(branch: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A list's filter as the filter groups of a search: one OR of ANDs of property filters, as the API demands."""
    branches = objects(branch, "filterBranches")
    if branch.get("filterBranchType") != "OR" or not branches:
        raise rejected("The root filterBranch must be an OR of AND branches", code="INVALID_FILTER_BRANCH")
    return [{"filters": [_filter(row) for row in objects(each, "filters")]} for each in branches]


def _filter(given: Mapping[str, Any]) -> dict[str, Any]:
    operation = given.get("operation")
    if not isinstance(operation, Mapping):
        raise malformed("a filter needs an operation")
    operator = _OPERATORS.get(str(operation.get("operator")))
    if given.get("filterType") != "PROPERTY" or operator is None:
        raise rejected("This sandbox evaluates property filters with plain operators only", code="INVALID_FILTER")
    wanted = {key: operation[key] for key in ("value", "values") if key in operation}
    if operator in ("EQ", "NEQ") and "values" in wanted:
        operator = {"EQ": "IN", "NEQ": "NOT_IN"}[operator]
    return {"propertyName": given.get("property"), "operator": operator, **wanted}

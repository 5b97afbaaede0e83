"""What fields a simulated vendor has just now, and what they may hold: its admins change that while others work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.connector import FieldFacts

FIELDS = ("Name", "Domain", "score", "tier", "status")
GONE, NO_OPTION, NO_NUMBER, WANTING = (
    "INVALID_FIELD", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "INVALID_TYPE", "REQUIRED_FIELD_MISSING",
)  # fmt: skip


@dataclass
class Schema:
    """Of one vendor: fields taken away, fields that became numbers, options left, and fields that new tasks need."""

    missing: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)

    @property
    def is_changed(self) -> bool:
        """Whether anything is other than it was."""
        return bool(self.missing or self.numbers or self.options or self.required)

    def restore(self) -> None:
        """Make everything as it was."""
        for one in (self.missing, self.numbers, self.options, self.required):
            one.clear()

    def described(self, *, with_keys: bool) -> dict[str, FieldFacts]:
        """The fields of an account, as discovery shows them."""
        names = [name for name in (*FIELDS, *(("key",) if with_keys else ())) if name not in self.missing]
        return {name: FieldFacts(name, self._type(name), name, options=self.options.get(name)) for name in names}

    def _type(self, name: str) -> str:
        return "number" if name in self.numbers else "text"

    def fault(self, name: str, value: Any) -> str | None:
        """Why a field cannot take a value; None when it can."""
        if name in self.missing:
            return GONE
        if name in self.options and value not in (None, "", *self.options[name]):
            return NO_OPTION
        is_number = value in (None, "") or str(value).replace(".", "", 1).isdigit()
        return NO_NUMBER if name in self.numbers and not is_number else None

    def faults(self, values: Mapping[str, Any]) -> dict[str, str]:
        """What is wrong with a row, by field."""
        return {name: told for name, value in values.items() if (told := self.fault(name, value))}

    def lacks(self, values: Mapping[str, Any]) -> list[str]:
        """The fields that a new task needs and has not."""
        return sorted(self.required - values.keys())

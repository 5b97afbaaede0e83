"""What all canonical records share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from core.model.values import Instant, SourceId

State = Literal["absent", "null", "value"]


class Record(BaseModel):
    """One canonical record, without its id (that is the key of its row).

    A field is absent (the system does not tell), null (the system says it is empty) or a value; see ``state``.
    ``created_at`` and ``updated_at`` are the vendor's times. References are source ids, as the vendor said them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    needs: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Of each group at least one field must have a value, or the record cannot stand."""

    created_at: Instant | None = None
    updated_at: Instant | None = None
    owner_id: SourceId | None = None
    custom_fields: dict[str, JsonValue] | None = None

    def state(self, field: str) -> State:
        """Tell whether the field is absent, null or a value."""
        if field not in self.model_fields_set:
            return "absent"
        return "null" if getattr(self, field) is None else "value"

    def to_data(self) -> dict[str, Any]:
        """Return the canonical data again, JSON-ready, absent fields left out."""
        return self.model_dump(mode="json", exclude_unset=True)


def state_of(data: Mapping[str, Any], field: str) -> State:
    """Tell the state of a field in canonical data (the dict form of a record)."""
    if field not in data:
        return "absent"
    return "null" if data[field] is None else "value"

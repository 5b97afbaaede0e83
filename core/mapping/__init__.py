"""From vendor records to canonical ones and back, as mapping files declare it."""

from __future__ import annotations

from core.mapping.dialects import same_value, to_vendor_value
from core.mapping.issues import MISSING, Issue, Missing
from core.mapping.mapping import Mapping, bundled
from core.mapping.schema import mapping_schema
from core.mapping.streams import StreamMapping
from core.mapping.writes import CreateRule, FieldWrite, Policy

__all__ = [
    "MISSING",
    "CreateRule",
    "FieldWrite",
    "Issue",
    "Mapping",
    "Missing",
    "Policy",
    "StreamMapping",
    "bundled",
    "mapping_schema",
    "same_value",
    "to_vendor_value",
]

"""Golden records: a vendor's record beside the canonical ones it must become."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson

from core.mapping import Issue, Mapping
from core.model import RECORD_TYPES
from tests.core.mapping.made import normalised


@dataclass(frozen=True)
class Case:
    """One record as the vendor sends it, and what becomes of it in the connection ``crm``."""

    stream: str
    id: str
    stamp: str | None
    raw: dict[str, Any]
    made: list[tuple[str, dict[str, Any]]]
    problems: list[tuple[str, str]] = field(default_factory=list)


@cache
def mapping(name: str) -> Mapping:
    """A bundled mapping, compiled for a firm that keeps its books in pounds."""
    return Mapping.load(name, "crm", currency="GBP", region="GB")


def check(name: str, case: Case) -> None:
    """Normalise the record and compare all there is to compare."""
    stream, issues = mapping(name).streams[case.stream], list[Issue]()
    assert normalised(stream, case.raw, issues) == case.made
    assert [(issue.field, issue.problem) for issue in issues] == case.problems
    assert stream.external_id(case.raw) == case.id
    assert stream.stamp(case.raw) == case.stamp
    for record_type, data in case.made:
        assert RECORD_TYPES[record_type].model_validate_json(orjson.dumps(data)).to_data().keys() == data.keys()

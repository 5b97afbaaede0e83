"""What onboarding proposes: connections with mappings, and an honest account of what was and was not understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any


@dataclass
class SectionPlan:
    """One section of a mapping; ``comments`` explain fields, ``hints`` are lines an admin may want to make real."""

    name: str
    stream: str
    id: str
    fields: dict[str, Any]
    comments: dict[str, str] = field(default_factory=dict)
    hints: list[str] = field(default_factory=list)
    custom_fields: list[str] = field(default_factory=list)
    writes: Mapping[str, Any] = field(default_factory=dict)
    create: Mapping[str, Any] = field(default_factory=dict)

    @property
    def record_type(self) -> str:
        """The record type it makes."""
        return self.name.partition(":")[0]


@dataclass
class ConnectionPlan:
    """One connection: its name, the connector's settings, and its mapping, written out or laid over a bundled one."""

    name: str
    settings: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    sections: list[SectionPlan] = field(default_factory=list)
    overlay: dict[str, Any] | None = None

    @property
    def mapping_file(self) -> str:
        """The name of its mapping file."""
        return f"{self.name}-mapping.yaml"


@dataclass(frozen=True)
class Recognised:
    """A file (or part of one) taken for a record type, how sure that is (0 to 1), and what it rests on."""

    file: str
    record_type: str
    rows: int
    confidence: float
    how: str


@dataclass(frozen=True)
class LeftOut:
    """A file or column that is not used, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Proposal:
    """Everything proposed for one folder of exports.

    ``unknown`` says what the data does not tell, ``assumed`` what was taken for granted; ``as_of`` is the newest date
    in the data, ``is_past`` whether it is so old that computing as of today would mislead.
    """

    folder: Path
    connections: Sequence[ConnectionPlan]
    recognised: Sequence[Recognised]
    left_out: Sequence[LeftOut]
    unknown: Sequence[str]
    assumed: Sequence[str]
    as_of: date | None
    is_past: bool

"""How every record of every system is named: ``connection/stream/external_id``."""

from __future__ import annotations

from typing import NamedTuple


class SourceKey(NamedTuple):
    """The vendor's own key of a record; ``external_id`` may hold any character, the other two hold no slash."""

    connection: str
    stream: str
    external_id: str

    @property
    def id(self) -> str:
        """The source id, as tables and references write it."""
        return f"{self.connection}/{self.stream}/{self.external_id}"

    @classmethod
    def parse(cls, source_id: str) -> SourceKey:
        """Read a source id back; raises ``ValueError`` when it is none."""
        parts = source_id.split("/", 2)
        if len(parts) != 3 or not all(parts):
            raise ValueError(f"{source_id[:80]!r} is no source id; it must read connection/stream/external_id")
        return cls(*parts)

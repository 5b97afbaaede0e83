"""Where records come from, and in which run: what every row a sync writes has in common."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import RejectedError
from core.mapping import StreamMapping
from core.store.parked import Parked


@dataclass(frozen=True)
class Origin:
    """One stream of one connection in one run; ``at`` is the instant all rows of the run carry."""

    connection: str
    stream: str
    mapping: StreamMapping
    mapping_hash: str
    run_id: str
    at: str

    @property
    def path(self) -> str:
        """``connection/stream``."""
        return f"{self.connection}/{self.stream}"

    @property
    def prefix(self) -> str:
        """What every source id of the stream begins with."""
        return f"{self.connection}/{self.stream}/"

    def parked(self, source_id: str, raw: dict[str, object], error: RejectedError) -> Parked:
        """The parking of one refused record."""
        place = error.where or source_id
        return Parked(source_id, raw, error.what, place, error.remedy, self.mapping_hash, self.run_id, self.at)

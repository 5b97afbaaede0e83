"""What reached a simulator: numbered entries, in the order in which the requests were worked on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from threading import Lock


@dataclass(frozen=True)
class LogEntry:
    """One request to the vendor's API; ``status`` is 0 where nothing was answered, ``rows`` counts records moved.

    ``at`` is the simulator's time in seconds since its start, ``wait`` the seconds that the answer told to wait,
    ``applied`` whether the request changed something, and ``digest`` stands for its body without telling it.
    """

    number: int
    method: str
    path: str
    query: str
    status: int
    rows: int
    fault: str | None = None
    applied: bool = False
    at: float = 0.0
    wait: float | None = None
    digest: str = ""


class RequestLog:
    """Every request since the start or since the last ``clear``."""

    def __init__(self) -> None:
        """Start empty."""
        self._entries: list[LogEntry] = []
        self._lock = Lock()

    def add(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        status: int,
        rows: int = 0,
        fault: str | None = None,
        applied: bool = False,
        at: float = 0.0,
        wait: float | None = None,
        digest: str = "",
    ) -> LogEntry:
        """Append one entry and number it."""
        with self._lock:
            number = len(self._entries) + 1
            entry = LogEntry(number, method, path, query, status, rows, fault, applied, at, wait, digest)
            self._entries.append(entry)
            return entry

    def entries(self) -> tuple[LogEntry, ...]:
        """All entries, oldest first."""
        with self._lock:
            return tuple(self._entries)

    def clear(self) -> None:
        """Forget all entries; numbering starts at one again."""
        with self._lock:
            self._entries.clear()

    def dump(self) -> list[dict[str, object]]:
        """All entries as JSON-ready objects, oldest first."""
        return [asdict(entry) for entry in self.entries()]

"""What should go wrong, by request pattern and occurrence: the plan only; ``web`` and ``answers`` carry it out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from threading import Lock
from typing import Literal, get_args

Deed = Literal[
    "status",
    "html",
    "drop",
    "expire",
    "cut",
    "hang",
    "drip",
    "apply_then_cut",
    "truncate",
    "empty",
    "wrong_json",
    "shuffle",
    "lose",
]
_PREVENTING = ("status", "html", "drop")


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong with the ``nth`` and the following ``times`` - 1 matching requests (None: for ever).

    With ``every`` the same comes again that many requests later, and again; after ``until`` requests all is calm.
    ``method`` "*" matches all; ``path``, ``query`` and ``contains`` are regular expressions searched in the path, the
    decoded query string and the request body. What ``do`` means:

    * ``status``: answer ``status`` with ``headers`` and ``body`` (the vendor's own if empty); nothing is carried out
    * ``html``: answer 200 with a maintenance page; nothing is carried out
    * ``drop``: close the connection without an answer; nothing is carried out
    * ``expire``: end every session that a vendor may end, then answer as to anyone whose token is over
    * ``apply_then_cut``: carry out the request, then close the connection without an answer
    * ``cut``: carry it out, then close in the middle of the body
    * ``truncate``: carry it out and answer with half of the body as if that were all
    * ``empty``: carry it out and answer 200 without a body
    * ``wrong_json``: carry it out and answer 200 with JSON that tells nothing of it
    * ``shuffle``: carry it out and answer with the results in reverse order
    * ``lose``: carry it out and leave the last result out of the answer
    * ``hang``: carry it out and answer ``seconds`` later
    * ``drip``: carry it out and answer ``piece`` bytes every ``seconds``
    """

    do: Deed
    method: str = "*"
    path: str = ""
    query: str = ""
    contains: str = ""
    nth: int = 1
    times: int | None = 1
    every: int | None = None
    until: int | None = None
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    seconds: float = 30.0
    piece: int = 1

    def __post_init__(self) -> None:
        """Refuse what could never happen, so that a test with a typing mistake cannot pass by it."""
        if self.do not in get_args(Deed):
            raise ValueError(f"unknown fault {self.do!r}; known are {', '.join(get_args(Deed))}")
        counts = (self.nth, self.times, self.every, self.until, self.piece)
        if any(count is not None and count < 1 for count in counts):
            raise ValueError("nth, times, every, until and piece count from 1")
        if self.every is not None and self.times is None:
            raise ValueError("a fault that lasts for ever does not come again: give times or every")

    @property
    def prevents(self) -> bool:
        """Whether the request is not carried out at all."""
        return self.do in _PREVENTING

    def matches(self, method: str, path: str, query: str, body: str) -> bool:
        """Whether this fault concerns such a request at all."""
        if self.method not in ("*", method):
            return False
        return _is_in(self.path, path) and _is_in(self.query, query) and _is_in(self.contains, body)

    def covers(self, occurrence: int) -> bool:
        """Whether the matching request number ``occurrence`` (from 1) is struck."""
        if occurrence < self.nth or (self.until is not None and occurrence > self.until):
            return False
        since = occurrence - self.nth
        return self.times is None or (since % self.every if self.every else since) < self.times


def _is_in(pattern: str, text: str) -> bool:
    return not pattern or re.search(pattern, text) is not None


_KNOWN = frozenset(f.name for f in fields(Fault))


def fault_from(data: Mapping[str, object]) -> Fault:
    """A fault from JSON; ``ValueError`` names an unknown or missing key."""
    unknown = sorted(set(data) - _KNOWN)
    if unknown or "do" not in data:
        raise ValueError(f"a fault needs 'do' and knows only {', '.join(sorted(_KNOWN))}; got {sorted(data)}")
    return Fault(**data)  # type: ignore[arg-type]  # JSON values; the keys were checked above


class FaultPlan:
    """The faults still in force and how often each has matched."""

    def __init__(self) -> None:
        """Start with nothing going wrong."""
        self._faults: list[Fault] = []
        self._seen: list[int] = []
        self._lock = Lock()

    def add(self, *faults: Fault) -> None:
        """Put more faults in force; their occurrences count from now."""
        with self._lock:
            self._faults.extend(faults)
            self._seen.extend(0 for _ in faults)

    def extend(self, faults: Iterable[Mapping[str, object]]) -> None:
        """Put faults given as JSON objects in force."""
        self.add(*[fault_from(data) for data in faults])

    def clear(self) -> None:
        """Let everything go well again."""
        with self._lock:
            self._faults.clear()
            self._seen.clear()

    def strike(self, method: str, path: str, query: str = "", body: str = "") -> Fault | None:
        """Count this request for every matching fault and return the first that strikes it."""
        with self._lock:
            struck = None
            for position, fault in enumerate(self._faults):
                if fault.matches(method, path, query, body):
                    self._seen[position] += 1
                    if struck is None and fault.covers(self._seen[position]):
                        struck = fault
            return struck

    def dump(self) -> list[dict[str, object]]:
        """The faults in force, each with how often it has matched, JSON-ready."""
        with self._lock:
            return [{**asdict(fault), "seen": seen} for fault, seen in zip(self._faults, self._seen, strict=True)]

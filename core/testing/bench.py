"""What the contract needs of a vendor: a simulator that runs, and what people and machines do there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeVar, get_args

from core.connector import Connector, Cursor, Page, RawRecord, Tombstone, WriteRow

Skill = Literal[
    "discovery", "incremental", "deletes", "merges", "writes", "keys", "renewal", "quota", "trouble", "conflicts"
]
"""What a system can do at all: a vendor without merges owes none.

``discovery``: knows which fields there are; ``incremental``: read since a cursor; ``keys``: upsert by a unique field;
``renewal``: tokens that end and are replaced; ``quota``: calls run out; ``trouble``: speaks over a network;
``conflicts``: knows that a record was changed since it was read.
"""

EVERYTHING: frozenset[Skill] = frozenset(get_args(Skill))
Test = TypeVar("Test", bound=Callable[..., None])
NEEDS: dict[Callable[..., None], frozenset[Skill]] = {}


@dataclass(frozen=True)
class Call:
    """One request that reached the simulator: when by its clock, status, the wait told, whether applied."""

    at: float
    status: int
    wait: float | None = None
    applied: bool = False


@dataclass(frozen=True)
class BadRow:
    """A row that the vendor refuses, what becomes of it, and the field at fault where the vendor names it."""

    row: WriteRow
    state: Literal["rejected", "retry"] = "rejected"
    field: str = ""


class Bench(ABC):
    """One running simulator, empty at first, and short ways to act in it.

    ``stream`` is the object tried, ``text`` a writable field of free text of it, ``key`` its unique field. Time is
    the simulator's: a connector's pauses move it and cost nothing.
    """

    skills: ClassVar[frozenset[Skill]]
    stream: ClassVar[str]
    text: ClassVar[str]
    key: ClassVar[str] = ""
    page_size: ClassVar[int]

    @classmethod
    @abstractmethod
    def open(cls) -> AbstractContextManager[Bench]:
        """Start it; it ends with the block."""

    @abstractmethod
    def connector(self) -> Connector:
        """A fresh connector of one and the same connection, as each run has one."""

    @abstractmethod
    def add(self, texts: Sequence[str], *, at_once: bool = False) -> list[str]:
        """Have people create records; their ids in order. ``at_once``: all with the same modification stamp."""

    @abstractmethod
    def truth(self) -> dict[str, str | None]:
        """What the vendor holds: the text of each live record, by id."""

    def edit(self, record_id: str, text: str) -> None:
        """A person changes a record."""
        raise NotImplementedError

    def delete(self, record_id: str) -> None:
        """A person deletes a record."""
        raise NotImplementedError

    def merge(self, survivor: str, loser: str) -> str:
        """A person merges two records; what remains is called so."""
        raise NotImplementedError

    def calls(self) -> Sequence[Call]:
        """What reached the vendor so far."""
        raise NotImplementedError

    def bad_rows(self) -> Mapping[str, BadRow]:
        """One row of every kind the vendor refuses, each by what is wrong with it."""
        return {}

    def end_sessions(self) -> None:
        """Let every access token be over; refresh tokens stay good."""
        raise NotImplementedError

    def revoke(self) -> None:
        """Shut Inlay out for good, as an admin does who removes the app."""
        raise NotImplementedError

    def use_up_quota(self) -> None:
        """Let the calls of the period be used up by others."""
        raise NotImplementedError

    def free_quota(self) -> None:
        """Let a new period begin."""
        raise NotImplementedError

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        raise NotImplementedError

    def refuse(self, status: int, *, times: int = 1, wait: float | None = None) -> None:
        """Answer the next calls with a status, telling to come again after ``wait`` seconds."""
        raise NotImplementedError

    def lose_answer(self) -> None:
        """Carry out the next write and cut its answer."""
        raise NotImplementedError

    def answer_with_page(self) -> None:
        """Answer the next call with 200 and a page of a proxy instead of data."""
        raise NotImplementedError

    def answer_otherwise(self, nth: int = 1) -> None:
        """Carry out the ``nth`` call from now on and answer 200 with JSON of another shape than promised."""
        raise NotImplementedError

    def secrets(self) -> Sequence[str]:
        """The credentials in use, none of which may ever be told."""
        return ()

    def read(self, since: Cursor | None = None, connector: Connector | None = None) -> Iterator[Page]:
        """Read the stream with its text field."""
        return (connector or self.connector()).read(self.stream, [self.text], since)

    def id_of(self, record: RawRecord) -> str:
        """The record's id."""
        return str(record[self.connector().streams()[self.stream].id_field])

    def text_of(self, record: RawRecord) -> str | None:
        """The record's text, wherever this vendor keeps its fields."""
        found: Any = record.get(self.text)
        return None if found is None else str(found)


def needs(*skills: Skill) -> Callable[[Test], Test]:
    """Mark a test of the contract: it is asked only of systems that can do all of this."""

    def mark(test: Test) -> Test:
        """Note it on the test itself."""
        NEEDS[test] = frozenset(skills)
        return test

    return mark


def last_cursor(pages: Sequence[Page]) -> Cursor | None:
    """Where the next read has to begin."""
    return next((page.cursor for page in reversed(pages) if page.cursor is not None), None)


def stones(pages: Sequence[Page]) -> dict[str, Tombstone]:
    """The tombstones of the pages, by id."""
    return {stone.external_id: stone for page in pages for stone in page.tombstones}

"""What a power cut leaves of a real database file: some of the last commits may be gone, and never a part of one.

The worlds lose whole commits; this is why they may. Of the bytes that were never synced some reach the disk and some do
not, in any order and torn in the middle; what the product then opens is a state that once was, and whole.
"""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Connection

from core.store import Store
from core.store.audit import verify
from tests.core.ledger.world import World, task
from tests.doubles.crm import MemoryCrm

SECTOR = 512
CUTS = 50
SOAK_CUTS = int(os.environ.get("INLAY_SIM_CUTS", "500"))
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
Content = tuple[tuple[str, str], ...]
"""Each table and a hash of its rows."""


@dataclass(frozen=True)
class Moment:
    """What the operating system holds right after a commit, synced or not: database, write-ahead log, and content."""

    database: bytes
    log: bytes
    content: Content


class WatchedStore(Store):
    """A store that looks at its own files after each commit."""

    moments: list[Moment]

    @classmethod
    def over(cls, folder: Path) -> WatchedStore:
        """A new store in a folder."""
        with Store.open(f"sqlite:///{folder / 'inlay.db'}") as opened:
            opened.migrate()
        watched = cls(Store.open(f"sqlite:///{folder / 'inlay.db'}").engine)
        watched.moments = []
        return watched

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with super().begin() as conn:
            yield conn
        path = Path(str(self.engine.url.database))
        found = path.read_bytes(), path.with_name("inlay.db-wal").read_bytes()
        self.moments.append(Moment(*found, content_of(laid_out(path.with_name("copy"), *found))))


def laid_out(folder: Path, database: bytes, log: bytes) -> Path:
    """These bytes as the files of a store that nobody has opened yet."""
    folder.mkdir(exist_ok=True)
    path = folder / "inlay.db"
    for end in ("-shm", "-wal"):
        path.with_name(f"inlay.db{end}").unlink(missing_ok=True)
    path.write_bytes(database)
    path.with_name("inlay.db-wal").write_bytes(log)
    return path


def content_of(path: Path) -> Content:
    """All that is in there, of files that SQLite itself calls sound."""
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        names = [row[0] for row in database.execute(TABLES)]
        rows = ((name, sorted(map(repr, database.execute(" ".join(("SELECT * FROM", name)))))) for name in names)
        return tuple((name, sha256("\n".join(found).encode()).hexdigest()) for name, found in rows)


@dataclass
class Day:
    """Two days of a small firm, commit by commit."""

    folder: Path
    moments: list[Moment] = field(default_factory=list)

    def live(self) -> None:
        """Read, compute, plan, apply, take back."""
        store = WatchedStore.over(self.folder)
        world = World(store)
        crm = world.connect(MemoryCrm("crm", world.clock))
        for number in (1, 2, 3):
            crm.add("Account", f"A{number}", Name=f"Client {number}")
        for day in (1, 2):
            world.sync()
            for number in (1, 2, 3):
                world.signal(f"crm/Account/A{number}", "health.score", 10 * day + number)
            world.proposals = {"renewals": [task(f"crm/Account/A{day}", f"k{day}")]}
            world.plan()
            world.apply()
        world.undo("apply-000002")
        self.moments = store.moments
        store.close()


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    lived = Day(tmp_path_factory.mktemp("power"))
    lived.live()
    return lived


def what_reached_the_disk(synced: bytes, held: bytes, dice: random.Random) -> bytes:
    """The log as a power cut leaves it: all that was synced, and of the rest some sectors, some torn, some never."""
    assert held.startswith(synced)
    end = dice.randint(len(synced), len(held))
    left = bytearray(held[:end])
    for start in range(len(synced), end, SECTOR):
        fate = dice.random()
        if fate < 0.02:
            left[start : start + SECTOR] = bytes(len(left[start : start + SECTOR]))
        elif fate < 0.03:
            left[start + SECTOR // 2 : start + SECTOR] = dice.randbytes(len(left[start + SECTOR // 2 : start + SECTOR]))
    return bytes(left)


def cut(day: Day, seed: int) -> tuple[int, int, int]:
    """Cut the power somewhere: the commit that was synced last, the last one made, and the one that is left."""
    dice = random.Random(seed)
    synced = dice.randrange(len(day.moments) - 1)
    made = min(synced + dice.randint(0, 6), len(day.moments) - 1)
    log = what_reached_the_disk(day.moments[synced].log, day.moments[made].log, dice)
    path = laid_out(day.folder / "after", day.moments[made].database, log)
    contents = [one.content for one in day.moments[synced : made + 1]]
    left = content_of(path)
    assert left in contents, f"seed {seed}: half a commit is left between {synced} and {made}"
    return synced, made, made - contents[::-1].index(left)


def test_the_day_has_many_commits_that_can_be_told_apart(day: Day) -> None:
    assert len({one.content for one in day.moments}) > 30


def test_what_is_left_is_a_state_that_once_was_no_older_than_what_was_synced(day: Day) -> None:
    ends = [cut(day, seed) for seed in range(CUTS)]
    assert any(left == made > synced for synced, made, left in ends), "at times everything had reached the disk"
    assert sum(left < made for _, made, left in ends) > CUTS / 4, "and often it had not"


def test_what_was_synced_as_intake_does_survives_whatever_comes_after(day: Day) -> None:
    assert all(left >= synced for synced, _, left in (cut(day, seed) for seed in range(1000, 1010)))


def test_the_product_opens_what_is_left_and_its_audit_log_is_whole(day: Day) -> None:
    cut(day, 7)
    with Store.open(f"sqlite:///{day.folder / 'after' / 'inlay.db'}") as store:
        store.migrate()
        with store.read() as conn:
            assert verify(conn) is None


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_hundreds_of_power_cuts(day: Day) -> None:
    for seed in range(2000, 2000 + SOAK_CUTS):
        cut(day, seed)

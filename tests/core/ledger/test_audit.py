"""The audit log: whatever is done to it from outside is found, a missing end included; it tells who looked, too."""

from __future__ import annotations

import hashlib
import hmac
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from core.ledger.witness import CONFIGURATION, fingerprint, note_configuration, saw
from core.store import Store
from core.store.anchors import AnchorFile
from core.store.audit import append, newest, read_audit, verify
from core.store.tables import audit
from tests.core.ledger.world import START, World

ENTRIES = 40
AT = "2026-06-01T09:00:00Z"


def seal(text: str) -> str:
    return hmac.new(b"key", text.encode(), hashlib.sha256).hexdigest()


@pytest.fixture
def anchors(tmp_path: Path) -> AnchorFile:
    return AnchorFile(tmp_path / "audit.anchors", seal)


@pytest.fixture
def log(store: Store, anchors: AnchorFile) -> Store:
    """Forty entries with an anchor after every ten."""
    with store.begin() as conn:
        for number in range(1, ENTRIES + 1):
            append(conn, AT, "tom", "apply", f"apply-{number:06}", {"operations": number})
            if number % 10 == 0:
                anchors.drop(conn, AT)
    return store


def problem(store: Store, anchors: AnchorFile) -> str | None:
    with store.read() as conn:
        return anchors.verify(conn).problem


def edit(conn: Connection, luck: random.Random) -> None:
    column, value = luck.choice([("actor", "ann"), ("action", "undo"), ("facts", "{}"), ("at", "2020"), ("hash", "0")])
    conn.execute(update(audit).where(audit.c.seq == luck.randint(1, ENTRIES)).values(**{column: value}))


def remove(conn: Connection, luck: random.Random) -> None:
    conn.execute(delete(audit).where(audit.c.seq == luck.randint(1, ENTRIES)))


def swap(conn: Connection, luck: random.Random) -> None:
    one, other = luck.sample(range(1, ENTRIES + 1), 2)
    for before, after in ((one, -1), (other, one), (-1, other)):
        conn.execute(update(audit).where(audit.c.seq == before).values(seq=after))


def cut_off(conn: Connection, luck: random.Random) -> None:
    conn.execute(delete(audit).where(audit.c.seq > luck.randint(0, ENTRIES - 1)))


def put_in(conn: Connection, luck: random.Random) -> None:
    at = luck.randint(1, ENTRIES + 1)
    for seq in range(ENTRIES, at - 1, -1):
        conn.execute(update(audit).where(audit.c.seq == seq).values(seq=seq + 1))
    row = {"seq": at, "at": AT, "actor": "eve", "action": "apply", "subject": "x", "facts": "{}"}
    conn.execute(insert(audit).values(**row, previous="", hash="forged"))


def made_anew(conn: Connection, luck: random.Random) -> None:
    """Somebody who knows the code writes the whole log again, with good hashes, and one entry other than it was."""
    rows = list(conn.execute(select(audit).order_by(audit.c.seq)))
    changed = luck.randint(1, ENTRIES)
    conn.execute(delete(audit))
    for row in rows:
        actor = "eve" if row.seq == changed else row.actor
        append(conn, row.at, actor, row.action, row.subject, {})


TAMPERING: list[Callable[[Connection, random.Random], None]] = [edit, remove, swap, cut_off, put_in, made_anew]


def test_an_untouched_log_is_whole(log: Store, anchors: AnchorFile) -> None:
    with log.read() as conn:
        verdict = anchors.verify(conn)
        assert (verdict.entries, verdict.anchors, verdict.problem) == (ENTRIES, 4, None)
        assert verify(conn) is None


def test_a_thousand_tamperings_are_all_found(log: Store, anchors: AnchorFile) -> None:
    luck = random.Random(7)
    with log.begin() as conn:
        beginning = [row._asdict() for row in conn.execute(select(audit))]
    missed = []
    for number in range(1000):
        tamper = TAMPERING[number % len(TAMPERING)]
        with log.engine.connect() as conn, conn.begin() as transaction:
            tamper(conn, luck)
            if anchors.verify(conn).problem is None:
                missed.append(tamper.__name__)
            transaction.rollback()
    assert missed == []
    with log.read() as conn:
        assert [row._asdict() for row in conn.execute(select(audit))] == beginning


def test_without_anchors_a_log_that_ends_early_looks_whole(log: Store, tmp_path: Path) -> None:
    """Which is why there are anchors."""
    with log.begin() as conn:
        conn.execute(delete(audit).where(audit.c.seq > 35))
    with log.read() as conn:
        assert verify(conn) is None
        assert AnchorFile(tmp_path / "none", seal).verify(conn).problem is None


def test_the_message_says_where_the_log_ends(log: Store, anchors: AnchorFile) -> None:
    with log.begin() as conn:
        conn.execute(delete(audit).where(audit.c.seq > 35))
    assert problem(log, anchors) == "the log ends at entry 35, it once held 40"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: lines[:1] + lines[2:],
        lambda lines: [lines[1], lines[0], *lines[2:]],
        lambda lines: [lines[0].replace(b'"seq":10', b'"seq":11'), *lines[1:]],
        lambda lines: [lines[0].replace(b"09:00", b"08:00"), *lines[1:]],
        lambda lines: [b"nonsense", *lines[1:]],
        lambda lines: lines[1:],
    ],
)
def test_anchors_cannot_be_changed_either(log: Store, anchors: AnchorFile, spoil: Callable[[Any], Any]) -> None:
    lines = anchors.path.read_bytes().splitlines()
    anchors.path.write_bytes(b"".join(line + b"\n" for line in spoil(lines)))
    told = problem(log, anchors)
    assert told is not None
    assert "audit.anchors was changed, removed or put in" in told


def test_another_key_seals_differently(log: Store, anchors: AnchorFile) -> None:
    stranger = AnchorFile(anchors.path, lambda text: hmac.new(b"other", text.encode(), hashlib.sha256).hexdigest())
    assert "sealed with another key" in str(problem(log, stranger))


def test_a_line_cut_short_by_a_crash_spoils_nothing(log: Store, anchors: AnchorFile) -> None:
    with anchors.path.open("ab") as file:
        file.write(b'{"seq": 41, "ha')
    assert (problem(log, anchors), len(anchors.read())) == (None, 4)


def test_an_anchor_is_dropped_only_when_the_log_has_moved(log: Store, anchors: AnchorFile) -> None:
    with log.begin() as conn:
        assert anchors.drop(conn, AT) is None
        append(conn, AT, "tom", "undo", "undo-000001", {})
        dropped = anchors.drop(conn, AT)
    assert dropped is not None
    assert dropped.seq == ENTRIES + 1
    assert problem(log, anchors) is None


def test_an_empty_log_has_no_anchor(store: Store, anchors: AnchorFile) -> None:
    with store.read() as conn:
        assert anchors.drop(conn, AT) is None
        assert anchors.verify(conn).problem is None


def test_changed_configuration_is_noted_once_and_by_name_only(world: World) -> None:
    first = {"firm": fingerprint({"name": "Hartwell"}), "connections": fingerprint({"token": "${TOKEN}"})}
    assert note_configuration(world.store, world.clock, "tom", first) == ["connections", "firm"]
    assert note_configuration(world.store, world.clock, "tom", first) == []
    second = {**first, "plugins": fingerprint({"health": {"mode": "auto"}})}
    assert note_configuration(world.store, world.clock, "ann", second) == ["plugins"]
    third = {name: part for name, part in second.items() if name != "firm"}
    assert note_configuration(world.store, world.clock, "ann", third) == ["firm"]
    with world.store.read() as conn:
        entry = newest(conn, CONFIGURATION)
        entries = [one for one in read_audit(conn) if one.action == CONFIGURATION]
    assert entry is not None
    assert (entry.actor, entry.facts["changed"]) == ("ann", ["firm"])
    assert len(entries) == 3
    assert "Hartwell" not in str(entries)


def test_who_looked_is_noted(world: World) -> None:
    saw(world.store, world.clock, "ann", "plan", "plan-1")
    with world.store.read() as conn:
        [entry] = read_audit(conn)
    assert (entry.actor, entry.action, entry.subject, entry.facts) == ("ann", "saw", "plan-1", {"what": "plan"})
    assert entry.at == START.isoformat().replace("+00:00", "Z")

"""After a power cut the anchors know no more than the log does."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from core.store import Store
from core.store.anchors import AnchorFile
from core.store.audit import append

AT = "2026-06-01T09:00:00Z"


def seal(text: str) -> str:
    return str(len(text))


def note(store: Store, entries: int) -> None:
    for number in range(entries):
        with store.begin() as conn:
            append(conn, AT, "admin", "saw", f"client {number}", {"what": "client"})


def drop(store: Store, anchors: AnchorFile) -> None:
    with store.read() as conn:
        assert anchors.drop(conn, AT) is not None


class Disk:
    """What a power cut leaves of a folder: each file as it was when somebody last waited for it."""

    def __init__(self, here: Path, survivors: Path, patch: pytest.MonkeyPatch) -> None:
        self.here, self.survivors = here, survivors
        shutil.copytree(here, survivors)
        really = os.fsync

        def fsync(file: int) -> None:
            really(file)
            reached = Path(f"/proc/self/fd/{file}").readlink()
            shutil.copy(reached, survivors / reached.name)

        patch.setattr(os, "fsync", fsync)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux tells the name of an open file")
def test_a_power_cut_after_an_anchor_leaves_the_entries_it_speaks_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, left = tmp_path / "here", tmp_path / "left"
    here.mkdir()
    with Store.open(f"sqlite:///{here / 'inlay.db'}") as store:
        store.migrate()
        note(store, 3)
    disk = Disk(here, left, monkeypatch)
    with Store.open(f"sqlite:///{here / 'inlay.db'}") as store:
        note(store, 4)
        drop(store, AnchorFile(here / "audit.anchors", seal))
        note(store, 2)  # nobody waited for these: they may be gone
        with Store.open(f"sqlite:///{disk.survivors / 'inlay.db'}") as after, after.read() as conn:
            verdict = AnchorFile(left / "audit.anchors", seal).verify(conn)
    assert verdict.problem is None
    assert (verdict.entries, verdict.anchors) == (7, 1)


def test_on_postgresql_each_commit_is_waited_for_already(postgres_url: str, tmp_path: Path) -> None:
    anchors = AnchorFile(tmp_path / "audit.anchors", seal)
    with Store.open(postgres_url) as store:
        store.migrate()
        note(store, 2)
        drop(store, anchors)
        with store.read() as conn:
            assert anchors.verify(conn).problem is None

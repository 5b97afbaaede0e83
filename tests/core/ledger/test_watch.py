"""A plugin that never answers, or eats the memory: it is interrupted with its name, and the others go on."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from core.clock import SystemClock
from core.host import Host, Plugin
from core.ledger.watch import Watch
from tests.core.ledger.test_bad_input import GOOD, asked

SLOW = "while True: pass"
HANGING_GENERATOR = "return ((lambda: exec('while True: pass'))() for _ in range(3))"
HUNGRY = """kept = []
    while True: kept.append(b"x" * (1 << 20))"""
STUBBORN = """while True:
        try:
            while True: sum(range(100))
        except Exception: pass"""
ONCE_DEAF = """try:
        while True: sum(range(100))
    except Exception: pass
    while True: pass"""


def under(watch: Watch, folder: Path, patch: pytest.MonkeyPatch, **bodies: str) -> tuple[Host, dict[str, list[Any]]]:
    """What plugins with these bodies answer while somebody watches."""
    with watch.kept() as turn_to:

        def context_for(plugin: Plugin) -> Any:
            turn_to(plugin.name)

        return asked(folder, patch, context_for, **bodies)


def short(**more: Any) -> Watch:
    return Watch(SystemClock(), **{"seconds": 0.05, "tick": 0.02, **more})


@pytest.mark.parametrize("body", [SLOW, HANGING_GENERATOR, ONCE_DEAF], ids=["loop", "generator", "deaf once"])
def test_a_plugin_that_never_answers_is_interrupted_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    made, found = under(short(), tmp_path, monkeypatch, first=GOOD, slow=body, last=GOOD)
    assert {name: len(wishes) for name, wishes in found.items()} == {"first": 1, "slow": 0, "last": 1}
    [fault] = made.plugins["slow"].faults
    assert fault.what == "propose took longer than 0.05 seconds and was interrupted; nothing of it counts"
    assert (fault.where, fault.facts["plugin"]) == ("slow.propose", "slow")
    assert made.plugins["first"].faults == made.plugins["last"].faults == []


def test_a_plugin_that_eats_the_memory_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = short(seconds=30.0, most_bytes=60 << 20)
    made, found = under(watch, tmp_path, monkeypatch, hungry=HUNGRY, good=GOOD)
    assert (found["hungry"], len(found["good"])) == ([], 1)
    [fault] = made.plugins["hungry"].faults
    assert fault.what == "propose took more than 60 MiB of memory and was interrupted; nothing of it counts"


def test_one_that_catches_every_interruption_ends_the_process_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit, match=r"stubborn\.propose took longer .* take the plugin out of inlay\.yaml"):
        under(short(), tmp_path, monkeypatch, stubborn=STUBBORN)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_each_plugin_has_its_own_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = "import time; time.sleep(0.06); " + GOOD
    made, found = under(short(seconds=0.2), tmp_path, monkeypatch, a=patient, b=patient, c=patient, d=patient)
    assert [len(wishes) for wishes in found.values()] == [1, 1, 1, 1]
    assert made.findings() == []


def test_an_alarm_while_no_plugin_is_asked_does_nothing() -> None:
    clock = SystemClock()
    with short(seconds=0.0).kept() as turn_to:
        turn_to("nobody")
        until = clock.monotonic() + 0.1
        while clock.monotonic() < until:
            pass


def test_whoever_listened_to_the_alarm_before_listens_again() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _: heard.append(number))
    try:
        with short().kept():
            pass
        signal.raise_signal(signal.SIGALRM)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert heard == [signal.SIGALRM]


def test_in_another_thread_nothing_is_watched_and_plugins_are_asked_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: dict[str, list[Any]] = {}
    thread = threading.Thread(target=lambda: found.update(under(short(), tmp_path, monkeypatch, good=GOOD)[1]))
    thread.start()
    thread.join()
    assert len(found["good"]) == 1


def test_the_usual_measure_leaves_room_for_honest_work() -> None:
    usual = Watch(SystemClock())
    assert usual._seconds >= 300
    assert usual._most_bytes >= 1 << 30

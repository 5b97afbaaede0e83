"""Bad weather from a seed: every kind of fault, each in its own rhythm, as an admin may rehearse it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from connectors.sandbox.faults.plan import Fault

# Only here is the order of results promised by no vendor; a row lost from a page of a list would be seen by nobody.
_BATCH_WRITES = r"/batch/(create|update|upsert)$"
_SERVER_ERRORS = (500, 502, 503, 504)
_FIRST_PERIODS = (40, 160)
_BATCH_PERIODS = (8, 24)
_OUTAGE_PERIODS = (250, 450)
_PIECE_BYTES = 4096


def storm(seed: int, salt: str = "", *, seconds: float = 0.02, until: int | None = None) -> tuple[Fault, ...]:
    """Faults that strike about every eighth request, the same ones for the same ``seed`` and ``salt``.

    Slow answers take ``seconds``; after ``until`` requests all is calm (None: never). ``salt`` gives each vendor of a
    fleet a weather of its own. No fault lasts longer than a patient client would keep on trying.
    """
    dice = Random(f"{seed}/{salt}")
    return tuple(build(dice, _rhythm(dice, periods), until, seconds) for build, periods in _KINDS)


def _rhythm(dice: Random, periods: tuple[int, int]) -> tuple[int, int]:
    """First occurrence and period of a fault that comes again and again."""
    every = dice.randint(*periods)
    return dice.randint(1, every), every


_Build = Callable[[Random, tuple[int, int], int | None, float], Fault]


def _told_to_wait(dice: Random, rhythm: tuple[int, int], until: int | None, _seconds: float) -> Fault:
    wait = {"Retry-After": str(dice.randint(1, 3))}
    return Fault("status", status=429, headers=wait, nth=rhythm[0], every=rhythm[1], until=until)


def _told_nothing(_dice: Random, rhythm: tuple[int, int], until: int | None, _seconds: float) -> Fault:
    return Fault("status", status=429, nth=rhythm[0], every=rhythm[1], until=until)


def _burst(dice: Random, rhythm: tuple[int, int], until: int | None, _seconds: float) -> Fault:
    status, times = dice.choice(_SERVER_ERRORS), dice.randint(1, 2)
    return Fault("status", status=status, times=times, nth=rhythm[0], every=rhythm[1], until=until)


def _outage(dice: Random, rhythm: tuple[int, int], until: int | None, _seconds: float) -> Fault:
    times, wait = dice.randint(3, 5), {"Retry-After": "1"}
    return Fault("status", status=503, headers=wait, times=times, nth=rhythm[0], every=rhythm[1], until=until)


def _slow(dice: Random, rhythm: tuple[int, int], until: int | None, seconds: float) -> Fault:
    return Fault("hang", seconds=seconds * dice.random(), nth=rhythm[0], every=rhythm[1], until=until)


def _dripping(_dice: Random, rhythm: tuple[int, int], until: int | None, seconds: float) -> Fault:
    return Fault("drip", seconds=seconds / 10, piece=_PIECE_BYTES, nth=rhythm[0], every=rhythm[1], until=until)


def _plain(fault: Fault) -> _Build:
    def build(_dice: Random, rhythm: tuple[int, int], until: int | None, _seconds: float) -> Fault:
        """The same fault in this rhythm."""
        return Fault(fault.do, method=fault.method, path=fault.path, nth=rhythm[0], every=rhythm[1], until=until)

    return build


_KINDS: tuple[tuple[_Build, tuple[int, int]], ...] = (
    (_told_to_wait, _FIRST_PERIODS),
    (_told_nothing, _FIRST_PERIODS),
    (_burst, _FIRST_PERIODS),
    (_outage, _OUTAGE_PERIODS),
    (_slow, _FIRST_PERIODS),
    (_dripping, _FIRST_PERIODS),
    *(
        (_plain(fault), _FIRST_PERIODS)
        for fault in (
            Fault("drop"),
            Fault("cut"),
            Fault("apply_then_cut"),
            Fault("html"),
            Fault("truncate"),
            Fault("empty"),
            Fault("wrong_json"),
            Fault("expire"),
        )
    ),
    *((_plain(Fault(do, path=_BATCH_WRITES)), _BATCH_PERIODS) for do in ("shuffle", "lose")),
)

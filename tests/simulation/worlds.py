"""The worlds: vendors of different tempers, and safety nets switched off one by one: none may hide another's hole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from core.ledger.delivery import Guard


@dataclass(frozen=True)
class Temper:
    """How a simulated vendor is.

    ``keyed``: keys are unique, a second create with one finds the first. ``conditional``: it refuses a write over what
    nobody has seen. ``history``: it remembers what fields held. ``lag``: seconds until a change shows in lists and
    searches. ``buries``: it lists what was deleted. ``quota``: calls per day. ``trouble``: the share of calls that go
    wrong. ``mirrors``: somebody's tool copies scores to the other CRM, rounded. ``answers``: somebody's tool answers
    each score with what makes another one. ``slow``: a batch is a job that may take many minutes. ``drifts``: its
    admins take fields away, give them other types and options, require new ones, and take all that back.
    ``keys_everywhere``: every kind of record has a field for Inlay's key.
    """

    keyed: bool = True
    conditional: bool = False
    history: bool = False
    lag: int = 0
    buries: bool = True
    quota: int | None = None
    trouble: float = 0.2
    mirrors: bool = False
    answers: bool = False
    slow: bool = False
    drifts: bool = False
    keys_everywhere: bool = False


@dataclass(frozen=True)
class World:
    """One kind of firm.

    ``polls``: it reads on time, else only when an event came. ``reconciles``: it reads everything at times.
    ``workers``: two of them may be at work at once; ``oversleeps``: one of them longer than its lease. ``deadly``: the
    chance of a kill wherever something is left behind. ``often``: how often an hour a field may be written.
    ``posts``: it sends messages. ``dedupes``: a plugin merges clients, at times wrongly. ``power_cuts``: whatever kills
    the process takes the last unsynced commits along.
    """

    name: str
    about: str
    temper: Temper = field(default_factory=Temper)
    crms: Literal[1, 2] = 1
    polls: bool = True
    reconciles: bool = False
    workers: Literal[1, 2] = 1
    oversleeps: bool = True
    guard: Guard = "shared"
    full_disk: bool = False
    cap: int = 1000
    often: int = 50
    posts: bool = False
    dedupes: bool = False
    power_cuts: bool = False
    deadly: float = 0.015


WORLDS = {
    world.name: world
    for world in (
        World("plain", "a kind vendor with unique keys and lists of what was deleted"),
        World("keyless", "no unique keys: what is unknown has to be searched for", Temper(keyed=False)),
        World(
            "events", "nothing is polled: events alone say that there is something to read", polls=False, deadly=0.03
        ),
        World("power", "the power fails, and with it go the last commits", polls=False, deadly=0.03, power_cuts=True),
        World("lagging", "lists and searches show a change late, and nothing is ever read as a whole", Temper(lag=20)),
        World("careful", "the vendor refuses writes over what nobody has seen", Temper(conditional=True), guard="all"),
        World("looking back", "no conditional writes, but a history of fields", Temper(history=True)),
        World("racing", "two workers over one outbox, one of which sleeps too long", workers=2),
        World(
            "racing keyless",
            "two workers and no unique keys: nothing but the lease keeps them apart",
            Temper(keyed=False),
            workers=2,
            oversleeps=False,
        ),
        World(
            "slow",
            "jobs that take longer than a lease, two workers and no unique keys",
            Temper(keyed=False, slow=True),
            workers=2,
            oversleeps=False,
        ),
        World("drifting", "admins change what fields there are and what they may hold", Temper(drifts=True)),
        World(
            "mailing", "messages, which nobody can take back and only some can be asked about", posts=True, deadly=0.03
        ),
        World(
            "merging",
            "a plugin merges clients, and a person takes that back",
            Temper(keys_everywhere=True),
            dedupes=True,
        ),
        World("echo", "two CRMs, and somebody's tool that copies between them", Temper(mirrors=True), crms=2),
        World("answering", "a tool that answers Inlay for ever", Temper(answers=True, trouble=0.1), often=2),
        World("starved", "few calls a day, and few operations a run", Temper(quota=18), cap=2),
        World(
            "full",
            "the disk fills up again and again; deletes show in whole readings only",
            Temper(buries=False),
            full_disk=True,
            reconciles=True,
        ),
    )
}

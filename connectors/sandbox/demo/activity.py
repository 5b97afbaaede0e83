"""What went on between the firm and its clients: touches, cases and chores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Literal

from connectors.sandbox.demo.dealings import crm_home
from connectors.sandbox.demo.dice import AS_OF, TODAY, WINDOW_DAYS, days_ago, dice, office_hour, weekday, whole_count
from connectors.sandbox.demo.parties import Role
from connectors.sandbox.demo.words import CASE_SUBJECTS, CHORE_SUBJECTS, TOUCH_SUBJECTS, URGENT_SUBJECTS
from connectors.sandbox.firm import Channel, Chore, Home, Person, SupportCase, Touch

_CHANNELS: tuple[Channel, ...] = ("email", "call", "meeting", "note")
_CHANNEL_WEIGHTS = (58, 24, 11, 7)
_MINUTES: dict[Channel, tuple[int, int]] = {"email": (0, 0), "call": (4, 35), "meeting": (30, 90), "note": (0, 0)}
_PRIORITIES: tuple[Literal["low", "normal", "high"], ...] = ("low", "normal", "high")
_OPEN_STATES: tuple[Literal["new", "open", "waiting"], ...] = ("new", "open", "waiting")


class Contacts:
    """Who can be talked to at a party, seen from one home."""

    def __init__(self, people: Sequence[Person]) -> None:
        """Group ``people`` by party and home once."""
        self._by_place: dict[tuple[str, Home], list[str]] = {}
        for person in people:
            for home in person.homes:
                self._by_place.setdefault((person.party_key, home), []).append(person.key)

    def somebody(self, role: Role, home: Home, roll: Random) -> str | None:
        """The main contact more often than the others; None where ``home`` knows nobody."""
        keys = self._by_place.get((role.party.key, home), [])
        return roll.choices(keys, [3] + [1] * (len(keys) - 1))[0] if keys else None


def touches(seed: int, roles: Sequence[Role], contacts: Contacts) -> tuple[Touch, ...]:
    """Two years of mails, calls, meetings and notes, numbered by time."""
    found = [t for role in roles for t in _touches_of(role, contacts, dice(seed, "touches", role.party.key))]
    return tuple(sorted(found, key=lambda touch: (touch.at, touch.key)))


def cases(seed: int, roles: Sequence[Role], contacts: Contacts) -> tuple[SupportCase, ...]:
    """Questions and complaints, the open ones last."""
    return tuple(c for role in roles for c in _cases_of(role, contacts, dice(seed, "cases", role.party.key)))


def chores(seed: int, roles: Sequence[Role]) -> tuple[Chore, ...]:
    """A to-do made by hand for about every second client, some of them done."""
    return tuple(c for role in roles for c in _chores_of(role, dice(seed, "chores", role.party.key)))


def _touches_of(role: Role, contacts: Contacts, roll: Random) -> Iterator[Touch]:
    if crm_home(role, roll) is None:
        return
    silent = min(roll.randint(*role.temper.silent_days), (TODAY - role.party.client_since).days)
    first = min(WINDOW_DAYS, (TODAY - role.party.client_since).days)
    wanted = whole_count(role.temper.touches_a_month * (first - silent) / 30.4, roll)
    ages = [silent, *(roll.randint(silent, first) for _ in range(wanted))]
    for number, age in enumerate(sorted(ages, reverse=True), 1):
        touch = _touch(role, number, weekday(days_ago(age)), contacts, roll)
        yield touch
        yield from _answer(touch, role, days_ago(silent), roll)


def _touch(role: Role, number: int, day: date, contacts: Contacts, roll: Random) -> Touch:
    home = crm_home(role, roll) or "salesforce"
    channel = roll.choices(_CHANNELS, _CHANNEL_WEIGHTS)[0]
    inbound = channel != "note" and roll.random() < role.temper.inbound_share
    return Touch(
        key=f"t-{role.party.key}-{number:03d}",
        party_key=role.party.key,
        person_key=contacts.somebody(role, home, roll),
        owner_key=role.party.owner_key,
        channel=channel,
        direction="inbound" if inbound else "outbound",
        subject=roll.choice(TOUCH_SUBJECTS[channel]),
        at=office_hour(day, roll),
        minutes=roll.randint(*_MINUTES[channel]),
        home=home,
    )


def _answer(touch: Touch, role: Role, latest: date, roll: Random) -> Iterator[Touch]:
    """The client's answer to a mail of ours, if one came before the client fell silent."""
    if touch.channel != "email" or touch.direction != "outbound" or roll.random() >= role.temper.answer_share:
        return
    at = touch.at + timedelta(days=roll.randint(*role.temper.answers_in), minutes=roll.randint(35, 150))
    if at.date() <= latest and at < AS_OF and at.weekday() < 5:
        yield replace(touch, key=f"{touch.key}-re", direction="inbound", subject=f"Re: {touch.subject}", at=at)


def _cases_of(role: Role, contacts: Contacts, roll: Random) -> Iterator[SupportCase]:
    known_days = min(WINDOW_DAYS, (TODAY - role.party.client_since).days)
    if crm_home(role, roll) is None or known_days < 30:
        return
    numbers = count(1)
    for _ in range(whole_count(role.temper.cases_a_year * known_days / 365, roll)):
        yield _closed_case(role, next(numbers), roll.randrange(12, known_days), contacts, roll)
    for _ in range(role.temper.open_urgent_cases):
        yield _open_case(
            role, next(numbers), roll.randrange(2, 26), roll.choice(("high", "urgent")), contacts=contacts, roll=roll
        )
    if role.temper.cases_a_year and role.party.status == "active" and roll.random() < 0.15:
        yield _open_case(
            role, next(numbers), roll.randrange(1, 9), roll.choice(_PRIORITIES), contacts=contacts, roll=roll
        )


def _closed_case(role: Role, number: int, age: int, contacts: Contacts, roll: Random) -> SupportCase:
    home = crm_home(role, roll) or "salesforce"
    opened = office_hour(weekday(days_ago(age)), roll)
    closed = opened + timedelta(hours=roll.randrange(3, 24 * 9))
    return SupportCase(
        key=f"k-{role.party.key}-{number:02d}",
        party_key=role.party.key,
        person_key=contacts.somebody(role, home, roll),
        subject=roll.choice(CASE_SUBJECTS),
        priority=roll.choices(_PRIORITIES, [3, 6, 2])[0],
        status="closed",
        opened_at=opened,
        closed_at=min(closed, AS_OF - timedelta(hours=1)),
        home=home,
    )


def _open_case(
    role: Role,
    number: int,
    age: int,
    priority: Literal["low", "normal", "high", "urgent"],
    *,
    contacts: Contacts,
    roll: Random,
) -> SupportCase:
    home = crm_home(role, roll) or "salesforce"
    subjects = URGENT_SUBJECTS if priority in ("high", "urgent") else CASE_SUBJECTS
    return SupportCase(
        key=f"k-{role.party.key}-{number:02d}",
        party_key=role.party.key,
        person_key=contacts.somebody(role, home, roll),
        subject=roll.choice(subjects),
        priority=priority,
        status=roll.choice(_OPEN_STATES),
        opened_at=office_hour(weekday(days_ago(age)), roll),
        closed_at=None,
        home=home,
    )


def _chores_of(role: Role, roll: Random) -> Iterator[Chore]:
    home = crm_home(role, roll)
    if home is None or roll.random() < 0.5:
        return
    is_done = roll.random() < 0.4
    yield Chore(
        key=f"h-{role.party.key}",
        party_key=role.party.key,
        owner_key=role.party.owner_key,
        subject=roll.choice(CHORE_SUBJECTS),
        due=TODAY + timedelta(days=roll.randrange(-30, -2) if is_done else roll.randrange(-5, 30)),
        is_done=is_done,
        home=home,
    )

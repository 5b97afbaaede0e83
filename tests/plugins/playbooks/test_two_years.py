"""Two simulated years, day by day: every play for the right clients, on the right working day, and nothing twice.

What should happen is told by a second, much simpler book-keeping in this file.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from core.proposals import CreateTask, Proposal
from plugins.playbooks.play import Play
from plugins.playbooks.settings import Absence, PlaybookSettings
from tests.core.signals.book import Book
from tests.plugins.playbooks.script import EVERYTHING, team
from tests.plugins.playbooks.years import Years

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = {"ann": "Europe/London", "bob": "America/New_York", "eve": "Pacific/Auckland"}
PLAYS: dict[str, Play] = {one.name: one.play for one in EVERYTHING.plays if one.name != "business-review"}
CLIENTS = {f"c{at}": list(ZONES)[at % 3] for at in range(6)}
AWAY = (date(2026, 1, 1), date(2027, 1, 1))
CONTRACTS = {f"k{at}": f"c{at}" for at in range(3)}
TITLES = {
    "at-risk": ["Call {}", "See that somebody looks after {}"],
    "watch": ["Review {}"],
    "keep-in-touch": ["Get in touch with {}"],
    "notice-deadline": ["Decide on {}", "Get a decision on {}"],
    "overlapping-contracts": ["Look at the contracts of {}"],
    "overdue-invoice": ["Ask {} about its unpaid invoice"],
    "late-answer": ["Answer {}"],
}
CLOSED = frozenset(holidays.country_holidays("GB", subdiv="ENG", years=range(2025, 2030)))
Held = dict[tuple[str, str], bool]


def is_worked(day: date) -> bool:
    return day.weekday() < 5 and day not in CLOSED


@cache
def worked(day: date, count: int) -> date:
    """So many working days after a day; 0 for the day itself or the next one worked."""
    while not is_worked(day):
        day += timedelta(days=1)
    for _ in range(count):
        day += timedelta(days=1)
        while not is_worked(day):
            day += timedelta(days=1)
    return day


class Moods:
    """Which play has reason to run for whom, changing now and then, the same way in every run of the test."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.on: Held = {}

    def turn(self) -> None:
        """A new day."""
        for play, spec in PLAYS.items():
            for subject in CONTRACTS if spec.subject == "contract" else CLIENTS:
                held = self.on.get((play, subject), False)
                self.on[play, subject] = held ^ (self._random.random() < (0.06 if held else 0.02))
        for client in CLIENTS:
            band = self.band(client)
            for play, wanted in (("at-risk", "At Risk"), ("watch", "Fair"), ("keep-in-touch", "Good")):
                self.on[play, client] = band == wanted and (play != "keep-in-touch" or self.on[play, client])

    def band(self, client: str) -> str:
        """The band that the first of its moods asks for."""
        if self.on["at-risk", client]:
            return "At Risk"
        return "Fair" if self.on["watch", client] else "Good"

    def says(self) -> dict[str, Callable[[datetime], Mapping[str, Any]]]:
        """The signals behind the plays."""
        on = self.on

        def _where(play: str, yes: Any, no: Any) -> Callable[[datetime], Mapping[str, Any]]:
            return lambda _: {who: yes if holds else no for (of, who), holds in on.items() if of == play}

        def _dates(_: datetime) -> Mapping[str, Any]:
            near, far = "2026-01-01", "2040-01-01"
            return {who: near if on["notice-deadline", who] else far for who in CONTRACTS}

        return {
            "health.band": lambda _: {client: self.band(client) for client in CLIENTS},
            "health.override_band": lambda _: {},
            "health.score": lambda _: dict.fromkeys(CLIENTS, 50.0),
            "health.reasons": lambda _: {},
            "contact.touch_status": _where("keep-in-touch", "Overdue", "In time"),
            "contact.next_due": lambda _: {},
            "contract.overlap": _where("overlapping-contracts", True, False),
            "revenue.days_late": _where("overdue-invoice", 15.0, 14.0),
            "sla.status": _where("late-answer", "Breached", "In time"),
            "term.status": lambda _: dict.fromkeys(CONTRACTS, "Active"),
            "term.latest_send": _dates,
            "term.notice_deadline": lambda _: dict.fromkeys(CONTRACTS, "2040-01-01"),
            "term.end": lambda _: {},
        }


@dataclass
class Expected:
    """The second book-keeping: one play for one subject."""

    play: str
    subject: str
    began: datetime | None = None
    ended: datetime | None = None
    taken: list[date] = field(default_factory=list)
    deputy: str | None = None

    @property
    def owner(self) -> str:
        return self.deputy or CLIENTS[CONTRACTS.get(self.subject, self.subject)]

    def at(self, now: datetime, holds: bool) -> str | None:
        """What should be asked for at this instant, if anything."""
        spec = PLAYS[self.play]
        if self.began is None or self.ended is not None:
            if not holds or (self.ended is not None and now - self.ended < timedelta(days=spec.cool_down_days)):
                return None
            self.began, self.ended, self.taken = now, None, []
        elif not holds:
            self.ended = now
            return None
        elif spec.repeat_days and now - self.began >= timedelta(days=spec.repeat_days):
            self.began, self.taken = now, []
        return self._step(now, spec)

    def _step(self, now: datetime, spec: Play) -> str | None:
        if len(self.taken) == len(spec.steps):
            return None
        zone = ZoneInfo(ZONES[self.owner])
        assert self.began is not None
        day = worked(self.began.astimezone(zone).date(), spec.steps[len(self.taken)].after)
        if self.taken:
            gap = spec.steps[len(self.taken)].after - spec.steps[len(self.taken) - 1].after
            day = max(day, worked(self.taken[-1], gap))
        today = now.astimezone(zone).date()
        if today < day:
            return None
        self.taken.append(today)
        name = f"{self.subject} of {CONTRACTS[self.subject]}" if self.subject in CONTRACTS else self.subject
        return TITLES[self.play][len(self.taken) - 1].format(name)


def all_expected(deputy: str | None = None) -> list[Expected]:
    """Every play for everybody it may be about; with a deputy who takes all steps."""
    return [
        Expected(play, subject, deputy=deputy)
        for play, spec in PLAYS.items()
        for subject in (CONTRACTS if spec.subject == "contract" else CLIENTS)
    ]


def build(book: Book) -> None:
    """Six clients of three owners on three continents, three contracts."""
    team(book, *ZONES, zones=ZONES)
    for client, owner in CLIENTS.items():
        book.client(client, account_manager_id=f"crm/User/{owner}", owner_id=f"crm/User/{owner}")
    for contract, client in CONTRACTS.items():
        book.add("contract", f"crm/Contract/{contract}", f"crm/Account/{client}", number=contract, status="active")
    book.save()


def titles(proposal: CreateTask) -> Iterator[str]:
    """What one task asks for: one thing, or all that a digest lists."""
    if "digest" in proposal.key:
        lines = [line[2:] for line in proposal.body.splitlines() if line.startswith("- ")]
        yield from (line.partition(":")[0] for line in lines)
    else:
        yield proposal.subject.removeprefix("[Inlay] ").partition(":")[0]


def new_tasks(proposals: list[Proposal], made: set[str]) -> list[CreateTask]:
    """The tasks that the ledger has not made yet; they count as made from now on."""
    fresh = [one for one in proposals if isinstance(one, CreateTask) and one.key not in made]
    keys = [one.key for one in fresh]
    assert len(keys) == len(set(keys))
    made.update(keys)
    return fresh


def test_two_years_day_by_day(book: Book) -> None:
    build(book)
    moods = Moods(7)
    settings = EVERYTHING.model_validate(
        {"takes_over": ["health", "renewals", "sla"], "off": ["business-review"], "tasks_per_owner_and_day": 100}
    )
    expected = all_expected()
    made: set[str] = set()
    happened: Counter[str] = Counter()
    with book.store.read() as conn:
        years = Years(conn, moods.says(), settings)
        for day in range(730):
            now = BEGIN + timedelta(days=day, hours=day * 7 % 24)
            moods.turn()
            wanted = [title for one in expected if (title := one.at(now, moods.on[one.play, one.subject]))]
            fresh = new_tasks(years.run(now), made)
            assert sorted(title for task in fresh for title in titles(task)) == sorted(wanted), now
            happened.update(title.split()[0] for title in wanted)
            for task in fresh:
                assert is_worked(task.due), task
                assert task.due >= now.astimezone(ZoneInfo("America/New_York")).date()
    assert set(happened) == {"Call", "See", "Review", "Get", "Decide", "Look", "Ask", "Answer"}
    assert min(happened.values()) >= 5, happened


def test_nobody_gets_more_than_the_budget_and_nothing_is_lost(book: Book) -> None:
    build(book)
    moods = Moods(11)
    settings = PlaybookSettings(
        takes_over=("health", "renewals", "sla"),
        off=("business-review",),
        tasks_per_owner_and_day=2,
        deputies={"crm/User/bob": "crm/User/ann", "crm/User/eve": "crm/User/ann"},
        absences=tuple(Absence(person=f"crm/User/{one}", first=AWAY[0], last=AWAY[1]) for one in ("bob", "eve")),
    )
    expected = all_expected(deputy="ann")
    made: set[str] = set()
    asked: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    per_day: Counter[tuple[str, date]] = Counter()
    with book.store.read() as conn:
        years = Years(conn, moods.says(), settings)
        for hour in range(0, 80 * 24, 8):
            now = BEGIN + timedelta(hours=hour)
            if hour % 24 == 8:
                moods.turn()
                moods.turn()
            if moods.on:
                wanted.update(title for one in expected if (title := one.at(now, moods.on[one.play, one.subject])))
                for task in new_tasks(years.run(now), made):
                    owner = str(task.assignee_id).rpartition("/")[2]
                    per_day[owner, now.astimezone(ZoneInfo(ZONES[owner])).date()] += 1
                    asked.update(titles(task))
    assert max(per_day.values()) == 2
    assert not asked - wanted, asked - wanted
    assert (wanted - asked).total() <= 0.05 * wanted.total(), wanted - asked  # what ended before its day came
    assert wanted.total() > 50
    forms = Counter(key.partition(":")[0] for key in made)
    assert forms["digest"] >= 3
    assert forms["late digest"] >= 3

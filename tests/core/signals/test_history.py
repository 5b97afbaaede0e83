"""What signals said before, day by day, and how a plugin asks for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from core.signals import Column, Context, signal
from core.signals.tables import Clients
from tests.core.signals.book import AS_OF, Book, Desk, days, publisher


@signal("demo.tier", kind="text")
def tier(clients: Clients) -> Column:
    """The tier, which the test changes from day to day."""
    return Column(clients.tier, lambda i: f"tier {clients.tier[i]}")


def asking(ask: Any) -> Any:
    """A signal that asks its context something and shows the first client's answer."""

    @signal("demo.asked", kind="text", keep="latest")
    def asked(demo_tier: Column, context: Context) -> Column:
        """What the context answered."""
        found = ask(context)
        values = np.full(len(demo_tier), str(found.values[0]), "O")
        return Column(values, found.reason(0))

    return asked


class Days:
    """One client whose tier is set and evaluated at given instants."""

    def __init__(self, book: Book, ask: Any) -> None:
        self.book = book
        self.client = book.client("acme", tier="start")
        book.save()
        self.desk = Desk(book.store, publisher(tier, asking(ask)))

    def on(self, at: datetime, value: str | None) -> str:
        """Set the tier, evaluate, and say what was answered."""
        self.book.add("client", self.client, None, name="acme", tier=value)
        self.book.save()
        report = self.desk.evaluate(at)
        assert not report.faults
        return str(self.desk.value(self.client, "demo.asked"))


def test_yesterday_ends_at_midnight_of_the_firms_zone(book: Book) -> None:
    told = Days(book, lambda context: context.past("demo.tier", 1))
    assert told.on(datetime(2026, 6, 14, 22, 59, tzinfo=UTC), "A") == "None"  # 23:59 in London
    assert told.on(datetime(2026, 6, 14, 23, 30, tzinfo=UTC), "B") == "A"  # 00:30 on the 15th
    assert told.on(datetime(2026, 6, 15, 20, 0, tzinfo=UTC), "C") == "A"
    assert told.on(datetime(2026, 6, 16, 7, 0, tzinfo=UTC), "D") == "C"


def test_the_number_of_runs_in_a_day_changes_nothing(book: Book) -> None:
    told = Days(book, lambda context: context.past("demo.tier", 1))
    told.on(AS_OF, "A")
    answers = {told.on(AS_OF + days(1) + timedelta(hours=hour), f"run {hour}") for hour in range(5)}
    assert answers == {"A"}


@pytest.mark.parametrize(("ago", "expected"), [(1, "day 9"), (2, "day 8"), (5, "day 5"), (10, "day 0"), (11, "None")])
def test_past_looks_so_many_days_back(book: Book, ago: int, expected: str) -> None:
    told = Days(book, lambda context: context.past("demo.tier", ago))
    for day in range(10):
        told.on(AS_OF + days(day), f"day {day}")
    assert told.on(AS_OF + days(10), "day 10") == expected


def test_a_value_holds_until_another_takes_its_place(book: Book) -> None:
    told = Days(book, lambda context: context.past("demo.tier", 3))
    told.on(AS_OF, "A")
    for day in range(1, 6):
        answer = told.on(AS_OF + days(day), "A")
        assert answer == ("A" if day >= 3 else "None")
    assert told.on(AS_OF + days(6), "B") == "A"
    assert told.on(AS_OF + days(8), "B") == "A"
    assert told.on(AS_OF + days(9), "B") == "B"


def test_the_past_knows_its_reasons(book: Book) -> None:
    told = Days(book, lambda context: context.past("demo.tier", 1))
    told.on(AS_OF, "A")
    assert told.desk.reason(told.client, "demo.asked") == "demo.tier has no value of that day"
    told.on(AS_OF + days(1), "B")
    assert told.desk.reason(told.client, "demo.asked") == "tier A"


def test_stored_is_what_the_last_run_left(book: Book) -> None:
    told = Days(book, lambda context: context.stored("demo.tier"))
    assert told.on(AS_OF, "A") == "None"
    assert told.on(AS_OF + timedelta(minutes=1), "B") == "A"
    assert told.on(AS_OF + timedelta(minutes=1), "C") == "B"


def test_a_value_that_became_unknown_is_unknown_in_the_past_too(book: Book) -> None:
    told = Days(book, lambda context: context.past("demo.tier", 1))
    told.on(AS_OF, "A")
    told.on(AS_OF + days(1), None)
    assert told.on(AS_OF + days(2), "B") == "None"


@pytest.mark.parametrize(
    ("name", "said", "remedy"),
    [
        ("demo.teir", "no signal `demo.teir` is published", "did you mean `demo.tier`?"),
        ("quite.else", "no signal `quite.else` is published", "ask for a signal that a plugin publishes"),
        ("demo.step", "keeps no values", "ask for one that does"),
    ],
)
def test_asking_for_what_is_not_there_is_told(book: Book, name: str, said: str, remedy: str) -> None:
    @signal("demo.step", keep="nothing")
    def step(clients: Clients) -> Column:
        """A step."""
        return Column(np.zeros(len(clients)))

    book.client("acme")
    book.save()
    report = Desk(book.store, publisher(tier, step, asking(lambda context: context.past(name, 1)))).evaluate()
    [fault] = report.faults
    assert said in fault.what
    assert fault.remedy == remedy


def test_the_context_knows_the_firms_day(book: Book) -> None:
    seen: list[Context] = []

    def ask(context: Context) -> Column:
        seen.append(context)
        return Column(np.array(["x"], "O"), "")

    Days(book, ask).on(datetime(2026, 6, 15, 23, 30, tzinfo=UTC), "A")
    [context] = seen
    assert str(context.today) == "2026-06-16"
    assert str(context.now) == "2026-06-15T23:30:00"
    assert context.days_since(np.array(["2026-06-14", "NaT", "2026-06-20"], "M8[D]")).tolist()[0::2] == [2, -4]
    assert context.working_days.after(context.today, 4).isoformat() == "2026-06-22"

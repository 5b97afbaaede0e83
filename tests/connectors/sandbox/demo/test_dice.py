from __future__ import annotations

from datetime import date, timedelta

import pytest

from connectors.sandbox.demo.dice import AS_OF, TODAY, add_months, days_ago, dice, office_hour, weekday, whole_count

ROLLED = 715595271


def test_the_same_subject_rolls_the_same() -> None:
    assert [dice(7, "touches", "p001").random() for _ in range(3)] == [dice(7, "touches", "p001").random()] * 3


def test_rolls_are_the_same_on_every_machine() -> None:
    assert dice(7, "party", "x").randrange(10**9) == ROLLED


@pytest.mark.parametrize("other", [(8, "touches", "p001"), (7, "cases", "p001"), (7, "touches", "p002")])
def test_other_subjects_roll_otherwise(other: tuple[int, str, str]) -> None:
    assert dice(*other).random() != dice(7, "touches", "p001").random()


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 15), 1, date(2026, 2, 15)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 1, 1), -1, date(2025, 12, 1)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 8, 10), -36, date(2023, 8, 10)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 6, 30), 0, date(2026, 6, 30)),
        (date(2026, 12, 31), 14, date(2028, 2, 29)),
    ],
)
def test_adding_months(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 6, 26), date(2026, 6, 26)),
        (date(2026, 6, 27), date(2026, 6, 26)),
        (date(2026, 6, 28), date(2026, 6, 26)),
        (date(2026, 6, 29), date(2026, 6, 29)),
    ],
)
def test_weekends_move_to_friday(day: date, expected: date) -> None:
    assert weekday(day) == expected


def test_days_ago() -> None:
    assert days_ago(0) == TODAY == date(2026, 6, 30)
    assert days_ago(30) == date(2026, 5, 31)


def test_office_hours_of_past_days() -> None:
    instants = [office_hour(days_ago(5), dice(7, str(number))) for number in range(200)]
    assert {instant.date() for instant in instants} == {days_ago(5)}
    assert {instant.hour for instant in instants} == set(range(8, 17))


def test_today_is_over_at_nine() -> None:
    instants = [office_hour(TODAY, dice(7, str(number))) for number in range(200)]
    assert max(instants) < AS_OF
    assert min(instants) > AS_OF - timedelta(hours=2)


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0, 2.5, 7.9])
def test_whole_counts_are_right_on_average(rate: float) -> None:
    roll = dice(7, "counts")
    counts = [whole_count(rate, roll) for _ in range(4000)]
    assert set(counts) <= {int(rate), int(rate) + 1}
    assert abs(sum(counts) / len(counts) - rate) < 0.05

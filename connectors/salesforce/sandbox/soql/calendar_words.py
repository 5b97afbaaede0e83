"""Date literals such as ``LAST_N_DAYS:30``: the first and the last day that they mean."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from connectors.salesforce.sandbox.derive import add_months

Days = tuple[date, date]


def days_of(word: str, today: date) -> Days | None:
    """Return the first and last day of a date literal, None when ``word`` is none. Days are those of UTC."""
    name, _, count = word.upper().partition(":")
    if count:
        counted = _COUNTED.get(name)
        return counted(today, int(count)) if counted else None
    fixed = _FIXED.get(name)
    return fixed(today) if fixed else None


def _shift(today: date, first: int, last: int) -> Days:
    return today + timedelta(days=first), today + timedelta(days=last)


def _week(today: date, offset: int) -> Days:
    sunday = today - timedelta(days=(today.weekday() + 1) % 7) + timedelta(weeks=offset)
    return sunday, sunday + timedelta(days=6)


def _months(first: date, length: int) -> Days:
    return first, add_months(first, length) - timedelta(days=1)


def _month(today: date, offset: int) -> Days:
    return _months(add_months(today.replace(day=1), offset), 1)


def _quarter(today: date, offset: int) -> Days:
    first = today.replace(month=today.month - (today.month - 1) % 3, day=1)
    return _months(add_months(first, 3 * offset), 3)


def _year(today: date, offset: int) -> Days:
    return _months(date(today.year + offset, 1, 1), 12)


_FIXED: dict[str, Callable[[date], Days]] = {
    "TODAY": lambda day: _shift(day, 0, 0),
    "YESTERDAY": lambda day: _shift(day, -1, -1),
    "TOMORROW": lambda day: _shift(day, 1, 1),
    "LAST_WEEK": lambda day: _week(day, -1),
    "THIS_WEEK": lambda day: _week(day, 0),
    "NEXT_WEEK": lambda day: _week(day, 1),
    "LAST_MONTH": lambda day: _month(day, -1),
    "THIS_MONTH": lambda day: _month(day, 0),
    "NEXT_MONTH": lambda day: _month(day, 1),
    "LAST_QUARTER": lambda day: _quarter(day, -1),
    "THIS_QUARTER": lambda day: _quarter(day, 0),
    "NEXT_QUARTER": lambda day: _quarter(day, 1),
    "LAST_YEAR": lambda day: _year(day, -1),
    "THIS_YEAR": lambda day: _year(day, 0),
    "NEXT_YEAR": lambda day: _year(day, 1),
    "LAST_90_DAYS": lambda day: _shift(day, -90, 0),
    "NEXT_90_DAYS": lambda day: _shift(day, 1, 90),
}
_COUNTED: dict[str, Callable[[date, int], Days]] = {
    "LAST_N_DAYS": lambda day, n: _shift(day, -n, 0),
    "NEXT_N_DAYS": lambda day, n: _shift(day, 1, n),
    "N_DAYS_AGO": lambda day, n: _shift(day, -n, -n),
    "LAST_N_WEEKS": lambda day, n: (_week(day, -n)[0], _week(day, -1)[1]),
    "NEXT_N_WEEKS": lambda day, n: (_week(day, 1)[0], _week(day, n)[1]),
    "LAST_N_MONTHS": lambda day, n: (_month(day, -n)[0], _month(day, -1)[1]),
    "NEXT_N_MONTHS": lambda day, n: (_month(day, 1)[0], _month(day, n)[1]),
    "LAST_N_YEARS": lambda day, n: (_year(day, -n)[0], _year(day, -1)[1]),
    "NEXT_N_YEARS": lambda day, n: (_year(day, 1)[0], _year(day, n)[1]),
}

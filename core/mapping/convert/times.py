"""Dates and instants, kept apart: a date has no zone, an instant is UTC and ends in ``Z``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, NoReturn

from core.mapping.issues import BadValueError

FIRST = "1900-01-01"
LAST = "2126-12-31"  # a hundred years ahead, fixed so that a record reads the same whenever it is read
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TAILS = dict.fromkeys(("Z", "+00:00", ".000Z", ".000+0000", ".000+00:00", "+0000", ".000000Z"), "Z")
"""What may follow ``YYYY-MM-DDTHH:MM:SS`` in whole seconds of UTC (Salesforce writes ``.000+0000``)."""

_REMEDY = "give a real date, or leave the field empty"
_TOKENS = (("YYYY", "%Y"), ("YY", "%y"), ("MMM", "%b"), ("MM", "%m"), ("DD", "%d"), ("HH", "%H"), ("hh", "%I"),
           ("mm", "%M"), ("ss", "%S"), ("AM", "%p"))  # fmt: skip

Reader = Callable[[Any], str | None]


def strptime_format(pattern: str) -> str:
    """Turn ``DD/MM/YYYY HH:mm`` into the form Python parses by."""
    for token, directive in _TOKENS:
        pattern = pattern.replace(token, directive)
    return pattern


class TimeReader:
    """Reads dates and instants the way one mapping declares them: formats beside ISO, and the zone of bare times."""

    def __init__(self, formats: Sequence[str] = (), zone: tzinfo = UTC) -> None:
        self._formats = [strptime_format(one) for one in formats]
        self._zone = zone

    def day(self, value: Any) -> str | None:
        """A calendar date from ISO text, a declared format, an instant, or milliseconds since 1970."""
        found = self._moment(value)
        if found is None:
            return None
        day = found if not isinstance(found, datetime) else self._local_day(found)
        return _in_range(day.isoformat(), day.isoformat())

    def instant(self, value: Any) -> str | None:
        """An instant in UTC from ISO text with or without offset, a declared format, or milliseconds since 1970."""
        found = self._moment(value)
        if found is None:
            return None
        moment = found if isinstance(found, datetime) else datetime.combine(found, time.min)
        return _written(moment if moment.tzinfo else moment.replace(tzinfo=self._zone))

    def _local_day(self, moment: datetime) -> date:
        return (_moved(moment, self._zone) if moment.tzinfo else moment).date()

    def _moment(self, value: Any) -> date | datetime | None:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise BadValueError("no date", _REMEDY)
        if not isinstance(value, str):
            return _since_epoch(value, 1000) if 1e11 <= value < 1e13 else _refuse_number()
        stripped = value.strip()
        if not stripped:
            return None
        if stripped.isascii() and stripped.isdigit() and len(stripped) in (12, 13):
            return _since_epoch(int(stripped), 1000)
        return self._parsed(stripped)

    def _parsed(self, value: str) -> date | datetime:
        for pattern in self._formats:
            try:
                found = datetime.strptime(value, pattern).replace(tzinfo=self._zone)
            except ValueError:
                continue
            return found if "%H" in pattern or "%I" in pattern else found.date()
        try:
            return date.fromisoformat(value) if len(value) <= 10 else datetime.fromisoformat(value)
        except ValueError:
            raise BadValueError(
                "no date in a form this mapping knows", f"{_REMEDY}; or declare the form under `dates:`"
            ) from None


def _refuse_number() -> NoReturn:
    raise BadValueError("a bare number where a date is due", "declare `as: epoch_s` or `as: epoch_ms` in the mapping")


def _since_epoch(value: float, per_second: int) -> datetime:
    try:
        return EPOCH + (timedelta(seconds=value) if per_second == 1 else timedelta(milliseconds=value))
    except (OverflowError, ValueError):
        raise BadValueError("a number too large for a date", _REMEDY) from None


def _in_range(day: str, written: str) -> str:
    if not FIRST <= day <= LAST:
        raise BadValueError(f"a date before {FIRST[:4]} or after {LAST[:4]}", _REMEDY)
    return written


def _written(moment: datetime) -> str:
    text = _moved(moment, UTC).isoformat().replace("+00:00", "Z")
    return _in_range(text[:10], text)


def _moved(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:
        raise BadValueError("a date at the edge of the calendar", _REMEDY) from None


def _number(value: Any) -> float:
    try:
        return (
            float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else _refuse_number()
        )
    except (ValueError, OverflowError):
        raise BadValueError("no number of seconds", _REMEDY) from None


def epoch_instant(per_second: int) -> Reader:
    """Reader of instants given as seconds (1) or milliseconds (1000) since 1970."""
    return lambda value: None if value == "" else _written(_since_epoch(_number(value), per_second))


def epoch_date(per_second: int) -> Reader:
    """Reader of dates given as seconds (1) or milliseconds (1000) since 1970, in UTC."""
    instant = epoch_instant(per_second)
    return lambda value: (instant(value) or "")[:10] or None

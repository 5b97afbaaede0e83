"""Whole columns at once: per form of value, how the values of many records become JSON in a few steps.

A kernel is given values of the classes it names and of *plain* payloads only (``core.mapping.streams.is_plain``): none
of their texts holds a character that JSON escapes, so none a line break either, by which columns are joined to be
looked at as one text. It gives the JSON of each value, or an empty text where that is null; or None for the whole
column when any value is not as it should be: the column is then halved until the odd values are found, and these take
the careful road (``core.mapping.columns``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import orjson

from core.mapping.issues import BadValueError
from core.mapping.quick import DAYS, MINUTES, SECONDS, plain_json, quick_country, quick_currency, word

Texts = Sequence[str]
Run = Callable[[Sequence[Any]], Texts | None]

FAULTS = (TypeError, ValueError, KeyError, AttributeError, RecursionError)
PENNY = frozenset({"GBP", "EUR", "USD", "CHF", "SEK", "NOK", "DKK", "PLN", "CAD", "AUD", "NZD"})
MOST = 1e15

_text_of = str.strip
_emails = re.compile(r"(?:[a-z0-9._%+-]{1,64}@[a-z0-9.-]{1,200}\.[a-z]{2,24}\n)+").fullmatch
_phones = re.compile(r"(?:\+[1-9][0-9 ]{6,20}[0-9]\n)+").fullmatch
_hosts = re.compile(r"^(?:https?://)?(?:www\.)?([a-z0-9][a-z0-9.-]{0,200}\.[a-z]{2,24})/?$", re.MULTILINE).findall
_schemes = re.compile(r"^(https?://)?[A-Za-z0-9.-]+(?:/[!-~]*)?$", re.MULTILINE).findall


@dataclass(frozen=True)
class Kernel:
    """How a column of one form is written: for values of which classes, and what stands around each value's text.

    ``kinds`` None is for values of every class.
    """

    run: Run
    kinds: frozenset[type] | None = frozenset({str})
    head: str = '"'
    tail: str = '"'

    def takes(self, kinds: Iterable[type]) -> bool:
        """Whether all values may be of these classes."""
        return self.kinds is None or self.kinds.issuperset(kinds)


def bare(run: Run, *kinds: type) -> Kernel:
    """A kernel whose texts need no quotes."""
    return Kernel(run, frozenset(kinds), "", "")


def _stripped(values: Sequence[Any]) -> Texts:
    return [*map(_text_of, values)]


def _flags(values: Sequence[Any]) -> Texts:
    return ["true" if value else "false" for value in values]


def _between(least: int, most: int) -> Run:
    def figures(values: Sequence[Any]) -> Texts | None:
        """Whole numbers within the bounds."""
        return _figures(values) if least <= min(values) and max(values) <= most else None

    return figures


def _below(most: float) -> Run:
    def figures(values: Sequence[Any]) -> Texts | None:
        """Numbers that are written without an exponent."""
        fits = [-most <= v <= most and (v >= 0.0001 or v <= -0.0001 or v == 0) and -MOST < v < MOST for v in values]
        return _figures(values) if all(fits) else None

    return figures


def _figures(values: Sequence[Any]) -> list[str]:
    """Numbers as JSON has them."""
    return orjson.dumps(values)[1:-1].decode().split(",")


def _days(values: Sequence[Any]) -> Texts | None:
    try:
        return [DAYS[value] for value in values]
    except KeyError:
        return None


def _instants(values: Sequence[Any]) -> Texts | None:
    try:
        return [DAYS[value[:10]] + MINUTES[value[10:16]] + SECONDS[value[16:]] for value in values]
    except KeyError:
        return None


def _email_addresses(values: Sequence[Any]) -> Texts | None:
    return values if _emails("\n".join(values) + "\n") else None


def _domains(values: Sequence[Any]) -> Texts | None:
    found: list[str] = _hosts("\n".join(values))
    return found if len(found) == len(values) else None


def _urls(values: Sequence[Any]) -> Texts | None:
    schemes = _schemes("\n".join(values))
    if len(schemes) != len(values):
        return None
    return [value if scheme else f"https://{value}" for scheme, value in zip(schemes, values, strict=True)]


def _phone_numbers(values: Sequence[Any]) -> Texts | None:
    """The number as the vendor shows it, and in international form behind it."""
    joined = "\n".join(values) + "\n"
    if not _phones(joined):
        return None
    numbers = joined.replace(" ", "").splitlines()
    if not all(8 <= length <= 16 for length in set(map(len, numbers))):
        return None
    return [f'{value}","e164":"{number}' for value, number in zip(values, numbers, strict=True)]


def _coded(code_of: Callable[[str], str | None]) -> Run:
    def codes(values: Sequence[Any]) -> Texts | None:
        """Each different value is looked up once."""
        known = {value: code_of(value) for value in set(values)}
        return None if None in known.values() else [known[value] or "" for value in values]

    return codes


def _tags(values: Sequence[Any]) -> Texts | None:
    try:
        for one in set(chain.from_iterable(values)):
            word(one)
        return ['","'.join(dict.fromkeys(value)) for value in values]
    except (KeyError, TypeError):
        return None


def _anything(values: Sequence[Any]) -> Texts | None:
    kinds = set(map(type, values))
    if kinds == {str}:
        return [f'"{text}"' if text else "" for text in map(str.strip, values)]
    if kinds == {bool}:
        return _flags(values)
    if kinds == {int} and min(values) > -MOST and max(values) < MOST:
        return _figures(values)
    found = [*map(plain_json, values)]
    return None if None in found else [text or "" for text in found]


def _amounts(values: Sequence[Any]) -> Texts | None:
    """(Amount, code) pairs, of plain amounts in currencies with hundredths."""
    amounts, codes = zip(*values, strict=True)
    if set(map(type, amounts)) != {float} or not PENNY.issuperset(codes):
        return None
    written = _figures(amounts)
    if "null" in written or min(amounts) < 0.01 or max(amounts) >= MOST:
        return None
    return [
        f'{{"amount":"{one}0","currency":"{code}"}}' if one[-2] == "." else f'{{"amount":"{one}","currency":"{code}"}}'
        for one, code in zip(written, codes, strict=True)
    ]


KERNELS: Mapping[str, Kernel] = {
    "text": Kernel(_stripped),
    "long_text": Kernel(_stripped),
    "flag": bare(_flags, bool),
    "count": bare(_between(0, 1_000_000_000), int),
    "whole": bare(_between(-1_000_000_000, 1_000_000_000), int),
    "number": bare(_below(MOST), int, float),
    "percent": bare(_below(1000), int, float),
    "date": Kernel(_days),
    "instant": Kernel(_instants),
    "email": Kernel(_email_addresses),
    "domain": Kernel(_domains),
    "url": Kernel(_urls),
    "country": Kernel(_coded(quick_country)),
    "currency": Kernel(_coded(quick_currency)),
    "texts": Kernel(_tags, frozenset({list}), '["', '"]'),
    "anything": bare(_anything, str, int, float, bool),
}
"""By the name of a converter or form."""

EMAIL = KERNELS["email"]
PHONE = Kernel(_phone_numbers)


def worded(table: Mapping[str, Any]) -> Kernel:
    """Values by a table of the mapping; what it does not hold, or holds null for, is odd."""
    words = {key: orjson.dumps(value).decode() for key, value in table.items() if value is not None}

    def look_up(values: Sequence[Any]) -> Texts | None:
        """The JSON of each value's own."""
        try:
            return [words[value] for value in values]
        except KeyError:
            return None

    return bare(look_up, str)


def referring(head: str, length: int | None) -> Kernel:
    """Ids that need no more than what stands before them (``connection/stream/``), of this length if there is one."""
    before = orjson.dumps(head).decode()[:-1]

    def ids(values: Sequence[Any]) -> Texts | None:
        """The ids themselves."""
        fits = "".join(values).isalnum() and (length is None or set(map(len, values)) == {length})
        return values if fits else None

    return Kernel(ids, head=before)


def monetary(convert: Callable[[Any, str], Any], *, whole: bool) -> Kernel:
    """(Amount, code) pairs by a careful converter; ``whole`` amounts are counted in the smallest coin."""
    careful = converted(lambda pair: convert(*pair)).run

    def amounts(values: Sequence[Any]) -> Texts | None:
        """Plain amounts at once, others one after the other."""
        return (None if whole else _amounts(values)) or careful(values)

    return bare(amounts, tuple)


def converted(convert: Callable[[Any], Any]) -> Kernel:
    """Whatever a careful converter makes of values that it takes without a word."""

    def results(values: Sequence[Any]) -> Texts | None:
        """The JSON of each result."""
        try:
            found = [convert(value) for value in values]
            return ["" if one is None else orjson.dumps(one).decode() for one in found]
        except (BadValueError, *FAULTS):
            return None

    return Kernel(results, None, "", "")

"""Per form of value: the careful converter, and the fast road the generated code tries first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from core.mapping.convert import contact, ids, numbers, times
from core.mapping.convert import money as amounts
from core.mapping.convert import text as texts
from core.mapping.forms import Shape
from core.mapping.issues import BadValueError
from core.mapping.quick import (
    DAYS,
    MINUTES,
    SECONDS,
    ordinary_email,
    ordinary_host,
    ordinary_url,
    quick_country,
    quick_currency,
    word,
)
from core.mapping.rules import Reference, Rule, Settings
from core.yamlfile import nearest

Convert = Callable[[Any], Any]

_NUMBER = "(v.__class__ is float or v.__class__ is int)"
_INSTANT = "DAYS[v[:10]] + MINUTES[v[10:16]] + SECONDS[v[16:]]"


@dataclass(frozen=True)
class Fast:
    """The fast road for values that are as they should be: a condition on ``v``, and the expression of the result.

    ``binds`` names what both use. The expression may yield None (``may_be_none``), or raise ``KeyError`` for what needs
    the careful road after all (``may_miss``).
    """

    condition: str
    result: str = "w"
    binds: Mapping[str, Any] = field(default_factory=dict)
    may_be_none: bool = False
    may_miss: bool = False


def _quick(function: Convert) -> Fast:
    name = function.__name__
    return Fast(f"v.__class__ is str and (w := {name}(v)) is not None", binds={name: function})


FAST: Mapping[str, Fast] = {
    # isprintable refuses NUL and broken surrogates, but costs by length; long texts are checked another way
    "text": Fast(
        "v.__class__ is str and v.isprintable() and len(v) <= 1000000",
        "v.strip() or None",
        may_be_none=True,
    ),
    "long_text": Fast(
        "v.__class__ is str and v.isascii() and len(v) <= 1000000 and '\\0' not in v",
        "v.strip() or None",
        may_be_none=True,
    ),
    "flag": Fast("v is True or v is False", "v"),
    "count": Fast("v.__class__ is int and 0 <= v <= 1000000000", "v"),
    "whole": Fast("v.__class__ is int and -1000000000 <= v <= 1000000000", "v"),
    "number": Fast(f"{_NUMBER} and -1e15 < v < 1e15", "v"),
    "percent": Fast(f"{_NUMBER} and -1000 <= v <= 1000", "v"),
    "date": Fast("v.__class__ is str and v", "DAYS[v]", {"DAYS": DAYS}, may_miss=True),
    "instant": Fast(
        "v.__class__ is str and v",
        _INSTANT,
        {"DAYS": DAYS, "MINUTES": MINUTES, "SECONDS": SECONDS},
        may_miss=True,
    ),
    "email": Fast("v.__class__ is str and ordinary_email(v)", "v", {"ordinary_email": ordinary_email}),
    "domain": Fast("v.__class__ is str and (w := ordinary_host(v))", "w[1]", {"ordinary_host": ordinary_host}),
    "url": Fast(
        "v.__class__ is str and (w := ordinary_url(v))",
        'v if w[1] else "https://" + v',
        {"ordinary_url": ordinary_url},
    ),
    "country": _quick(quick_country),
    "currency": _quick(quick_currency),
    "texts": Fast(
        "v.__class__ is list",
        "[*fromkeys(map(word, v))] or None",
        {"word": word, "fromkeys": dict.fromkeys},
        may_be_none=True,
        may_miss=True,
    ),
    "anything": Fast(
        f"v is None or v is True or v is False or {_NUMBER} and -1e15 < v < 1e15",
        "v",
    ),
}


def converters(settings: Settings) -> dict[str, Convert]:
    """All converters by name, reading dates and numbers the way this mapping declares them."""
    time = times.TimeReader(settings.dates, settings.zone)
    number = numbers.NumberReader(decimal_comma=settings.decimal_comma)
    return {
        "text": texts.text,
        "long_text": texts.text,
        "anything": texts.anything,
        "texts": texts.texts,
        "lower": texts.lower,
        "excerpt": texts.excerpt_of_markup,
        "domain": contact.domain,
        "email": contact.email,
        "url": contact.url,
        "country": contact.country,
        "phone": partial(_phone, settings.region),
        "currency": amounts.currency,
        "date": time.day,
        "instant": time.instant,
        "number": number.number,
        "whole": number.whole,
        "count": number.count,
        "percent": number.percent,
        "fraction": number.fraction,
        "milliseconds": number.milliseconds,
        "minutes": number.minutes,
        "flag": numbers.flag,
        "negated": numbers.negated,
        "salesforce_id": ids.salesforce_id,
        "source_id": ids.external_id,
    }


def _phone(region: str | None, value: Any) -> str | None:
    number = texts.text(value)
    return None if number is None else contact.e164(number, region) or number


_TEXTUAL = frozenset(
    {
        *("text", "lower", "excerpt", "domain", "email", "url", "phone", "country", "currency", "salesforce_id"),
        *("date", "instant"),
    }
)

COMPATIBLE: Mapping[str, frozenset[str]] = {
    "text": _TEXTUAL,
    "long_text": _TEXTUAL,
    "date": frozenset({"date", "epoch_s", "epoch_ms"}),
    "instant": frozenset({"instant", "epoch_s", "epoch_ms"}),
    "number": frozenset({"number", "whole", "count", "percent", "fraction", "milliseconds", "minutes"}),
    "percent": frozenset({"percent", "fraction"}),
    "count": frozenset({"count"}),
    "whole": frozenset({"whole", "count"}),
    "flag": frozenset({"flag", "negated"}),
    "money": frozenset({"minor_units"}),
    "source_id": frozenset({"salesforce_id", "text"}),
    "references": frozenset({"salesforce_id", "text"}),
}
"""Which converters may stand under ``as:`` for a field of a form; the form's own name always may."""


def epoch(form: str, name: str) -> Convert:
    """The reader of dates or instants given as a count of seconds or milliseconds."""
    per_second = 1 if name == "epoch_s" else 1000
    return times.epoch_date(per_second) if form == "date" else times.epoch_instant(per_second)


def choice(shape: Shape, rule: Rule) -> tuple[Mapping[str, Any], Convert]:
    """The table of an enumeration and the careful look-up beside it (any letter case, ``otherwise``)."""
    table = {one: one for one in shape.choices} if rule.values is None else rule.values
    folded = {key.strip().casefold(): value for key, value in table.items()}

    def look_up(value: Any) -> Any:
        """Translate one value by the table of the mapping."""
        word = texts.text(value)
        if word is None:
            return None
        found = folded.get(word.casefold(), folded)
        if found is not folded:
            return found
        if rule.has_otherwise:
            return rule.otherwise
        if shape.form == "text":
            return word
        raise BadValueError("a value this mapping does not know", f"add it to `values:` ({nearest(word, list(table))})")

    return table, look_up


def reference(connection: str, target: Reference, convert: Convert) -> Convert:
    """The careful reader of a reference: the vendor's id becomes a source id of this connection."""
    if target.stream is not None:
        head = f"{connection}/{target.stream}/"

        def always(value: Any) -> str | None:
            """Give the one answer whatever the value."""
            found = convert(value)
            return None if found is None else head + found

        return always
    length = len(next(iter(target.by_prefix)))
    heads = {prefix: f"{connection}/{stream}/" for prefix, (stream, _) in target.by_prefix.items()}

    def by_prefix(value: Any) -> str | None:
        """Translate by the longest prefix that fits."""
        found = convert(value)
        head = None if found is None else heads.get(found[:length])
        return None if head is None or found is None else head + found

    return by_prefix

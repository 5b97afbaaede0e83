"""How people and companies are reached: e-mail, phone, web, country."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

from babel import Locale
from babel.core import get_global

from core.mapping.convert.text import text
from core.mapping.issues import BadValueError

EMAIL = re.compile(r"[^\s@<>\",;:\\()\[\]]{1,64}@[a-z0-9](?:[a-z0-9\u0080-\uffff.-]{0,250}[a-z0-9\u0080-\uffff])?\.?")
DOMAIN = re.compile(r"[a-z0-9\u0080-\uffff](?:[a-z0-9\u0080-\uffff_-]*\.)+[a-z0-9\u0080-\uffff-]{2,}")
_NAMED = re.compile(r"[^<]*<([^<>]+)>")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,20}://", re.IGNORECASE)
_SEPARATORS = str.maketrans("", "", " \t.-/()\u00a0\u2010\u2011\u2012\u2013")
_PLUS_DIGITS = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_PSEUDO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})
_OTHER_NAMES = {
    "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB", "great britain": "GB", "uk": "GB",
    "u.k.": "GB", "usa": "US", "u.s.a.": "US", "u.s.": "US", "united states of america": "US", "holland": "NL",
    "the netherlands": "NL", "czech republic": "CZ", "republic of ireland": "IE", "deutschland": "DE",
    "österreich": "AT", "schweiz": "CH", "españa": "ES", "italia": "IT", "brasil": "BR",
}  # fmt: skip


def email(value: Any) -> str | None:
    """One address in lower case; ``Name <address>`` and ``mailto:`` are peeled off."""
    found = text(value)
    if not found:
        return None
    named = _NAMED.fullmatch(found)
    address = (named.group(1) if named else found).strip().lower().removeprefix("mailto:").rstrip(".")
    if len(address) > 320 or not EMAIL.fullmatch(address):
        raise BadValueError("no e-mail address", "write it as name@company.example")
    return address


def url(value: Any) -> str | None:
    """A web address; ``https://`` is put before a bare host."""
    found = text(value)
    if not found:
        return None
    if not found.lower().startswith(("http://", "https://")):
        if _SCHEME.match(found):
            raise BadValueError("no web address", "write it as https://company.example")
        found = "https://" + found
    scheme, _, rest = found.partition("://")
    if not rest or any(char.isspace() for char in rest):
        raise BadValueError("no web address", "write it as https://company.example")
    return f"{scheme.lower()}://{rest}"


def domain(value: Any) -> str | None:
    """The host of a web or e-mail address in lower case, ``www.`` taken off."""
    found = text(value)
    if not found:
        return None
    host = _SCHEME.sub("", found.lower(), count=1).partition("/")[0].partition("?")[0].rpartition("@")[2]
    host = host.partition(":")[0].strip(". ").removeprefix("www.")
    if len(host) > 253 or not DOMAIN.fullmatch(host):
        raise BadValueError("no internet domain", "write it as company.example")
    return host


@cache
def _countries() -> dict[str, str]:
    names = {
        str(name).lower(): code
        for code, name in Locale("en").territories.items()
        if len(code) == 2 and code.isalpha() and code not in _PSEUDO_COUNTRIES
    }
    return names | {code.lower(): code for code in names.values()} | _three_letter_codes() | _OTHER_NAMES


def _three_letter_codes() -> dict[str, str]:
    aliases = get_global("territory_aliases").items()
    return {old.lower(): new[0] for old, new in aliases if len(old) == 3 and old.isalpha() and len(new) == 1}


@lru_cache(maxsize=1024)
def country_of(name: str) -> str | None:
    """The ISO 3166 code of a country given by code or (English) name; None when it is not known."""
    found = _countries().get(name.strip().lower())
    return found if found is not None and len(found) == 2 else None


def country(value: Any) -> str | None:
    """A country code of ISO 3166."""
    found = text(value)
    if not found:
        return None
    code = country_of(found[:100])
    if code is None:
        raise BadValueError("no known country", "write its two-letter code")
    return code


def e164(number: str, region: str | None) -> str | None:
    """The number as ``+<country><digits>``, or None when it cannot be told (an extension, a missing country)."""
    if number.startswith("+") and "(0)" not in number:
        bare = number.translate(_SEPARATORS)
        if _PLUS_DIGITS.fullmatch(bare):
            return bare
    return _parsed(number[:60], region)


@cache
def _library() -> Any:
    """The library of numbering plans: it takes 100 ms to load, and most numbers come with a plus and need none."""
    return import_module("phonenumbers")


@lru_cache(maxsize=4096)
def _parsed(number: str, region: str | None) -> str | None:
    plans = _library()
    try:
        parsed = plans.parse(number, region)
    except plans.NumberParseException:
        return None
    if not plans.is_possible_number(parsed):
        return None
    written = str(plans.format_number(parsed, plans.PhoneNumberFormat.E164))
    return written if _PLUS_DIGITS.fullmatch(written) else None

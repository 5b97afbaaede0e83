"""Money: a decimal text and a currency, never the one without the other."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from babel.numbers import list_currencies

from core.mapping.convert.numbers import plain
from core.mapping.issues import BadValueError

_REMEDY = "give a plain amount, or leave the field empty"
_DIGITS_ISO = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}
# Stripe's own list: MGA without decimals, ISK and UGX with two for the sake of old integrations.
_DIGITS_STRIPE = {
    **dict.fromkeys(
        ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"], 0
    ),
    **dict.fromkeys(["BHD", "JOD", "KWD", "OMR", "TND"], 3),
}
_AMOUNT = re.compile(r"(-?)0*(\d{1,24})(?:\.(\d*?)0*)?", re.ASCII)


@cache
def known_currencies() -> frozenset[str]:
    """All currency codes of ISO 4217 that are or were in use."""
    return frozenset(list_currencies())


def currency(value: Any) -> str | None:
    """An ISO 4217 code in capitals."""
    code = value.strip().upper() if isinstance(value, str) else None
    if code == "":
        return None
    if code not in known_currencies():
        raise BadValueError("no currency code of ISO 4217", "write GBP, EUR, USD, …")
    return code


def money(value: Any, code: str, *, decimal_comma: bool = False) -> dict[str, str] | None:
    """An amount in major units, with at least the decimals its currency has."""
    amount = _decimal_text(value, decimal_comma)
    return None if amount is None else {"amount": _padded(amount, code), "currency": code}


def minor_money(value: Any, code: str) -> dict[str, str] | None:
    """An amount in the smallest unit of its currency (pence, cents, yen), as Stripe counts it."""
    if isinstance(value, str) and not value.strip():
        return None
    try:
        units = int(value) if not isinstance(value, bool | float) else int(str(value).removesuffix(".0"))
    except (TypeError, ValueError):
        raise BadValueError("no whole number of minor units", _REMEDY) from None
    if abs(units) > 10**18:
        raise BadValueError("an amount too large to be true", _REMEDY)
    digits = _DIGITS_STRIPE.get(code, 2)
    sign, body = ("-" if units < 0 else ""), str(abs(units)).rjust(digits + 1, "0")
    return {
        "amount": _padded(sign + (f"{body[:-digits]}.{body[-digits:]}" if digits else body), code),
        "currency": code,
    }


def _decimal_text(value: Any, decimal_comma: bool) -> str | None:
    if isinstance(value, str):
        bare = plain(value, decimal_comma)
        if bare is None:
            return None
        return bare.lstrip("+") if "e" not in bare.lower() else _decimal_text(float(bare), decimal_comma)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValueError("no amount", _REMEDY)
    if not -1e18 < value < 1e18:
        raise BadValueError("an amount too large to be true", _REMEDY)
    written = repr(value)
    return written if "e" not in written else f"{value:.12f}"


def _padded(amount: str, code: str) -> str:
    match = _AMOUNT.fullmatch(amount if not amount.startswith((".", "-.")) else amount.replace(".", "0.", 1))
    if match is None:
        raise BadValueError("no amount", _REMEDY)
    sign, whole, decimals = match.group(1), match.group(2), match.group(3) or ""
    decimals = decimals.ljust(_DIGITS_ISO.get(code, 2), "0")
    body = f"{whole}.{decimals}" if decimals else whole
    return sign + body if body.strip("0.") else body

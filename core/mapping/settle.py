"""The careful road of compiled mappings: a doubtful value is converted, or left absent and told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.errors import RejectedError
from core.mapping.convert.contact import e164
from core.mapping.convert.text import text
from core.mapping.issues import MISSING, BadValueError, Issue, excerpt
from core.mapping.quick import quick_country

Group = dict[str, Any]
Convert = Callable[[Any], Any]


def settle(out: Group, field: str, value: Any, convert: Convert, issues: list[Issue], source: str) -> None:
    """Put a value through its careful converter; what cannot be converted is left absent and told."""
    if value is None:
        out[field] = None
        return
    try:
        out[field] = convert(value)
    except BadValueError as bad:
        issues.append(Issue(source, excerpt(value), bad.problem, bad.remedy))
        if bad.partial is not MISSING:
            out[field] = bad.partial


def settle_money(
    out: Group,
    field: str,
    value: Any,
    code: str | None,
    convert: Callable[[Any, str], Any],
    issues: list[Issue],
    source: str,
) -> None:
    """Put an amount through its careful converter; an amount without a currency is left absent and told."""
    settle(out, field, value, lambda amount: convert(amount, _demanded(code, amount)), issues, source)


def _demanded(code: str | None, amount: Any) -> str:
    if code is None and amount != "":
        raise BadValueError(
            "an amount without a known currency", "name the currency's field in the mapping (`currency:`)"
        )
    return code or ""


def settle_part(one: Group, field: str, value: Any, convert: Convert, issues: list[Issue], source: str) -> None:
    """Like ``settle``, for parts of a group: an empty part is left out."""
    settle(one, field, value, convert, issues, source)
    if one.get(field, MISSING) is None:
        del one[field]


def settle_country(one: Group, value: Any, issues: list[Issue], source: str) -> None:
    """Put a country into an address: its code, or what the vendor wrote where no such country is known."""
    settle_part(one, "country_name", value, text, issues, source)
    name = one.get("country_name")
    code = quick_country(name) if name else None
    if code is not None:
        one["country"] = code
        del one["country_name"]


def add_phone(items: list[Any], value: Any, kind: str, region: str | None, issues: list[Issue], source: str) -> None:
    """Add a phone number as the vendor shows it, and in international form where that can be told."""
    one: Group = {}
    settle_part(one, "number", value, text, issues, source)
    number = one.get("number")
    if number is None:
        return
    international = e164(number, region)
    if international is not None:
        one["e164"] = international
    one["kind"] = kind
    items.append(one)


def add_emails(items: list[Any], value: Any, kind: str, convert: Convert, issues: list[Issue], source: str) -> None:
    """Add an e-mail address, or several with ``;`` between them or in a list; the first of all is the primary one."""
    parts = value.split(";", 50) if isinstance(value, str) else value if isinstance(value, list) else [value]
    for part in parts:
        one: Group = {}
        settle_part(one, "address", part, convert, issues, source)
        address = one.get("address")
        if address is not None and all(known["address"] != address for known in items):
            items.append({"address": address, "kind": kind, "is_primary": not items})


def reject(missing: tuple[str, ...], section: str) -> None:
    """Refuse a record that lacks what its kind needs."""
    wanted = " or ".join(missing)
    raise RejectedError(
        f"a {section.partition(':')[0].replace('_', ' ')} without {wanted} cannot stand",
        remedy=f"fill {wanted} at the source, or map another field to it",
        facts={"section": section, "missing": wanted},
    )

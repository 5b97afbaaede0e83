"""The keys that identify a record beyond its own system, strongest first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from core.identity.rules import JoinRules

ID = "id"
TAX_NUMBERS = ("vat_number", "tax_id", "registration_number")
STRENGTH = (ID, *TAX_NUMBERS, "email", "domain")
NAMES = {
    ID: "id stored in the other system",
    "vat_number": "VAT number",
    "tax_id": "tax id",
    "registration_number": "registration number",
    "email": "e-mail address",
    "domain": "domain",
}
SHORTEST_NUMBER = 6
NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
LEGAL_FORMS = frozenset(
    {
        "ltd", "limited", "llc", "llp", "plc", "inc", "corp", "co", "company", "gmbh", "ag", "kg", "sarl", "sas",
        "sa", "bv", "nv", "spa", "srl", "ab", "as", "oy",
    }
)  # fmt: skip


class Key(NamedTuple):
    """One identifying value: two records that share it are one thing, unless something speaks against it."""

    kind: str
    value: str


def keys_of(record_type: str, data: Mapping[str, Any], rules: JoinRules) -> Iterator[Key]:
    """The keys a canonical record carries itself, but for ids of other systems."""
    if record_type == "client":
        yield from _client_keys(data, rules)
        return
    for address in addresses(data):
        yield Key("email", address)


def addresses(data: Mapping[str, Any]) -> list[str]:
    """All e-mail addresses of a record, lower case."""
    single = data.get("email")
    several = [item.get("address") for item in data.get("emails") or ()]
    return [str(address).lower() for address in (single, *several) if address]


def plain_name(data: Mapping[str, Any]) -> str:
    """The record's name without case, signs and legal form, to see whether two names agree."""
    name = data.get("name") or f"{data.get('first_name') or ''} {data.get('last_name') or ''}"
    words = NOT_ALPHANUMERIC.sub(" ", str(name).casefold()).split()
    return " ".join(word for word in words if word not in LEGAL_FORMS)


def _client_keys(data: Mapping[str, Any], rules: JoinRules) -> Iterator[Key]:
    for kind in TAX_NUMBERS:
        number = NOT_ALPHANUMERIC.sub("", str(data.get(kind) or "")).upper()
        if len(number) >= SHORTEST_NUMBER and len(set(number)) > 2:  # 000000 and XX999999 fill a mandatory field
            yield Key(kind, number)
    mail = [address for address in addresses(data) if _host(address) not in rules.telling_nothing]
    yield from (Key("email", address) for address in mail)
    domains = dict.fromkeys([str(data.get("domain") or "").lower(), *map(_host, mail)])
    yield from (Key("domain", domain) for domain in domains if domain and domain not in rules.telling_nothing)


def _host(address: str) -> str:
    return address.rpartition("@")[2]
